"""The user's side of a client: calls, their observables, the list. Synchronous.

The session gives events to the pure core and passes its commands on: emissions to observables,
all others to ``perform``. It uses neither sockets nor asyncio, so a simulation can drive it too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ringproof.client import commands, events
from ringproof.client.commands import CallInfo, MediaStream
from ringproof.client.core import ClientCore
from ringproof.client.lifecycle import Status
from ringproof.client.observable import Observable, Subject
from ringproof.client.promise import CallError, ClientError, Promise, RegistrationError
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

if TYPE_CHECKING:
    from ringproof.client.parts import ClientParts


class ReportedError(msgspec.Struct, frozen=True):
    """An error that belongs to no promise."""

    text: str
    call: str
    """Id of the call concerned; empty for the session."""
    fatal: bool
    """Whether the session, or that call, cannot go on."""


class Call:
    """One call, inbound unless ``dial`` placed it. Its identity never changes; its status does."""

    __slots__ = ("_info", "_session", "_status", "_statuses", "local_stream", "remote_stream")

    def __init__(self, info: CallInfo, session: Session) -> None:
        self._info = info
        self._session = session
        self._status: Status = "trying" if info.outbound else "ringing"
        parts, report = session.parts, session.report
        self._statuses: Subject[Status] = parts.statuses(report)
        self._statuses.emit(self._status)
        self.local_stream: Subject[MediaStream] = parts.streams(report)
        """The user's own media, once, after ``answer()``; completes with the call."""
        self.remote_stream: Subject[MediaStream] = parts.streams(report)
        """The far side's media after ``answer()``: a new stream, whole, for each track added."""

    @property
    def id(self) -> str:
        """The ``callID`` of the wire."""
        return self._info.id

    @property
    def direction(self) -> str:
        """``inbound``, or ``outbound`` for a call that this client placed."""
        return "outbound" if self._info.outbound else "inbound"

    @property
    def from_(self) -> str:
        """The caller's address, such as ``/private/alice``."""
        return self._info.from_

    @property
    def from_name(self) -> str:
        """The caller's display name, unchanged; ``_undef_`` or empty when none was supplied."""
        return self._info.from_name

    @property
    def to(self) -> str:
        """The address that was dialled: one subscriber may have several."""
        return self._info.to

    @property
    def to_name(self) -> str:
        """The display name of the address that was dialled."""
        return self._info.to_name

    @property
    def display_name(self) -> str:
        """What to show for the caller: the name, or the address where there is none.

        Source: clause caller/display-fallback.
        """
        name = self._info.from_name
        return name if name and name != UNDEFINED_NAME else self._info.from_

    @property
    def status(self) -> Status:
        """The current status: what ``statuses`` emitted last."""
        return self._status

    @property
    def statuses(self) -> Observable[Status]:
        """Every status from now on, the current one first; completes after ``destroyed``."""
        return self._statuses

    def answer(
        self,
        audio: bool | None = None,
        video: bool | None = None,
        *,
        microphone: int = 0,
        camera: int = 0,
    ) -> Promise:
        """Accept, sending these kinds; None takes the guide's default: audio on, video off.

        ``microphone`` and ``camera`` are places in the lists of the machine's devices, from 0.

        Does nothing unless the call is ringing. The promise resolves once the platform has
        confirmed the answer or the call is over (see ``status``), and fails with ``CallError``
        when media or the platform failed. Awaiting it is optional.
        """
        chosen = microphone, camera
        return self._session.ask(
            CallError,
            lambda promise: events.AnswerRequested(self.id, promise, audio, video, chosen),
        )

    def reject(self) -> Promise:
        """Decline before any media. Does nothing unless the call is ringing."""
        return self._session.ask(CallError, partial(events.RejectRequested, self.id))

    def hangup(self) -> Promise:
        """End the call; the promise resolves after the local tear-down, within 5 s."""
        return self._session.ask(CallError, partial(events.HangupRequested, self.id))

    def hold(self) -> Promise:
        """Put the call on hold; the promise settles with the platform's reply.

        It fails with ``CallError`` when the call is not connected or the platform refuses.
        """
        return self._session.ask(
            CallError, lambda promise: events.HoldRequested(self.id, promise, True)
        )

    def unhold(self) -> Promise:
        """Take the call off hold; see ``hold``."""
        return self._session.ask(
            CallError, lambda promise: events.HoldRequested(self.id, promise, False)
        )

    def transfer(self, destination: str) -> Promise:
        """Hand the call over; the promise settles with the platform's reply, and a bye follows.

        It fails with ``CallError`` when the call is not connected or the platform refuses. The call
        then goes on as it was.
        """
        return self._session.ask(
            CallError, lambda promise: events.TransferRequested(self.id, promise, destination)
        )

    def restart_ice(self) -> Promise:
        """Find the media path anew; the promise settles with the platform's reply.

        It fails with ``CallError`` when the call is not connected or the platform refuses. Media
        then goes on as it was.
        """
        return self._session.ask(CallError, partial(events.RestartRequested, self.id))

    def __repr__(self) -> str:
        return f"<Call {self.id} from {self.from_} {self._status}>"

    def show(self, status: Status) -> None:
        """Take a new status. Only the session calls this."""
        self._status = status
        self._statuses.emit(status)

    def show_stream(self, side: commands.Side, stream: MediaStream) -> None:
        """Take a new stream. Only the session calls this."""
        (self.local_stream if side == "local" else self.remote_stream).emit(stream)

    def complete(self, what: commands.Observable) -> None:
        """End an observable. Only the session calls this."""
        if what == "status":
            self._statuses.complete()
        else:
            stream = self.local_stream if what == "local_stream" else self.remote_stream
            stream.complete(forget=True)


