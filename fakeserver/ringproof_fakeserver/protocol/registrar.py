"""Registration: sessions connect, resume, go online and offline, and lose their sockets."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol import authorization, jsonrpc, sat
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import CancelTimer, CloseSocket, CutSocket, StartTimer
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import FrameError, TokenError
from ringproof_fakeserver.protocol.events import (
    CutRequested,
    SocketClosed,
    TokenExpiryRequested,
)
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.incoming import Connection, Incoming
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE, FaultFact
from ringproof_fakeserver.protocol.messages import OK, ConnectParams
from ringproof_fakeserver.protocol.presence import NOT_VALIDATED
from ringproof_fakeserver.protocol.sat import Claims
from ringproof_fakeserver.protocol.session import Session, Sessions

TIMER = "grace"
STATE_TIMER = "state"

LOGIN_TIMER = "login"

STATE_AFTER_MS = 8
"""From the answer to a connect to the first authorization state: 4 to 20 ms in published logs."""

AUTHENTICATION_FAILED = -32002
NOT_VALIDATED_TEXT = "Requester validation failed"
"""Version 3 of the SDK forgets its stored session and connects afresh on exactly this text."""

NORMAL_CLOSURE = 1000
GOING_AWAY = 1001
ABNORMAL = 1006
POLICY_VIOLATION = 1008
NO_END_S = 2**53
"""Later than any token's end."""
REPLACED = 4000
"""Close code for a socket whose session was resumed on another one."""


