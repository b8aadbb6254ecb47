"""Plays whole scenarios in virtual time, with clients by the name that ``--sut`` takes.

A worker process on another machine looks its client up itself: only the name travels.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from ringproof.adapters.protocol import (
    AUTOMATIC,
    DEVICE_CHOICE,
    OPEN_OUTCOME,
    PROTOCOL,
    REATTACH,
    Hello,
)
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.play.access import altered, renewed
from ringproof.play.context import Context, Device
from ringproof.play.deadlines import DEADLINES
from ringproof.play.dialling import needs_friend
from ringproof.play.player import ScenarioPlayer
from ringproof.play.recorder import Recorder, header_of
from ringproof.simulation.adapter import SimulatedAdapter
from ringproof.simulation.browsers import open_browsers, open_friend
from ringproof.simulation.memory import take_apart
from ringproof.simulation.network import IDLE, LatencyProfile
from ringproof.simulation.phone import Phone
from ringproof.simulation.scheduler import Scheduler, Stuck
from ringproof.simulation.world import EPOCH_MS, KEY, World
from ringproof.trace import Trace
from ringproof.version import VERSION
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_scenarios.faults import may_not_open, token_of
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reloads import reattaching

if TYPE_CHECKING:
    from ringproof_fakeserver.rest.context import RestContext

MUTANT = "mutant:"
TOKEN_LIFE_S = 7_200
REFERENCE_NAME = "callee"
ALIAS_NAME = "callee-alias"

HELLO = Hello(
    protocol=PROTOCOL,
    name="reference",
    version=VERSION,
    language="python",
    carrier="simulation",
    media="sdp",
    sessions=1_000,
    features=("display_name", "unload", OPEN_OUTCOME, REATTACH, AUTOMATIC, DEVICE_CHOICE),
)


class NoSuchClient(ValueError):
    """No client of that name plays in virtual time; the message says which do."""


class Player(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of simulated client."""

    sut: str
    parts: ClientParts
    hello: Hello
    exchange: type[Exchange] = Exchange
    """The platform it plays against, and its REST routes; None: the usual ones."""
    rest: type[RestContext] | None = None

    def play(self, scenario: Scenario, *, seed: int = 0, latency: LatencyProfile = IDLE) -> Trace:
        """Play a scenario. Raises what ``simulate`` raises."""
        return simulate(
            scenario,
            self.parts,
            seed=seed,
            hello=self.hello,
            exchange=self.exchange,
            latency=latency,
            rest=self.rest,
        )


def simulable(sut: str) -> bool:
    """Say whether a SUT of that name plays in virtual time: only clients of our own parts do."""
    return sut == "reference" or sut.startswith(MUTANT)


@functools.cache
def player(sut: str) -> Player:
    """Return the client of that name. Raises ``NoSuchClient``."""
    hello = msgspec.structs.replace(HELLO, name=sut)
    if sut == "reference":
        return Player(sut=sut, parts=REFERENCE, hello=hello)
    from ringproof import mutants

    mutant = mutants.find(sut.removeprefix(MUTANT)) if sut.startswith(MUTANT) else None
    if mutant is None:
        raise NoSuchClient(f"{sut!r} plays in no simulation: there is reference and mutant:NAME")
    return Player(
        sut=sut, parts=mutant.parts, hello=hello, exchange=mutant.exchange, rest=mutant.rest
    )


def simulate(
    scenario: Scenario,
    parts: ClientParts = REFERENCE,
    *,
    seed: int = 0,
    hello: Hello = HELLO,
    exchange: type[Exchange] = Exchange,
    latency: LatencyProfile = IDLE,
    rest: type[RestContext] | None = None,
) -> Trace:
    """Play a scenario with simulated clients and return its trace.

    ``exchange`` and ``rest`` are the platform to play against. The same arguments give the same
    bytes. Raises ``Stuck`` when the run does not end: a bug of ours, never a verdict.
    """
    clock = Scheduler()
    sessions = tuple([f"session-{number}" for number in range(scenario.devices)])
    recorder = Recorder(header_of(hello, "simulated", scenario, sessions), clock)
    world = World(clock, recorder, seed, exchange, latency, rest)
    adapter = SimulatedAdapter(recorder.event, clock, world.fetch)
    clock.run(_play(scenario, parts, clock, recorder, world, adapter))
    trace = recorder.trace
    take_apart({"clock": clock, "recorder": recorder, "world": world, "adapter": adapter})
    return trace


async def _play(
    scenario: Scenario,
    parts: ClientParts,
    clock: Scheduler,
    recorder: Recorder,
    world: World,
    adapter: SimulatedAdapter,
) -> None:
    """Register the scenario's devices, play it, and wait for the end of its trace."""
    directory, network = world.exchange.directory, world.network
    account = directory.find_or_create(REFERENCE_NAME, {}, EPOCH_MS)
    alias = directory.add_address(account.id, ALIAS_NAME)
    world.exchange.set_platform(account.id, scenario.platform)
    network.subscriber = account.id
    sessions = recorder.trace.header.sessions
    browsers = await open_browsers(scenario, world, clock, _token)
    friend = await open_friend(world, clock, _token) if needs_friend(scenario) else None
    context = Context(
        scenario=scenario,
        real_media=False,
        server=world,
        rest=world,
        send_command=adapter.send,
        recorder=recorder,
        devices=tuple([Device(session=session, token="") for session in sessions]),
        addresses=(account.addresses[0].uri, alias.uri),
        fresh_id=lambda: network.name("command"),
        deadlines=DEADLINES,
        browsers=browsers,
        renewed_token=lambda number: renewed(
            _token(account.id, sessions[number]), world.exchange.settings
        ),
        friend=friend,
    )
    scenario_player = ScenarioPlayer(context, sut_counts=False)
    for number, session in enumerate(sessions):
        kind, good = token_of(scenario.faults, number), _token(account.id, session)
        token = altered(good, kind, world.exchange.settings, EPOCH_MS // 1000)
        core = parts.core(token, lambda: network.name("request"))
        phone = Phone(network, session, core, parts, token)
        phone.keep_calls(number in reattaching(scenario))
        adapter.add(phone)
        if number in scenario.late:
            continue
        if may_not_open(scenario.faults, number) or scenario.automatic:
            await context.open(number, register=not scenario.automatic)
        elif (reply := await adapter.start(session)).error:
            raise Stuck(f"a simulated client did not come online: {reply.text}")
    await scenario_player.play()
    await scenario_player.settle()


@functools.lru_cache(maxsize=64)
def _token(subscriber: str, session: str) -> str:
    now_s = EPOCH_MS // 1000
    claims = sat.Claims(
        jti=session, subscriber=subscriber, issued_s=now_s, expires_s=now_s + TOKEN_LIFE_S
    )
    return sat.mint(claims, KEY, "fabric.simulated.invalid:443")
