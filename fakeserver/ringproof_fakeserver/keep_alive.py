"""Pings every session again and again, and drops those whose client does not answer in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from ringproof_fakeserver.protocol.events import AnyEvent, PingRequested, PingsOverdue
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE


class KeepAlive:
    """The pings of all sessions with a socket: every ``every_s``, to be answered in ``within_s``.

    ``attached`` returns the sessions, ``dispatch`` has the exchange handle an event, and ``now_ms``
    is the clock by which the exchange does so.
    """

    def __init__(
        self,
        every_s: float,
        within_s: float,
        attached: Callable[[], Iterable[str]],
        dispatch: Callable[[AnyEvent], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._every_s = every_s
        self._within_s = within_s
        self._attached = attached
        self._dispatch = dispatch
        self._now_ms = now_ms

    async def run(self) -> None:
        """Ping until it is cancelled."""
        loop, overdue = asyncio.get_running_loop(), deque[asyncio.TimerHandle]()
        try:
            while True:
                await asyncio.sleep(self._every_s)
                for session in self._attached():
                    self._dispatch(PingRequested(session, KEEP_ALIVE))
                # Read last: each ping bears the time at which it was dispatched, not this round's.
                sent_ms = self._now_ms()
                overdue.append(loop.call_later(self._within_s, self._drop_silent, sent_ms))
                while len(overdue) > 1 and overdue[0].when() < loop.time():
                    overdue.popleft()
        finally:
            for handle in overdue:
                handle.cancel()

    def _drop_silent(self, sent_ms: int) -> None:
        """Drop the sockets over which pings sent up to this time were not answered soon enough."""
        for session in self._attached():
            self._dispatch(PingsOverdue(session, sent_ms))
