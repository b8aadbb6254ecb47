"""Turns what the reference client shows its user into trace events, in one numbered sequence.

No I/O and no asyncio: the clock comes in, events go to a listener.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from ringproof.adapters.protocol import Command, Listener
from ringproof.client.commands import MediaStream
from ringproof.client.devices import DeviceSetting
from ringproof.client.lifecycle import Status as StatusName
from ringproof.client.media import Counts
from ringproof.client.observable import Observable
from ringproof.client.promise import Promise
from ringproof.client.session import Call, ReportedError
from ringproof.client.user import User as UserOfClient
from ringproof.trace import (
    AnySutEvent,
    Calls,
    Complete,
    DeviceRequest,
    Dialled,
    Getter,
    ListedCall,
    Packets,
    Received,
    Registered,
    Reread,
    Settled,
    Sources,
    Status,
    Stream,
    SutError,
    User,
    UserAddress,
)

REREAD_LIMIT = 100
"""Emissions that one ``sync`` reads again; older ones are not."""

_DEVICE_OF = {"audio": "microphone", "video": "camera"}

ENDED_LIMIT = 256
"""Ended calls that stay addressable: a user may keep one and answer too late."""


class Recorder:
    """The event sequence of one session."""

    def __init__(self, session: str, listener: Listener, clock_us: Callable[[], int]) -> None:
        self._session = session
        self._listener = listener
        self._clock_us = clock_us
        self._n = -1
        self._list: Observable[tuple[Call, ...]] | None = None
        self._calls: dict[str, Call] = {}
        self._unread: dict[str, Call] = {}
        """Calls whose last getter is still to be read."""
        self._ended: dict[str, None] = {}
        """All others, oldest first."""
        self._choosing: set[str] = set()
        """Calls whose user has chosen devices."""
        self._emissions: dict[int, tuple[Call, ...]] = {}

    def call(self, call: str) -> Call | None:
        """Return a call by id, ended ones included; None for one neither listed nor dialled."""
        return self._calls.get(call)

    def watch(
        self,
        calls: Observable[tuple[Call, ...]],
        errors: Observable[ReportedError],
        *,
        registered: bool = True,
    ) -> None:
        """Subscribe to a client; ``registered``: its app has waited until it was online."""
        self._list = calls
        errors.subscribe(
            lambda error: self._log(SutError, text=error.text, c=error.call, fatal=error.fatal)
        )
        calls.subscribe(self._on_calls, partial(self._log, Complete, what="list"))
        if registered:
            self._log(Registered)

    def stop(self) -> None:
        """Log nothing any more: the client is about to disappear, and its user with it."""
        self._listener = lambda _: None

    def received(self, command: str) -> None:
        """Log a command just before the client's method is called."""
        self._log(Received, id=command)

    def follow(self, command: str, promise: Promise) -> None:
        """Log how the promise of a command settles."""
        promise.then(lambda error: self._log(Settled, id=command, error=error))

    def dialled(self, command: str, call: Call) -> None:
        """Log that a command has placed a call, and watch it like one of the list."""
        self._log(Dialled, id=command, c=call.id, to=call.to)
        self._watch_call(call)

    def observe(self, command: str, call: Call, what: str) -> bool:
        """Subscribe late, under the command's id; False when there is no such observable."""
        match what:
            case "status":
                self._watch_status(call, command)
            case "local_stream" | "remote_stream":
                self._watch_stream(call, what, command)
            case "list" if self._list is not None:
                done = partial(self._log, Complete, what="list", observer=command)
                self._list.subscribe(partial(self._log_list, command), done)
            case _:
                return False
        return True

    def counted(self, call: str, counts: Counts) -> None:
        """Log packet counts."""
        for side, packets in (("sent", counts.sent), ("received", counts.received)):
            for kind, number in packets.items():
                content = counts.content.get(kind, {}) if side == "received" else {}
                self._log(Packets, c=call, side=side, kind=kind, packets=number, content=content)

    def asked_for_devices(self, call: str, state: str, kinds: tuple[str, ...], error: str) -> None:
        """Log a request for devices that a setting concerns, or its outcome."""
        self._log(DeviceRequest, c=call, state=state, kinds=kinds, error=error)

    def told_of_user(self, user: UserOfClient) -> None:
        """Log what a client tells of its user."""
        addresses = [
            UserAddress(name=one.name, channels=dict(one.channels)) for one in user.addresses
        ]
        self._log(User, display_name=user.display_name, addresses=tuple(addresses))

    def choose(self, call: str) -> None:
        """Tell from now on which devices a call sends from: its user has chosen some."""
        self._choosing.add(call)

    def _tell_sources(self) -> None:
        for id in sorted(self._choosing):
            call = self._calls.get(id)
            if call is None or call.statuses.completed:
                self._choosing.discard(id)
            elif (stream := call.local_stream.latest) is not None:
                self._log_sources(id, stream)

    def _log_sources(self, call: str, stream: MediaStream) -> None:
        places = {_DEVICE_OF[track.kind]: track.device for track in stream.tracks}
        self._log(Sources, c=call, devices=places)

    def reread(self) -> None:
        """Read every call's status, and every list emitted since the last time, once more."""
        self._tell_sources()
        for n, calls in self._emissions.items():
            self._log(Reread, of=n, list=tuple([call.id for call in calls]))
        self._emissions.clear()
        for call in list(self._unread.values()):
            self._log(Getter, c=call.id, status=call.status)
            if call.statuses.completed:
                del self._unread[call.id]
                self._ended[call.id] = None
        while len(self._ended) > ENDED_LIMIT:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._calls[oldest]

    def _log(self, kind: Callable[..., AnySutEvent], /, **fields: object) -> None:
        """Log an event of this kind as the next of the session."""
        self._n = n = self._n + 1
        self._listener(kind(s=self._session, n=n, t_us=self._clock_us(), **fields))

    def _on_calls(self, calls: tuple[Call, ...]) -> None:
        self._log_list("", calls)
        if len(self._emissions) >= REREAD_LIMIT:
            del self._emissions[next(iter(self._emissions))]
        self._emissions[self._n] = calls
        for call in calls:
            if call.id not in self._calls:
                self._watch_call(call)

    def _watch_call(self, call: Call) -> None:
        self._calls[call.id] = self._unread[call.id] = call
        self._watch_status(call, "")
        self._watch_stream(call, "local_stream", "")
        self._watch_stream(call, "remote_stream", "")

    def _log_list(self, observer: str, calls: tuple[Call, ...]) -> None:
        self._log(Calls, list=tuple([_listed(call) for call in calls]), observer=observer)

    def _watch_status(self, call: Call, observer: str) -> None:
        s, c, clock_us = self._session, call.id, self._clock_us

        def on_status(status: StatusName) -> None:
            self._n = n = self._n + 1
            self._listener(Status(s=s, n=n, t_us=clock_us(), c=c, status=status, observer=observer))

        done = partial(self._log, Complete, what="status", c=c, observer=observer)
        call.statuses.subscribe(on_status, done)

    def _watch_stream(self, call: Call, what: str, observer: str) -> None:
        fields = {"c": call.id, "observer": observer}
        side = what.removesuffix("_stream")

        def on_stream(stream: MediaStream) -> None:
            self._log(Stream, side=side, stream=stream.id, tracks=stream.kinds, **fields)
            if side == "local" and not observer and call.id in self._choosing:
                self._log_sources(call.id, stream)

        streams = call.local_stream if side == "local" else call.remote_stream
        streams.subscribe(on_stream, partial(self._log, Complete, what=what, **fields))


def setting_of(command: Command) -> DeviceSetting:
    """Return what ``session.devices`` sets. Raises ``msgspec.ValidationError``."""
    fields = {"microphone": command.microphone, "camera": command.camera}
    return msgspec.convert(
        {**fields, "call": command.c, "after_ms": command.after_ms}, DeviceSetting
    )


def _listed(call: Call) -> ListedCall:
    return ListedCall(
        c=call.id,
        status=call.status,
        direction=call.direction,
        from_=call.from_,
        from_name=call.from_name,
        to=call.to,
        to_name=call.to_name,
        display=call.display_name,
    )
