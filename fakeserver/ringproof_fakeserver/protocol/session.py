"""Sessions and the sockets they live on: who is connected, and who is online."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.sat import Claims


class Sent(msgspec.Struct, frozen=True):
    """A request of ours that the client has not answered yet."""

    method: str
    dialog: str = ""
    ping: str = ""


class Session(msgspec.Struct, eq=False, kw_only=True):
    """One device: a connected client, which survives the loss of its socket for a while."""

    protocol: str
    """Names the session for the client; every event is tagged with it."""
    authorization_state: str
    """What a client must show beside ``protocol`` to take the session up again."""
    claims: Claims
    socket: str | None = None
    """None while detached."""
    online: bool = False
    """The device wants calls."""
    dialogs: dict[str, None] = {}
    """Ids of its dialogs that have not ended, oldest first: a set would have no order to keep."""
    ended: dict[str, Cause] = {}
    """Its latest ended dialogs, bounded; a late answer is told the cause."""
    missed: dict[str, Cause] = {}
    """Byes that could not be sent for want of a socket; sent on resume."""
    sent: dict[str, Sent] = {}
    """Our unanswered requests by id, bounded."""
    jti: str = ""
    """The id of the token that opened the session: its name in facts. Taken from ``claims``."""
    subscriber: str = ""
    """Id of the subscriber whose device this is; empty for guests. Taken from ``claims``."""

    def __post_init__(self) -> None:
        # Fields and not properties: a call's facts read them two dozen times.
        self.jti = self.claims.jti
        self.subscriber = self.claims.subscriber


class Connection(msgspec.Struct, eq=False, kw_only=True):
    """One WebSocket, and what must be remembered of its frames."""

    socket: str
    session: Session | None = None
    """None until ``signalwire.connect`` succeeded."""
    held: list[tuple[Message, str]] = []
    """Requests that came too early, with their text; handled once connected."""
    used: set[str] = set()
    order: deque[str] = msgspec.field(default_factory=deque)

    def first_use(self, request_id: str, limit: int) -> bool:
        """Note a request id; False if it is among the last ``limit`` ids of this socket."""
        if request_id in self.used:
            return False
        self.used.add(request_id)
        self.order.append(request_id)
        if len(self.order) > limit:
            self.used.discard(self.order.popleft())
        return True


class Sessions:
    """All connections and sessions, found by socket, protocol string, subscriber or token id."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self._by_protocol: dict[str, Session] = {}
        self._by_subscriber: dict[str, dict[str, Session]] = {}
        self._by_jti: dict[str, dict[str, Session]] = {}

    def open(self, socket: str) -> Connection:
        """Note a new socket."""
        connection = Connection(socket=socket)
        self._connections[socket] = connection
        return connection

    def connection(self, socket: str | None) -> Connection | None:
        """Return the connection of a socket that is open, or None."""
        return None if socket is None else self._connections.get(socket)

    def connections(self) -> tuple[Connection, ...]:
        """Return all open connections."""
        return tuple(self._connections.values())

    def forget_socket(self, socket: str) -> Connection | None:
        """Drop a closed socket and return what it was; None if it was not open."""
        return self._connections.pop(socket, None)

    def add(self, session: Session) -> None:
        """Note a new session."""
        self._by_protocol[session.protocol] = session
        self._by_jti.setdefault(session.jti, {})[session.protocol] = session
        if session.subscriber:
            devices = self._by_subscriber.setdefault(session.subscriber, {})
            devices[session.protocol] = session

    def remove(self, session: Session) -> None:
        """Forget a session for good."""
        self._by_protocol.pop(session.protocol, None)
        _discard(self._by_jti, session.jti, session.protocol)
        _discard(self._by_subscriber, session.subscriber, session.protocol)

    def by_protocol(self, protocol: str) -> Session | None:
        """Return a session by its protocol string, or None."""
        return self._by_protocol.get(protocol)

    def by_jti(self, jti: str) -> tuple[Session, ...]:
        """Return the sessions opened with one token, oldest first."""
        return tuple(self._by_jti.get(jti, {}).values())

    def online(self, subscriber: str) -> Iterator[Session]:
        """Yield the subscriber's devices that want calls, detached ones included."""
        for session in self._by_subscriber.get(subscriber, {}).values():
            if session.online:
                yield session


def _discard(index: dict[str, dict[str, Session]], key: str, protocol: str) -> None:
    """Take a session out of an index, and the index's entry too if it was the last."""
    members = index.get(key, {})
    members.pop(protocol, None)
    if not members:
        index.pop(key, None)
