"""Reattachment: a page that was opened again gets the connected calls of the page before it. Pure.

Once online, it asks for each of them with an invite of its own, whose offer the platform answers.
An app asks for this (``keeps``); without it a page ends its calls when it is closed.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from ringproof.client import commands, events, wire
from ringproof.client.calls import RPC_MS, Emit, InboundCalls
from ringproof.client.connection import Connection, KeptCall
from ringproof.client.record import Record
from ringproof_fakeserver.protocol import messages, sdp

TIMER: Final = "reattach"
"""Purpose of the timers that bound the wait for the platform's answer."""


class Reattachments:
    """The calls that a page keeps for its reload, and those that it asks for after one."""

    def __init__(self, emit: Emit, connection: Connection, calls: InboundCalls) -> None:
        self.emit = emit
        self.connection = connection
        self.calls = calls
        self._kept: tuple[KeptCall, ...] = ()
        """Of the page before this one, until they are asked for."""
        connection.came_online = self.online

    def keep(self, wanted: bool) -> None:
        """Choose whether the calls outlive their page."""
        self.calls.keeps_calls = wanted

    @property
    def kept(self) -> tuple[KeptCall, ...]:
        """What this page keeps: its connected calls, oldest first."""
        if not self.calls.keeps_calls:
            return ()
        return tuple(
            [self.kept_call(record) for record in self.calls.listed if record.status == "connected"]
        )

    def kept_call(self, record: Record) -> KeptCall:
        """Return what has to be kept of a call."""
        kinds = tuple(sdp.directions(record.offer))
        return KeptCall(
            record.info,
            record.node,
            audio=record.audio and "audio" in kinds,
            video=record.video and "video" in kinds,
            kinds=kinds,
        )

    def restore(self, kept: tuple[KeptCall, ...]) -> None:
        """Take what another page has kept, to ask for it once online."""
        self._kept = kept if self.calls.keeps_calls else ()

    def online(self) -> None:
        """Ask for the calls of the page before, but for those that ended meanwhile."""
        kept, self._kept = self._kept, ()
        for call in kept:
            if not self.calls.is_over(call.info.id):
                self.ask_for(call)

    def ask_for(self, call: KeptCall) -> None:
        """List a call as connecting, and make an offer for it."""
        offer = sdp.event_model(dict.fromkeys(call.kinds, "sendrecv"))
        record = Record(call.info, offer, call.node, status="connecting", offering=True)
        record.audio, record.video, record.media_open = call.audio, call.video, True
        self.calls.add(record)
        self.emit(commands.PrepareOffer(call.info.id, call.kinds))
        if call.audio or call.video:
            self.emit(commands.AcquireMedia(call.info.id, call.audio, call.video))
        else:
            self.emit(commands.MakeOffer(call.info.id))

    def lost(self) -> None:
        """Tell the user of calls that went with the session they belonged to."""
        kept, self._kept = self._kept, ()
        for call in kept:
            self.emit(commands.EmitError("the call is lost with its session", call.info.id))

    def offer_made(self, event: events.OfferMade) -> None:
        """Send the invite, unless the call ended while the offer was made."""
        record = self._offering(event.call)
        if record is not None:
            self.send_invite(record, event.sdp)
            record.timer = f"{TIMER}:{event.call}"
            self.emit(commands.StartTimer(record.timer, RPC_MS))

    def send_invite(self, record: Record, offer: str) -> None:
        """Ask the platform for a call."""
        dialog = msgspec.structs.replace(wire.dialog(record.info), attach=True, reattaching=True)
        params = messages.ClientVerto(dialog_params=dialog, sdp=offer)
        done = partial(self.replied, record.info.id)
        record.request = self.connection.request("verto.invite", record.node, params, done)

    def replied(self, call: str, error: wire.RpcError | None) -> None:
        """Take the platform's reply; after a yes its answer follows."""
        record = self._offering(call)
        if record is not None and error is not None:
            self.give_up(record, f"the call cannot be had back: {error}")

    def answered(self, answer: messages.Answer) -> None:
        """Take the platform's answer to the offer."""
        record = self._offering(answer.call_id)
        if record is not None and answer.sdp:
            record.offering = False
            self.emit(commands.ApplyAnswer(answer.call_id, answer.sdp))
            self.calls.confirmed(record)

    def timer(self, call: str) -> None:
        """Give up waiting for the platform."""
        record = self._offering(call)
        if record is not None:
            record.timer = ""
            self.connection.forget(record.request)
            self.give_up(record, f"no answer to the offer after {RPC_MS} ms")

    def give_up(self, record: Record, error: str) -> None:
        """Show the user that a call is lost; for the platform there is none to end."""
        self.emit(commands.EmitError(error, record.info.id, fatal=True))
        self.calls.end(record, error)

    def _offering(self, call: str) -> Record | None:
        record = self.calls.find(call)
        return record if record is not None and record.offering and record.media_open else None