class Session:
    """The user's side of one client. ``dispatch`` events into it; it calls ``perform``.

    ``report`` gets exceptions of the user's own callbacks. Calls made from inside a callback are
    queued until the running event is through, so everybody sees one order.
    """

    def __init__(
        self,
        core: ClientCore,
        perform: Callable[[commands.Outward], None],
        report: Callable[[Exception], None],
        parts: ClientParts,
    ) -> None:
        self.report = report
        self.parts = parts
        self._core = core
        self._perform = perform
        self._queue: deque[events.Event] = deque()
        self._busy = False
        self.calls: dict[str, Call] = {}
        """Every call that is not over."""
        self._promises: dict[str, Promise] = {}
        self._asked = 0
        self._gone = ""
        self.incoming_calls: Subject[tuple[Call, ...]] = parts.listing(report)
        """The whole list of inbound calls, oldest first: now, and after every change."""
        self.incoming_calls.emit(())
        self.errors: Subject[ReportedError] = Subject(report, replays=False)
        """Errors as they happen; late subscribers get none of the earlier ones."""
        self._show: dict[type, Callable[[Any], None]] = {
            commands.AddCall: self.add_call,
            commands.EmitList: self.show_list,
            commands.EmitStatus: self.show_status,
            commands.EmitStream: self.show_stream,
            commands.EmitComplete: self.complete,
            commands.EmitError: self.show_error,
            commands.Settle: self.settle,
        }

    def register(self) -> Promise:
        """Return a promise of being online."""
        return self.ask(RegistrationError, events.RegisterRequested)

    def unregister(self) -> Promise:
        """Return a promise of being offline."""
        return self.ask(RegistrationError, events.UnregisterRequested)

    def dial(self, to: str, audio: bool = True, video: bool = False) -> tuple[Call, Promise]:
        """Call an address; return the call, and the promise that the platform has taken it.

        The promise fails with ``CallError`` when the platform refuses. What becomes of the call
        afterwards, its statuses tell. It is in no list.
        """
        id = self._core.fresh_id()
        info = CallInfo(id, "", "", to, "", outbound=True)
        call = self.calls[id] = self.parts.call(info, self)
        promise = self.ask(
            CallError, lambda promise: events.DialRequested(id, promise, to, audio, video)
        )
        return call, promise

    def close(self) -> Promise:
        """Hang up on everybody, go offline, close the socket."""
        return self.ask(ClientError, events.CloseRequested)

    def ask(self, raises: type[ClientError], event: Callable[[str], events.Event]) -> Promise:
        """Dispatch what the user asks for and return the promise of its outcome."""
        promise = Promise(raises)
        if self._gone:
            promise.settle(self._gone)
        else:
            self._asked += 1
            name = str(self._asked)
            self._promises[name] = promise
            self.dispatch(event(name))
        return promise

    def abandon(self, why: str) -> None:
        """Fail every open promise: the shell is gone and nothing will happen any more."""
        self._gone = why
        promises, self._promises = self._promises, {}
        for promise in promises.values():
            promise.settle(why)

    def dispatch(self, event: events.Event) -> None:
        """Handle an event and all that follows from it before returning."""
        queue = self._queue
        queue.append(event)
        if self._busy:
            return
        self._busy = True
        shows = self._show.get
        try:
            while queue:
                for command in self._core.handle(queue.popleft()):
                    shows(type(command), self._perform)(command)
        finally:
            self._busy = False

    # -- what the core shows: one method a command ----------------------------------------------

    def add_call(self, command: commands.AddCall) -> None:
        """Make the object of a new call."""
        call = self.calls[command.info.id] = self.parts.call(command.info, self)
        if command.status != "ringing":
            call.show(command.status)  # nobody watches it yet

    def show_list(self, command: commands.EmitList) -> None:
        """Emit the list."""
        calls = self.calls
        self.emit_list(tuple([calls[call] for call in command.calls]))

    def emit_list(self, calls: tuple[Call, ...]) -> None:
        """Hand a list to its subscribers."""
        self.incoming_calls.emit(calls)

    def show_status(self, command: commands.EmitStatus) -> None:
        """Give a call its new status."""
        self.calls[command.call].show(command.status)

    def show_stream(self, command: commands.EmitStream) -> None:
        """Give a call its new stream."""
        self.calls[command.call].show_stream(command.side, command.stream)

    def complete(self, command: commands.EmitComplete) -> None:
        """End an observable; a call whose status is complete is forgotten."""
        if command.what == "list":
            self.incoming_calls.complete()
        elif command.what == "status":
            self.calls.pop(command.call).complete("status")
        else:
            self.calls[command.call].complete(command.what)

    def show_error(self, command: commands.EmitError) -> None:
        """Report an error."""
        self.errors.emit(ReportedError(command.text, command.call, command.fatal))

    def settle(self, command: commands.Settle) -> None:
        """Settle a promise of ours; others are unknown here."""
        promise = self._promises.pop(command.promise, None)
        if promise is not None:
            promise.settle(command.error)
