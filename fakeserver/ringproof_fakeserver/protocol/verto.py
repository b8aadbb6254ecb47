"""What clients send about their dialogs: answer, bye, modify, info, and what is not supported."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.calls import NO_SUCH_CALL, SESSION_ERROR, Calls
from ringproof_fakeserver.protocol.causes import NORMAL, Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.incoming import Incoming, VertoRequest
from ringproof_fakeserver.protocol.messages import ClientVerto, VertoMessage, VertoParams
from ringproof_fakeserver.protocol.sdp import directions

METHOD = "webrtc.verto"

_LIMIT_WORD = 64
_envelope = msgspec.json.Decoder(VertoParams)
_message = msgspec.json.Decoder(VertoMessage)
_params = msgspec.json.Decoder(ClientVerto)

HOLD_STATES = {"hold": True, "unhold": False}


class VertoHandler:
    """Answers ``webrtc.verto`` requests of connected sessions."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, faults: Faults) -> None:
        self._buffer = buffer
        self._calls = calls
        self._faults = faults

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
            value = {"code": "200", "node_id": self._buffer.settings.node_id, "message": "OK"}
            self._buffer.answer(incoming, value)
            return
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
                    self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)
                elif method == "verto.bye":
                    self._bye(request, dialog)
                elif method == "verto.modify":
                    self._modify(request, dialog)
                else:
                    self._buffer.answer_verto(request, {"message": "SENT"})
            case "verto.pong" | "verto.ping" | "verto.subscribe" | "verto.unsubscribe" as method:
                self._buffer.answer_verto(request, {"method": method})
            case "verto.invite":
                problem = "calls placed by a client are not supported"
                self._buffer.refuse_verto(request, SESSION_ERROR, problem)
            case method:
                problem = f"unknown verto method {method[:_LIMIT_WORD]}"
                self._buffer.refuse_verto(request, jsonrpc.METHOD_NOT_FOUND, problem)

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

    def _bye(self, request: VertoRequest, dialog: Dialog) -> None:
        cause = _cause(request.params)
        if self._calls.platform(request.session.subscriber).bye_echo:
            self._buffer.bye(request.session, dialog.id, cause)
        value = {
            "callID": dialog.id,
            "message": "CALL ENDED",
            "causeCode": cause.code,
            "cause": cause.name,
        }
        self._buffer.answer_verto(request, value)
        self._calls.hang_up(dialog, cause)

    def _modify(self, request: VertoRequest, dialog: Dialog) -> None:
        action = request.params.action
        if dialog.state is not State.ACTIVE:
            self._buffer.refuse_verto(request, SESSION_ERROR, "CALL IS NOT ANSWERED")
        elif action in (*HOLD_STATES, "toggleHold"):
            dialog.on_hold = HOLD_STATES.get(action, not dialog.on_hold)
            state = "held" if dialog.on_hold else "active"
            value = {"callID": dialog.id, "action": action, "holdState": state}
            self._buffer.answer_verto(request, value)
        elif action == "transfer" and not request.params.destination:
            problem = "transfer needs a destination"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        elif action == "transfer":  # a blind one, whose far end is not simulated
            value = {"message": "CALL TRANSFERRED", "holdState": "active"}
            self._buffer.answer_verto(request, value)
            self._calls.transferred(dialog)
        elif action == "updateMedia":
            # An error of this code leaves the call alive on the media it has; a made-up SDP
            # would end it in the browser.
            problem = "RENEGOTIATION IS NOT SUPPORTED"
            self._buffer.refuse_verto(request, SESSION_ERROR, problem)
        else:
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, "unknown action")


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
            return {"media": directions(params.sdp)}
        case "verto.bye":
            cause = _cause(params)
            return {"cause": params.cause, "cause_code": cause.code if params.cause else 0}
        case "verto.modify":
            return {"action": params.action, "destination": params.destination}
        case "verto.info":
            return {"dtmf": params.dtmf}
        case _:
            return {}
