"""Receives status callbacks: a small HTTP server on the loopback interface.

Each caller has a URL that nobody can guess, so that what comes in belongs to one call of one
scenario. Anything else is refused; sizes, times and the number of connections are limited.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

HEAD_LIMIT_BYTES = 16 * 1024
BODY_LIMIT_BYTES = 64 * 1024
WITHIN_S = 20.0
"""For one request and the wait for it: the sender is a part of the same machine."""

CONNECTIONS_MAX = 256

Receive = Callable[[dict[str, Any]], None]
"""Takes the body of a callback."""

REPLIES = {200: "OK", 400: "Bad Request", 404: "Not Found", 413: "Content Too Large"}


class CallbackReceiver:
    """Listens from the first ``expect`` until ``close``."""

    def __init__(self) -> None:
        self._receivers: dict[str, Receive] = {}
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()

    async def close(self) -> None:
        """Close the socket and all connections."""
        if self._server is not None:
            self._server.close()
        for writer in self._open.values():
            writer.transport.abort()  # its task then reads the end of the connection
        await asyncio.gather(*self._open)

    async def expect(self, receive: Receive) -> str:
        """Return a new URL; what is posted to it is given to ``receive`` until ``forget``."""
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.start_server(
                    self._accepted, "127.0.0.1", 0, limit=HEAD_LIMIT_BYTES
                )
        path = f"/{secrets.token_urlsafe(24)}"
        self._receivers[path] = receive
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}{path}"

    def forget(self, url: str) -> None:
        """Refuse what is posted to a URL of ``expect`` from now on."""
        self._receivers.pop("/" + url.rpartition("/")[2], None)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs this in a task"
        self._open[task] = writer
        try:
            if len(self._open) <= CONNECTIONS_MAX:
                with contextlib.suppress(
                    OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
                ):
                    while await self._answer(reader, writer):
                        pass
        finally:
            del self._open[task]
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is of no more use."""
        async with asyncio.timeout(WITHIN_S):
            head = await reader.readuntil(b"\r\n\r\n")
            status = await self._status(head, reader)
            reply = f"HTTP/1.1 {status} {REPLIES[status]}\r\nContent-Length: 0\r\n"
            reply += "" if status < 400 else "Connection: close\r\n"
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()
        return status < 400

    async def _status(self, head: bytes, reader: asyncio.StreamReader) -> int:
        line, *headers = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in map(_split, headers)}
        method, path, *_ = [*line.split(" "), "", ""]
        length = fields.get("content-length", "")
        if method != "POST" or not length.isdigit():
            return 400
        if int(length) > BODY_LIMIT_BYTES:
            return 413
        content = await reader.readexactly(int(length))
        receive = self._receivers.get(path)
        if receive is None:
            return 404
        try:
            body = msgspec.json.decode(content)
        except msgspec.DecodeError:
            return 400
        if not isinstance(body, dict):
            return 400
        receive(body)
        return 200


def _split(header: str) -> tuple[str, str, str]:
    return header.partition(":")
