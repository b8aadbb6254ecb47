"""Background work of the server: it never ends the server, and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a piece of background work."""


class BackgroundTasks:
    """Tasks in ``group``; ``on_error`` gets the exceptions of those that fail."""

    def __init__(self, group: asyncio.TaskGroup, on_error: Callable[[Exception], None]) -> None:
        self._group = group
        self._on_error = on_error
        self._running: set[asyncio.Task[None]] = set()
        self._stopped = False

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start work; after ``stop`` it is dropped."""
        if self._stopped:
            work.close()
            return
        task = self._group.create_task(self._contain(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self, wait_s: float) -> None:
        """Wait for the work under way, then cancel what is left."""
        if self._running:
            await asyncio.wait(self._running, timeout=wait_s)
        self._stopped = True
        for task in self._running:
            task.cancel()

    async def _contain(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._on_error(error)
