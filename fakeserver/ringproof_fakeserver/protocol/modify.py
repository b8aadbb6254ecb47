"""``verto.modify``: what a client changes about an answered call.

The shapes are those of FreeSWITCH's mod_verto: ``hold``, ``unhold`` and ``toggleHold`` carry no
description, and the reply names the state.
"""

from __future__ import annotations

from ringproof_fakeserver.protocol import jsonrpc, reoffers
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, State
from ringproof_fakeserver.protocol.errors import SESSION_ERROR
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.platform import Platform

_HOLD_STATES = {"hold": True, "unhold": False}


class ModifyHandler:
    """Answers ``verto.modify`` about dialogs that exist."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls

    def handle(self, request: VertoRequest, dialog: Dialog) -> None:
        """Handle one request of the dialog's own session."""
        action = request.params.action
        if dialog.state is not State.ACTIVE:
            self._buffer.refuse_verto(request, SESSION_ERROR, "CALL IS NOT ANSWERED")
        elif action in (*_HOLD_STATES, "toggleHold"):
            self._hold(request, dialog, action)
        elif action == "transfer":
            self._calls.transfers.requested(request, dialog)
        elif action == reoffers.ACTION:
            self._calls.reoffers.offered(request, dialog)
        else:
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, "unknown action")

    def _platform(self, dialog: Dialog) -> Platform:
        return self._calls.platform(dialog.session.subscriber)

    def _hold(self, request: VertoRequest, dialog: Dialog, action: str) -> None:
        if not self._platform(dialog).hold:
            self._buffer.refuse_verto(request, SESSION_ERROR, "HOLD IS NOT SUPPORTED")
            return
        before = dialog.on_hold
        dialog.on_hold = _HOLD_STATES.get(action, not before)
        if dialog.on_hold is not before:
            self._buffer.record_media(dialog, "held" if dialog.on_hold else "unheld")
        state = "held" if dialog.on_hold else "active"
        value = {"callID": dialog.id, "action": action, "holdState": state}
        self._buffer.answer_verto(request, value)
