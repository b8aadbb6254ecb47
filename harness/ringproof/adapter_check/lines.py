"""Where an adapter is spoken to in raw lines: its pipes, or the one WebSocket that it dials."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from ringproof.adapter_check.transcript import Transcript
from ringproof.adapters import wire
from ringproof.adapters.process import ProcessGroup


class Lines(Protocol):
    """One carrier. What comes in goes to the transcript; ``news`` is called after each piece."""

    async def start(self, process: ProcessGroup) -> None:
        """Begin to listen to a process that runs."""

    async def write(self, data: bytes) -> None:
        """Send bytes as they are, ends of lines included. Raises ``ConnectionError``."""

    def end(self) -> None:
        """Say that nothing more will come."""

    @property
    def at_end(self) -> bool:
        """Whether nothing more can come in."""
        ...

    async def close(self) -> None:
        """Stop listening. May be called twice."""


class Pipes:
    """Standard input and output."""

    def __init__(self, transcript: Transcript, news: Callable[[], None]) -> None:
        self._transcript = transcript
        self._news = news
        self._process: ProcessGroup
        self._reading: asyncio.Task[None] | None = None

    async def start(self, process: ProcessGroup) -> None:
        """See ``Lines.start``."""
        self._process = process
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def write(self, data: bytes) -> None:
        """See ``Lines.write``."""
        await self._process.write_raw(data)

    def end(self) -> None:
        """See ``Lines.end``."""
        self._process.end_input()

    @property
    def at_end(self) -> bool:
        """See ``Lines.at_end``."""
        return self._reading is not None and self._reading.done()

    async def close(self) -> None:
        """See ``Lines.close``."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        rest, skipping = b"", False
        async for chunk in self._process.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if not skipping:
                    self._take(line)
                skipping = False
            if len(rest) > wire.LINE_LIMIT_BYTES:
                if not skipping:
                    self._transcript.overlong()
                rest, skipping = b"", True
            self._news()
            if self._transcript.flooded:
                return
        if rest and not skipping:
            self._take(rest)
        self._news()

    def _take(self, line: bytes) -> None:
        if len(line) > wire.LINE_LIMIT_BYTES:
            self._transcript.overlong()
        else:
            self._transcript.feed(line)


class Socket:
    """One WebSocket, which the process dials at the URL that its environment names."""

    def __init__(self, transcript: Transcript, news: Callable[[], None]) -> None:
        self._transcript = transcript
        self._news = news
        self._path = "/" + secrets.token_urlsafe(24)
        self._connection: ServerConnection | None = None
        self._dialled = asyncio.Event()
        self._over = asyncio.Event()
        self._server: Server
        self._closing: asyncio.Task[None] | None = None
        self._printed: asyncio.Task[None] | None = None
        self._rest = b""

    async def listen(self) -> str:
        """Listen, and return the URL that is to be dialled."""
        self._server = await serve(
            self._carry,
            "127.0.0.1",
            0,
            process_request=self._admit,
            max_size=wire.LINE_LIMIT_BYTES,
            compression=None,
            ping_interval=None,
            close_timeout=1,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"ws://127.0.0.1:{port}{self._path}"

    async def start(self, process: ProcessGroup) -> None:
        """See ``Lines.start``. What the process prints is free log."""
        self._printed = asyncio.get_running_loop().create_task(_ignore(process))

    async def write(self, data: bytes) -> None:
        """Send each line as a message; half a line as a fragment, completed by the next piece."""
        await self._dialled.wait()
        assert self._connection is not None, "somebody has dialled"
        *lines, rest = data.split(b"\n")
        try:
            for line in lines:
                pieces = [self._rest, line] if self._rest else line
                self._rest = b""
                await self._connection.send(pieces, text=True)
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from error
        self._rest += rest

    def end(self) -> None:
        """See ``Lines.end``: hang up."""
        if self._connection is not None and self._closing is None:
            closing = self._connection.close()
            self._closing = asyncio.get_running_loop().create_task(closing)

    @property
    def at_end(self) -> bool:
        """See ``Lines.at_end``."""
        return self._over.is_set()

    async def close(self) -> None:
        """See ``Lines.close``."""
        self._server.close()
        await self._server.wait_closed()
        for task in (self._closing, self._printed):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path != self._path or self._connection is not None:
            return connection.respond(HTTPStatus.FORBIDDEN, "This URL admits one, once.\n")
        return None

    async def _carry(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._dialled.set()
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                if isinstance(message, str):
                    self._transcript.feed(message.encode())
                else:
                    self._transcript.binary()
                self._news()
        self._over.set()
        self._news()


async def _ignore(process: ProcessGroup) -> None:
    """Read what nobody judges: the process must not block on it."""
    async for _ in process.chunks():
        continue
