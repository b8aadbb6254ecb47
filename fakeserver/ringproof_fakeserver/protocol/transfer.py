"""Blind transfer: a client hands its call to another destination and leaves.

The far party stays on the line. Its call rings the devices of the destination, whose owner sees
whose call it is, and the first of them to answer takes the place of the client that left. Source:
the reference page of ``transfer()``: the local call ends, the other party is connected to the
destination. The reply is that of FreeSWITCH's mod_verto; who rings, and what a refusal says, is
assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ringproof_fakeserver.protocol import causes, jsonrpc
from ringproof_fakeserver.protocol.call import Call
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import SESSION_ERROR
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.outbound import ClientParty

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls

REPLY = {"message": "CALL TRANSFERRED", "holdState": "active"}


class Transfers:
    """Hands calls over."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, directory: Directory) -> None:
        self._buffer = buffer
        self._calls = calls
        self._directory = directory

    def requested(self, request: VertoRequest, dialog: Dialog) -> None:
        """Handle a ``verto.modify`` with ``transfer``; the dialog is answered.

        A refusal leaves the call as it was.
        """
        destination = request.params.destination
        if not destination:
            problem = "transfer needs a destination"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        elif self._calls.live[dialog.call].in_room:
            problem = "A CALL TO A ROOM CANNOT BE TRANSFERRED"
            self._buffer.refuse_verto(request, SESSION_ERROR, problem)
        elif self._calls.live[dialog.call].winner is None:
            self._buffer.refuse_verto(request, SESSION_ERROR, "CALL IS BEING TRANSFERRED")
        elif self._directory.resolve(destination) is None:
            self._buffer.refuse_verto(request, SESSION_ERROR, "NO ROUTE TO DESTINATION")
        else:
            self._buffer.answer_verto(request, REPLY)
            self.transfer(dialog, destination)

    def transfer(self, dialog: Dialog, destination: str) -> None:
        """Let a dialog leave its answered call, which goes on at a known destination."""
        call, target = self._calls.live[dialog.call], self._directory.resolve(destination)
        assert target is not None, "an unknown destination is refused"
        self._calls.player.stop(call)
        self._calls.operations.stop(call)
        self._buffer.record_dialog(dialog, "transferred", destination)
        if dialog.outbound:
            self._swap_sides(call)
        trigger = Trigger.FAR_END if dialog.outbound else Trigger.ORIGIN_END
        self._calls.end_dialog(dialog, trigger, causes.NORMAL)
        call.owner = call.owner or call.subscriber
        call.subscriber, call.winner, call.dialogs = target.id, None, {}
        call.dial = replace(call.dial, to=destination)
        self._calls.ring(call)

    def _swap_sides(self, call: Call) -> None:
        """Make the callee the far party: it is the caller who leaves."""
        staying = call.winner
        assert staying is not None, "the call is answered"
        staying.outbound = True
        call.far_party = ClientParty(self._calls.outbound, staying)
        owner = self._directory.subscriber(staying.session.subscriber)
        assert owner is not None, "guests are never rung"
        call.dial = replace(call.dial, from_=owner.addresses[0].uri, from_name=owner.display_name)
