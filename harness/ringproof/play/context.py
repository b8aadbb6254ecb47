"""What one scenario is played on: a subscriber's devices, the server, the adapter, the trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, Unpack

import msgspec

from ringproof.adapters.protocol import Command, Reply
from ringproof.call_tracker import Leg
from ringproof.play.deadlines import Deadlines
from ringproof.play.dialling import Friend
from ringproof.play.recorder import Recorder
from ringproof.rest_requests import Authorization, Placed, RestReply
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol.events import AnyEvent, PingRequested
from ringproof_scenarios.faults import may_not_open, opening
from ringproof_scenarios.model import Caller, Scenario

NOT_OPENED = frozenset({"sut_error", "timeout"})
"""Replies to ``session.open`` that are an outcome of ``register()``: an error, or none in time."""

REFUSALS = frozenset({"unsupported", "bad_request", "version"})
"""Replies that say the adapter does not do what its hello promised."""


class Fields(TypedDict, total=False):
    """What a command may carry beside its op and session (``ringproof.adapters.protocol``)."""

    c: str
    media: dict[str, bool]
    devices: dict[str, int]
    what: str
    to: str
    destination: str
    token: str
    relay_host: str
    rest_host: str
    url: str
    rest_url: str
    ca_file: str
    real_media: bool
    reattach: bool
    register: bool
    of: str
    returns: bool
    microphone: str
    camera: str
    after_ms: int


class ScenarioFault(Exception):
    """The scenario cannot be judged, and the SUT is not to blame."""

    def __init__(self, owner: Owner, text: str) -> None:
        super().__init__(text)
        self.owner = owner
        self.text = text


class Platform(Protocol):
    """What the context needs of the stand-in itself."""

    def dispatch(self, event: AnyEvent) -> None:
        """Give the exchange an event."""

    async def count_packets(self, dialog: str) -> None:
        """Have the packets that a leg has sent and received so far journaled as a fact."""


class Browser(Protocol):
    """The program of a caller who calls from a browser or a softphone."""

    session: str
    """Names it for the platform: the ``jti`` of its access token, or that of its SIP endpoint."""

    async def dial(self, to: str, *, video: bool) -> str:
        """Call an address, with sound and perhaps with picture, and return the call's id.

        Raises ``ScenarioFault``: it is no client under test.
        """

    async def hang_up(self, call: str) -> None:
        """Hang up; a call that is over by now is left as it is."""


class CallerApi(Protocol):
    """What callers and an app's backend do, through REST or past it."""

    async def request(
        self,
        method: str,
        path: str,
        credentials: Authorization,
        *,
        body: dict[str, Any] | None = None,
        token: str = "",
    ) -> RestReply:
        """Send a request and return the answer, whatever its status; ``token``: of a client."""

    async def dial(
        self,
        caller: Caller,
        address: str,
        *,
        talk_ms: int | None,
        label: str = "",
        status_url: str = "",
    ) -> Placed:
        """Place a call; for the parameters see ``dial_params``."""

    async def listen(self, receive: Callable[[dict[str, Any]], None]) -> str:
        """Return a new URL; the body of each callback to it is given to ``receive``."""

    def forget(self, url: str) -> None:
        """Receive no more at a URL of ``listen``."""

    async def end(self, call: str, reason: str) -> None:
        """End a call; one that has ended meanwhile is left as it is."""

    async def update(self, call: str, *, talk_ms: int) -> None:
        """Have an answered call hang up after ``talk_ms``."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the subscriber."""

    session: str
    """``jti`` of its access token."""
    token: str


