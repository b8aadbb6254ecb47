"""The exchange: all subscribers, sessions and calls of one platform, behind one method.

An event goes in, commands come out. No I/O, no clock, no randomness: ids and the time are handed
in, so that the same exchange serves real sockets and simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof_fakeserver.protocol import call as calls
from ringproof_fakeserver.protocol import faults, player, registrar, switch
from ringproof_fakeserver.protocol.call import Call, CallState
from ringproof_fakeserver.protocol.causes import NORMAL
from ringproof_fakeserver.protocol.commands import AnswerLookup, AnyCommand, CloseSocket, StartTimer
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    AnyEvent,
    BinaryReceived,
    ByeRequested,
    CutRequested,
    DialPlaced,
    EndRequested,
    FaultsPlanned,
    FrameReceived,
    LookupAsked,
    MediaConnected,
    MediaFailed,
    OfferReady,
    PingRequested,
    PlaybackFinished,
    ScriptFetched,
    ScriptReplaced,
    ServerStopping,
    SocketClosed,
    SocketOpened,
    TimerFired,
)
from ringproof_fakeserver.protocol.faults import Faults
from ringproof_fakeserver.protocol.frames import FrameDesk
from ringproof_fakeserver.protocol.journal import FaultFact, LookupFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.registrar import GOING_AWAY, Registrar
from ringproof_fakeserver.protocol.session import Sessions
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.switch import Switch
from ringproof_fakeserver.protocol.verto import VertoDesk
from ringproof_fakeserver.protocol.wire import Wire

UNSUPPORTED_DATA = 1003
LOOKUP_TIMER = "lookup"
LIMIT_LOOKUPS = 10_000
FOUND = 200


class Exchange:
    """The pure server. ``ids`` returns a fresh UUID each time; ``now_ms`` is Unix time.

    After each ``handle`` the caller must perform the returned commands in their order.
    """

    def __init__(self, directory: Directory, settings: Settings, ids: Callable[[], str]) -> None:
        self.directory = directory
        self.settings = settings
        self._wire = Wire(settings)
        self._sessions = Sessions()
        self._switch = Switch(self._wire, directory, self._sessions, ids)
        self._registrar = Registrar(self._wire, directory, self._sessions, self._switch, ids)
        self._faults = Faults(self._switch.target, self._wire.add)
        desk = VertoDesk(self._wire, self._switch, self._faults)
        self._frames = FrameDesk(self._wire, self._registrar, desk)
        self._lookups: dict[str, tuple[LookupAsked, int]] = {}
        """Look-ups that are to be answered later, and with which HTTP status."""
        self._handlers: dict[type, Callable[[Any], None]] = {
            SocketOpened: self._socket_opened,
            FrameReceived: self._frame_received,
            BinaryReceived: self._binary_received,
            SocketClosed: self._socket_closed,
            TimerFired: self._timer_fired,
            DialPlaced: self._switch.dial,
            EndRequested: self._end_requested,
            ScriptReplaced: self._script_replaced,
            ScriptFetched: self._script_fetched,
            OfferReady: self._offer_ready,
            AnswerApplied: self._answer_applied,
            MediaFailed: self._media_failed,
            MediaConnected: self._media_connected,
            PlaybackFinished: self._playback_finished,
            LookupAsked: self._lookup_asked,
            PingRequested: self._ping_requested,
            FaultsPlanned: self._faults_planned,
            CutRequested: self._registrar.cut,
            ByeRequested: self._bye_requested,
            ServerStopping: self._server_stopping,
        }

    def handle(self, event: AnyEvent, now_ms: int) -> list[AnyCommand]:
        """Take one event and return what to do, in order.

        Events about things that are gone (a late media event, a timer that crossed its cancel)
        are ignored. Raises ``LocalError`` when the shell opens a socket or a call twice.
        """
        commands = self._wire.begin(now_ms)
        self._handlers[type(event)](event)
        return self._faults.bend(commands) if self._faults.active else commands

    def set_platform(self, subscriber: str, platform: Platform) -> None:
        """Choose the platform variant that a subscriber (by id) meets from now on."""
        self._switch.platforms[subscriber] = platform

    def platform(self, subscriber: str) -> Platform:
        """Return a subscriber's platform variant."""
        return self._switch.platform(subscriber)

    def call_object(self, call: str) -> dict[str, Any] | None:
        """Return the REST object of a call, or None; the last ended ones are remembered."""
        found = self._switch.call(call)
        return None if found is None else calls.as_json(found)

    def call_state(self, call: str) -> str | None:
        """Return ``created``, ``ringing``, ``answered`` or ``ended``; None if unknown."""
        found = self._switch.call(call)
        return None if found is None else str(found.state)

    def call_count(self) -> int:
        """Return how many calls have not ended."""
        return self._switch.count()

    def attached(self) -> tuple[str, ...]:
        """Return the sessions, by the ``jti`` of their tokens, that have a socket now."""
        connections = self._sessions.connections()
        return tuple([c.session.jti for c in connections if c.session is not None])

    def is_online(self, subscriber: str) -> bool:
        """Say whether a device of the subscriber is connected and wants calls, right now."""
        return any(session.socket is not None for session in self._sessions.online(subscriber))

    # Sockets and time.

    def _socket_opened(self, event: SocketOpened) -> None:
        if self._sessions.connection(event.socket) is not None:
            raise LocalError(f"socket {event.socket} is open already")
        self._sessions.open(event.socket)

    def _frame_received(self, event: FrameReceived) -> None:
        connection = self._sessions.connection(event.socket)
        if connection is not None:
            self._frames.receive(connection, event.text)

    def _binary_received(self, event: BinaryReceived) -> None:
        connection = self._sessions.connection(event.socket)
        if connection is not None:
            self._wire.received(connection, "", "malformed", detail={"binary": True})
            reason = "frames are text"
            self._wire.add(CloseSocket(event.socket, UNSUPPORTED_DATA, reason))

    def _socket_closed(self, event: SocketClosed) -> None:
        self._registrar.socket_closed(event.socket, event.code)

    def _timer_fired(self, event: TimerFired) -> None:
        kind, _, name = event.name.partition(":")
        if kind == registrar.TIMER:
            self._registrar.grace_over(name)
            return
        if kind == LOOKUP_TIMER:
            asked = self._lookups.pop(name, None)
            if asked is not None:
                self._answer_lookup(*asked)
            return
        if kind == faults.TIMER:
            self._faults.release(event.name)
            return
        call = self._switch.live_call(name)
        if call is None:
            return
        if kind == switch.TIMER:
            self._switch.ring_timeout(call)
        elif kind == player.TIMER:
            self._switch.player.timer(call)

    # Calls.

    def _end_requested(self, event: EndRequested) -> None:
        call = self._switch.live_call(event.call)
        if call is not None:
            self._switch.end_by_origin(call, event.reason)

    def _script_replaced(self, event: ScriptReplaced) -> None:
        call = self._answered(event.call)
        if call is not None:
            self._switch.player.replace(call, event.script, event.script_url)

    def _script_fetched(self, event: ScriptFetched) -> None:
        call = self._answered(event.call)
        if call is not None:
            self._switch.player.fetched(call, event.script, event.error)

    def _answered(self, call_id: str) -> Call | None:
        call = self._switch.live_call(call_id)
        return call if call is not None and call.state is CallState.ANSWERED else None

    # Media.

    def _offer_ready(self, event: OfferReady) -> None:
        self._switch.offer_ready(event.dialog, event.sdp)

    def _answer_applied(self, event: AnswerApplied) -> None:
        self._switch.answer_applied(event.dialog)

    def _media_failed(self, event: MediaFailed) -> None:
        self._switch.media_failed(event.dialog, event.error)

    def _media_connected(self, event: MediaConnected) -> None:
        self._switch.media_connected(event.dialog, event.real)

    def _playback_finished(self, event: PlaybackFinished) -> None:
        dialog = self._switch.dialog(event.dialog)
        call = self._switch.live_call(dialog.call) if dialog is not None else None
        if call is not None:
            self._switch.player.played(call, event.playback, event.note)

    # The directory, and what the harness asks for.

    def _lookup_asked(self, event: LookupAsked) -> None:
        self._lookup_fact(event, "asked", 0)
        delay_ms, status = self._switch.platform(event.subscriber).lookup_delay_ms, FOUND
        fault = self._faults.look_up(event.subscriber, event.session)
        if fault is not None:
            delay_ms, status = fault.delay_ms, fault.code or FOUND
        if delay_ms <= 0 or len(self._lookups) >= LIMIT_LOOKUPS:
            self._answer_lookup(event, status)
            return
        self._lookups[event.lookup] = (event, status)
        self._wire.add(StartTimer(f"{LOOKUP_TIMER}:{event.lookup}", delay_ms))

    def _answer_lookup(self, event: LookupAsked, status: int) -> None:
        body: dict[str, Any] = {"error": "on purpose"}
        if status == FOUND:
            found = self.directory.by_name(event.name)
            body = {"data": [] if found is None else [found.as_json()], "links": {}}
        self._wire.add(AnswerLookup(event.lookup, status, body))
        self._lookup_fact(event, "answered", status)

    def _lookup_fact(self, event: LookupAsked, state: str, status: int) -> None:
        self._wire.add(
            LookupFact(subscriber=event.subscriber, name=event.name, state=state, status=status)
        )

    def _ping_requested(self, event: PingRequested) -> None:
        for session in self._sessions.by_jti(event.session):
            if session.socket is not None:
                self._wire.ping(session, event.ping)

    def _faults_planned(self, event: FaultsPlanned) -> None:
        self._faults.plan(event.session, event.rules)

    def _bye_requested(self, event: ByeRequested) -> None:
        for session in self._sessions.by_jti(event.session):
            if session.socket is not None:
                self._wire.add(
                    FaultFact(
                        subscriber=session.subscriber,
                        session=session.jti,
                        what="stray",
                        point="bye",
                        dialog=event.dialog,
                    )
                )
                self._wire.bye(session, event.dialog, NORMAL)

    def _server_stopping(self, _event: ServerStopping) -> None:
        for call in self._switch.live_calls():
            self._switch.end_by_platform(call)
        for asked, status in self._lookups.values():
            self._answer_lookup(asked, status)
        self._lookups.clear()
        for connection in self._sessions.connections():
            self._wire.add(CloseSocket(connection.socket, GOING_AWAY, "the server stops"))
