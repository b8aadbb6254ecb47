"""The WebSocket shell: turns frames into events and back, without reading their content.

It uses the sans-I/O engine of ``websockets``, in a protocol class to which uvicorn hands upgraded
connections. Going without ASGI has three advantages: a frame is written at the moment it is sent
(so its fact has the right place in the record), a peer that does not read is noticed and dropped,
and every close code is the true one.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from ringproof_fakeserver.config import Limits
from ringproof_fakeserver.forwarding import Address, Forwarding
from ringproof_fakeserver.protocol import events

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

FRAME_LIMIT_BYTES = 1024 * 1024
"""A larger message is answered with close code 1009."""

QUIET_S = 0.1
"""After so long without data, a peer that broke the protocol has read our close frame."""

STOP_WAIT_S = 0.2
"""How long a peer may take to close when the process is about to end."""


class SocketOwner(Protocol):
    """Where sockets register and send their events: the exchange runner."""

    def attach(self, socket: Socket) -> str:
        """Register a socket and return its name."""

    def detach(self, name: str) -> None:
        """Forget a socket."""

    def dispatch(self, event: events.AnyEvent) -> None:
        """Handle an event."""


class Socket(asyncio.Protocol):
    """One WebSocket connection. uvicorn makes it, passes it the upgrade request and shuts it down.

    Events leave in this order: ``SocketOpened``, frames, exactly one ``SocketClosed``.
    """

    def __init__(
        self,
        owner: SocketOwner,
        limits: Limits,
        server_state: ServerState,
        forwarding: Forwarding | None = None,
    ) -> None:
        self._owner = owner
        self._forwarding = forwarding
        self._limits = limits
        self._connections: set[Any] = server_state.connections
        self._engine = ServerProtocol(max_size=FRAME_LIMIT_BYTES)
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        self._opcode = Opcode.TEXT
        self._cut: asyncio.TimerHandle | None = None
        self._lingers_until = 0.0
        self.name = ""

    @property
    def is_open(self) -> bool:
        """Whether frames can still be sent."""
        return bool(self.name) and self._engine.state is OPEN

    def send(self, text: str) -> bool:
        """Write one text frame; False when the socket is closing or its reader is too slow."""
        if not self.is_open:
            return False
        assert self._transport is not None
        if self._is_unread():
            self._refuse_slow_reader()
            return False
        self._engine.send_text(text.encode())
        self._flush()
        return True

    def _is_unread(self) -> bool:
        assert self._transport is not None
        return self._transport.get_write_buffer_size() > self._limits.unread_bytes

    def _refuse_slow_reader(self) -> None:
        """Close, and read nothing more: it would be answered into the same buffer."""
        assert self._transport is not None
        self.close(CloseCode.TRY_AGAIN_LATER, "too many unread frames")
        self._transport.pause_reading()

    def close(self, code: int, reason: str) -> None:
        """Start the close handshake; a peer that does not do its half is cut."""
        if self._engine.state is OPEN:
            self._engine.send_close(code, reason)
            self._flush()
            self._cut_later(self._limits.close_wait_s)
            self._report_closed()

    def cut(self) -> None:
        """Cut the connection without a close frame, as a lost network does."""
        assert self._transport is not None
        self._transport.abort()

    # What asyncio and uvicorn call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Feed the engine and pass on its frames."""
        self._engine.receive_data(data)
        if self._lingers_until:
            self._linger()
        # More than once: completing the handshake releases frames that came along with it.
        while received := self._engine.events_received():
            for item in received:
                if isinstance(item, Request):
                    if (there := self._leads_to(item)) is not None:
                        self._hand_over(item, there)
                        return
                    self._handshake(item)
                elif isinstance(item, Frame):
                    self._frame_received(item)
        self._flush()
        if self._engine.state is OPEN and self._is_unread():
            # The engine answers pings by itself, and a peer may send them without end.
            self._refuse_slow_reader()
        if self._engine.state is not OPEN:
            self._report_closed()

    def eof_received(self) -> None:
        """Let asyncio close: a half-open WebSocket is of no use."""
        self._engine.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report the end, unless that was done."""
        self._engine.receive_eof()
        self._connections.discard(self)
        if self._cut is not None:
            self._cut.cancel()
        self._report_closed()

    def shutdown(self) -> None:
        """End at once, as uvicorn asks when it stops."""
        assert self._transport is not None
        self.close(CloseCode.GOING_AWAY, "server stops")
        self._cut_later(STOP_WAIT_S)
        self._transport.close()

    def _leads_to(self, request: Request) -> Address | None:
        forwarding = self._forwarding
        return None if forwarding is None else forwarding.address_of(request.path)

    def _hand_over(self, request: Request, address: Address) -> None:
        """Let another listener of this machine answer; the peer has sent nothing else yet."""
        assert self._transport is not None
        assert self._forwarding is not None, "it said where the path leads"
        self._connections.discard(self)
        self._forwarding.remove(request.path)
        # Not now: uvicorn makes this object the connection's protocol when it has fed it.
        asyncio.get_running_loop().call_soon(
            self._forwarding.take, self._transport, request.serialize(), address
        )

    def _handshake(self, request: Request) -> None:
        if request.path.partition("?")[0] == "/":
            response = self._engine.accept(request)
        else:
            response = self._engine.reject(HTTPStatus.NOT_FOUND, "signalling is at /\n")
        self._engine.send_response(response)
        self._flush()
        if self._engine.state is OPEN:
            self.name = self._owner.attach(self)
            assert self._transport is not None
            reached = str(self._transport.get_extra_info("sockname")[0])
            self._owner.dispatch(events.SocketOpened(self.name, reached))

    def _frame_received(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode, self._parts = frame.opcode, [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT:
            self._parts.append(bytes(frame.data))
        else:
            return
        # A close in the same chunk of data has changed the engine's state already. What was sent
        # before it still counts, unless we closed first (then there is no name any more).
        if not (frame.fin and self.name):
            return
        data, self._parts = b"".join(self._parts), []
        if self._opcode is Opcode.BINARY:
            self._owner.dispatch(events.BinaryReceived(self.name))
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_DATA, "text frames are UTF-8")
        else:
            self._owner.dispatch(events.FrameReceived(self.name, text))

    def _flush(self) -> None:
        """Write what the engine has produced; an empty part asks to end the stream."""
        assert self._transport is not None
        for data in self._engine.data_to_send():
            if data:
                self._transport.write(data)
            elif self._engine.parser_exc is None:
                self._transport.close()
            else:
                self._lingers_until = asyncio.get_running_loop().time() + self._limits.close_wait_s
                self._linger()

    def _linger(self) -> None:
        """Cut the connection when the peer has stopped sending, at the latest at the deadline.

        It may be in the middle of an oversized message: closing at once would reset the
        connection, and the close frame with its code would never be read.
        """
        left_s = self._lingers_until - asyncio.get_running_loop().time()
        self._cut_later(max(0.0, min(QUIET_S, left_s)))

    def _cut_later(self, wait_s: float) -> None:
        assert self._transport is not None
        if self._cut is not None:
            self._cut.cancel()
        self._cut = asyncio.get_running_loop().call_later(wait_s, self._transport.abort)

    def _report_closed(self) -> None:
        if self.name:
            name, self.name = self.name, ""
            self._owner.detach(name)
            self._owner.dispatch(events.SocketClosed(name, self._close_code()))

    def _close_code(self) -> int:
        """Return the code of the side that closed first, 1006 without a close frame."""
        closes = (self._engine.close_sent, self._engine.close_rcvd)
        return next((close.code for close in closes if close), CloseCode.ABNORMAL_CLOSURE)


def socket_class(
    owner: SocketOwner, limits: Limits, forwarding: Forwarding | None = None
) -> type[asyncio.Protocol]:
    """Return the class for uvicorn's ``ws`` setting, whose sockets report to ``owner``.

    Connections for the paths of ``forwarding`` are handed on, if there is any.
    """

    class BoundSocket(Socket):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(owner, limits, server_state, forwarding)

    return BoundSocket
