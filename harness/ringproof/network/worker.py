"""A worker: one subscriber with one alias, and the sessions that scenario after scenario reuses."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
import traceback
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from ringproof.adapters.protocol import AdapterError, Command, Hello
from ringproof.network.browsers import open_browsers, open_friend, where
from ringproof.network.lateness import lateness_noted
from ringproof.network.supervisor import Supervisor
from ringproof.network.wall_clock import WallClock
from ringproof.play.access import altered, renewed
from ringproof.play.context import Browser, Context, Device, Fields, ScenarioFault
from ringproof.play.deadlines import DEADLINES, Deadlines
from ringproof.play.dialling import Friend
from ringproof.play.media_probe import counts_packets
from ringproof.play.player import ScenarioPlayer
from ringproof.play.recorder import EVENTS_MAX, Recorder, features_of, header_of
from ringproof.rest_client import RestClient, RestFault
from ringproof.results import Fault, Planned, SutInfo
from ringproof.trace import Header, Trace
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol import sat
from ringproof_scenarios.faults import OfOpening, token_of
from ringproof_scenarios.model import (
    Scenario,
)
from ringproof_scenarios.reloads import reattaching
from ringproof_scenarios.waiting import waiting_ms

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

REUSES_MAX = 25
"""Scenarios on one session before a fresh one, so that registration too is played repeatedly."""


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A played scenario; ``fault`` is None when it can be judged."""

    trace: Trace
    fault: Fault | None = None
    adapter_died: bool = False


class _Others(msgspec.Struct, frozen=True):
    """The clients of other accounts that take part in a scenario."""

    browsers: dict[int, Browser]
    friend: Friend | None


class _Subscriber(msgspec.Struct, kw_only=True):
    """The account a worker plays on, and its open sessions."""

    id: str
    reference: str
    addresses: tuple[str, str]
    real_media: bool
    at_connect: tuple[object, ...]
    """The platform's behaviour at the connects of its sessions (``Platform.at_connect``)."""
    generation: int
    devices: list[Device] = []
    plays: int = 0


