"""What a scenario's player needs of time: asyncio provides it, or a simulation's scheduler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Work = Coroutine[Any, Any, Any]


class Group(Protocol):
    """Runs side by side what is spawned into it; its ``async with`` block ends after all of it."""

    def create_task(self, work: Work) -> object:
        """Start ``work``; its first error is raised at the end of the block."""


class Clock(Protocol):
    """Time, and waiting for what the trace will show."""

    @property
    def now_us(self) -> int:
        """Microseconds since the scenario started."""

    def group(self) -> AbstractAsyncContextManager[Group]:
        """Return a block whose tasks all end before it does."""

    def notify(self, about: int | None = None) -> None:
        """Have conditions checked again, because something has changed.

        ``about`` is the number of the caller whose call has changed, ``call_tracker.NO_CALL`` for
        what belongs to no call, None for everything at once.
        """

    def sleep(self, delay_ms: int) -> Awaitable[None]:
        """Resume after ``delay_ms``: the scenario's own delays, never a wait for a state."""

    def wait(
        self, condition: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> Awaitable[bool]:
        """Resume once the condition holds, or after ``within_ms``; return whether it holds.

        A condition that reads nothing but the call of one caller names it in ``about``, and is
        then checked only when that call has changed. All others are checked after any change.
        """
