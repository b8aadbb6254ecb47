"""Says when a replay may begin: so many play at once, and those that only wait do not count."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

WAITS_AFTER_S = 3.0
"""How long a replay has its place. In Chromium on two idle cores one takes 0.1 to 1.5 s, unless it
waits for something that never comes: then it takes 4 to 20 s, and next to no processor time."""


class Room:
    """Has places for so many replays, and for so many of them on fresh sessions."""

    def __init__(
        self, at_once: int, fresh_at_once: int, waits_after_s: float | None = None
    ) -> None:
        """``waits_after_s`` is ``WAITS_AFTER_S`` unless given."""
        self._places = asyncio.Semaphore(at_once)
        self._fresh = asyncio.Semaphore(fresh_at_once)
        self._waits_after_s = WAITS_AFTER_S if waits_after_s is None else waits_after_s
        self.waiting = 0
        """Replays that go on without a place."""

    @contextlib.asynccontextmanager
    async def place(self, *, fresh: bool) -> AsyncIterator[Callable[[], None]]:
        """Wait for a place, and keep it until the end of the block.

        Yields what is to be called when the replay begins: ``waits_after_s`` after that the place
        is another's.
        """
        with contextlib.ExitStack() as stay, contextlib.ExitStack() as held:
            for places in (self._fresh, self._places) if fresh else (self._places,):
                await places.acquire()
                held.callback(places.release)

            def make_room() -> None:
                held.close()
                self.waiting += 1
                stay.callback(self._go_on)

            def begin() -> None:
                timer = asyncio.get_running_loop().call_later(self._waits_after_s, make_room)
                stay.callback(timer.cancel)

            yield begin

    def _go_on(self) -> None:
        self.waiting -= 1