class Worker:
    """Plays one scenario at a time; workers run side by side and share nothing."""

    def __init__(
        self,
        server: Server,
        rest: RestClient,
        supervisor: Supervisor,
        hello: Hello,
        deadlines: Deadlines = DEADLINES,
        reuses_max: int = REUSES_MAX,
    ) -> None:
        self._server = server
        self._rest = rest
        self._supervisor = supervisor
        self._hello = hello
        self._deadlines = deadlines
        self._lists = "list" not in hello.lacks
        # A client that keeps no list cannot show that it is rid of a call: no second scenario.
        self._reuses_max = reuses_max if self._lists else 1
        self._subscriber: _Subscriber | None = None
        self.slowest_end_ms = 0
        """Of all that it played: see ``ScenarioPlayer``."""

    async def play(self, planned: Planned) -> Played:
        """Play and record; raises only when cancelled.

        When a reused session shows a call of an earlier scenario, the scenario is played again on
        fresh sessions: it was our mistake to reuse the session.
        """
        reused = self._subscriber is not None and self._subscriber.plays > 0
        recorder, played = await self._play_once(planned)
        if reused and played.fault is None and recorder.tracker.stale_sessions:
            await self.leave()
            _, played = await self._play_once(planned)
        return played

    async def _play_once(self, planned: Planned) -> tuple[Recorder, Played]:
        clock = WallClock()
        recorder = Recorder(self._header(planned, ()), clock)
        fault: Fault | None = None
        died = False
        try:
            within_ms = waiting_ms(planned.scenario) + self._deadlines.scenario_ms
            async with (
                asyncio.timeout(within_ms / 1000) as deadline,
                lateness_noted(recorder, clock, deadline),
            ):
                await self._play(planned, recorder)
        except Exception as error:  # outermost loop of this shell: whatever it was has an owner
            errors = list(leaves(error))
            died = any(isinstance(leaf, AdapterError) for leaf in errors)
            fault = blame(errors, planned.label)
        if recorder.events > EVENTS_MAX and fault is None:
            text = f"more than {EVENTS_MAX} events in one scenario"
            fault = Fault(owner=Owner.ADAPTER, text=text, scenario=planned.label)
        if fault is not None:
            recorder.note("blame", f"{fault.owner}: {fault.text}")
            await self.leave(answering=not died)
        return recorder, Played(trace=recorder.trace, fault=fault, adapter_died=died)

    async def leave(self, *, answering: bool = True) -> None:
        """Close the sessions; the next scenario starts with a new subscriber."""
        subscriber, self._subscriber = self._subscriber, None
        if subscriber is None:
            return
        for device in subscriber.devices:
            self._supervisor.unroute(device.session)
            if answering and subscriber.generation == self._supervisor.generation:
                await self._close(device)

    async def _play(self, planned: Planned, recorder: Recorder) -> None:
        subscriber = await self._prepare(planned)
        fresh = await self._adjust_devices(subscriber, planned.scenario.devices)
        sessions = tuple(device.session for device in subscriber.devices)
        recorder.begin(self._header(planned, sessions))
        for session in sessions:
            self._supervisor.route(session, recorder.event)
        stop_watching = self._server.watch(subscriber.id, recorder.fact)
        try:
            clean = await self._perform(planned, subscriber, recorder, fresh)
        finally:
            stop_watching()
            for session in sessions:
                self._supervisor.unroute(session)
        subscriber.plays += 1
        # Not before: a client whose socket is lost is judged more leniently.
        if not clean or subscriber.plays >= self._reuses_max:
            await self.leave()

    async def _perform(
        self, planned: Planned, subscriber: _Subscriber, recorder: Recorder, fresh: int
    ) -> bool:
        """Play it; returns whether the sessions are fit for another scenario."""
        scenario, real_media = planned.scenario, planned.real_media
        server, rest, adapter = self._server, self._rest, self._supervisor.adapter
        async with (
            open_browsers(
                *(scenario, server, rest, adapter, self._hello, self._deadlines),
                real_media=real_media,
            ) as browsers,
            open_friend(
                scenario, server, rest, recorder.clock.notify, real_media=real_media
            ) as friend,
        ):
            others = _Others(browsers, friend)
            return await self._perform_with(planned, subscriber, recorder, fresh, others)

    async def _perform_with(
        self,
        planned: Planned,
        subscriber: _Subscriber,
        recorder: Recorder,
        fresh: int,
        others: _Others,
    ) -> bool:
        context = Context(
            scenario=planned.scenario,
            real_media=planned.real_media,
            server=self._server,
            rest=self._rest,
            send_command=self._supervisor.adapter.send,
            recorder=recorder,
            devices=tuple(subscriber.devices),
            addresses=subscriber.addresses,
            fresh_id=_command_id,
            deadlines=self._deadlines,
            renewed_token=lambda number: renewed(
                subscriber.devices[number].token, self._server.exchange.settings
            ),
            browsers=others.browsers,
            friend=others.friend,
            opening=lambda number: self._opening(subscriber, number, planned.scenario),
        )
        self._server.exchange.set_platform(subscriber.id, planned.scenario.platform)
        self._server.set_media(subscriber.id, planned.real_media)
        counts = planned.real_media and counts_packets(self._hello)
        player = ScenarioPlayer(context, sut_counts=counts, sut_lists=self._lists)
        for number in range(len(subscriber.devices) - fresh, len(subscriber.devices)):
            if number in context.present:
                await context.open(number, **context.opening(number))
        await player.play()
        await player.settle()
        self.slowest_end_ms = max(self.slowest_end_ms, player.slowest_end_ms)
        return player.clean

    def _opening(self, subscriber: _Subscriber, number: int, scenario: Scenario) -> Fields:
        """Return what ``session.open`` says for a device; a fault may have replaced its token."""
        server, token = self._server, subscriber.devices[number].token
        kind, now_s = token_of(scenario.faults, number), time.time_ns() // 1_000_000_000
        return {
            **where(server),
            "token": altered(token, kind, server.exchange.settings, now_s),
            "real_media": subscriber.real_media,
            "reattach": number in reattaching(scenario),
            "register": not scenario.automatic,
        }

    async def _prepare(self, planned: Planned) -> _Subscriber:
        """Return the worker's subscriber, a new one where the old one does not suit.

        All devices of a subscriber come online in the trace of one scenario: only a trace that
        shows all of them can prove that each is offered the call.
        """
        known = self._subscriber
        if known is not None and (
            known.real_media != planned.real_media
            or known.at_connect != planned.scenario.platform.at_connect
            or known.generation != self._supervisor.generation
            or 0 < len(known.devices) < planned.scenario.devices
            or _opens_itself(planned.scenario)
            or planned.scenario.late
        ):
            await self.leave()
        if self._subscriber is None:
            reference = f"worker-{uuid.uuid4()}"
            id, _ = await self._rest.token(reference)
            directory = self._server.exchange.directory
            account = directory.subscriber(id)
            assert account is not None, "a token was issued for it"
            alias = directory.add_address(id, f"{reference}-alias")
            self._subscriber = _Subscriber(
                id=id,
                reference=reference,
                addresses=(account.addresses[0].uri, alias.uri),
                real_media=planned.real_media,
                at_connect=planned.scenario.platform.at_connect,
                generation=self._supervisor.generation,
            )
        return self._subscriber

    async def _adjust_devices(self, subscriber: _Subscriber, wanted: int) -> int:
        """Bring the number of devices to ``wanted``; return how many are still to be opened."""
        while len(subscriber.devices) > wanted:
            await self._close(subscriber.devices.pop())
        fresh = wanted - len(subscriber.devices)
        for _ in range(fresh):
            _, token = await self._rest.token(subscriber.reference)
            subscriber.devices.append(Device(session=sat.peek(token).jti, token=token))
        return fresh

    async def _close(self, device: Device) -> None:
        deadline_ms = self._deadlines.command_ms
        command = Command(
            id=_command_id(), op="session.close", s=device.session, deadline_ms=deadline_ms
        )
        # After an error the next scenario meets the same, and has a trace to record it in.
        with contextlib.suppress(AdapterError):
            await self._supervisor.adapter.send(command)

    def _header(self, planned: Planned, sessions: tuple[str, ...]) -> Header:
        return header_of(self._hello, "network", planned.scenario, sessions)


