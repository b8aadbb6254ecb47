"""What clients send about their dialogs: invite, answer, bye, modify, info, and what is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import jsonrpc, reattach
from ringproof_fakeserver.protocol.bye_replies import ByeReplies
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.causes import NORMAL, Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.errors import NO_SUCH_CALL, SESSION_ERROR
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.incoming import Incoming, VertoRequest
from ringproof_fakeserver.protocol.messages import ClientVerto, VertoMessage, VertoParams
from ringproof_fakeserver.protocol.modify import ModifyHandler
from ringproof_fakeserver.protocol.sdp import directions, ice_names
from ringproof_fakeserver.protocol.session import Session

METHOD = "webrtc.verto"

_LIMIT_WORD = 64
_envelope = msgspec.json.Decoder(VertoParams)
_message = msgspec.json.Decoder(VertoMessage)
_params = msgspec.json.Decoder(ClientVerto)

_ABOUT_CALLS = frozenset(
    {"verto.answer", "verto.bye", "verto.info", "verto.invite", "verto.modify"}
)


class VertoHandler:
    """Answers ``webrtc.verto`` requests of connected sessions."""

    def __init__(
        self,
        buffer: CommandBuffer,
        calls: Calls,
        faults: Faults,
        requested: Callable[[Session], None],
    ) -> None:
        self._buffer = buffer
        self._requested = requested
        """Called with the session before a request about a call is answered."""
        self._calls = calls
        self._faults = faults
        self._modify = ModifyHandler(buffer, calls)
        self.bye_replies = ByeReplies(buffer, buffer.settings.delayed_frames)

    def handle(self, incoming: Incoming) -> None:
        """Handle one request. The connection must have a session."""
        try:
            envelope = _envelope.decode(incoming.message.params)
            inner = _message.decode(envelope.message)
            params = _params.decode(inner.params)
        except msgspec.DecodeError as error:
            self._buffer.received(incoming)
            self._buffer.refuse(incoming, jsonrpc.INVALID_PARAMS, f"Invalid params: {error}")
            return
        session = incoming.session
        dialog_id = params.dialog or envelope.call_id
        method = inner.method or METHOD
        detail = _detail(method, params)
        fault = None
        if self._faults.active:
            fault = self._faults.request(session, dialog_id, method)
        if fault is not None and fault.what == "ignore":
            return  # it never arrived, so it is not recorded
        self._buffer.received(incoming, method=method, dialog=dialog_id, detail=detail)
        if not inner.method:
            # Clients of version 3 acknowledge our messages this way: a result, no method.
            value = {"code": "200", "node_id": self._buffer.settings.node_id, "result": {}}
            self._buffer.answer(incoming, value)
            return
        if method in _ABOUT_CALLS:
            self._requested(session)
        request = VertoRequest(session, incoming.id, inner.id, method, dialog_id, params)
        if fault is not None:
            self._buffer.refuse_verto(request, fault.code, "REFUSED ON PURPOSE")
        else:
            self._dispatch(request)

    def _dispatch(self, request: VertoRequest) -> None:
        match request.method:
            case "verto.answer":
                self._answer(request)
            case "verto.bye" | "verto.modify" | "verto.info" as method:
                dialog = self._dialog(request)
                if dialog is None:
                    self._refuse_unknown(request)
                elif method == "verto.bye":
                    self._bye(request, dialog)
                elif method == "verto.modify":
                    self._modify.handle(request, dialog)
                else:
                    self._buffer.answer_verto(request, {"message": "SENT"})
                    call = self._calls.live[dialog.call]
                    self._calls.key_presses.pressed(dialog.id, call, request.params.dtmf)
            case "verto.pong":
                self._pong(request)
            case "verto.ping" | "verto.subscribe" | "verto.unsubscribe" as method:
                self._buffer.answer_verto(request, {"method": method})
            case "verto.invite" if reattach.asks(request):
                self._calls.reattachments.handle(request)
            case "verto.invite":
                self._calls.outbound.placed(request)
            case method:
                problem = f"unknown verto method {method[:_LIMIT_WORD]}"
                self._buffer.refuse_verto(request, jsonrpc.METHOD_NOT_FOUND, problem)

    def _refuse_unknown(self, request: VertoRequest) -> None:
        """Say that there is no such call, unless the reply to this very bye is still to come."""
        if not self.bye_replies.holds(request):
            self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)

    def _dialog(self, request: VertoRequest) -> Dialog | None:
        """Return the request's dialog if it is one of this session and was invited, else None."""
        dialog = self._calls.dialogs.get(request.dialog)
        if dialog is None or dialog.session is not request.session or not dialog.invited:
            return None
        return dialog

    def _answer(self, request: VertoRequest) -> None:
        dialog = self._dialog(request)
        if dialog is None:
            # A client that only gets the error stays in `connecting` for ever: send a bye as well.
            self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)
            cause = request.session.ended.get(request.dialog, NORMAL)
            self._buffer.bye(request.session, request.dialog, cause)
        elif request.id == dialog.answer_id:
            # The same request again, after a resume: a client whose reply was lost with its
            # socket may ask again. While the answer is being applied, that reply is still to come.
            if dialog.state is State.ACTIVE:
                self._buffer.answer_verto(request, {"method": "verto.answer"})
        elif not dialog.accepts(Trigger.ANSWER):
            self._buffer.refuse_verto(request, SESSION_ERROR, "CALL ALREADY ANSWERED")
        elif not request.params.sdp:
            problem = "verto.answer needs an sdp"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        else:
            self._calls.answer(dialog, request)

    def _pong(self, request: VertoRequest) -> None:
        dialog = self._dialog(request)
        if dialog is None:
            self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)
            return
        self._calls.pings.pong(dialog)
        self._buffer.answer_verto(request, {})

    def _bye(self, request: VertoRequest, dialog: Dialog) -> None:
        cause = _cause(request.params)
        platform = self._calls.platform(request.session.subscriber)
        value = {
            "callID": dialog.id,
            "message": "CALL ENDED",
            "causeCode": cause.code,
            "cause": cause.name,
        }
        if dialog.outbound:
            self._calls.outbound.hung_up(dialog, cause)
        else:
            self._calls.hang_up(dialog, cause)
        if platform.bye_echo:
            self._buffer.bye(request.session, dialog.id, cause)
        self.bye_replies.send(request, value, platform.bye_reply_ms)


def _cause(params: ClientVerto) -> Cause:
    """Read the cause of a client's bye: codes come as numbers or as strings of digits."""
    if not params.cause:
        return NORMAL
    code = params.cause_code
    if isinstance(code, str):
        code = int(code) if code.isdecimal() and len(code) < 5 else 0
    return Cause(params.cause[:_LIMIT_WORD], code)


def _detail(method: str, params: ClientVerto) -> dict[str, Any]:
    match method:
        case "verto.answer":
            return {"media": directions(params.sdp), "ice": ice_names(params.sdp)}
        case "verto.invite":
            about = params.dialog_params
            asked = bool(about.reattaching or about.attach)
            media, ice = directions(params.sdp), ice_names(params.sdp)
            detail: dict[str, Any] = {"media": media, "ice": ice, "reattach": asked}
            return detail if asked else {**detail, "to": about.destination_number}
        case "verto.bye":
            cause = _cause(params)
            return {"cause": params.cause, "cause_code": cause.code if params.cause else 0}
        case "verto.modify":
            detail = {"action": params.action, "destination": params.destination}
            if params.sdp:
                detail |= {"media": directions(params.sdp), "ice": ice_names(params.sdp)}
            return detail
        case "verto.info":
            return {"dtmf": params.dtmf}
        case _:
            return {}
