"""Sockets and timers of the SIP core: UDP and TCP on one port."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.protocol.sip_commands import SipCommand
from ringproof_fakeserver.sip.core import SipCore
from ringproof_fakeserver.sip.flow import CancelTimer, Command, Flow, Send, StartTimer
from ringproof_fakeserver.sip.framing import NEWLINE, Frames
from ringproof_fakeserver.sip.message import MessageError

CONNECTIONS = 256
"""Most TCP connections. Then one gives way: of those over which nobody has logged in, the one that
was heard least recently; or the newcomer."""
UNREAD_BYTES = 1024 * 1024
"""What may wait for a slow reader, before its connection is cut."""
TRIES = 20
"""How often a free port is looked for that UDP and TCP can share."""
BACKLOG = 128

logger = logging.getLogger("ringproof.sip")

Work = Callable[[int], list[Command | AnyEvent]]
"""One event for the core, which takes the time in Unix ms."""


class SipSockets(NamedTuple):
    """Sockets for UDP and TCP that share a port."""

    datagrams: socket.socket
    streams: socket.socket

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port of both."""
        host, port = self.datagrams.getsockname()[:2]
        return host, port


@contextlib.contextmanager
def sip_sockets(host: str, port: int | None) -> Iterator[SipSockets | None]:
    """Bind sockets; port 0 takes a free one, None binds nothing. Raises ``OSError``."""
    if port is None:
        yield None
        return
    sockets = _bind(host, port)
    try:
        yield sockets
    finally:
        sockets.datagrams.close()
        sockets.streams.close()


def _bind(host: str, port: int) -> SipSockets:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for left in reversed(range(TRIES)):
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        streams = socket.socket(family, socket.SOCK_STREAM)
        try:
            datagrams.bind((host, port))
            if os.name == "posix":
                streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            streams.bind((host, datagrams.getsockname()[1]))
            streams.listen(BACKLOG)
        except OSError:
            datagrams.close()
            streams.close()
            if port or not left:
                raise
        else:
            return SipSockets(datagrams, streams)
    raise AssertionError("the last try returns or raises")