@dataclass(kw_only=True)
class Context:
    """Everything that the player of one scenario needs."""

    scenario: Scenario
    real_media: bool
    server: Platform
    rest: CallerApi
    send_command: Callable[[Command], Awaitable[Reply]]
    """Gives the adapter a command. Raises ``AdapterError`` when the adapter died."""
    recorder: Recorder
    devices: tuple[Device, ...]
    addresses: tuple[str, ...]
    """What callers dial: the subscriber's first address, then the alias."""
    fresh_id: Callable[[], str]
    """Returns an id that nothing else has."""
    deadlines: Deadlines
    browsers: Mapping[int, Browser] = field(default_factory=dict)
    """The clients of those callers who have one, by the caller's number."""
    renewed_token: Callable[[int], str] = lambda _: ""
    """Returns another token of a device's session, which expires later than its first."""
    friend: Friend | None = None
    """Who is called, or gets calls that are handed over; None where no step needs one."""
    opening: Callable[[int], Fields] = lambda _: {}
    """Returns what ``session.open`` says for a device beside its session."""
    vanished: set[int] = field(default_factory=set)
    """Devices that are gone; nothing is asked of them any more. See ``vanish``."""
    left: set[int] = field(default_factory=set)
    """Those of them whose adapter has reported that they are gone."""

    def __post_init__(self) -> None:
        self.tracker = self.recorder.tracker
        self.clock = self.recorder.clock
        late = self.scenario.late
        self.present = tuple(n for n in range(len(self.devices)) if n not in late)
        """The devices that are open: not those that open later, nor those that vanished."""

    def vanish(self, device: int) -> None:
        """Take note that a device is about to disappear, and have waits for it checked again."""
        self.vanished.add(device)
        self.present = tuple(n for n in self.present if n != device)
        self.clock.notify()

    async def open_late(self, device: int, of: int | None) -> Reply:
        """Open a device that was not there from the start; see ``Open``."""
        fields = self.opening(device)
        await self.clock.wait(
            lambda: of not in self.vanished or of in self.left, self.deadlines.command_ms
        )
        if of is not None:
            fields["of"] = self.devices[of].session
        op = "session.open" if of is None else "session.return"
        command = self._command(op, device, self.deadlines.opened_ms, fields)
        self.recorder.command(command)
        reply = await self._reply(command)
        # A client that says so too early is not there yet; what it gets before, it may miss.
        known = not reply.error and await self.clock.wait(
            lambda: command.s in self.tracker.seen_sessions, self.deadlines.effect_ms
        )
        if not known:
            self.recorder.note("lost", self.devices[device].session)
        else:
            self.present = tuple(sorted({*self.present, device}))
        self.clock.notify()
        return reply

    @property
    def reachable(self) -> tuple[int, ...]:
        """The devices that are open and online: those that a call rings."""
        offline = self.tracker.offline
        return tuple(n for n in self.present if self.devices[n].session not in offline)

    def legs_present(self) -> Iterator[Leg]:
        """Yield every call so far on a device that is open."""
        present = {self.tracker.sessions[device] for device in self.present}
        return (leg for leg in self.tracker.legs if leg.session in present)

    async def send(self, op: str, device: int, **fields: Unpack[Fields]) -> Reply:
        """Send the device one command and record both it and its reply.

        Raises ``ScenarioFault`` when the adapter refuses what its hello promised, ``AdapterError``
        when it died.
        """
        command = self._command(op, device, self.deadlines.command_ms, fields)
        self.recorder.command(command)
        return await self._reply(command)

    def _command(self, op: str, device: int, deadline_ms: int, fields: Fields) -> Command:
        session = self.devices[device].session
        return Command(id=self.fresh_id(), op=op, s=session, deadline_ms=deadline_ms, **fields)

    async def _reply(self, command: Command) -> Reply:
        reply = await self.send_command(command)
        self.recorder.reply(reply)
        if reply.error in REFUSALS:
            text = f"{command.op} was refused: {reply.error} {reply.text}"
            raise ScenarioFault(Owner.ADAPTER, text)
        return reply

    async def open(self, device: int, **fields: Unpack[Fields]) -> bool:
        """Have a device open its session; say whether it did.

        Raises ``ScenarioFault`` where it has to open and does not. Where a fault may prevent that,
        the reply is an outcome. A device counts as gone when it says that it has no session, and
        when the platform knows of none.
        """
        faults = self.scenario.faults
        if not may_not_open(faults, device):
            await self.require("session.open", device, **fields)
            return not self.scenario.automatic or await self._came_online(device)
        within_ms = self.deadlines.opened_ms
        command = self._command("session.open", device, within_ms, fields)
        self.recorder.command(command, opening(faults, device))
        reply = await self._reply(command)
        if not reply.error and command.s in self.recorder.tracker.seen_sessions:
            return True
        if reply.error and reply.error not in NOT_OPENED:
            text = f"session.open failed: {reply.error} {reply.text}"
            raise ScenarioFault(Owner.ADAPTER, text)
        self.recorder.note("unopened", command.s)
        self.vanish(device)
        return False

    async def _came_online(self, device: int) -> bool:
        """Wait for a device that nobody registers; one that stays offline counts as gone."""
        session, registered = self.devices[device].session, self.recorder.tracker.registered
        online = await self.clock.wait(lambda: session in registered, self.deadlines.effect_ms)
        if not online:
            self.recorder.note("unopened", session)
            self.vanish(device)
        return online

    async def require(self, op: str, device: int, **fields: Unpack[Fields]) -> None:
        """Send a command without which nothing can be judged. Raises ``ScenarioFault``."""
        reply = await self.send(op, device, **fields)
        if reply.error:
            raise ScenarioFault(Owner.ADAPTER, f"{op} failed: {reply.error} {reply.text}")

    async def barrier(self, device: int) -> None:
        """Return once the device has read everything sent to it so far, and reported what follows.

        What the device has not reported by then did not happen. Returns at once when the device
        vanishes meanwhile. Raises ``ScenarioFault`` when it does not answer.
        """
        ping = self.fresh_id()
        session = self.devices[device].session
        self.server.dispatch(PingRequested(session, ping))
        within_ms = self.deadlines.ping_ms
        answered = await self.clock.wait(
            lambda: ping in self.tracker.pings or device in self.vanished, within_ms
        )
        if device in self.vanished:
            return
        if not answered:
            text = f"device {device} did not answer a ping within {within_ms} ms"
            raise ScenarioFault(Owner.ADAPTER, text)
        reply = await self.send("sync", device)
        if reply.error and device not in self.vanished:
            raise ScenarioFault(Owner.ADAPTER, f"sync failed: {reply.error} {reply.text}")

    async def expect(
        self, condition: str, holds: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> bool:
        """Wait for something that ought to happen; note in the trace when it did not.

        ``about`` is the caller when ``holds`` reads nothing but that caller's call.
        """
        happened = await self.clock.wait(holds, within_ms, about)
        if not happened:
            self.recorder.note("late", f"{condition}: not within {within_ms} ms")
        return happened
