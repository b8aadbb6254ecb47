"""A connection to one adapter: the program that is started, and the transport to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec

from ringproof.adapters.process import ProcessGroup, Program
from ringproof.adapters.protocol import AdapterError, Limits
from ringproof.adapters.transport import PipeTransport, Transport
from ringproof.adapters.websocket import WebSocketServer

URL_VARIABLE = "RINGPROOF_URL"
"""Environment variable with the WebSocket URL that a program with the carrier ``ws`` dials."""

PLACEHOLDER = "{url}"
"""In the arguments of a browser: the URL of the page that it is to open."""

Announce = Callable[[str], Awaitable[None]]
"""Gets the URL to dial to an adapter that is not started here."""


class Connection:
    """Make it with ``open``; then call ``close``, whatever happens."""

    def __init__(
        self,
        transport: Transport,
        server: WebSocketServer | None,
        process: ProcessGroup | None,
        *,
        opens_page: bool = False,
    ) -> None:
        self.transport = transport
        self.process = process
        """None for an adapter that is not started here."""
        self._server = server
        self._opens_page = opens_page
        self._output: asyncio.Task[None] | None = None
        if process is not None and server is not None:
            self._output = asyncio.get_running_loop().create_task(self._discard_output(process))

    @classmethod
    async def open(
        cls, source: Program | Announce, *, on_fault: Callable[[AdapterError], None], limits: Limits
    ) -> Connection:
        """Start a program, or announce the URL to dial. Raises ``AdapterError``.

        ``on_fault`` is called when the program's standard error overflows.
        """
        if isinstance(source, Program) and source.carrier == "stdio":
            child = await ProcessGroup.spawn(source, on_fault=on_fault, limits=limits)
            return cls(PipeTransport(child), None, child)
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(WebSocketServer())
            transport = server.invite()
            process, opens_page = None, False
            if isinstance(source, Program):
                opens_page = source.page is not None
                program = _dialling(source, transport.url)
                process = await ProcessGroup.spawn(program, on_fault=on_fault, limits=limits)
            else:
                await source(transport.url)
            stack.pop_all()
        return cls(transport, server, process, opens_page=opens_page)

    async def death(self) -> AdapterError | None:
        """Return how the program ended, at once or within a moment.

        None while it runs, and for one that has handed its page to a browser that runs already.
        """
        death = await self.process.death() if self.process is not None else None
        return None if self._handed_over else death

    async def close(self, *, polite: bool) -> None:
        """Close the transport, and end the process with all it forked.

        ``polite`` gives a process that was sent ``bye`` the time to exit.
        """
        try:
            if self._server is not None:
                await self.transport.close()
            if self.process is not None:
                await self.process.stop(polite=polite)
        finally:
            await self.release()

    async def release(self) -> None:
        """Kill what still runs, and let go of everything. May be called twice."""
        if self.process is not None:
            self.process.kill()
        if self._output is not None:
            self._output.cancel()
            await asyncio.gather(self._output, return_exceptions=True)
        if self._server is not None:
            await self._server.__aexit__()

    async def _discard_output(self, process: ProcessGroup) -> None:
        """Read what the process prints beside its WebSocket, and keep its last lines."""
        async with contextlib.aclosing(PipeTransport(process).lines()) as lines:
            async for _ in lines:
                continue
        await process.exited.wait()
        # One that never dialled never will, unless another browser opens its page.
        if not self._handed_over:
            await self.transport.close()

    @property
    def _handed_over(self) -> bool:
        """A command such as ``xdg-open`` ends well while the browser is still to dial."""
        return self._opens_page and self.process is not None and self.process.status == 0


def _dialling(program: Program, url: str) -> Program:
    """Return the program with the URL to dial, or with that of the page that dials it."""
    env = {**program.env, URL_VARIABLE: url}
    if program.page is None:
        return msgspec.structs.replace(program, env=env)
    page = program.page(url)
    argv = [word.replace(PLACEHOLDER, page) for word in program.argv]
    return msgspec.structs.replace(program, argv=argv, env=env)
