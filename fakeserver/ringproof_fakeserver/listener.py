"""uvicorn on one listening socket, started and stopped by our own code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

import uvicorn
from h11 import CLOSED, DONE, ERROR, MUST_CLOSE
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

IDLE_S = 75
"""How long an idle HTTP connection is kept; longer than clients keep theirs."""

REQUEST_S = 30
"""How long a peer may take to send a whole request, head and body, from when it connects or begins.
The largest body that is read has a mebibyte."""

STOP_S = 1
"""How long requests under way may take once the server stops."""


BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches off Nagle's algorithm only where it is: without
    # it every small reply waits 40 ms for the peer's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Requests(H11Protocol):
    """HTTP of one connection, with a limit of time for each request that comes in."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a first request: silence before it is limited as well."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        upgraded = self.transport.get_protocol() is not self
        if upgraded or self.conn.their_state in (DONE, MUST_CLOSE, CLOSED, ERROR):
            self._expect_nothing()
        elif self._deadline is None:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the limit too."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(REQUEST_S, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Listener(uvicorn.Server):
    """Serves one application on one socket, with TLS when there is a context."""

    def __init__(
        self,
        application: ASGIApp,
        sockets: type[asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=Requests,
                ws=sockets,
                ssl_context_factory=(lambda config, default: context) if context else None,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        self.ready = asyncio.Event()
        self._stopped = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program around: this is a library."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then set ``ready``."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait for ``stop``; once a second the date for reply headers is renewed."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), 1)

    def connections(self) -> int:
        """Return how many connections are open, whatever they carry."""
        return len(self.server_state.connections)

    def stop(self) -> None:
        """Make ``serve`` return soon."""
        self.should_exit = True
        self._stopped.set()
