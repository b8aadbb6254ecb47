"""WebSockets: the harness listens on 127.0.0.1, the adapter dials the URL it is given.

Each URL holds a token that admits one connection, once: any page or process on this machine may
try to connect, and only the adapter is let in.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from ringproof.adapters.transport import Malformed, Transport
from ringproof.adapters.wire import LINE_LIMIT_BYTES

FAULT = 4001
"""Close code with which an adapter reports its own fault; the reason says what."""


PATH = "/ringproof-carrier/"
"""Before the token in each URL, so that a server may hand such connections on."""


class WebSocketTransport(Transport):
    """The ``ws`` transport over one connection, once the adapter has dialled ``url``."""

    carrier = "ws"
    advice = ""

    def __init__(self, url: str) -> None:
        self.url = url
        self._ready = asyncio.Event()
        self._connection: ServerConnection | None = None
        self._closing: asyncio.Task[None] | None = None
        self._rest = b""
        """The beginning of a line whose end is still to be sent."""

    async def ready(self) -> None:
        """See ``Transport.ready``."""
        await self._ready.wait()

    async def lines(self) -> AsyncGenerator[bytes | Malformed, None]:
        """See ``Transport.lines``: a line is a text message."""
        await self._ready.wait()
        if self._connection is None:
            return
        try:
            async for message in self._connection:
                if isinstance(message, str):
                    yield message.encode()
                else:
                    yield Malformed("sent a binary message: JSON text is expected")
        except ConnectionClosed as error:
            if error.sent is not None and error.sent.code == CloseCode.MESSAGE_TOO_BIG:
                yield Malformed(f"sent a message of more than {LINE_LIMIT_BYTES} bytes")

    @property
    def ending(self) -> str:
        """See ``Transport.ending``."""
        connection = self._connection
        if connection is None:
            return "never dialled its WebSocket"
        if connection.close_code == FAULT:
            return f"reports a fault of its own: {connection.close_reason}"
        return f"closed its carrier (code {connection.close_code})"

    async def send(self, data: bytes) -> None:
        """Send each line as a message; half a line as a fragment, completed by the next piece."""
        await self._ready.wait()
        if self._connection is None:
            raise ConnectionError("nobody has dialled")
        *lines, rest = data.split(b"\n")
        try:
            for line in lines:
                message = [self._rest, line] if self._rest else line
                self._rest = b""
                await self._connection.send(message, text=True)
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from error
        self._rest += rest

    def end(self, violation: str = "") -> None:
        """See ``Transport.end``: close the connection."""
        if self._connection is not None and self._closing is None:
            code = CloseCode.POLICY_VIOLATION if violation else CloseCode.NORMAL_CLOSURE
            closing = self._connection.close(code, violation)
            self._closing = asyncio.get_running_loop().create_task(closing)

    async def close(self) -> None:
        """See ``Transport.close``; later connections are refused."""
        self._ready.set()
        self.end()
        if self._closing is not None:
            await self._closing

    async def serve(self, connection: ServerConnection) -> bool:
        """Take the connection and return when it is over; False if the transport is closed."""
        if self._ready.is_set():
            return False
        self._connection = connection
        self._ready.set()
        await connection.wait_closed()
        return True


class WebSocketServer:
    """The listening side of any number of transports: ``async with WebSocketServer()``."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._invited: dict[str, WebSocketTransport] = {}

    async def __aenter__(self) -> WebSocketServer:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            0,
            process_request=self._admit,
            max_size=LINE_LIMIT_BYTES,
            compression=None,
            # A SUT under a debugger, or a busy page, is slow but not gone.
            ping_interval=None,
            close_timeout=1,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()
        for transport in self._invited.values():
            await transport.close()
        self._invited.clear()

    def invite(self) -> WebSocketTransport:
        """Return the transport of one adapter, with the URL that it must dial."""
        assert self._server is not None, "enter the server first"
        port = next(iter(self._server.sockets)).getsockname()[1]
        path = PATH + secrets.token_urlsafe(24)
        transport = self._invited[path] = WebSocketTransport(f"ws://127.0.0.1:{port}{path}")
        return transport

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path in self._invited:
            return None
        text = "This URL was used already, or was never given out.\n"
        return connection.respond(HTTPStatus.FORBIDDEN, text)

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None, "the handshake is over"
        # Two may have been admitted with one token; the first to get here takes it.
        transport = self._invited.pop(connection.request.path, None)
        if transport is None or not await transport.serve(connection):
            await connection.close(CloseCode.POLICY_VIOLATION, "used already")
