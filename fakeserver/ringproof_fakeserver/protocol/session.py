"""Sessions: the devices of subscribers; each survives the loss of its socket for a while."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.sat import Claims


class Sent(msgspec.Struct, frozen=True):
    """A request of ours that the client has not answered yet."""

    method: str
    dialog: str = ""
    ping: str = ""
    at_ms: int = 0
    """When it was sent, of a ping."""


class Session(msgspec.Struct, eq=False, kw_only=True):
    """One device of a subscriber, with or without a socket."""

    protocol: str
    """Names the session for the client; every event is tagged with it."""
    claims: Claims
    states: dict[str, int] = {}
    """The latest authorization states (see ``authorization.py``): name → length in bytes."""
    states_issued: int = 0
    socket: str | None = None
    """None while detached."""
    online: bool = False
    """The device wants calls."""
    sip_device: str = ""
    """The registration of a SIP user agent, which has no socket; empty for a client."""
    dialogs: dict[str, None] = {}
    """Ids of its dialogs that have not ended, oldest first (a set would lose the order)."""
    ended: dict[str, Cause] = {}
    """Its latest ended dialogs, bounded: a late answer gets the cause."""
    missed: dict[str, Cause] = {}
    """Byes that could not be sent without a socket; sent on resume."""
    sent: dict[str, Sent] = {}
    """Our unanswered requests by id, bounded."""
    jti: str = ""
    """Id of the token that opened the session: its name in facts. Taken from ``claims``."""
    subscriber: str = ""
    """Id of the subscriber whose device this is; empty for guests. Taken from ``claims``."""

    @property
    def reachable(self) -> bool:
        """Whether an invite can be sent now."""
        return self.socket is not None or bool(self.sip_device)

    def __post_init__(self) -> None:
        # Fields and not properties: a call's facts read them two dozen times.
        self.jti = self.claims.jti
        self.subscriber = self.claims.subscriber


class Sessions:
    """All sessions, by protocol string, subscriber and token id."""

    def __init__(self) -> None:
        self.by_protocol: dict[str, Session] = {}
        self._by_subscriber: dict[str, dict[str, Session]] = {}
        self._by_jti: dict[str, dict[str, Session]] = {}

    def add(self, session: Session) -> None:
        """Index a new session."""
        self.by_protocol[session.protocol] = session
        self._by_jti.setdefault(session.jti, {})[session.protocol] = session
        if session.subscriber:
            devices = self._by_subscriber.setdefault(session.subscriber, {})
            devices[session.protocol] = session

    def remove(self, session: Session) -> None:
        """Forget a session for good."""
        self.by_protocol.pop(session.protocol, None)
        _discard(self._by_jti, session.jti, session.protocol)
        _discard(self._by_subscriber, session.subscriber, session.protocol)

    def by_jti(self, jti: str) -> tuple[Session, ...]:
        """Return the sessions opened with one token, oldest first."""
        return tuple(self._by_jti.get(jti, {}).values())

    def attached(self, jti: str) -> Iterator[Session]:
        """Yield the sessions opened with one token that have a socket."""
        return (session for session in self.by_jti(jti) if session.socket is not None)

    def of(self, subscriber: str) -> Iterator[Session]:
        """Yield the subscriber's devices, oldest first."""
        yield from self._by_subscriber.get(subscriber, {}).values()

    def online(self, subscriber: str) -> Iterator[Session]:
        """Yield the subscriber's devices that want calls, detached ones included."""
        return (session for session in self.of(subscriber) if session.online)


def _discard(index: dict[str, dict[str, Session]], key: str, protocol: str) -> None:
    """Remove a session from an index, and its key too if it was the last."""
    members = index.get(key, {})
    members.pop(protocol, None)
    if not members:
        index.pop(key, None)
