"""What a scenario's player needs of time; kept by asyncio, or by a simulation's own scheduler."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Work = Coroutine[Any, Any, Any]


class Group(Protocol):
    """Runs side by side what is spawned into it; its ``async with`` block ends after all of it."""

    def spawn(self, work: Work) -> None:
        """Start ``work``; its first error is raised at the end of the block."""


class Clock(Protocol):
    """Time, and waiting for what the record will show."""

    @property
    def now_us(self) -> int:
        """Microseconds since the scenario started."""

    def group(self) -> AbstractAsyncContextManager[Group]:
        """Return a block whose tasks all end before it does."""

    def notify(self) -> None:
        """Say that the record has changed: conditions are looked at again."""

    async def sleep(self, delay_ms: int) -> None:
        """Resume after ``delay_ms``: the scenario's own delays, never a wait for a state."""

    async def wait(self, condition: Callable[[], bool], within_ms: int) -> bool:
        """Resume once the condition holds on the record, or after ``within_ms``; say which."""
