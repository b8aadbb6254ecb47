"""The session under the calls: connect, resume, go online, requests in flight. Pure.

A lost socket is opened again with growing delay and the session resumed; requests that were not
answered by then are written again with their old ids, so that neither an answer nor a bye is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from ringproof.client import commands, events, wire
from ringproof.client.commands import CallInfo
from ringproof_fakeserver.protocol import jsonrpc, messages

CONNECT_MS = 5_000
"""How long a socket may take to be authenticated; then another is tried."""

REGISTER_MS = 10_000
"""How long ``register()`` may take to settle."""

FIRST_RETRY_MS = 100
LAST_RETRY_MS = 3_000

REFUSALS = (-32002, -32003, -32602)
"""Codes of connect errors that stay when the same token is tried again."""

IN_FLIGHT_LIMIT = 256

Done = Callable[[wire.RpcError | None], None]


class KeptCall(msgspec.Struct, frozen=True, gc=False):
    """A connected call as a page keeps it for its reload."""

    info: CallInfo
    node: str
    audio: bool
    video: bool
    """Whether the user sends this kind."""
    kinds: tuple[str, ...]
    """The kinds of media of the call."""


class Stored(NamedTuple):
    """What a page keeps for its reload."""

    protocol: str
    """The session's name; empty for none."""
    authorization: str | None
    """The state to resume it with; see ``Connection.authorization``."""
    calls: tuple[KeptCall, ...] = ()
    """The calls to get back, where the app wants that."""


NOTHING = Stored("", None)


