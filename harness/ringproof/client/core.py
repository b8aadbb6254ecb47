"""The client core: events in, commands out; no I/O, clock, randomness or logging.

It routes events to the session (``connection``) and to the calls (``calls``), and reads frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof.client import events, wire
from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Command, EmitError, OpenSocket, SendFrame, Settle
from ringproof.client.connection import Connection, Stored
from ringproof.client.modify import TIMER, Modifications
from ringproof.client.outbound import TIMER as DIAL_TIMER
from ringproof.client.outbound import OutboundCalls
from ringproof.client.reattach import TIMER as REATTACH_TIMER
from ringproof.client.reattach import Reattachments
from ringproof_fakeserver.protocol import jsonrpc, messages
from ringproof_fakeserver.protocol.errors import FrameError


class ClientCore:
    """One client with one token. Feed ``handle``; perform what it returns, in order.

    ``ids`` makes request ids, unique for the life of the session. ``calls`` keeps the calls,
    ``connection`` the session under them, ``modifications`` what changes about connected calls,
    ``reattachments`` what outlives a page, ``outbound`` places calls; see ``ClientParts``.
    """

    def __init__(
        self,
        token: str,
        ids: Callable[[], str],
        calls: type[InboundCalls] = InboundCalls,
        connection: type[Connection] = Connection,
        modifications: type[Modifications] = Modifications,
        reattachments: type[Reattachments] = Reattachments,
        outbound: type[OutboundCalls] = OutboundCalls,
    ) -> None:
        self._out: list[Command] = []
        self._emit = self._out.append
        self.connection = connection(token, ids, self._emit, self._on_lost)
        self.calls = calls(self._emit, self.connection)
        self.modifications = modifications(self._emit, self.connection, self.calls)
        self.reattachments = reattachments(self._emit, self.connection, self.calls)
        self.outbound = outbound(self._emit, self.connection, self.calls)
        self.fresh_id = ids
        self._dispatch: dict[type, Callable[[Any], None]] = {
            events.FrameReceived: self._on_frame,
            events.LookupAnswered: self.calls.looked_up,
            events.DialRequested: self.outbound.dial,
            events.AnswerRequested: self.calls.answer,
            events.RejectRequested: self.calls.reject,
            events.HangupRequested: self.calls.hang_up,
            events.HoldRequested: self.modifications.hold,
            events.TransferRequested: self.modifications.transfer,
            events.RestartRequested: self.modifications.restart,
            events.RestartOfferReady: self.modifications.restart_offer_ready,
            events.OfferApplied: self.calls.offer_applied,
            events.RemoteTrack: self.calls.remote_track,
            events.LocalMediaReady: self.calls.local_media_ready,
            events.AnswerReady: self.calls.answer_ready,
            events.OfferMade: self._on_offer_made,
            events.MediaConnected: self.calls.media_connected,
            events.MediaFailed: self.calls.media_failed,
            events.MediaStalled: self.modifications.media_stalled,
            events.TimerFired: self._on_timer,
            events.Started: lambda _: self._emit(OpenSocket(0)),
            events.SocketOpened: self.connection.opened,
            events.SocketClosed: self.connection.closed,
            events.RegisterRequested: self.connection.register,
            events.UnregisterRequested: self.connection.unregister,
            events.CloseRequested: self._on_close,
            events.PageUnloading: lambda _: self.calls.unload(),
        }
        self._verto: dict[str, Callable[[msgspec.Raw, str], None]] = {
            "verto.invite": lambda params, node: self.calls.invited(
                msgspec.json.decode(params, type=messages.Invite), node
            ),
            "verto.bye": lambda params, _: self.calls.ended(
                msgspec.json.decode(params, type=messages.Bye).call_id
            ),
            "verto.answer": lambda params, node: self._on_answer(
                msgspec.json.decode(params, type=messages.Answer), node
            ),
            # A ping carries the callID of a bye and nothing else.
            "verto.ping": lambda params, node: self.calls.pinged(
                msgspec.json.decode(params, type=messages.Bye).call_id, node
            ),
        }

    @property
    def stored(self) -> Stored:
        """What a page keeps for its reload."""
        return self.connection.stored._replace(calls=self.reattachments.kept)

    def restore(self, stored: Stored) -> None:
        """Begin with what another page has kept; before the first event."""
        self.connection.restore(stored)
        self.reattachments.restore(stored.calls)

    def handle(self, event: events.Event) -> list[Command]:
        """Take one event and return what to do about it, in order."""
        self._dispatch[type(event)](event)
        commands = self._out.copy()
        self._out.clear()
        return commands

    def _on_lost(self) -> None:
        self.calls.lost()
        self.reattachments.lost()

    def _on_offer_made(self, event: events.OfferMade) -> None:
        placed = event.call in self.calls.outbound
        (self.outbound if placed else self.reattachments).offer_made(event)

    def _on_answer(self, answer: messages.Answer, node: str) -> None:
        if answer.call_id in self.calls.outbound:
            self.outbound.answered(answer, node)
        else:
            self.reattachments.answered(answer)

    def _on_close(self, event: events.CloseRequested) -> None:
        self.calls.close()
        self.connection.close()
        self._emit(Settle(event.promise))

    def _on_timer(self, event: events.TimerFired) -> None:
        purpose, _, call = event.name.partition(":")
        if purpose == TIMER:
            self.modifications.timer(call)
        elif purpose == DIAL_TIMER:
            self.outbound.timer(call)
        elif purpose == REATTACH_TIMER:
            self.reattachments.timer(call)
        elif call:
            self.calls.timer(purpose, call)
        else:
            self.connection.timer(purpose)

    # -- frames ------------------------------------------------------------------------------

    def _on_frame(self, event: events.FrameReceived) -> None:
        try:
            message = jsonrpc.parse(event.text)
        except FrameError as error:
            self._emit(EmitError(f"unreadable frame: {error.message}"))
            return
        if message.method is None:
            self.connection.response(message)
        elif message.method == "signalwire.event":
            # Every event is acknowledged before anything is made of it.
            self._emit(SendFrame(jsonrpc.result(message.id or "", {})))
            self._on_event(message.params)
        elif message.method == "signalwire.ping":
            self._emit(SendFrame(wire.pong(message)))
        else:
            text = f"{message.method} is not for clients"
            self._emit(SendFrame(jsonrpc.error(message.id, jsonrpc.METHOD_NOT_FOUND, text)))

    def _on_event(self, params: msgspec.Raw) -> None:
        try:
            event = msgspec.json.decode(params, type=messages.EventParams)
            if event.event_channel and self.connection.protocol not in event.event_channel:
                return  # of a session that is no longer ours
            if event.event_type == "webrtc.message":
                message = msgspec.json.decode(event.params, type=messages.VertoMessage)
                take = self._verto.get(message.method)
                if take is not None:
                    take(message.params, event.node_id)
            elif event.event_type == "signalwire.authorization.state":
                body = msgspec.json.decode(event.params, type=wire.AuthorizationState)
                self.connection.authorization = body.authorization_state
        except msgspec.DecodeError as error:
            self._emit(EmitError(f"unreadable event: {error}"))