class SipShell:
    """Runs one core. All methods must be called in the event loop's own thread.

    ``dispatch`` takes events for the exchange, ``clock`` gives Unix ms, ``on_fault`` takes
    exceptions of our own code.
    """

    def __init__(
        self,
        core: SipCore,
        dispatch: Callable[[AnyEvent], None],
        clock: Callable[[], int],
        on_fault: Callable[[Exception, str], None],
    ) -> None:
        self._core = core
        self._dispatch = dispatch
        self._clock = clock
        self._on_fault = on_fault
        self._work: deque[Work] = deque()
        self._busy = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._datagrams: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[int, _Connection] = {}
        """By number, the one that was heard last at the end."""
        self._numbers = itertools.count(1)

    async def open(self, sockets: SipSockets) -> None:
        """Begin to serve."""
        loop = asyncio.get_running_loop()
        sockets.datagrams.setblocking(False)
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), sock=sockets.datagrams
        )
        self._server = await loop.create_server(lambda: _Connection(self), sock=sockets.streams)

    def close(self) -> None:
        """Stop sockets and timers; nothing is reported any more."""
        if self._server is not None:
            self._server.close()
        if self._datagrams is not None:
            self._datagrams.close()
        for connection in tuple(self._connections.values()):
            connection.cut()
        self._connections.clear()
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()

    def perform(self, command: SipCommand) -> None:
        """Have the core perform a command of the exchange."""
        self.run(lambda now_ms: self._core.perform(command, now_ms))

    def endpoint_removed(self, endpoint: str) -> None:
        """Have the core forget the registrations of an endpoint."""
        self.run(lambda now_ms: self._core.endpoint_removed(endpoint, now_ms))

    def run(self, work: Work) -> None:
        """Handle an event now, or after the one that is being handled."""
        self._work.append(work)
        if self._busy:
            return
        self._busy = True
        try:
            while self._work:
                self._handle(self._work.popleft())
        finally:
            self._busy = False

    def _handle(self, work: Work) -> None:
        try:
            for command in work(self._clock()):
                self._perform(command)
        except Exception as error:
            self._on_fault(error, "SIP")

    def _perform(self, command: Command | AnyEvent) -> None:
        match command:
            case Send(flow, data):
                self._send(flow, data)
            case StartTimer(name, delay_ms):
                if (running := self._timers.get(name)) is not None:
                    running.cancel()
                loop = asyncio.get_running_loop()
                self._timers[name] = loop.call_later(delay_ms / 1000, self._fire, name)
            case CancelTimer(name):
                if (handle := self._timers.pop(name, None)) is not None:
                    handle.cancel()
            case AnyEvent():
                self._dispatch(command)

    def _send(self, flow: Flow, data: bytes) -> None:
        if flow.reliable:
            if (connection := self._connections.get(flow.connection)) is not None:
                connection.send(data)
        elif self._datagrams is not None and not self._datagrams.is_closing():
            try:
                self._datagrams.sendto(data, (flow.host, flow.port))
            except (OSError, ValueError) as error:
                # What nobody gets is repeated, and given up in the end.
                logger.debug("not sent to %s: %s", flow.host, error)

    def _fire(self, name: str) -> None:
        del self._timers[name]
        self.run(lambda now_ms: self._core.timer_fired(name, now_ms))

    # Sockets.

    def heard(self, flow: Flow, data: bytes) -> None:
        """Take one message from a socket."""
        if flow.reliable:
            self._connections[flow.connection] = self._connections.pop(flow.connection)
        self.run(lambda now_ms: self._core.received(flow, data, now_ms))

    def connected(self, connection: _Connection) -> int:
        """Register a connection and return its number."""
        number = next(self._numbers)
        self._connections[number] = connection
        return number

    def make_room(self) -> None:
        """Cut a connection if there are too many."""
        if len(self._connections) > CONNECTIONS:
            known = self._connections.values()
            least = next(each for each in known if not self._core.is_trusted(each.flow))
            least.cut()
            self.disconnected(least.flow)

    def disconnected(self, flow: Flow) -> None:
        """Forget a connection."""
        if self._connections.pop(flow.connection, None) is not None:
            self.run(lambda now_ms: self._core.flow_closed(flow, now_ms))


class _Datagrams(asyncio.DatagramProtocol):
    """The UDP socket."""

    def __init__(self, shell: SipShell) -> None:
        self._shell = shell

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        # What a softphone sends to keep a way through a NAT open is no message.
        if data.strip(b"\r\n\0"):
            self._shell.heard(Flow("UDP", address[0], address[1]), data.lstrip(b"\r\n"))

    def error_received(self, error: Exception) -> None:
        logger.debug("not sent: %s", error)


class _Connection(asyncio.Protocol):
    """One TCP connection."""

    def __init__(self, shell: SipShell) -> None:
        self._shell = shell
        self._frames = Frames()
        self._transport: asyncio.Transport
        self.flow: Flow

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a stream has two directions"
        self._transport = transport
        host, port = transport.get_extra_info("peername")[:2]
        self.flow = Flow("TCP", host, port, self._shell.connected(self))
        self._shell.make_room()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        try:
            for message in self._frames.feed(data):
                if self._transport.is_closing():
                    return
                self._shell.heard(self.flow, message)
        except MessageError as error:
            logger.debug("a connection of %s is closed: %s", self.flow.host, error)
            self.cut()
            return
        if pings := self._frames.take_pings():
            self.send(NEWLINE * pings)

    def connection_lost(self, error: Exception | None) -> None:
        self._shell.disconnected(self.flow)

    def send(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > UNREAD_BYTES:
            self.cut()

    def cut(self) -> None:
        self._transport.abort()
