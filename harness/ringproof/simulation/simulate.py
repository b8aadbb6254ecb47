"""One whole scenario in virtual time, from the first registration to its trace."""

from __future__ import annotations

import functools
from typing import NamedTuple

from ringproof import trace as traces
from ringproof.adapters.protocol import PROTOCOL, Hello
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.play.context import Context, Device
from ringproof.play.player import ScenarioPlayer
from ringproof.play.recorder import Recorder
from ringproof.simulation.adapter import SimulatedAdapter, SimulatedTelephone
from ringproof.simulation.memory import take_apart
from ringproof.simulation.phone import Phone
from ringproof.simulation.scheduler import Scheduler, Stuck
from ringproof.simulation.world import EPOCH_MS, FAIR, KEY, LatencyProfile, World
from ringproof.trace import Header, Trace
from ringproof.version import VERSION
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_scenarios.model import Scenario

REGISTER_WITHIN_MS = 20_000
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
    features=("display_name",),
)


class Simulated(NamedTuple):
    """A finished run."""

    trace: Trace
    draws: tuple[tuple[str, int], ...]
    """What was drawn at each named choice point, in order."""


def simulate(
    scenario: Scenario,
    parts: ClientParts = REFERENCE,
    *,
    seed: int = 0,
    hello: Hello = HELLO,
    exchange: type[Exchange] = Exchange,
    weather: LatencyProfile = FAIR,
) -> Simulated:
    """Play a scenario with simulated clients and return its record.

    ``exchange`` is the platform to play against, ``weather`` how slow everything is. The same
    arguments give the same bytes. Raises ``Stuck`` when the run does not end: a bug of ours, never
    a verdict.
    """
    return _Run(scenario, parts, seed, hello, exchange, weather).play()


class _Run:
    def __init__(
        self,
        scenario: Scenario,
        parts: ClientParts,
        seed: int,
        hello: Hello,
        exchange: type[Exchange],
        weather: LatencyProfile,
    ) -> None:
        self._scenario = scenario
        self._parts = parts
        self._hello = hello
        self._clock = Scheduler()
        self._sessions = tuple([f"session-{number}" for number in range(scenario.devices)])
        self._recorder = Recorder(self._header(), self._clock)
        self._world = World(self._clock, self._recorder, seed, exchange, weather)
        self._adapter = SimulatedAdapter(hello, self._recorder.event, self._now_us)

    def play(self) -> Simulated:
        self._clock.run(self._play())
        played = Simulated(self._recorder.trace, tuple(self._world.draws.made))
        take_apart(self)
        return played

    def _now_us(self) -> int:
        return self._clock.now_us

    def _header(self) -> Header:
        return Header(
            ringproof=VERSION,
            format=traces.FORMAT,
            mode="simulated",
            scenario=self._scenario,
            sut=f"{self._hello.name} {self._hello.version}",
            features=self._hello.features,
            sessions=self._sessions,
        )

    async def _play(self) -> None:
        world = self._world
        account = world.exchange.directory.find_or_create(REFERENCE_NAME, {}, EPOCH_MS)
        alias = world.exchange.directory.add_address(account.id, ALIAS_NAME)
        world.exchange.set_platform(account.id, self._scenario.platform)
        world.subscriber = account.id
        for session in self._sessions:
            await self._register(session, _token(account.id, session))
        context = Context(
            scenario=self._scenario,
            real_media=False,
            server=world,
            rest=SimulatedTelephone(world),
            adapter=self._adapter,
            recorder=self._recorder,
            devices=tuple([Device(session=session, token="") for session in self._sessions]),
            addresses=(account.addresses[0].uri, alias.uri),
            ids=lambda: world.name("command"),
        )
        timeline = ScenarioPlayer(context, sut_counts=False)
        await timeline.play()
        await timeline.settle()

    async def _register(self, session: str, token: str) -> None:
        parts, world = self._parts, self._world
        core = parts.core(token, lambda: world.name("request"))
        phone = Phone(world, session, core, parts)
        promise = phone.start()
        online = await self._clock.wait(lambda: promise.settled, REGISTER_WITHIN_MS)
        if not online or promise.error:
            raise Stuck(f"a simulated client did not come online: {promise.error or 'no answer'}")
        self._adapter.seat(phone)


@functools.lru_cache(maxsize=64)
def _token(subscriber: str, session: str) -> str:
    now_s = EPOCH_MS // 1000
    claims = sat.Claims(
        jti=session, subscriber=subscriber, issued_s=now_s, expires_s=now_s + TOKEN_LIFE_S
    )
    return sat.mint(claims, KEY, "fabric.simulated.invalid:443")
