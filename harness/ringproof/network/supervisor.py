"""The adapter of a run: its events go to their scenarios; when it dies, it is restarted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ringproof.adapters.protocol import Adapter, AdapterError, Hello
from ringproof.trace import AnySutEvent

RESTARTS_MAX = 10
"""Of one run; an adapter that keeps dying ends the run. Source: docs/adapter-protocol.md."""


class Supervisor:
    """Owns the adapter. ``generation`` grows with every restart; older sessions are gone then."""

    def __init__(self, make: Callable[[], Adapter], restarts_max: int = RESTARTS_MAX) -> None:
        self.generation = 0
        self._restarts_max = restarts_max
        self._make = make
        self._adapter: Adapter | None = None
        self._routes: dict[str, Callable[[AnySutEvent], None]] = {}
        self._lock = asyncio.Lock()

    @property
    def adapter(self) -> Adapter:
        """The adapter that runs now."""
        assert self._adapter is not None, "start the supervisor first"
        return self._adapter

    async def start(self) -> Hello:
        """Bring the adapter up. Raises ``AdapterError``."""
        self._adapter = self._make()
        return await self._adapter.start(self._route)

    async def restart(self, generation: int) -> None:
        """Replace an adapter that died in ``generation``; a newer one is left alone.

        Raises ``AdapterError`` when it will not start, or died too often.
        """
        async with self._lock:
            if generation != self.generation:
                return
            if self.generation >= self._restarts_max:
                raise AdapterError(f"the adapter died {self._restarts_max + 1} times in one run")
            self.generation += 1
            self._routes.clear()
            await self.adapter.close()
            await self.start()

    async def close(self) -> None:
        """End the adapter; may be called twice."""
        if self._adapter is not None:
            await self._adapter.close()

    def route(self, session: str, take: Callable[[AnySutEvent], None]) -> None:
        """Hand the events of a session to ``take`` from now on."""
        self._routes[session] = take

    def unroute(self, session: str) -> None:
        """Drop the events of a session from now on."""
        self._routes.pop(session, None)

    def _route(self, event: AnySutEvent) -> None:
        if (take := self._routes.get(event.s)) is not None:
            take(event)
