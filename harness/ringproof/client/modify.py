"""What changes about a connected call: hold, transfer, a new media path, media that stops. Pure.

Each change is one ``verto.modify``, and its promise settles with the platform's reply. A refusal is
reported as an error of the call as well, and leaves the call as it is.
"""

from __future__ import annotations

from functools import partial

import msgspec

from ringproof.client import commands, events, wire
from ringproof.client.calls import RPC_MS, Emit, InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.record import Record
from ringproof_fakeserver.protocol import messages

UPDATE_MEDIA = "updateMedia"
"""Action of a modify that carries a new offer."""

TIMER = "modify"
"""Purpose of the timers that bound the wait for a reply."""


class Pending(msgspec.Struct, frozen=True, gc=False):
    """A change that the platform has not replied to."""

    call: str
    action: str
    promise: str
    request: str = ""


class Modifications:
    """The changes under way of all calls of one client."""

    def __init__(self, emit: Emit, connection: Connection, calls: InboundCalls) -> None:
        self.emit = emit
        self.connection = connection
        self.calls = calls
        self._pending: dict[str, Pending] = {}
        """By the number in the name of their timers."""
        self._count = 0
        self._restarting: dict[str, str] = {}
        """Call → the promise of the restart whose offer is being made."""

    def hold(self, event: events.HoldRequested) -> None:
        """Hold a connected call, or take it off hold."""
        record = self.calls.find(event.call)
        if record is None or record.status != "connected":
            self.emit(commands.Settle(event.promise, "the call is not connected"))
            return
        self.send(record, "hold" if event.on else "unhold", event.promise)

    def transfer(self, event: events.TransferRequested) -> None:
        """Hand a connected call over; the platform's bye ends it here (end/transfer-keeps-call)."""
        record = self.calls.find(event.call)
        if record is None or record.status != "connected":
            self.emit(commands.Settle(event.promise, "the call is not connected"))
            return
        self.send(record, "transfer", event.promise, destination=event.destination)

    def restart(self, event: events.RestartRequested) -> None:
        """Find a connected call's media path anew."""
        record = self.calls.find(event.call)
        if record is None or record.status != "connected":
            self.emit(commands.Settle(event.promise, "the call is not connected"))
            return
        earlier = self._restarting.pop(event.call, "")
        if earlier:
            self.emit(commands.Settle(earlier, "another restart was asked for"))
        self._restarting[event.call] = event.promise
        self.emit(commands.MakeRestartOffer(event.call))

    def restart_offer_ready(self, event: events.RestartOfferReady) -> None:
        """Send the platform the new offer, unless the call is over meanwhile."""
        promise = self._restarting.pop(event.call, "")
        record = self.calls.find(event.call)
        if promise and (record is None or record.status != "connected"):
            self.emit(commands.Settle(promise))
        elif promise and not event.sdp:
            self.emit(commands.Settle(promise, "the call has no media to restart"))
        elif promise and record is not None:
            self.send(record, UPDATE_MEDIA, promise, event.sdp)

    def take_answer(self, call: str, sdp: str) -> None:
        """Go over to the path that the platform has agreed to."""
        self.emit(commands.ApplyRestartAnswer(call, sdp))

    def media_stalled(self, event: events.MediaStalled) -> None:
        """Report that nothing comes in any more; the call goes on, for it may come back."""
        record = self.calls.find(event.call)
        if record is not None and record.status == "connected":
            self.emit(commands.EmitError("no media comes in any more", event.call))

    def send(
        self, record: Record, action: str, promise: str, sdp: str = "", destination: str = ""
    ) -> None:
        """Ask the platform for a change."""
        self._count += 1
        number = str(self._count)
        call = record.info.id
        dialog = wire.dialog(record.info)
        params = messages.ClientVerto(
            dialog_params=dialog, action=action, sdp=sdp, destination=destination
        )
        done = partial(self.replied, number)
        request = self.connection.request("verto.modify", record.node, params, done)
        self._pending[number] = Pending(call, action, promise, request)
        self.emit(commands.StartTimer(f"{TIMER}:{number}", RPC_MS))

    def replied(self, number: str, error: wire.RpcError | None) -> None:
        """Take the platform's reply to a change."""
        pending = self._pending.pop(number, None)
        if pending is None:
            return
        self.emit(commands.CancelTimer(f"{TIMER}:{number}"))
        record = self.calls.find(pending.call)
        if pending.action == UPDATE_MEDIA and error is None and record is not None:
            self.take_answer(pending.call, wire.answer_in(self.connection.result))
        self.settle(pending, "" if error is None else f"{pending.action} refused: {error}")

    def timer(self, number: str) -> None:
        """Give up waiting for a reply."""
        pending = self._pending.pop(number, None)
        if pending is not None:
            self.connection.forget(pending.request)
            self.settle(pending, f"no reply to {pending.action} after {RPC_MS} ms")

    def settle(self, pending: Pending, error: str) -> None:
        """Tell the user how a change went; for a call that is over nothing is left to change."""
        over = self.calls.find(pending.call) is None
        if error and not over:
            self.emit(commands.EmitError(error, pending.call))
        self.emit(commands.Settle(pending.promise, "" if over else error))
