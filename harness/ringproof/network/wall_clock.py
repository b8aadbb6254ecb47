"""Real time for a scenario's player: the ``Clock`` of asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class WallClock:
    """One scenario's real time; everything runs in the loop's thread."""

    def __init__(self) -> None:
        self._started_ns = time.monotonic_ns()
        self._waiting: list[asyncio.Future[None]] = []
        self._stalled_ms = 0

    @property
    def now_us(self) -> int:
        """Microseconds since the clock was made."""
        return (time.monotonic_ns() - self._started_ns) // 1000

    def group(self) -> asyncio.TaskGroup:
        """Return a block whose tasks all end before it does; errors come out as a group."""
        return asyncio.TaskGroup()

    def notify(self, about: int | None = None) -> None:
        """Have every waiting task check its condition, whatever ``about`` is."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def sleep(self, delay_ms: int) -> None:
        """Resume after ``delay_ms`` in which the harness did not stand still.

        What is to last so long in a scenario lasts so long for the checks, which count the same.
        """
        stalled_ms = self._stalled_ms
        await asyncio.sleep(delay_ms / 1000)
        if delay_ms > 0:
            await asyncio.sleep(0)  # a stall that made this late is noted by now
            if self._stalled_ms > stalled_ms:
                await self.sleep(self._stalled_ms - stalled_ms)

    def stalled(self, ms: int) -> None:
        """Have whoever waits or sleeps now do so longer: the harness itself stood still."""
        self._stalled_ms += ms

    async def wait(
        self, condition: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> bool:
        """Wait until the condition holds; it is checked after every ``notify``.

        Time in which the harness stood still does not count, and the client gets as much once more:
        it may have stood still at another time.
        """
        left_ms = within_ms
        while left_ms > 0:
            stalled_ms = self._stalled_ms
            if await self._wait(condition, left_ms):
                return True
            left_ms = 2 * (self._stalled_ms - stalled_ms)
        return condition()

    async def _wait(self, condition: Callable[[], bool], within_ms: int) -> bool:
        try:
            async with asyncio.timeout(within_ms / 1000):
                while not condition():
                    waiting = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiting)
                    await waiting
        except TimeoutError:
            return condition()
        return True