def _opens_itself(scenario: Scenario) -> bool:
    """Say whether attempts to open a session, counted from the first one, are a part of it."""
    return scenario.automatic or any(isinstance(fault, OfOpening) for fault in scenario.faults)


def _command_id() -> str:
    """Return a random id, so that the SUT cannot know which scenario is running."""
    return secrets.token_hex(6)


def info_of(hello: Hello) -> SutInfo:
    """Return who is judged, as reports show it."""
    return SutInfo(
        name=hello.name,
        version=hello.version,
        carrier=hello.carrier,
        language=hello.language,
        runtime=hello.runtime,
        features=features_of(hello),
    )


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, however nested; a plain error yields itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def blame(errors: list[BaseException], label: str) -> Fault:
    """Decide who is at fault: the death of an adapter explains every error after it."""
    for error in errors:
        if isinstance(error, AdapterError):
            return Fault(owner=Owner.ADAPTER, text=str(error), scenario=label)
    for error in errors:
        if isinstance(error, ScenarioFault):
            return Fault(owner=error.owner, text=error.text, scenario=label)
    error = errors[0]
    if isinstance(error, RestFault):
        text = str(error)
    elif isinstance(error, TimeoutError):
        text = "the scenario did not end in time: an inner deadline is missing"
    else:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" at {last[0].filename}:{last[0].lineno}" if last else ""
        text = f"{type(error).__name__}: {error}{where}"
    return Fault(owner=Owner.HARNESS, text=text, scenario=label)
