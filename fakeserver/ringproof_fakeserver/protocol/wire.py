"""What leaves the exchange: the list of commands, and every frame that is among them.

Each frame is written together with its fact, so nothing is sent that is not on record.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.commands import AnyCommand, SendFrame
from ringproof_fakeserver.protocol.journal import Direction, FrameFact
from ringproof_fakeserver.protocol.messages import Invite
from ringproof_fakeserver.protocol.redaction import redacted
from ringproof_fakeserver.protocol.session import Connection, Sent, Session
from ringproof_fakeserver.protocol.settings import Settings


class VertoRequest(msgspec.Struct, frozen=True):
    """A ``webrtc.verto`` request that waits for its answer."""

    id: str
    """Id of the outer envelope."""
    inner_id: str | int
    method: str
    """The verto method."""
    dialog: str


class Wire:
    """Collects the commands of one event. ``begin`` before each event, ``commands`` after it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.now_ms = 0
        self.commands: list[AnyCommand] = []
        self._count = 0

    def begin(self, now_ms: int) -> list[AnyCommand]:
        """Start a new list, and return it."""
        self.now_ms = now_ms
        self.commands = []
        return self.commands

    def add(self, command: AnyCommand) -> None:
        """Ask for something that is not a frame."""
        self.commands.append(command)

    def received(
        self,
        connection: Connection,
        text: str,
        kind: str,
        method: str = "",
        dialog: str = "",
        detail: dict[str, Any] | None = None,
        session: Session | None = None,
    ) -> None:
        """Write down a frame of the client; ``session`` where the connection has none yet."""
        session = session or connection.session
        self.commands.append(
            FrameFact(
                subscriber=session.subscriber if session else "",
                session=session.jti if session else "",
                direction=Direction.FROM_CLIENT,
                text=redacted(text),
                kind=kind,
                method=method,
                dialog=dialog,
                detail=detail or {},
            )
        )

    def answer(
        self, connection: Connection, request_id: str, method: str, value: dict[str, Any]
    ) -> None:
        """Answer a request with a result."""
        self._send(
            connection.socket,
            connection.session,
            jsonrpc.result(request_id, value),
            "result",
            method,
        )

    def refuse(
        self,
        connection: Connection,
        request_id: str | None,
        method: str,
        code: int,
        message: str,
    ) -> None:
        """Answer a request with an error; ``request_id`` None where the frame had no usable one."""
        self._send(
            connection.socket,
            connection.session,
            jsonrpc.error(request_id, code, message),
            "error",
            method,
            detail={"code": code, "message": message},
        )

    def answer_verto(self, session: Session, request: VertoRequest, value: dict[str, Any]) -> None:
        """Answer ``webrtc.verto``: the method's result sits three ``result`` deep."""
        inner = {"jsonrpc": "2.0", "id": request.inner_id, "result": value}
        self._answer_verto(session, request, inner, "result", {})

    def refuse_verto(
        self, session: Session, request: VertoRequest, code: int, message: str
    ) -> None:
        """Answer ``webrtc.verto`` with an inner error; the envelope says all is well."""
        detail: dict[str, Any] = {"code": code, "message": message}
        inner = {"jsonrpc": "2.0", "id": request.inner_id, "error": detail}
        self._answer_verto(session, request, inner, "error", detail)

    def _answer_verto(
        self,
        session: Session,
        request: VertoRequest,
        inner: dict[str, Any],
        kind: str,
        detail: dict[str, Any],
    ) -> None:
        # The request may have come over a socket that is gone by now; a client that resumed
        # matches the answer by its id, wherever it arrives.
        if session.socket is None:
            return
        value = {"code": "200", "node_id": self.settings.node_id, "result": inner}
        text = jsonrpc.result(request.id, value)
        self._send(session.socket, session, text, kind, request.method, request.dialog, detail)

    def verto(
        self,
        session: Session,
        method: str,
        params: Invite | dict[str, Any],
        dialog: str,
        detail: dict[str, Any],
    ) -> None:
        """Push a verto message; the session must be attached."""
        self._count += 1
        inner = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        self._event(
            session,
            {
                "event_type": "webrtc.message",
                # Looked up now, not when the call began: a client drops events that carry
                # another protocol than its present one.
                "event_channel": session.protocol,
                "timestamp": self.now_ms / 1000,
                "project_id": self.settings.project_id,
                "node_id": self.settings.node_id,
                "params": inner,
            },
            Sent(method, dialog),
            detail,
        )

    def bye(self, session: Session, dialog: str, cause: Cause) -> None:
        """Push ``verto.bye``, or keep it until the session has a socket again."""
        if session.socket is None:
            remember(session.missed, dialog, cause, self.settings.recent_ids)
            return
        self.verto(
            session,
            "verto.bye",
            {"callID": dialog, "cause": cause.name, "causeCode": cause.code},
            dialog,
            {"cause": cause.name, "cause_code": cause.code},
        )

    def authorization_state(self, session: Session) -> None:
        """Push what the client needs to take this session up again after a lost socket."""
        self._event(
            session,
            {
                "event_type": "signalwire.authorization.state",
                "params": {"authorization_state": session.authorization_state},
            },
            Sent("signalwire.event"),
            {"event_type": "signalwire.authorization.state"},
            secret=True,
        )

    def ping(self, session: Session, ping: str) -> None:
        """Send ``signalwire.ping``; its answer is recorded with ``ping`` in the detail."""
        self._request(
            session,
            "signalwire.ping",
            {"timestamp": self.now_ms / 1000},
            Sent("signalwire.ping", "", ping),
            {"ping": ping},
        )

    def _event(
        self,
        session: Session,
        params: dict[str, Any],
        sent: Sent,
        detail: dict[str, Any],
        *,
        secret: bool = False,
    ) -> None:
        self._request(session, "signalwire.event", params, sent, detail, secret=secret)

    def _request(
        self,
        session: Session,
        method: str,
        params: dict[str, Any],
        sent: Sent,
        detail: dict[str, Any],
        *,
        secret: bool = False,
    ) -> None:
        assert session.socket is not None, "a detached session cannot be sent anything"
        self._count += 1
        request_id = f"rp-{self._count}"
        remember(session.sent, request_id, sent, self.settings.recent_ids)
        text = jsonrpc.request(request_id, method, params)
        self._send(
            session.socket,
            session,
            text,
            "request",
            sent.method,
            sent.dialog,
            detail,
            recorded=redacted(text) if secret else text,
        )

    def _send(
        self,
        socket: str,
        session: Session | None,
        text: str,
        kind: str,
        method: str,
        dialog: str = "",
        detail: dict[str, Any] | None = None,
        *,
        recorded: str | None = None,
    ) -> None:
        fact = FrameFact(
            subscriber=session.subscriber if session else "",
            session=session.jti if session else "",
            direction=Direction.TO_CLIENT,
            text=recorded or text,
            kind=kind,
            method=method,
            dialog=dialog,
            detail=detail or {},
        )
        self.commands.append(SendFrame(socket, fact, text))


def remember(memory: dict[str, Any], key: str, value: object, limit: int) -> None:
    """Keep the latest ``limit`` entries of a dict."""
    memory[key] = value
    if len(memory) > limit:
        del memory[next(iter(memory))]
