"""Waits until something holds, checked again whenever something has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Condition:
    """Call ``notify`` after each change that may make what ``until`` waits for true."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.notify = self._changed.set

    async def until(self, holds: Callable[[], bool], within_s: float) -> bool:
        """Wait until something holds, at most ``within_s``; return whether it does."""
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return holds()
        return True
