"""An HTTP proxy for a browser that must reach nothing but this machine.

It refuses whatever it is asked for, but for one name, which leads to the stand-in.
"""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

FABRIC = "fabric.signalwire.com"
"""Early 4.0 betas ask this name for the subscriber, whatever the token says."""

HEAD_BYTES = 16 * 1024
"""The most that the head of a request may have."""
REFUSED_MAX = 64
CHUNK_BYTES = 64 * 1024


class Fence:
    """A proxy on a free port: ``async with Fence(address, port)``, those of the stand-in."""

    port: int
    """Of the proxy, on 127.0.0.1."""

    def __init__(self, address: str, port: int) -> None:
        self._stand_in = (address, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused: deque[str] = deque(maxlen=REFUSED_MAX)
        """The first lines of the latest requests that were refused."""

    @classmethod
    def around(cls, server: Server) -> Fence:
        """Return a fence in which nothing but this stand-in is reached."""
        address = urllib.parse.urlsplit(server.local_url)
        return cls(address.hostname or "", address.port or 443)

    async def __aenter__(self) -> Fence:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served in a task"
        self._tasks.add(task)
        try:
            # A browser that goes away, or sends something else, is not answered.
            with contextlib.suppress(
                OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
            ):
                await self._answer(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line = head.partition(b"\r\n")[0].decode(errors="replace")
        if line.split()[:2] != ["CONNECT", f"{FABRIC}:443"]:
            self.refused.append(line)
            writer.write(
                b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        from_stand_in, to_stand_in = await asyncio.open_connection(*self._stand_in)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, to_stand_in))
                both.create_task(_pass_on(from_stand_in, writer))
        finally:
            to_stand_in.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end; then say so to the other side, which may still have an answer."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