class Registrar:
    """Opens, resumes and drops sessions. ``connections`` holds the open sockets by name."""

    def __init__(
        self,
        buffer: CommandBuffer,
        directory: Directory,
        connections: dict[str, Connection],
        sessions: Sessions,
        calls: Calls,
        ids: Callable[[], str],
        faults: Faults,
    ) -> None:
        self._buffer = buffer
        self._settings = buffer.settings
        self._directory = directory
        self._connections = connections
        self._sessions = sessions
        self._calls = calls
        self._ids = ids
        self._faults = faults
        self._blocked: dict[str, int] = {}
        """Token id → until when every socket of its client is cut, Unix ms."""
        self._expired: dict[str, int] = {}
        """Id of tokens → the latest end (Unix s) of those that have expired on purpose."""

    def opened(self, socket: str, reached: str) -> None:
        """Take on a new socket, and give its client a limited time to open a session."""
        self._connections[socket] = Connection(socket=socket, reached=reached)
        self._buffer.add(StartTimer(f"{LOGIN_TIMER}:{socket}", self._settings.login_ms))

    def login_due(self, socket: str) -> None:
        """Close a socket that has no session by now."""
        connection = self._connections.get(socket)
        if connection is not None and connection.session is None:
            self._buffer.add(CloseSocket(socket, POLICY_VIOLATION, "no session was opened in time"))

    def connect(self, incoming: Incoming) -> bool:
        """Answer ``signalwire.connect``; return whether the connection has a session now."""
        connection = incoming.connection
        try:
            if connection.session is not None:
                raise FrameError(jsonrpc.INVALID_REQUEST, "this socket is connected already")
            params = jsonrpc.read(incoming.message.params, ConnectParams)
            claims = self._claims(params, resumes=self._may_resume_late(params))
            if self._blocked and self._is_blocked(connection, claims.jti):
                return False  # the frame never arrived, so it is not recorded
            if not self._let_in(incoming, claims):
                return False
            session = self._session(params, claims)
        except FrameError as error:
            self._buffer.received(incoming)
            self._buffer.refuse(incoming, error.code, error.message)
            return False
        resumed = session.protocol == params.protocol
        if resumed and session.jti != claims.jti:
            self._renew(session, claims)
        self._buffer.received(incoming, session=session)
        if resumed:
            self._buffer.add(CancelTimer(f"{TIMER}:{session.protocol}"))
        else:
            # A client that connects afresh has lost its calls: drop the token's detached sessions.
            # Those that have a socket stay, since one token may serve two pages.
            for old in self._sessions.by_jti(claims.jti):
                if old.socket is None:
                    self._drop(old)
            self._sessions.add(session)
        self._attach(connection, session)
        self._buffer.add(CancelTimer(f"{LOGIN_TIMER}:{connection.socket}"))
        self._buffer.answer(incoming, self._result(connection, session, resumed=resumed))
        self._buffer.record_session(session, "resumed" if resumed else "connected")
        if not resumed and self._calls.platform(session.subscriber).authorization_state != "never":
            self._buffer.add(StartTimer(f"{STATE_TIMER}:{session.protocol}", STATE_AFTER_MS))
        self._calls.devices.attached(session)
        return True

    def state_due(self, protocol: str) -> None:
        """Push the first authorization state of a session."""
        session = self._sessions.by_protocol.get(protocol)
        if session is not None:
            self._push_state(session)

    def call_requested(self, session: Session) -> None:
        """Push a new authorization state: the client sent a request about a call."""
        if self._calls.platform(session.subscriber).authorization_state == "often":
            self._push_state(session)

    def _push_state(self, session: Session) -> None:
        if session.socket is not None:
            state = authorization.issue(session, self._ids(), self._settings.key)
            self._buffer.authorization_state(session, state)

    def reauthenticate(self, incoming: Incoming) -> None:
        """Answer ``signalwire.reauthenticate``: a fresh token for the same subscriber."""
        session = incoming.session
        self._buffer.received(incoming)
        try:
            claims = self._claims(jsonrpc.read(incoming.message.params, ConnectParams))
            if claims.subscriber != session.subscriber or claims.kind != session.claims.kind:
                raise FrameError(NOT_VALIDATED, NOT_VALIDATED_TEXT)
        except FrameError as error:
            self._buffer.refuse(incoming, error.code, error.message)
            return
        self._buffer.answer(incoming, OK)

    def socket_closed(self, event: SocketClosed) -> None:
        """Detach the session of a socket; it may resume for a while, after any close code."""
        connection = self._connections.pop(event.socket, None)
        session = connection.session if connection else None
        if session is None or session.socket != event.socket:
            self._buffer.add(CancelTimer(f"{LOGIN_TIMER}:{event.socket}"))
            return
        session.socket = None
        session.sent.clear()
        self._buffer.record_session(session, "detached", event.code)
        self._calls.devices.detached(session)
        grace_ms = self._settings.grace_ms
        page_gone_ms = self._calls.platform(session.subscriber).page_gone_ms
        if event.code == GOING_AWAY and page_gone_ms:
            grace_ms = min(grace_ms, page_gone_ms)
        self._buffer.add(StartTimer(f"{TIMER}:{session.protocol}", grace_ms))

    def drop_silent(self, session: Session, sent_by_ms: int | None) -> None:
        """Drop the socket of a device that has answered too few of the pings sent by then."""
        most = self._calls.platform(session.subscriber).unanswered_pings
        unanswered = sum(
            sent.ping == KEEP_ALIVE and (sent_by_ms is None or sent.at_ms <= sent_by_ms)
            for sent in session.sent.values()
        )
        if session.socket is None or not most or unanswered < most:
            return
        self._buffer.add(CutSocket(session.socket))
        self.socket_closed(SocketClosed(session.socket, ABNORMAL))

    def cut(self, event: CutRequested) -> None:
        """Cut the sockets of a session, and those that its client opens within ``back_ms``."""
        self._blocked[event.session] = self._buffer.now_ms + event.back_ms
        for session in self._sessions.by_jti(event.session):
            what = "cut" if event.resume else "expire"
            if session.socket is not None:
                self._buffer.add(
                    FaultFact(subscriber=session.subscriber, session=session.jti, what=what)
                )
                self._buffer.add(CutSocket(session.socket))
                self.socket_closed(SocketClosed(session.socket, ABNORMAL))
            if not event.resume:
                self._drop(session)

    def token_expired(self, event: TokenExpiryRequested) -> None:
        """Let in nobody with this token any more, nor with one of its id that ended earlier.

        Its sessions go on, or are closed: a variant.
        """
        sessions = tuple(self._sessions.by_jti(event.session))
        ends_s = [session.claims.expires_s for session in sessions]
        self._expired[event.session] = max(ends_s, default=NO_END_S)
        for session in sessions:
            fact = FaultFact(
                subscriber=session.subscriber, session=session.jti, what="token-expired"
            )
            self._buffer.add(fact)
            closes = self._calls.platform(session.subscriber).expired_token_closes
            if closes and session.socket is not None:
                close = CloseSocket(session.socket, POLICY_VIOLATION, "the token has expired")
                self._buffer.add(close)

    def _let_in(self, incoming: Incoming, claims: Claims) -> bool:
        """Apply a fault to this attempt to connect. Raises ``FrameError`` where it refuses."""
        rule = self._faults.strikes("connect", claims.subscriber, claims.jti)
        if rule is None:
            return True
        if rule.what == "refuse":
            raise FrameError(rule.code, "refused on purpose")
        self._buffer.received(incoming)
        if rule.what == "close":
            socket = incoming.connection.socket
            self._buffer.add(CloseSocket(socket, NORMAL_CLOSURE, "closed on purpose"))
        return False

    def _is_blocked(self, connection: Connection, jti: str) -> bool:
        """Cut a socket that connects too early after the session's last one was cut."""
        until_ms = self._blocked.get(jti)
        if until_ms is None:
            return False
        if self._buffer.now_ms >= until_ms:
            del self._blocked[jti]
            return False
        del self._connections[connection.socket]
        self._buffer.add(CutSocket(connection.socket))
        return True

    def grace_over(self, protocol: str) -> None:
        """Forget a session whose time to resume is over."""
        session = self._sessions.by_protocol.get(protocol)
        if session is not None and session.socket is None:
            self._forget(session)

    def _may_resume_late(self, params: ConnectParams) -> bool:
        """Say whether a session may be resumed though its token has expired meanwhile."""
        session = self._sessions.by_protocol.get(params.protocol)
        if session is None or not params.authorization_state:
            return False
        state, key = params.authorization_state, self._settings.key
        allowed = self._calls.platform(session.subscriber).expired_token_resumes
        return allowed and authorization.opens(session, state, key)

    def _claims(self, params: ConnectParams, *, resumes: bool = False) -> Claims:
        """Return the claims of a token; where it ``resumes`` a session, its time does not matter.

        Raises ``FrameError`` for a token that lets nobody in.
        """
        try:
            now_s = 0 if resumes else self._buffer.now_ms // 1000
            claims = sat.read(params.authentication.jwt_token, self._settings.key, now_s)
            if claims.expires_s <= self._expired.get(claims.jti, 0) and not resumes:
                who, jti = claims.subscriber, claims.jti
                fact = FaultFact(subscriber=who, session=jti, what="refuse", point="token")
                self._buffer.add(fact)
                raise TokenError("the token has expired")
        except TokenError as error:
            # The text of the live service, which clients show to their users.
            problem = (
                "Authentication service failed with status ProtocolError, 401 Unauthorized: "
                f"{{}} ({error})"
            )
            raise FrameError(AUTHENTICATION_FAILED, problem) from error
        known = self._directory.by_resource(claims.subscriber) is not None
        if not known and claims.kind == "subscriber":
            raise FrameError(AUTHENTICATION_FAILED, "the token's subscriber is not known here")
        return claims

    def _session(self, params: ConnectParams, claims: Claims) -> Session:
        """Find the session to resume, or make one. Raises ``FrameError`` if resuming fails."""
        session = self._sessions.by_protocol.get(params.protocol)
        if params.authorization_state and params.protocol:
            if (
                session is None
                or not authorization.opens(session, params.authorization_state, self._settings.key)
                or session.subscriber != claims.subscriber
                or session.claims.kind != claims.kind
            ):
                raise FrameError(NOT_VALIDATED, NOT_VALIDATED_TEXT)
            return session
        if session is not None and session.claims.jti == claims.jti:
            return session  # Version 3 of the SDK sends no state; the token proves as much.
        return Session(
            # Version 3 of the SDK resumes only if the second word is the token's jti.
            protocol=f"signalwire_{claims.jti}_{self._ids()}_{self._settings.project_id}",
            claims=claims,
        )

    def _renew(self, session: Session, claims: Claims) -> None:
        """Let a page with a fresh token have the session that another page has left, or still has.

        Facts name the session by the token of the page that has it.
        """
        if session.socket is not None:
            self._buffer.record_session(session, "detached", REPLACED)
        self._sessions.remove(session)
        session.claims, session.jti = claims, claims.jti
        self._sessions.add(session)

    def _attach(self, connection: Connection, session: Session) -> None:
        old = self._connections.get(session.socket or "")
        if old is not None:
            # The old socket is half open: its client is the one that resumes here.
            old.session = None
            self._buffer.add(CloseSocket(old.socket, REPLACED, "resumed on another socket"))
        session.sent.clear()
        session.socket = connection.socket
        connection.session = session

    def _drop(self, session: Session) -> None:
        self._buffer.add(CancelTimer(f"{TIMER}:{session.protocol}"))
        self._forget(session)

    def _forget(self, session: Session) -> None:
        self._sessions.remove(session)
        self._buffer.record_session(session, "closed")
        self._calls.devices.dropped(session)

    def _result(
        self, connection: Connection, session: Session, *, resumed: bool
    ) -> dict[str, object]:
        """Return the result of a connect; ``identity`` is new each time, ``protocol`` is not."""
        settings = self._settings
        mute = self._faults.strikes("stun", session.subscriber, session.jti) is not None
        _, _, region = settings.node_id.partition("@")
        servers = settings.ice_servers_at(connection.reached, mute=mute)
        if self._calls.platform(session.subscriber).ice_servers == "turn":
            servers = settings.as_turn(servers, self._buffer.now_ms)
        return {
            "identity": f"{self._ids()}@{self._ids()}.{region}",
            "authorization": self._authorization(session.claims, resumed=resumed),
            "protocol": session.protocol,
            "ice_servers": servers,
        }

    def _authorization(self, claims: Claims, *, resumed: bool) -> dict[str, object]:
        settings = self._settings
        ids = {"project_id": settings.project_id, "space_id": settings.space_id}
        result: dict[str, object] = {
            "jti": claims.jti,
            "project_id": settings.project_id,
            "data_zone": settings.data_zone,
            "fabric_subscriber": {
                "version": 1,
                "expires_at": claims.expires_s,
                "subscriber_id": claims.subscriber,
                "application_id": None,
                **ids,
            },
            "scope": list(claims.scope),
        }
        if resumed:
            conference = {"type": "video", **ids, "scopes": ["video"], "join_as": "member"}
            result["calling"] = {"video_conf": conference}
        return result
