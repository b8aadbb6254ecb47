"""Real time for a scenario's player: asyncio behind the clock's interface."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType

from ringproof.play.clock import Work


class _Group:
    """An ``asyncio.TaskGroup``; errors come out as an ``ExceptionGroup``."""

    def __init__(self) -> None:
        self._tasks = asyncio.TaskGroup()

    def spawn(self, work: Work) -> None:
        """Start ``work``."""
        self._tasks.create_task(work)

    async def __aenter__(self) -> _Group:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        await self._tasks.__aexit__(kind, error, where)


class WallClock:
    """One scenario's real time; everything runs in the loop's thread."""

    def __init__(self) -> None:
        self._started_ns = time.monotonic_ns()
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def now_us(self) -> int:
        """Microseconds since the clock was made."""
        return (time.monotonic_ns() - self._started_ns) // 1000

    def group(self) -> _Group:
        """Return a block whose tasks all end before it does."""
        return _Group()

    def notify(self, about: int | None = None) -> None:
        """Wake everybody who waits, to look again: real time has no need to choose."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def sleep(self, delay_ms: int) -> None:
        """Resume after ``delay_ms``."""
        await asyncio.sleep(delay_ms / 1000)

    async def wait(
        self, condition: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> bool:
        """Wait until the condition holds, looked at after every ``notify``."""
        try:
            async with asyncio.timeout(within_ms / 1000):
                while not condition():
                    waiting = asyncio.get_running_loop().create_future()
                    self._waiting.append(waiting)
                    await waiting
        except TimeoutError:
            return condition()
        return True
