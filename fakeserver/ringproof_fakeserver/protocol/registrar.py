"""Sessions coming and going: connect, resume, online and offline, and lost sockets."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof_fakeserver.protocol import jsonrpc, sat
from ringproof_fakeserver.protocol.commands import CancelTimer, CloseSocket, CutSocket, StartTimer
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import FrameError, TokenError
from ringproof_fakeserver.protocol.events import CutRequested
from ringproof_fakeserver.protocol.journal import FaultFact, SessionFact
from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.messages import OK, ConnectParams
from ringproof_fakeserver.protocol.sat import Claims
from ringproof_fakeserver.protocol.session import Connection, Session, Sessions
from ringproof_fakeserver.protocol.switch import Switch
from ringproof_fakeserver.protocol.wire import Wire

TIMER = "grace"

AUTHENTICATION_FAILED = -32002
NOT_VALIDATED = -32003
NOT_VALIDATED_TEXT = "Requester validation failed"
"""Version 3 of the SDK forgets its stored session and connects afresh on these very words."""

GOING_AWAY = 1001
ABNORMAL = 1006
REPLACED = 4000
"""Close code for a socket whose session was taken up on another one."""

CONNECT = "signalwire.connect"
REAUTHENTICATE = "signalwire.reauthenticate"
ONLINE = "subscriber.online"
OFFLINE = "subscriber.offline"


class Registrar:
    """Opens, resumes and drops sessions."""

    def __init__(
        self,
        wire: Wire,
        directory: Directory,
        sessions: Sessions,
        switch: Switch,
        ids: Callable[[], str],
    ) -> None:
        self._wire = wire
        self._settings = wire.settings
        self._directory = directory
        self._sessions = sessions
        self._switch = switch
        self._ids = ids
        self._barred: dict[str, int] = {}
        """Token id → until when its client does not get through, Unix ms."""

    def connect(self, connection: Connection, message: Message, text: str) -> bool:
        """Answer ``signalwire.connect``; say whether the connection has a session now."""
        request_id = message.id or ""
        try:
            if connection.session is not None:
                raise FrameError(jsonrpc.INVALID_REQUEST, "this socket is connected already")
            params = jsonrpc.read(message.params, ConnectParams)
            claims = self._claims(params)
            if self._barred and self._is_barred(connection, claims.jti):
                return False  # the frame never arrived, so nobody has seen it
            session = self._session(params, claims)
        except FrameError as error:
            self._wire.received(connection, text, "request", CONNECT)
            self._wire.refuse(connection, request_id, CONNECT, error.code, error.message)
            return False
        self._wire.received(connection, text, "request", CONNECT, session=session)
        resumed = session.protocol == params.protocol
        if resumed:
            self._wire.add(CancelTimer(f"{TIMER}:{session.protocol}"))
        else:
            self._drop_detached(claims.jti)
            self._sessions.add(session)
        self._attach(connection, session)
        result = self._result(session)
        self._wire.answer(connection, request_id, CONNECT, result)
        self._fact(session, "resumed" if resumed else "connected")
        self._wire.authorization_state(session)
        self._switch.attached(session)
        return True

    def reauthenticate(
        self, connection: Connection, session: Session, message: Message, text: str
    ) -> None:
        """Answer ``signalwire.reauthenticate``: a fresh token for the same subscriber."""
        self._wire.received(connection, text, "request", REAUTHENTICATE)
        request_id = message.id or ""
        try:
            claims = self._claims(jsonrpc.read(message.params, ConnectParams))
            if claims.subscriber != session.subscriber or claims.kind != session.claims.kind:
                raise FrameError(NOT_VALIDATED, NOT_VALIDATED_TEXT)
        except FrameError as error:
            self._wire.refuse(connection, request_id, REAUTHENTICATE, error.code, error.message)
            return
        self._wire.answer(connection, request_id, REAUTHENTICATE, OK)

    def online(self, connection: Connection, session: Session, message: Message, text: str) -> None:
        """Answer ``subscriber.online``; a second one changes nothing.

        Guests and embeds cannot be called. Assumed: refused with -32003; the documentation says
        only that they are never offered a call.
        """
        self._wire.received(connection, text, "request", ONLINE)
        if session.claims.kind != "subscriber":
            problem = "only subscribers can be called: this token is for outbound calls"
            self._wire.refuse(connection, message.id, ONLINE, NOT_VALIDATED, problem)
            return
        self._wire.answer(connection, message.id or "", ONLINE, OK)
        if not session.online:
            session.online = True
            self._fact(session, "online")
            self._switch.came_online(session)

    def offline(
        self, connection: Connection, session: Session, message: Message, text: str
    ) -> None:
        """Answer ``subscriber.offline``: no new calls. What rings or talks goes on. Assumed."""
        self._wire.received(connection, text, "request", OFFLINE)
        self._wire.answer(connection, message.id or "", OFFLINE, OK)
        if session.online:
            session.online = False
            self._fact(session, "offline")

    def socket_closed(self, socket: str, code: int) -> None:
        """A socket is gone. Its session waits for another one; how long depends on the code."""
        connection = self._sessions.forget_socket(socket)
        session = connection.session if connection else None
        if session is None or session.socket != socket:
            return
        session.socket = None
        session.sent.clear()
        self._fact(session, "detached", code)
        self._switch.detached(session)
        grace_ms = self._settings.grace_ms
        if code == GOING_AWAY:
            grace_ms = min(grace_ms, self._settings.page_gone_ms)
        self._wire.add(StartTimer(f"{TIMER}:{session.protocol}", grace_ms))

    def cut(self, event: CutRequested) -> None:
        """Break off the sockets of a session, and keep its client out for a while."""
        self._barred[event.session] = self._wire.now_ms + event.back_ms
        for session in self._sessions.by_jti(event.session):
            what = "cut" if event.resume else "expire"
            if session.socket is not None:
                self._wire.add(
                    FaultFact(subscriber=session.subscriber, session=session.jti, what=what)
                )
                self._wire.add(CutSocket(session.socket))
                self.socket_closed(session.socket, ABNORMAL)
            if not event.resume:
                self._wire.add(CancelTimer(f"{TIMER}:{session.protocol}"))
                self._drop(session)

    def _is_barred(self, connection: Connection, jti: str) -> bool:
        """Cut a socket that comes too early after the session's last one was cut."""
        until_ms = self._barred.get(jti)
        if until_ms is None:
            return False
        if self._wire.now_ms >= until_ms:
            del self._barred[jti]
            return False
        self._sessions.forget_socket(connection.socket)
        self._wire.add(CutSocket(connection.socket))
        return True

    def grace_over(self, protocol: str) -> None:
        """The time to come back is over."""
        session = self._sessions.by_protocol(protocol)
        if session is not None and session.socket is None:
            self._drop(session)

    def _claims(self, params: ConnectParams) -> Claims:
        try:
            claims = sat.read(
                params.authentication.jwt_token, self._settings.key, self._wire.now_ms // 1000
            )
        except TokenError as error:
            # The words of the live service, which clients show to their users.
            problem = (
                "Authentication service failed with status ProtocolError, 401 Unauthorized: "
                f"{{}} ({error})"
            )
            raise FrameError(AUTHENTICATION_FAILED, problem) from error
        known = self._directory.subscriber(claims.subscriber) is not None
        if not known and claims.kind == "subscriber":
            raise FrameError(AUTHENTICATION_FAILED, "the token's subscriber is not known here")
        return claims

    def _session(self, params: ConnectParams, claims: Claims) -> Session:
        """Find the session to resume, or make one. Raises ``FrameError`` if resuming fails."""
        session = self._sessions.by_protocol(params.protocol) if params.protocol else None
        if params.authorization_state and params.protocol:
            if (
                session is None
                or session.authorization_state != params.authorization_state
                or session.subscriber != claims.subscriber
                or session.claims.kind != claims.kind
            ):
                raise FrameError(NOT_VALIDATED, NOT_VALIDATED_TEXT)
            return session
        if session is not None and session.claims.jti == claims.jti:
            return session  # Version 3 of the SDK sends no state; the token proves as much.
        return Session(
            # Version 3 of the SDK resumes only if the second word is the token's jti.
            protocol=f"signalwire_{claims.jti}_{self._ids()}_{self._settings.node_id}",
            authorization_state=self._ids(),
            claims=claims,
        )

    def _attach(self, connection: Connection, session: Session) -> None:
        old = self._sessions.connection(session.socket)
        if old is not None:
            # The old socket is half open: its client is the one that resumes here.
            old.session = None
            self._wire.add(CloseSocket(old.socket, REPLACED, "resumed on another socket"))
        session.sent.clear()
        session.socket = connection.socket
        connection.session = session

    def _drop_detached(self, jti: str) -> None:
        """Drop what a token left behind: a client that connects afresh has forgotten its calls.

        Sessions that still have a socket stay, since one token may serve two pages.
        """
        for session in self._sessions.by_jti(jti):
            if session.socket is None:
                self._wire.add(CancelTimer(f"{TIMER}:{session.protocol}"))
                self._drop(session)

    def _drop(self, session: Session) -> None:
        self._sessions.remove(session)
        self._fact(session, "closed")
        self._switch.dropped(session)

    def _result(self, session: Session) -> dict[str, object]:
        claims = session.claims
        settings = self._settings
        return {
            "identity": f"{claims.jti}@{settings.node_id.partition('@')[0]}",
            "protocol": session.protocol,
            "authorization": {
                "jti": claims.jti,
                "project_id": settings.project_id,
                "fabric_subscriber": {
                    "version": 1,
                    "expires_at": claims.expires_s,
                    "subscriber_id": claims.subscriber,
                    "application_id": None,
                    "project_id": settings.project_id,
                    "space_id": settings.space_id,
                },
                "scope": list(claims.scope),
            },
            "ice_servers": msgspec.to_builtins(settings.ice_servers),
        }

    def _fact(self, session: Session, state: str, code: int = 0) -> None:
        self._wire.add(
            SessionFact(subscriber=session.subscriber, session=session.jti, state=state, code=code)
        )
