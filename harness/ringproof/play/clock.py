"""What a scenario's player needs of time; kept by asyncio, or by a simulation's own scheduler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

Work = Coroutine[Any, Any, Any]

NO_CALL: Final = -1
"""What is notified when something changed that belongs to no caller's call."""


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

    def notify(self, about: int | None = None) -> None:
        """Say that something changed: conditions are looked at again.

        ``about`` is the number of the caller whose call has changed, ``NO_CALL`` for what is
        nobody's, None for everything at once.
        """

    def sleep(self, delay_ms: int) -> Awaitable[None]:
        """Resume after ``delay_ms``: the scenario's own delays, never a wait for a state."""

    def wait(
        self, condition: Callable[[], bool], within_ms: int, about: int | None = None
    ) -> Awaitable[bool]:
        """Resume once the condition holds on the record, or after ``within_ms``; say which.

        A condition that reads nothing but the call of one caller names it in ``about``, and is
        then looked at only when that call has changed. All others are looked at after any change.
        """
