"""The commands of one event, in order: frames, facts, callbacks and everything else.

Each frame is added together with its fact, so nothing is sent that is not on record.
"""

from __future__ import annotations

from typing import Any

from ringproof_fakeserver.protocol import journal, jsonrpc
from ringproof_fakeserver.protocol.call import Call, status_body
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.commands import AnyCommand, PostCallback, SendFrame
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.incoming import Incoming, VertoRequest
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME, Invite
from ringproof_fakeserver.protocol.redaction import redacted
from ringproof_fakeserver.protocol.sdp import directions
from ringproof_fakeserver.protocol.session import Sent, Session
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_commands import SipBye, SipInvite

Detail = dict[str, Any]


class CommandBuffer:
    """Collects the commands of one event. Call ``begin`` before each event."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.now_ms = 0
        self._commands: list[AnyCommand] = []
        self._count = 0

    def begin(self, now_ms: int) -> list[AnyCommand]:
        """Start the list of the next event, and return it."""
        self.now_ms = now_ms
        self._commands = []
        return self._commands

    def add(self, command: AnyCommand) -> None:
        """Add a command that has no method of its own here."""
        self._commands.append(command)

    # Frames of the client.

    def received(
        self,
        incoming: Incoming,
        kind: str = "request",
        *,
        method: str | None = None,
        dialog: str = "",
        detail: Detail | None = None,
        session: Session | None = None,
    ) -> None:
        """Record a frame of the client.

        ``method`` None is the frame's own; ``session`` is given where the connection has none yet.
        """
        session = session or incoming.connection.session
        self._commands.append(
            journal.FrameFact(
                subscriber=session.subscriber if session else "",
                session=session.jti if session else "",
                direction=journal.Direction.FROM_CLIENT,
                text=redacted(incoming.text),
                kind=kind,
                method=incoming.method if method is None else method,
                dialog=dialog,
                detail=detail or {},
            )
        )

    # Frames to the client.

    def answer(self, incoming: Incoming, value: dict[str, Any]) -> None:
        """Answer a request with a result."""
        connection, text = incoming.connection, jsonrpc.result(incoming.id, value)
        self._send(connection.socket, connection.session, text, "result", incoming.method)

    def refuse(self, incoming: Incoming, code: int, message: str) -> None:
        """Answer a request, or a malformed frame, with an error."""
        connection = incoming.connection
        text = jsonrpc.error(incoming.message.id, code, message)
        detail: Detail = {"code": code, "message": message}
        about = (incoming.method, "", detail)
        self._send(connection.socket, connection.session, text, "error", *about)

    def answer_verto(self, request: VertoRequest, value: dict[str, Any]) -> None:
        """Answer ``webrtc.verto``: the method's result sits three ``result`` deep."""
        self._answer_verto(request, "result", value, {})

    def refuse_verto(
        self, request: VertoRequest, code: int, message: str, cause_code: int = 0
    ) -> None:
        """Answer ``webrtc.verto`` with an inner error; the envelope itself reports success."""
        detail: Detail = {"code": code, "message": message}
        value = {**detail, "causeCode": cause_code} if cause_code else detail
        self._answer_verto(request, "error", value, detail)

    def _answer_verto(
        self, request: VertoRequest, kind: str, value: dict[str, Any], detail: Detail
    ) -> None:
        # The request may have come over a socket that is gone by now: a client that resumed
        # matches the answer by its id, wherever it arrives.
        session = request.session
        if session.socket is None:
            return
        if request.method == "verto.modify":
            detail = {**detail, "action": request.params.action}
        inner = {"jsonrpc": "2.0", "id": request.inner_id, kind: value}
        envelope = {"code": "200", "node_id": self.settings.node_id, "result": inner}
        text = jsonrpc.result(request.id, envelope)
        self._send(session.socket, session, text, kind, request.method, request.dialog, detail)

    def verto(
        self,
        session: Session,
        method: str,
        params: Invite | dict[str, Any],
        dialog: str,
        detail: Detail,
    ) -> None:
        """Push a verto message; the session must be attached."""
        self._count += 1
        inner = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        event = {
            "event_type": "webrtc.message",
            # Read now, not when the call began: a client drops events that carry another
            # protocol than its present one.
            "event_channel": session.protocol,
            "timestamp": self.now_ms / 1000,
            "project_id": self.settings.project_id,
            "node_id": self.settings.node_id,
            "params": inner,
        }
        self._request(session, "signalwire.event", event, Sent(method, dialog), detail)

    def room_event(
        self, session: Session, dialog: str, event_type: str, params: dict[str, Any]
    ) -> None:
        """Push an event of a call's room; a session without a socket misses it for good."""
        if session.socket is None:
            return
        about_call = event_type.startswith("call.")
        event = {
            "params": params,
            "event_type": event_type,
            "event_channel": session.protocol if about_call else [session.protocol],
            "timestamp": self.now_ms * 1000,
        }
        detail = {"reason": params["reason"]} if "reason" in params else {}
        self._request(session, "signalwire.event", event, Sent(event_type, dialog), detail)

    def invite(self, session: Session, invite: Invite) -> None:
        """Invite a device that can be reached: a client, or a SIP user agent."""
        number, name = invite.caller_id_number, invite.caller_id_name
        if session.sip_device:
            name = "" if name == UNDEFINED_NAME else name
            device = session.sip_device
            self.add(SipInvite(invite.call_id, device, invite.sdp, number, name))
            return
        detail = {
            "from": number,
            "from_name": name,
            "to": invite.callee_id_number,
            "to_name": invite.callee_id_name,
            "media": directions(invite.sdp),
        }
        self.verto(session, "verto.invite", invite, invite.call_id, detail)

    def bye(self, session: Session, dialog: str, cause: Cause) -> None:
        """Push ``verto.bye``, or keep it until the session has a socket again."""
        if session.sip_device:
            self.add(SipBye(dialog, cause))
            return
        if session.socket is None:
            remember(session.missed, dialog, cause, self.settings.recent_ids)
            return
        params = {"callID": dialog, "cause": cause.name, "causeCode": cause.code}
        detail = {"cause": cause.name, "cause_code": cause.code}
        self.verto(session, "verto.bye", params, dialog, detail)

    def authorization_state(self, session: Session, state: str) -> None:
        """Push what the client needs to resume this session after a lost socket."""
        event_type = "signalwire.authorization.state"
        params = {"event_type": event_type, "params": {"authorization_state": state}}
        method = "signalwire.event"
        detail = {"event_type": event_type, "number": session.states_issued}
        self._request(session, method, params, Sent(method), detail, secret=True)

    def ping(self, session: Session, ping: str) -> None:
        """Send ``signalwire.ping``; its answer is recorded with ``ping`` in the detail."""
        method, params = "signalwire.ping", {"timestamp": self.now_ms / 1000}
        self._request(session, method, params, Sent(method, "", ping, self.now_ms), {"ping": ping})

    def _request(
        self,
        session: Session,
        method: str,
        params: dict[str, Any],
        sent: Sent,
        detail: Detail,
        *,
        secret: bool = False,
    ) -> None:
        assert session.socket is not None, "a detached session cannot be sent anything"
        self._count += 1
        request_id = f"rp-{self._count}"
        remember(session.sent, request_id, sent, self.settings.recent_ids)
        text = jsonrpc.request(request_id, method, params)
        about = (sent.method, sent.dialog, detail)
        self._send(session.socket, session, text, "request", *about, secret=secret)

    def _send(
        self,
        socket: str,
        session: Session | None,
        text: str,
        kind: str,
        method: str,
        dialog: str = "",
        detail: Detail | None = None,
        *,
        secret: bool = False,
    ) -> None:
        fact = journal.FrameFact(
            subscriber=session.subscriber if session else "",
            session=session.jti if session else "",
            direction=journal.Direction.TO_CLIENT,
            text=redacted(text) if secret else text,
            kind=kind,
            method=method,
            dialog=dialog,
            detail=detail or {},
        )
        self._commands.append(SendFrame(socket, fact, text))

    # Changes of state.

    def record_session(self, session: Session, state: str, code: int = 0) -> None:
        """Record that a session changed; ``code`` is the close code of a socket."""
        self._commands.append(
            journal.SessionFact(
                subscriber=session.subscriber, session=session.jti, state=state, code=code
            )
        )

    def record_call(self, call: Call, by: str = "") -> None:
        """Record a call's new state and post the callback for it; ``by`` names who ended it."""
        state = call.state._value_  # ``value`` is a descriptor of two Python calls
        self._commands.append(
            journal.CallFact(
                subscriber=call.owner or call.subscriber,
                call=call.id,
                state=state,
                to=call.dial.to,
                reason=call.reason,
                by=by,
            )
        )
        details = {"call_state": state, "end_reason": call.reason} if by else {"call_state": state}
        call.note(self.now_ms, "calling_call_state", details)
        if call.status_url is not None and state in call.dial.status_events:
            body = status_body(call, self.settings, self.now_ms)
            self.add(PostCallback(call.id, call.status_url, body, call.callback_retries))

    def record_dialog(self, dialog: Dialog, state: str, reason: str = "") -> None:
        """Record that a dialog changed; ``lost`` is followed by ``ended`` like any other end."""
        self._commands.append(
            journal.DialogFact(
                subscriber=dialog.session.subscriber,
                call=dialog.call,
                dialog=dialog.id,
                session=dialog.session.jti,
                state=state,
                reason=reason,
            )
        )

    def record_media(self, dialog: Dialog, state: str) -> None:
        """Record that a dialog's media leg changed."""
        subscriber = dialog.session.subscriber
        self._commands.append(
            journal.MediaFact(
                subscriber=subscriber, dialog=dialog.id, state=state, real=dialog.real
            )
        )


def remember(memory: dict[str, Any], key: str, value: object, limit: int) -> None:
    """Keep the latest ``limit`` entries of a dict."""
    memory[key] = value
    if len(memory) > limit:
        del memory[next(iter(memory))]
