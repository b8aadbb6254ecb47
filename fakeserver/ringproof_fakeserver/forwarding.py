"""Hands WebSockets of some paths to another listener of this machine, unread.

So a program beside the server can be reached by the server's own name, port and certificate.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

Address = tuple[str, int]
"""Host and port."""

CHUNK_BYTES = 64 * 1024


class Forwarding:
    """The paths that lead elsewhere; ``spawn`` starts the work of a connection."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._spawn = spawn
        self._addresses: dict[str, Address] = {}

    def add(self, path: str, address: Address) -> None:
        """Hand the next connection that asks for this path, and no other, to the address."""
        self._addresses[path] = address

    def remove(self, path: str) -> None:
        """Hand no connection of this path on, if it has not been used already."""
        self._addresses.pop(path, None)

    def address_of(self, path: str) -> Address | None:
        """Return where a path leads; None: here."""
        return self._addresses.get(path)

    def take(self, transport: asyncio.Transport, request: bytes, address: Address) -> None:
        """Take over a connection whose request has been read, and whose path was removed."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        writer = asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())
        self._spawn(_join(reader, writer, request, address))


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, address: Address
) -> None:
    try:
        # Nobody listens there any more: the connection ends, as one that was cut.
        with contextlib.suppress(OSError):
            from_there, to_there = await asyncio.open_connection(*address)
            to_there.write(request)
            try:
                await _both(_copy(reader, to_there), _copy(from_there, writer))
            finally:
                to_there.close()
    finally:
        writer.close()


async def _both(*ways: Coroutine[Any, Any, None]) -> None:
    """Copy both ways until one has ended: a WebSocket has no half that outlives the other."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
