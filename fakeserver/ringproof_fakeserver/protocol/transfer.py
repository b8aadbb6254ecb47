"""Blind transfer: a client hands its call to another destination and leaves.

The far party stays on the line. Its call rings the devices of the destination, whose owner sees
whose call it is, and the first of them to answer takes the place of the client that left. Source:
the reference page of ``transfer()``: the local call ends, the other party is connected to the
destination. The reply is that of FreeSWITCH's mod_verto; who rings, and what a refusal says, is
assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ringproof_fakeserver.protocol import causes, jsonrpc
from ringproof_fakeserver.protocol.call import Call, CallState
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import SESSION_ERROR
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.journal import TransferFact
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
        self.on_progress: Callable[[Call, str], None] = lambda call, state: None
        """Told what ``progressed`` records, and that a call has ``ended``, handed over or not."""

    def requested(self, request: VertoRequest, dialog: Dialog) -> None:
        """Handle a ``verto.modify`` with ``transfer``; the dialog is answered.

        A refusal leaves the call as it was.
        """
        destination = request.params.destination
        call = self._calls.live[dialog.call]
        if not destination:
            problem = "transfer needs a destination"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        elif problem := self.problem(call):
            self._buffer.refuse_verto(request, SESSION_ERROR, problem)
        elif self.problem_of(destination):
            self._buffer.refuse_verto(request, SESSION_ERROR, "NO ROUTE TO DESTINATION")
        else:
            self._buffer.answer_verto(request, REPLY)
            self.transfer(dialog, destination)

    def problem(self, call: Call) -> str:
        """Return why a call cannot be handed over now, wherever to; empty if it can."""
        if call.without_device:
            return "A CALL TO A ROOM CANNOT BE TRANSFERRED"
        if call.winner is None:
            answered = call.state is CallState.ANSWERED
            return "CALL IS BEING TRANSFERRED" if answered else "CALL IS NOT ANSWERED"
        return ""

    def problem_of(self, destination: str) -> str:
        """Return why no call can be handed over to this address or SIP URI; empty if one can."""
        found = self._calls.destinations.find(destination)
        return found.problem or ("phones are reached by scripts only" if found.phone else "")

    def transfer(self, dialog: Dialog, destination: str) -> None:
        """Let a dialog leave its answered call, which goes on at a known destination."""
        call = self._calls.live[dialog.call]
        self._stop(call)
        self._buffer.record_dialog(dialog, "transferred", destination)
        if dialog.outbound:
            self._swap_sides(call)
        trigger = Trigger.FAR_END if dialog.outbound else Trigger.ORIGIN_END
        self._calls.end_dialog(dialog, trigger, causes.NORMAL)
        self._go_on(call, destination)

    def leave(self, call: Call, destination: str, end_leg: Callable[[], None]) -> None:
        """Let the far party, which is no dialog, leave its answered call: the callee stays.

        ``end_leg`` ends the far party's leg. The destination is rung after that: it may end the
        call at once, and the far party must not make its own owner busy.
        """
        self._stop(call)
        self._swap_sides(call)
        end_leg()
        self._go_on(call, destination)

    def _stop(self, call: Call) -> None:
        self._calls.player.stop(call)
        self._calls.operations.stop(call)

    def _go_on(self, call: Call, destination: str) -> None:
        target = self._calls.destinations.find(destination)
        assert target.subscriber, "any other destination is refused"
        call.owner = call.owner or call.subscriber
        call.subscriber, call.endpoint = target.subscriber, target.endpoint
        call.winner, call.dialogs = None, {}
        call.dial = replace(call.dial, to=destination)
        self.ring(call)

    def progressed(self, call: Call, state: str) -> None:
        """Record that a device of the destination is ``ringing``, or has ``answered``."""
        owner, destination = call.owner or call.subscriber, call.dial.to
        self._buffer.add(
            TransferFact(subscriber=owner, call=call.id, destination=destination, state=state)
        )
        self.on_progress(call, state)

    def ring(self, call: Call) -> None:
        """Ring the devices of the destination."""
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