class Connection:
    """One session of one token; its calls do not notice when sockets are lost and reopened."""

    def __init__(
        self,
        token: str,
        ids: Callable[[], str],
        emit: Callable[[commands.Command], None],
        lost: Callable[[], None],
    ) -> None:
        self._token = token
        self._ids = ids
        self._emit_to = emit
        self._lost = lost
        """Called when the platform no longer knows the session, and so has ended its calls."""
        self._protocol = ""
        self.authorization: str | None = None
        """The state to resume with. None: none was ever sent, so the session's name and the token
        have to do. Empty: the last one was withdrawn or refused, so nothing is resumed."""
        self.restored = False
        """Whether it began with the session of another page."""
        self.result = msgspec.Raw()
        """The result of the response that is being handled; empty for an error."""
        self.came_online: Callable[[], None] = lambda: None
        """Called each time that the platform has confirmed the registration."""
        self._wanted = True
        """Whether the user wants to be online: not after ``unregister``."""
        self._offline_id = ""
        self._leaving: list[str] = []
        """Promises of being offline."""
        self._connect_id = ""
        self._online_id = ""
        self._connected = False
        self._online = False
        self._resuming = False
        self._closing = False
        self._failed = ""
        self._last_error = ""
        """Why the last socket was lost, for the error of a registration that waits in vain."""
        self._attempts = 0
        self._waiters: list[str] = []
        self._in_flight: dict[str, tuple[str, Done]] = {}
        """Request id → its frame, and what gets its outcome."""

    @property
    def protocol(self) -> str:
        """Name of the session; every event's channel contains it. Empty before the first."""
        return self._protocol

    @property
    def failed(self) -> str:
        """Why the client cannot come online for good; empty while it can."""
        return self._failed

    def emit(self, command: commands.Command) -> None:
        """Have a command performed."""
        self._emit_to(command)

    @property
    def stored(self) -> Stored:
        """What a page keeps for its reload: the session's name, and the state that resumes it."""
        return Stored(self._protocol, self.authorization)

    def restore(self, stored: Stored) -> None:
        """Begin with the session that another page has left, in place of a new one."""
        self._protocol, self.authorization, _ = stored
        self.restored = bool(self._protocol)

    def renew(self, token: str) -> None:
        """Use another token of the same user from the next socket on."""
        self._token = token

    def unregister(self, event: events.UnregisterRequested) -> None:
        """Go offline, and stay so over any reconnect until ``register``."""
        self._wanted = self._online = False
        self._leaving.append(event.promise)
        if self._connected:
            self._go_offline()

    def _go_offline(self) -> None:
        self._offline_id = self._ids()
        frame = jsonrpc.request(self._offline_id, "subscriber.offline", {})
        self.emit(commands.SendFrame(frame))

    def _left(self) -> None:
        """Settle every promise of being offline."""
        self._offline_id = ""
        leaving, self._leaving = self._leaving, []
        for promise in leaving:
            self.emit(commands.Settle(promise))

    def register(self, event: events.RegisterRequested) -> None:
        """Settle the promise once online, or with the reason why that cannot be."""
        if self._online or self._failed:
            self.emit(commands.Settle(event.promise, self._failed))
            return
        if self._closing:
            self.emit(commands.Settle(event.promise, "the client is closed"))
            return
        self._wanted = True
        self._left()
        self._waiters.append(event.promise)
        self.emit(commands.StartTimer("register", REGISTER_MS))
        if self._connected and not self._online_id:
            self._go_online()

    def request(self, method: str, node: str, params: messages.ClientVerto, done: Done) -> str:
        """Send a verto request, now or once the session is back; ``done`` gets its outcome once."""
        request_id = self._ids()
        text = wire.verto(request_id, self._ids(), method, node, params)
        if len(self._in_flight) >= IN_FLIGHT_LIMIT:
            del self._in_flight[next(iter(self._in_flight))]
        self._in_flight[request_id] = text, done
        if self._connected:
            self.emit(commands.SendFrame(text))
        return request_id

    def forget(self, request_id: str) -> None:
        """Stop waiting for a request's outcome."""
        self._in_flight.pop(request_id, None)

    def opened(self, _: events.SocketOpened) -> None:
        """Authenticate on a new socket, resuming the session if there is one."""
        self._resuming = bool(self._protocol) and self.authorization != ""
        self._connect_id = self._ids()
        protocol, state = (self._protocol, self.authorization or "") if self._resuming else ("", "")
        self.emit(commands.SendFrame(wire.connect(self._connect_id, self._token, protocol, state)))
        self.emit(commands.StartTimer("connect", CONNECT_MS))

    def closed(self, event: events.SocketClosed) -> None:
        """Ask for another socket, unless the client was closed or has failed for good."""
        self._connected = self._online = False
        self._connect_id = self._online_id = ""
        self._offline_id = ""
        self.emit(commands.CancelTimer("connect"))
        if self._closing or self._failed:
            return
        reason = f": {event.reason}" if event.reason else ""
        self._last_error = f"socket closed with {event.code}{reason}"
        self.emit(commands.EmitError(self._last_error))
        delay_ms = min(FIRST_RETRY_MS << min(self._attempts, 8), LAST_RETRY_MS)
        self._attempts += 1
        self.emit(commands.OpenSocket(delay_ms))

    def close(self) -> None:
        """Go offline and close the socket for good."""
        if self._connected:
            self.emit(commands.SendFrame(jsonrpc.request(self._ids(), "subscriber.offline", {})))
        self._closing = True
        self._left()
        self.emit(commands.CloseSocket(1000, "client closed"))
        self.settle_all("the client was closed")

    def stop(self) -> None:
        """Open no socket any more."""
        self._closing = True

    def timer(self, name: str) -> None:
        """Give up waiting for what the timer bounded."""
        if name == "connect":
            self.emit(commands.CloseSocket(1000, "no answer to signalwire.connect"))
        elif name == "register":
            reason = f" ({self._last_error})" if self._last_error else ""
            self.settle_all(f"not online after {REGISTER_MS} ms{reason}")

    def response(self, message: jsonrpc.Message) -> None:
        """Take the response to one of our requests; any other response is ignored."""
        request_id = message.id or ""
        if request_id == self._connect_id:
            self._on_connect(message)
        elif request_id == self._online_id:
            self._on_online(message)
        elif request_id == self._offline_id:
            self._left()
        else:
            _, done = self._in_flight.pop(request_id, ("", None))
            if done is not None:
                self.result = message.result
                done(wire.failure(message))

    def _on_connect(self, message: jsonrpc.Message) -> None:
        self._connect_id = ""
        self.emit(commands.CancelTimer("connect"))
        if message.error is not None:
            self._refused(message.error.code, message.error.message)
            return
        try:
            result = msgspec.json.decode(message.result, type=messages.ConnectResult)
        except msgspec.DecodeError as error:
            self._refused(jsonrpc.INTERNAL_ERROR, f"unreadable connect result: {error}")
            return
        # Without a state it was no more than a wish, which the platform may not have granted.
        granted = self.authorization is not None or result.protocol == self._protocol
        if self._protocol and not (self._resuming and granted):
            self._lost()
            self.authorization = None
        self._protocol = result.protocol
        urls = [url for server in result.ice_servers for url in wire.urls_of(server)]
        if urls:
            self.emit(commands.UseIceServers(tuple(urls)))
        self._connected = True
        self._attempts = 0
        if self._wanted:
            self._go_online()
        else:
            self._go_offline()  # the platform may not have heard of it on the last socket
        for text, _ in list(self._in_flight.values()):
            self.emit(commands.SendFrame(text))

    def _refused(self, code: int, text: str) -> None:
        if self._resuming:
            # The platform no longer knows the session: begin afresh on a socket of its own.
            self.authorization = ""
        elif code in REFUSALS:
            self._failed = f"{text} ({code})"
            self.emit(commands.EmitError(self._failed, fatal=True))
            self._lost()
            self.settle_all(self._failed)
        else:
            self.emit(commands.EmitError(f"{text} ({code})"))
        self.emit(commands.CloseSocket(1000, "connect refused"))

    def _go_online(self) -> None:
        self._online_id = self._ids()
        self.emit(commands.SendFrame(jsonrpc.request(self._online_id, "subscriber.online", {})))

    def _on_online(self, message: jsonrpc.Message) -> None:
        self._online_id = ""
        error = wire.failure(message)
        if error is not None:
            # A guest or embed token: it may connect, but nobody can call it.
            self.emit(commands.EmitError(f"cannot come online: {error}"))
            self.settle_all(str(error))
            return
        self._online = True
        self.settle_all("")
        self.came_online()

    def settle_all(self, error: str) -> None:
        """Settle every register() that waits; empty ``error`` for success."""
        if self._waiters:
            self.emit(commands.CancelTimer("register"))
        for promise in self._waiters:
            self.emit(commands.Settle(promise, error))
        self._waiters.clear()
