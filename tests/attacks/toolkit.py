"""Hostile peers on raw sockets, and what a server holds before and after them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

from ringproof_fakeserver.app import Server
from tests.fakeserver.wire_client import WAIT_S, WireClient, dial, trust

LOOK_EVERY_S = 0.01
WITHIN_FRAMES = 12
"""An innocent client rings within so many frames that are sent to it. On an idle server these are
three: an authorization state, media parameters, and the invite."""

TEXT, PING, FIN, MASKED = 0x1, 0x9, 0x80, 0x80


class RawSocket:
    """One TCP or TLS connection that sends whatever bytes it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait while the peer takes none."""
        self.writer.write(data)
        await self.writer.drain()

    def send_unread(self, data: bytes) -> None:
        """Leave bytes to be sent; their number is not limited by what the peer takes."""
        self.writer.write(data)

    def stop_reading(self) -> None:
        """Take nothing any more from the server."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads

    async def upgraded(self) -> None:
        """Make it a WebSocket."""
        key = base64.b64encode(os.urandom(16)).decode()
        await self.send(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key.encode() + b"\r\n\r\n"
        )
        async with asyncio.timeout(WAIT_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head

    async def ended(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(WAIT_S):
            with contextlib.suppress(OSError):
                while await self.reader.read(65_536):
                    pass


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return one whole WebSocket frame of a client; the mask is zero."""
    size = len(payload)
    if size < 126:
        head = bytes([FIN | opcode, MASKED | size])
    elif size < 65_536:
        head = bytes([FIN | opcode, MASKED | 126]) + struct.pack(">H", size)
    else:
        head = bytes([FIN | opcode, MASKED | 127]) + struct.pack(">Q", size)
    return head + bytes(4) + payload


@contextlib.asynccontextmanager
async def raw_socket(server: Server, *, tls: bool = False) -> AsyncIterator[RawSocket]:
    """Connect to the plain port, or to the TLS port."""
    url = server.local_url if tls else server.http_url
    port = int(url.rpartition(":")[2])
    context = trust(server) if tls else None
    name = "127.0.0.1" if tls else None
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname=name
    )
    try:
        yield RawSocket(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def websocket(server: Server) -> AsyncIterator[RawSocket]:
    """Open a WebSocket without any library, which so follows no rule that is not sent."""
    async with raw_socket(server) as raw:
        await raw.upgraded()
        yield raw


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def receiver(handle: Handler) -> AsyncIterator[str]:
    """Serve callbacks and scripts in any wrong way; yields the URL."""
    open_tasks: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_tasks[asyncio.current_task()] = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await handle(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        del open_tasks[asyncio.current_task()]

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield f"http://127.0.0.1:{port}/"
        listening.close()
        tasks = list(open_tasks)
        for writer in open_tasks.values():
            writer.close()
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.wait(filter(None, tasks)) if tasks else None


def bomb(size_bytes: int) -> bytes:
    """Return an answer whose gzip body unpacks to so many bytes; a thousandth of it is sent."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    parts = [packer.compress(bytes(1024 * 1024)) for _ in range(size_bytes // (1024 * 1024))]
    body = b"".join([*parts, packer.flush()])
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def rings_soon(server: Server, innocent: WireClient, to: str) -> None:
    """Show that a call rings within a bound of frames, whatever the machine is busy with."""
    await dial(server, to)
    before = len(innocent.events)
    invite = await innocent.event("verto.invite")
    assert len(innocent.events) - before < WITHIN_FRAMES
    await innocent.bye(invite["callID"])


async def back_to(server: Server, before: dict[str, int]) -> None:
    """Wait until the server holds what it held; at the deadline, say what it holds more of.

    Sessions without a socket are forgotten first: waiting for a client to come back is their task.
    """
    runner = server._runner
    for name in [name for name in runner._timers if name.startswith("grace:")]:
        runner._timers[name].cancel()
        runner._fire(name)
    more: dict[str, int] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            while more := _more(server, before):  # noqa: ASYNC110 - the kernel tells nobody
                await asyncio.sleep(LOOK_EVERY_S)
    assert not more, f"the server holds more than before: {more}, timers: {[*runner._timers]}"


def _more(server: Server, before: dict[str, int]) -> dict[str, int]:
    now = server.footprint().counts()
    return {name: now[name] - count for name, count in before.items() if now[name] > count}
