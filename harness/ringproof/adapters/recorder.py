"""Turns what a user of the reference client sees into trace events, in one numbered sequence.

No I/O and no asyncio: the clock comes in, events go to a listener.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from ringproof.adapters.protocol import Listener
from ringproof.client.commands import MediaStream, Side
from ringproof.client.lifecycle import Status as Word
from ringproof.client.media import Counts
from ringproof.client.observable import Observable
from ringproof.client.promise import Promise
from ringproof.client.session import Call, ReportedError
from ringproof.trace import (
    AnySutEvent,
    Calls,
    Complete,
    Getter,
    ListedCall,
    Packets,
    Received,
    Registered,
    Reread,
    Settled,
    Status,
    Stream,
    SutError,
)

REREAD_LIMIT = 100
"""Emissions that one ``sync`` looks at again; older ones are not."""

ENDED_LIMIT = 256
"""Ended calls that stay addressable: a user may still hold them and answer too late."""


class Recorder:
    """The event sequence of one session."""

    def __init__(self, session: str, listener: Listener, clock_us: Callable[[], int]) -> None:
        self._session = session
        self._listener = listener
        self._clock_us = clock_us
        self._n = -1
        self._list: Observable[tuple[Call, ...]] | None = None
        self._calls: dict[str, Call] = {}
        self._untold: dict[str, Call] = {}
        """Calls whose last getter is still to be reported."""
        self._ended: dict[str, None] = {}
        """All others, oldest first."""
        self._emissions: dict[int, tuple[Call, ...]] = {}

    def call(self, call: str) -> Call | None:
        """Return a call by id, ended ones included; None for one that was never listed."""
        return self._calls.get(call)

    def watch(self, calls: Observable[tuple[Call, ...]], errors: Observable[ReportedError]) -> None:
        """Subscribe to a client that is online."""
        self._list = calls
        errors.subscribe(self._on_trouble)
        calls.subscribe(self._on_calls, self._on_list_complete)
        self._listener(Registered(s=self._session, n=self._next(), t_us=self._clock_us()))

    def fall_silent(self) -> None:
        """Log nothing any more: the client is about to disappear, and its user with it."""
        self._listener = _nobody

    def received(self, command: str) -> None:
        """Log a command just before the client's method is called."""
        self._n = n = self._n + 1
        self._listener(Received(s=self._session, n=n, t_us=self._clock_us(), id=command))

    def follow(self, command: str, promise: Promise) -> None:
        """Log how the promise of a command settles."""
        promise.then(lambda error: self._on_settled(command, error))

    def observe(self, command: str, call: Call, what: str) -> bool:
        """Subscribe late, under the command's id; False when there is no such observable."""
        if what == "status":
            self._watch_status(call, command)
        elif what == "local_stream":
            self._watch_stream(call, "local", command)
        elif what == "remote_stream":
            self._watch_stream(call, "remote", command)
        elif what == "list" and self._list is not None:
            done = partial(self._on_complete, "list", "", command)
            self._list.subscribe(partial(self._listed_for, command), done)
        else:
            return False
        return True

    def counted(self, call: str, counts: Counts) -> None:
        """Log packet counts."""
        self._count(call, "sent", counts.sent)
        self._count(call, "received", counts.received)

    def look_again(self) -> None:
        """Read every call's status, and every list emitted since the last time, once more."""
        for n, calls in self._emissions.items():
            ids = tuple([call.id for call in calls])
            self._listener(
                Reread(s=self._session, n=self._next(), t_us=self._clock_us(), of=n, list=ids)
            )
        self._emissions.clear()
        for call in list(self._untold.values()):
            self._listener(
                Getter(
                    s=self._session,
                    n=self._next(),
                    t_us=self._clock_us(),
                    c=call.id,
                    status=call.status,
                )
            )
            if call.statuses.completed:
                self._retire(call.id)

    def _count(self, call: str, side: Literal["sent", "received"], counts: dict[str, int]) -> None:
        for kind, packets in counts.items():
            self._listener(
                Packets(
                    s=self._session,
                    n=self._next(),
                    t_us=self._clock_us(),
                    c=call,
                    side=side,
                    kind=kind,
                    packets=packets,
                )
            )

    def _retire(self, call: str) -> None:
        del self._untold[call]
        self._ended[call] = None
        if len(self._ended) > ENDED_LIMIT:
            oldest = next(iter(self._ended))
            del self._ended[oldest], self._calls[oldest]

    def _next(self) -> int:
        self._n = n = self._n + 1
        return n

    def _on_calls(self, calls: tuple[Call, ...]) -> None:
        self._n = n = self._n + 1
        if len(self._emissions) >= REREAD_LIMIT:
            del self._emissions[next(iter(self._emissions))]
        self._emissions[n] = calls
        listed = tuple([_listed(call) for call in calls])
        self._listener(Calls(s=self._session, n=n, t_us=self._clock_us(), list=listed))
        for call, entry in zip(calls, listed, strict=True):
            if entry.c not in self._calls:
                self._calls[entry.c] = self._untold[entry.c] = call
                self._watch_status(call, "")
                self._watch_stream(call, "local", "")
                self._watch_stream(call, "remote", "")

    def _listed_for(self, observer: str, calls: tuple[Call, ...]) -> None:
        listed = tuple([_listed(call) for call in calls])
        n, t_us = self._next(), self._clock_us()
        self._listener(Calls(s=self._session, n=n, t_us=t_us, list=listed, observer=observer))

    def _watch_status(self, call: Call, observer: str) -> None:
        s, c, clock_us = self._session, call.id, self._clock_us

        def on_status(status: Word) -> None:
            self._n = n = self._n + 1
            self._listener(Status(s=s, n=n, t_us=clock_us(), c=c, status=status, observer=observer))

        call.statuses.subscribe(on_status, partial(self._on_complete, "status", c, observer))

    def _watch_stream(self, call: Call, side: Side, observer: str) -> None:
        s, c = self._session, call.id

        def on_stream(stream: MediaStream) -> None:
            self._listener(
                Stream(
                    s=s,
                    n=self._next(),
                    t_us=self._clock_us(),
                    c=c,
                    side=side,
                    stream=stream.id,
                    tracks=stream.kinds,
                    observer=observer,
                )
            )

        streams = call.local_stream if side == "local" else call.remote_stream
        streams.subscribe(on_stream, partial(self._on_complete, f"{side}_stream", c, observer))

    def _on_complete(self, what: str, call: str, observer: str) -> None:
        self._n = n = self._n + 1
        t_us = self._clock_us()
        self._listener(
            Complete(s=self._session, n=n, t_us=t_us, what=what, c=call, observer=observer)
        )

    def _on_list_complete(self) -> None:
        self._on_complete("list", "", "")

    def _on_settled(self, command: str, error: str) -> None:
        n, t_us = self._next(), self._clock_us()
        self._listener(Settled(s=self._session, n=n, t_us=t_us, id=command, error=error))

    def _on_trouble(self, trouble: ReportedError) -> None:
        self._listener(
            SutError(
                s=self._session,
                n=self._next(),
                t_us=self._clock_us(),
                text=trouble.text,
                c=trouble.call,
                fatal=trouble.fatal,
            )
        )


def _nobody(_: AnySutEvent) -> None:
    """There is nobody left to tell."""


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
