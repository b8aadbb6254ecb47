"""Notices that packets have stopped coming: a timer that every packet puts off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Silence:
    """Calls ``on_silent`` once, when nothing was heard for ``within_ms``, counted from now.

    A packet only leaves its time: the timer looks at it when it is due, and waits for the rest.
    """

    def __init__(self, within_ms: int, on_silent: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._within_s = within_ms / 1000
        self._on_silent = on_silent
        self._last_s = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    def heard(self) -> None:
        """A packet came."""
        self._last_s = self._loop.time()

    def stop(self) -> None:
        """Notice nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._timer = self._loop.call_at(self._last_s + self._within_s, self._due)

    def _due(self) -> None:
        if self._loop.time() < self._last_s + self._within_s:
            self._wait()
        else:
            self._timer = None
            self._on_silent()
