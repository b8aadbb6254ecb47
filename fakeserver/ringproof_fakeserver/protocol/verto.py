"""What clients say about their dialogs: answer, bye, modify, info, and what is not taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.causes import NORMAL, Cause
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.faults import Faults, Target
from ringproof_fakeserver.protocol.messages import ClientVerto, VertoMessage, VertoParams
from ringproof_fakeserver.protocol.sdp import directions
from ringproof_fakeserver.protocol.session import Connection, Session
from ringproof_fakeserver.protocol.switch import NO_SUCH_CALL, SESSION_ERROR, Switch
from ringproof_fakeserver.protocol.wire import VertoRequest, Wire

METHOD = "webrtc.verto"

_LIMIT_WORD = 64
_envelope = msgspec.json.Decoder(VertoParams)
_message = msgspec.json.Decoder(VertoMessage)
_params = msgspec.json.Decoder(ClientVerto)

HOLD_STATES = {"hold": True, "unhold": False}


class VertoDesk:
    """Answers ``webrtc.verto`` requests of connected sessions."""

    def __init__(self, wire: Wire, switch: Switch, faults: Faults) -> None:
        self._wire = wire
        self._switch = switch
        self._faults = faults
        self._methods: dict[str, Callable[[Session, VertoRequest, ClientVerto], None]] = {
            "verto.answer": self._answer,
            "verto.bye": self._bye,
            "verto.modify": self._modify,
            "verto.info": self._info,
            "verto.pong": self._acknowledge,
            "verto.ping": self._acknowledge,
            "verto.subscribe": self._acknowledge,
            "verto.unsubscribe": self._acknowledge,
            "verto.invite": self._invite,
        }

    def handle(
        self, connection: Connection, session: Session, message: jsonrpc.Message, text: str
    ) -> None:
        """Take one request. The connection must have a session."""
        request_id = message.id or ""
        try:
            envelope = _envelope.decode(message.params)
            inner = _message.decode(envelope.message)
            params = _params.decode(inner.params)
        except msgspec.DecodeError as error:
            self._wire.received(connection, text, "request", METHOD)
            problem = f"Invalid params: {error}"
            self._wire.refuse(connection, request_id, METHOD, jsonrpc.INVALID_PARAMS, problem)
            return
        dialog_id = params.dialog or envelope.call_id
        method = inner.method or METHOD
        detail = _detail(method, params)
        fault = None
        if self._faults.active:
            target = Target(session.subscriber, session.jti, "")
            fault = self._faults.request(target, dialog_id, method)
        if fault is not None and fault.what == "ignore":
            return  # it never arrived, so nobody has seen it
        self._wire.received(connection, text, "request", method, dialog_id, detail)
        if not inner.method:
            # Clients of version 3 acknowledge our messages this way: a result, no method.
            value = {"code": "200", "node_id": self._wire.settings.node_id, "message": "OK"}
            self._wire.answer(connection, request_id, METHOD, value)
            return
        request = VertoRequest(request_id, inner.id, method, dialog_id)
        if fault is not None:
            self._wire.refuse_verto(session, request, fault.code, "REFUSED ON PURPOSE")
            return
        self._methods.get(method, self._unknown)(session, request, params)

    def _dialog(self, session: Session, request: VertoRequest) -> Dialog | None:
        """Find a dialog that the session knows of: its own, and announced to it."""
        dialog = self._switch.dialog(request.dialog)
        if dialog is None or dialog.session is not session or not dialog.invited:
            return None
        return dialog

    def _answer(self, session: Session, request: VertoRequest, params: ClientVerto) -> None:
        dialog = self._dialog(session, request)
        if dialog is None:
            # A client that only gets the error stays in `connecting` for ever: say bye as well.
            self._wire.refuse_verto(session, request, SESSION_ERROR, NO_SUCH_CALL)
            cause = session.ended.get(request.dialog, NORMAL)
            self._wire.bye(session, request.dialog, cause)
        elif request.id == dialog.answer_id:
            # The same request once more, after a resume: a client whose reply went down with its
            # socket may ask again. While the answer is being applied, that reply is still to come.
            if dialog.state is State.ACTIVE:
                self._wire.answer_verto(session, request, {"method": "verto.answer"})
        elif not dialog.accepts(Trigger.ANSWER):
            self._wire.refuse_verto(session, request, SESSION_ERROR, "CALL ALREADY ANSWERED")
        elif not params.sdp:
            problem = "verto.answer needs an sdp"
            self._wire.refuse_verto(session, request, jsonrpc.INVALID_PARAMS, problem)
        else:
            self._switch.answer(dialog, request, params.sdp)

    def _bye(self, session: Session, request: VertoRequest, params: ClientVerto) -> None:
        dialog = self._dialog(session, request)
        if dialog is None:
            self._wire.refuse_verto(session, request, SESSION_ERROR, NO_SUCH_CALL)
            return
        cause = _cause(params)
        if self._switch.platform(session.subscriber).bye_echo:
            self._wire.bye(session, dialog.id, cause)
        value = {
            "callID": dialog.id,
            "message": "CALL ENDED",
            "causeCode": cause.code,
            "cause": cause.name,
        }
        self._wire.answer_verto(session, request, value)
        self._switch.hang_up(dialog, cause)

    def _modify(self, session: Session, request: VertoRequest, params: ClientVerto) -> None:
        dialog = self._dialog(session, request)
        if dialog is None:
            self._wire.refuse_verto(session, request, SESSION_ERROR, NO_SUCH_CALL)
        elif dialog.state is not State.ACTIVE:
            self._wire.refuse_verto(session, request, SESSION_ERROR, "CALL IS NOT ANSWERED")
        elif params.action in (*HOLD_STATES, "toggleHold"):
            dialog.held = HOLD_STATES.get(params.action, not dialog.held)
            self._wire.answer_verto(
                session,
                request,
                {
                    "callID": dialog.id,
                    "action": params.action,
                    "holdState": "held" if dialog.held else "active",
                },
            )
        elif params.action == "transfer":
            self._transfer(session, request, dialog, params)
        elif params.action == "updateMedia":
            # An error of this code leaves the call alive on the media it has; a made-up SDP
            # would end it in the browser.
            problem = "RENEGOTIATION IS NOT SUPPORTED"
            self._wire.refuse_verto(session, request, SESSION_ERROR, problem)
        else:
            problem = "unknown action"
            self._wire.refuse_verto(session, request, jsonrpc.INVALID_PARAMS, problem)

    def _transfer(
        self, session: Session, request: VertoRequest, dialog: Dialog, params: ClientVerto
    ) -> None:
        """Accept a blind transfer. Only its near end is played: the call ends with the leg."""
        if not params.destination:
            problem = "transfer needs a destination"
            self._wire.refuse_verto(session, request, jsonrpc.INVALID_PARAMS, problem)
            return
        value = {"message": "CALL TRANSFERRED", "holdState": "active"}
        self._wire.answer_verto(session, request, value)
        self._switch.transferred(dialog)

    def _info(self, session: Session, request: VertoRequest, _params: ClientVerto) -> None:
        if self._dialog(session, request) is None:
            self._wire.refuse_verto(session, request, SESSION_ERROR, NO_SUCH_CALL)
        else:
            self._wire.answer_verto(session, request, {"message": "SENT"})

    def _acknowledge(self, session: Session, request: VertoRequest, _params: ClientVerto) -> None:
        self._wire.answer_verto(session, request, {"method": request.method})

    def _invite(self, session: Session, request: VertoRequest, _params: ClientVerto) -> None:
        problem = "calls placed by a client are not supported"
        self._wire.refuse_verto(session, request, SESSION_ERROR, problem)

    def _unknown(self, session: Session, request: VertoRequest, _params: ClientVerto) -> None:
        problem = f"unknown verto method {request.method[:_LIMIT_WORD]}"
        self._wire.refuse_verto(session, request, jsonrpc.METHOD_NOT_FOUND, problem)


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
