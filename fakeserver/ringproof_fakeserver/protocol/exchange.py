"""The exchange: all subscribers, sessions and calls of one platform, behind one method.

An event goes in, commands come out. No I/O, no clock, no randomness: ids and the time are passed
in, so that the same exchange serves real sockets and simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof_fakeserver.protocol import (
    bye_replies,
    calls,
    events,
    faults,
    media_params,
    operations,
    pings,
    player,
    presence,
    registrar,
)
from ringproof_fakeserver.protocol.call import Call, CallState, as_json
from ringproof_fakeserver.protocol.calls import Calls
from ringproof_fakeserver.protocol.causes import NORMAL
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import AnswerLookup, AnyCommand, CloseSocket, StartTimer
from ringproof_fakeserver.protocol.connections import Connections
from ringproof_fakeserver.protocol.destinations import Destinations
from ringproof_fakeserver.protocol.dialog import Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.dispatcher import Dispatcher
from ringproof_fakeserver.protocol.dpop import Proofs
from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.incoming import Connection, Incoming
from ringproof_fakeserver.protocol.journal import FaultFact, LookupFact
from ringproof_fakeserver.protocol.jsonrpc import Message
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.refresh_tokens import SpentTokens
from ringproof_fakeserver.protocol.registrar import GOING_AWAY, Registrar
from ringproof_fakeserver.protocol.rooms.methods import RoomMethods
from ringproof_fakeserver.protocol.sdp import received
from ringproof_fakeserver.protocol.session import Sessions
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.silence import Silence
from ringproof_fakeserver.protocol.sip_calls import SipCalls
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoints
from ringproof_fakeserver.protocol.verto import VertoHandler

UNSUPPORTED_DATA = 1003
LOOKUP_TIMER = "lookup"
LIMIT_LOOKUPS = 10_000
NEVER_ANSWERED_MS = 150_000
"""When a look-up that is ignored on purpose is forgotten: nobody waits for it any more."""
HTTP_OK = 200


class Exchange:
    """The server without I/O. ``ids`` returns a fresh UUID each time; ``now_ms`` is Unix time.

    After each ``handle`` the caller must perform the returned commands in their order.
    """

    def __init__(self, directory: Directory, settings: Settings, ids: Callable[[], str]) -> None:
        self.directory = directory
        self.settings = settings
        self.spent_tokens = SpentTokens()
        self.proofs = Proofs()
        self.sip_endpoints = SipEndpoints()
        self._buffer = buffer = CommandBuffer(settings)
        self._connections: dict[str, Connection] = {}
        self._sessions = Sessions()
        self._calls = Calls(buffer, directory, self.sip_endpoints, self._sessions, ids)
        self.operations = self._calls.operations
        connections = Connections(buffer, self._calls, ids)
        self._faults = Faults(self._calls.owner, buffer.add, settings.delayed_frames)
        self._registrar = Registrar(
            buffer, directory, self._connections, self._sessions, self._calls, ids, self._faults
        )
        self._verto = verto_handler = VertoHandler(
            buffer, self._calls, self._faults, self._registrar.call_requested
        )
        room_methods = RoomMethods(buffer, self._calls)
        self._presence = presence.Presence(buffer, self._calls, ids, self._faults)
        self._dispatcher = Dispatcher(
            buffer, self._registrar, self._presence, verto_handler, room_methods
        )
        self._silence = Silence(buffer, self._sessions)
        self._sip = SipCalls(buffer, self._calls, self._sessions)
        self._lookups: dict[str, tuple[events.LookupAsked, int]] = {}
        """Look-ups to answer later, each with its HTTP status."""
        handlers: dict[type, Callable[[Any], None]] = {
            events.SocketOpened: self._socket_opened,
            events.FrameReceived: self._frame_received,
            events.BinaryReceived: self._binary_received,
            events.SocketClosed: self._registrar.socket_closed,
            events.TimerFired: self._timer_fired,
            events.DialPlaced: self._calls.dial,
            events.EndRequested: self._calls.end_requested,
            events.NextCallLabelled: self._calls.outbound.label_next,
            events.ScriptReplaced: self._script_replaced,
            events.ScriptFetched: self._script_fetched,
            events.RequestAnswered: self._request_answered,
            events.OperationStarted: self.operations.started,
            events.OperationControlled: self.operations.controlled,
            events.UserEventSent: self.operations.user_event,
            events.LegsDisconnected: connections.disconnected,
            events.CommandNotPerformed: self.operations.not_performed,
            events.RecordingFinished: self.operations.recording_finished,
            events.DigitReceived: self._digit_received,
            events.DigitsSent: self._digits_sent,
            events.OfferReady: self._calls.offer_ready,
            events.AnswerApplied: self._calls.answer_applied,
            events.LegAnswered: self._leg_answered,
            events.MediaFailed: self._calls.media_failed,
            events.MediaConnected: self._calls.media_connected,
            events.ReofferAnswered: self._reoffer_answered,
            events.ReofferRefused: self._calls.reoffers.refused,
            events.MediaRestarted: self._calls.reoffers.restarted,
            events.MediaSilent: self._calls.media_paths.silent,
            events.MediaCutRequested: self._calls.media_paths.cut,
            events.PlaybackFinished: self._playback_finished,
            events.LookupAsked: self._lookup_asked,
            events.PingRequested: self._ping_requested,
            events.PingsOverdue: self._pings_overdue,
            events.FaultsPlanned: lambda event: self._faults.plan(event.session, event.rules),
            events.CutRequested: self._registrar.cut,
            events.TokenExpiryRequested: self._registrar.token_expired,
            events.ByeRequested: self._bye_requested,
            events.SilenceRequested: self._silence.requested,
            events.ServerStopping: self._server_stopping,
        }
        self._handlers = self._sip.legs_first(handlers)

    def handle(self, event: events.AnyEvent, now_ms: int) -> list[AnyCommand]:
        """Handle one event and return what to do, in order.

        Events about things that are gone (a late media event, a timer that crossed its cancel)
        are ignored. Raises ``LocalError`` when the shell opens a socket or a call twice.
        """
        commands = self._buffer.begin(now_ms)
        self._handlers[type(event)](event)
        commands = self._faults.apply(commands) if self._faults.active else commands
        return self._silence.apply(commands) if self._silence.active else commands

    @property
    def destinations(self) -> Destinations:
        """Where calls lead."""
        return self._calls.destinations

    def set_platform(self, subscriber: str, platform: Platform) -> None:
        """Choose the platform variant of a subscriber (by id) from now on."""
        self._calls.platforms[subscriber] = platform

    def platform(self, subscriber: str) -> Platform:
        """Return the platform variant of a subscriber (by id; empty for guests)."""
        return self._calls.platform(subscriber)

    def call_object(self, call: str) -> dict[str, Any] | None:
        """Return the REST object of a call, or None; the last ended ones are remembered."""
        known = self._calls.call(call)
        return None if known is None else as_json(known)

    def voice_logs(self) -> list[Call]:
        """Return the calls that go on and the last ended ones, oldest first."""
        known = [*self._calls.ended.values(), *self._calls.live.values()]
        return sorted(known, key=lambda call: call.created_ms)

    def voice_log(self, call: str) -> Call | None:
        """Return a call for the logs, or None."""
        return self._calls.call(call)

    def call_state(self, call: str) -> str | None:
        """Return ``created``, ``ringing``, ``answered`` or ``ended``; None if unknown."""
        known = self._calls.call(call)
        return None if known is None else str(known.state)

    def is_in_room(self, call: str) -> bool:
        """Return whether a conference room has answered a call, or a simulated person."""
        known = self._calls.live.get(call)
        return known is not None and known.without_device

    def is_in_transfer(self, call: str) -> bool:
        """Return whether a call was answered and handed over, and its destination rings."""
        known = self._calls.live.get(call)
        return known is not None and known.state is CallState.ANSWERED and known.ringing

    def call_count(self) -> int:
        """Return how many calls have not ended."""
        return len(self._calls.live)

    def attached(self) -> tuple[str, ...]:
        """Return the sessions, by the ``jti`` of their tokens, that have a socket now."""
        connections = self._connections.values()
        return tuple([c.session.jti for c in connections if c.session is not None])

    def is_online(self, subscriber: str) -> bool:
        """Return whether a device of the subscriber is connected and wants calls now."""
        return any(session.reachable for session in self._sessions.online(subscriber))

    # Sockets and time.

    def _socket_opened(self, event: events.SocketOpened) -> None:
        if event.socket in self._connections:
            raise LocalError(f"socket {event.socket} is open already")
        self._registrar.opened(event.socket, event.reached)

    def _frame_received(self, event: events.FrameReceived) -> None:
        connection = self._connections.get(event.socket)
        if connection is not None and not self._silence.swallows(event.socket):
            self._dispatcher.receive(connection, event.text)

    def _binary_received(self, event: events.BinaryReceived) -> None:
        connection = self._connections.get(event.socket)
        if connection is not None:
            incoming = Incoming(connection, Message(), "")
            self._buffer.received(incoming, "malformed", detail={"binary": True})
            self._buffer.add(CloseSocket(event.socket, UNSUPPORTED_DATA, "frames are text"))

    def _timer_fired(self, event: events.TimerFired) -> None:
        kind, _, name = event.name.partition(":")
        if kind == registrar.TIMER:
            self._registrar.grace_over(name)
        elif kind == registrar.STATE_TIMER:
            self._registrar.state_due(name)
        elif kind == presence.TIMER:
            self._presence.due(event.name)
        elif kind == registrar.LOGIN_TIMER:
            self._registrar.login_due(name)
        elif kind == faults.TIMER:
            self._faults.release(event.name)
        elif kind == LOOKUP_TIMER:
            lookup = self._lookups.pop(name, None)
            if lookup is not None:
                self._answer_lookup(*lookup)
        elif kind == media_params.TIMER:
            dialog = self._calls.dialogs.get(name)
            if dialog is not None:
                self._calls.media_params.due(dialog)
        elif kind == bye_replies.TIMER:
            self._verto.bye_replies.release(event.name)
        elif kind == pings.TIMER:
            dialog = self._calls.dialogs.get(name)
            if dialog is not None:
                self._calls.pings.due(dialog)
        elif kind in operations.TIMERS:
            self.operations.timer(kind, name)
        elif (call := self._calls.live.get(name)) is not None:
            if kind == calls.TIMER:
                self._calls.ring_timeout(call)
            elif kind == player.TIMER:
                self._calls.player.timer(call)

    # Scripts.

    def _script_replaced(self, event: events.ScriptReplaced) -> None:
        call = self._answered(event.call)
        if call is not None:
            call.status_url = event.status_url or call.status_url
            self._calls.player.replace(call, event.script, event.script_url, event.fallback_url)

    def _script_fetched(self, event: events.ScriptFetched) -> None:
        call = self._answered(event.call)
        if call is not None:
            self._calls.player.fetched(call, event.number, event.script, event.error)

    def _request_answered(self, event: events.RequestAnswered) -> None:
        call = self._answered(event.call)
        if call is not None:
            self._calls.player.requested(call, event.number, event.response)

    def _answered(self, call_id: str) -> Call | None:
        call = self._calls.live.get(call_id)
        answered = call is not None and call.state is CallState.ANSWERED and not call.without_device
        return call if answered else None

    def _playback_finished(self, event: events.PlaybackFinished) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None and not self.operations.playback_finished(event):
            call = self._calls.live[dialog.call]
            self._calls.player.played(call, event.playback, event.note)

    # Legs that answer a client's own offer.

    def _leg_answered(self, event: events.LegAnswered) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None:
            dialog.sends = received(event.sdp)
        if dialog is not None and dialog.accepts(Trigger.LEG_ANSWERED):
            self._calls.outbound.leg_answered(dialog, event.sdp)
        else:
            self._calls.reattachments.answered(event)

    def _reoffer_answered(self, event: events.ReofferAnswered) -> None:
        self._calls.reoffers.answered(event)
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None:
            dialog.sends = received(event.sdp)
            self._calls.rooms.media_changed(dialog)

    # Digits.

    def _digit_received(self, event: events.DigitReceived) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None:
            call = self._calls.live[dialog.call]
            self._calls.key_presses.pressed(dialog.id, call, event.digit)

    def _digits_sent(self, event: events.DigitsSent) -> None:
        if self._calls.key_presses.sent(event.dialog, event.sending):
            return  # it is none of a script or a dial
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None:
            call = self._calls.live[dialog.call]
            self._calls.player.digits_sent(call, event.sending, event.note)

    # Look-ups in the directory.

    def _lookup_asked(self, event: events.LookupAsked) -> None:
        self._record_lookup(event, "asked", 0)
        delay_ms, status = self._calls.platform(event.subscriber).lookup_delay_ms, HTTP_OK
        fault = self._faults.strikes("look-up", event.subscriber, event.session)
        if fault is not None:
            delay_ms, status = fault.delay_ms, fault.code or HTTP_OK
            delay_ms = NEVER_ANSWERED_MS if fault.what == "ignore" else delay_ms
        if delay_ms <= 0 or len(self._lookups) >= LIMIT_LOOKUPS:
            self._answer_lookup(event, status)
            return
        self._lookups[event.lookup] = (event, status)
        self._buffer.add(StartTimer(f"{LOOKUP_TIMER}:{event.lookup}", delay_ms))

    def _answer_lookup(self, event: events.LookupAsked, status: int) -> None:
        body: dict[str, Any] = {"error": "on purpose"}
        if status == HTTP_OK:
            address = self.directory.by_name(event.name)
            body = {"data": [] if address is None else [address.as_json()], "links": {}}
        self._buffer.add(AnswerLookup(event.lookup, status, body))
        self._record_lookup(event, "answered", status)

    def _record_lookup(self, event: events.LookupAsked, state: str, status: int) -> None:
        self._buffer.add(
            LookupFact(subscriber=event.subscriber, name=event.name, state=state, status=status)
        )

    # What the harness asks for.

    def _ping_requested(self, event: events.PingRequested) -> None:
        for session in self._sessions.attached(event.session):
            self._buffer.ping(session, event.ping)

    def _pings_overdue(self, event: events.PingsOverdue) -> None:
        for session in self._sessions.by_jti(event.session):
            self._registrar.drop_silent(session, event.sent_by_ms)

    def _bye_requested(self, event: events.ByeRequested) -> None:
        for session in self._sessions.attached(event.session):
            self._buffer.add(
                FaultFact(
                    subscriber=session.subscriber,
                    session=session.jti,
                    what="stray",
                    point="bye",
                    dialog=event.dialog,
                )
            )
            self._buffer.bye(session, event.dialog, NORMAL)

    def _server_stopping(self, _event: events.ServerStopping) -> None:
        while self._calls.live:  # the end of one may be that of others
            call = next(iter(self._calls.live.values()))
            self._calls.end(call, "error", "platform", NORMAL, Trigger.ORIGIN_END)
        self._verto.bye_replies.release_all()
        for asked, status in self._lookups.values():
            self._answer_lookup(asked, status)
        self._lookups.clear()
        for socket in self._connections:
            self._buffer.add(CloseSocket(socket, GOING_AWAY, "the server stops"))
