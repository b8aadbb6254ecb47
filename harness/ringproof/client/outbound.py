"""Outbound calls: what the client does until somebody accepts the call that it placed. Pure.

Afterwards they are calls like any other (``calls.py``), with a lifecycle of their own, and in no
list (list/inbound-only).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ringproof.client import commands, events, wire
from ringproof.client.calls import RPC_MS, Emit, InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.record import Record
from ringproof_fakeserver.protocol import messages

TIMER: Final = "dial"
"""Purpose of the timers that bound the wait for the platform's reply."""


class OutboundCalls:
    """Places calls; ``calls`` has them from the first event on."""

    def __init__(self, emit: Emit, connection: Connection, calls: InboundCalls) -> None:
        self.emit = emit
        self.connection = connection
        self.calls = calls

    def dial(self, event: events.DialRequested) -> None:
        """Make an offer for a new call. Both kinds are received, whatever is sent."""
        info = commands.CallInfo(event.call, "", "", event.to, "", outbound=True)
        record = Record(info, "", "", status="trying", offering=True, media_open=True)
        record.audio, record.video = event.audio, event.video
        record.waiters = (event.promise,)
        self.place(record)
        kinds = ("audio", "video") if event.video else ("audio",)
        self.emit(commands.PrepareOffer(event.call, kinds))
        if event.audio or event.video:
            self.emit(commands.AcquireMedia(event.call, event.audio, event.video))
        else:
            self.emit(commands.MakeOffer(event.call))

    def place(self, record: Record) -> None:
        """Take a new call."""
        self.calls.outbound[record.info.id] = record

    def offer_made(self, event: events.OfferMade) -> None:
        """Send the invite, unless the call ended while the offer was made."""
        record = self._offering(event.call)
        if record is not None:
            params = messages.ClientVerto(dialog_params=wire.dialog(record.info), sdp=event.sdp)
            done = partial(self.replied, record.info.id)
            record.request = self.connection.request("verto.invite", "", params, done)
            record.timer = f"{TIMER}:{event.call}"
            self.emit(commands.StartTimer(record.timer, RPC_MS))

    def replied(self, call: str, error: wire.RpcError | None) -> None:
        """Take the platform's reply: the call is on its way, or will never be."""
        record = self._offering(call)
        if record is None:
            return
        self.calls.stop_timer(record)
        if error is None:
            self.calls.settle(record)
        else:
            self.give_up(record, f"the call was refused: {error}")

    def answered(self, answer: messages.Answer, node: str) -> None:
        """Take the platform's answer: somebody has accepted the call, which is on this node."""
        record = self._offering(answer.call_id)
        if record is not None and answer.sdp:
            record.offering, record.node = False, node
            self.calls.step(record, "accept")
            self.emit(commands.ApplyAnswer(answer.call_id, answer.sdp))
            self.calls.confirmed(record)

    def timer(self, call: str) -> None:
        """Give up waiting for the platform, which may have the call all the same."""
        record = self._offering(call)
        if record is not None:
            record.timer = ""
            self.calls.fail(record, f"no reply to the call after {RPC_MS} ms")

    def give_up(self, record: Record, error: str) -> None:
        """Show the user that there is no call; for the platform there is none to end."""
        self.emit(commands.EmitError(error, record.info.id, fatal=True))
        self.calls.end(record, error)

    def _offering(self, call: str) -> Record | None:
        record = self.calls.outbound.get(call)
        return record if record is not None and record.offering and record.media_open else None
