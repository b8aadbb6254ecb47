"""SIP user agents in the exchange: callers whose leg is plain RTP, and devices that ring.

A caller is the far party of its call. A registered user agent is a device of its subscriber: a
session without a socket, whose invites and byes leave as commands for the SIP core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ringproof_fakeserver.protocol import causes, commands, events, sip_events
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Trigger
from ringproof_fakeserver.protocol.far_party import join
from ringproof_fakeserver.protocol.sat import Claims
from ringproof_fakeserver.protocol.session import Session, Sessions
from ringproof_fakeserver.protocol.sip_commands import (
    SipCallerProgressed,
    SipReferAnswered,
    SipReferProgressed,
    SipReofferAnswered,
)
from ringproof_fakeserver.protocol.sip_endpoints import session_of

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.call import Call
    from ringproof_fakeserver.protocol.calls import Calls

DECLINES = {causes.USER_BUSY: "busy", causes.REJECTED: "decline"}
"""Causes with which a device declines, and the end reason of a call whose last device did."""

Handler = Callable[[Any], None]


class SipCalls:
    """Places the calls of SIP callers, and lets SIP devices ring."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, sessions: Sessions) -> None:
        self._buffer = buffer
        self._calls = calls
        self._sessions = sessions
        self._callers: dict[str, _Caller] = {}
        """By leg, which has the id of its call."""
        self._devices: dict[str, Session] = {}
        self._reoffers: set[str] = set()
        """Legs whose user agent waits for the answer to a new offer."""
        self._referrers: dict[str, str] = {}
        """By call: the leg of the user agent that has handed it over and is told what follows."""
        calls.calls_over_sip = self._calls_of
        calls.transfers.on_progress = self._transfer_progressed
        self.handlers: dict[type, Handler] = {
            sip_events.SipCallPlaced: self._placed,
            sip_events.SipCallerAnswered: self._caller_answered,
            sip_events.SipCallerLeft: self._caller_left,
            sip_events.SipReoffered: self._reoffered,
            sip_events.SipReferred: self._referred,
            sip_events.SipDeviceCame: self._came,
            sip_events.SipDeviceWent: self._went,
            sip_events.SipDeviceRinging: self._ringing,
            sip_events.SipDeviceAnswered: self._answered,
            sip_events.SipDeviceEnded: self._ended,
        }
        self._about_callers: dict[type, Callable[[_Caller, Any], None]] = {
            events.OfferReady: lambda caller, event: caller.described(event.sdp),
            events.LegAnswered: lambda caller, event: caller.described(event.sdp),
            events.AnswerApplied: lambda caller, event: None,
            events.MediaConnected: lambda caller, event: self._connected(caller),
            events.MediaFailed: lambda caller, event: self._failed(caller),
            events.DigitReceived: lambda caller, event: self._pressed(caller, event.digit),
        }

    def legs_first(self, handlers: dict[type, Handler]) -> dict[type, Handler]:
        """Return handlers of all events: those about legs of SIP callers end here."""
        about_legs = {kind: self._about_leg(kind, handlers[kind]) for kind in self._about_callers}
        about_offers: dict[type, Handler] = {
            kind: self._about_offer(handlers[kind])
            for kind in (events.ReofferAnswered, events.ReofferRefused)
        }
        return {**handlers, **self.handlers, **about_legs, **about_offers}

    def _about_leg(self, kind: type, otherwise: Handler) -> Handler:
        def handle(event: Any) -> None:  # noqa: ANN401 - any event of this kind
            caller = self._callers.get(event.dialog)
            if caller is None:
                otherwise(event)
            else:
                self._about_callers[kind](caller, event)

        return handle

    def _about_offer(self, otherwise: Handler) -> Handler:
        def handle(event: events.ReofferAnswered | events.ReofferRefused) -> None:
            if event.dialog not in self._reoffers:
                otherwise(event)
                return
            self._reoffers.remove(event.dialog)
            sdp = event.sdp if isinstance(event, events.ReofferAnswered) else ""
            self._buffer.add(SipReofferAnswered(event.dialog, sdp))

        return handle

    # Callers.

    def _placed(self, event: sip_events.SipCallPlaced) -> None:
        caller = _Caller(self._buffer, self._calls, event, self._forget)
        self._callers[caller.leg] = caller
        dial = events.DialPlaced(
            call=event.call,
            from_=event.from_,
            from_name=event.from_name,
            to=event.to,
            media=("audio",),
            label=self._calls.outbound.take_label(session_of(event.endpoint)),
        )
        self._calls.dial(dial, caller)
        call = self._calls.live.get(event.call)
        if self._buffer.settings.sip_refuses_offline and call is not None and not call.dialogs:
            cause, trigger = causes.NO_ANSWER, Trigger.RING_TIMEOUT
            self._calls.end(call, "noAnswer", "platform", cause, trigger)

    def _forget(self, leg: str) -> None:
        del self._callers[leg]
        self._reoffers.discard(leg)

    def _caller_answered(self, event: sip_events.SipCallerAnswered) -> None:
        if event.call in self._callers:
            self._buffer.add(commands.ApplyAnswer(event.call, event.sdp))

    def _caller_left(self, event: sip_events.SipCallerLeft) -> None:
        call = self._calls.live.get(event.call)
        if call is not None:
            self._calls.caller_left(call)

    def _connected(self, caller: _Caller) -> None:
        caller.media = True
        join(self._buffer, self._calls.live[caller.leg])

    def _failed(self, caller: _Caller) -> None:
        call = self._calls.live[caller.leg]
        self._calls.end(call, "error", "platform", causes.INCOMPATIBLE, Trigger.MEDIA_FAILED)

    def _pressed(self, caller: _Caller, digit: str) -> None:
        self._calls.key_presses.pressed(caller.leg, self._calls.live[caller.leg], digit)

    def _calls_of(self, subscriber: str) -> bool:
        """Whether a user agent of the subscriber has placed a call that was answered."""
        legs = [each.leg for each in self._callers.values() if each.owner == subscriber]
        return any(self._calls.live[leg].answered_ms is not None for leg in legs)

    def _reoffered(self, event: sip_events.SipReoffered) -> None:
        """Have a leg answer a new offer of its user agent, caller or device."""
        self._reoffers = {leg for leg in self._reoffers if self._is_live(leg)}
        if self._is_live(event.leg):
            self._reoffers.add(event.leg)
            self._buffer.add(commands.ApplyReoffer(event.leg, event.sdp))
        else:
            self._buffer.add(SipReofferAnswered(event.leg, ""))

    def _is_live(self, leg: str) -> bool:
        return leg in self._callers or leg in self._calls.dialogs

    # Calls that are handed over.

    def _referred(self, event: sip_events.SipReferred) -> None:
        """Hand the call of a leg over to the destination, as ``verto.modify`` does."""
        leg, caller, dialog = event.leg, self._callers.get(event.leg), None
        if caller is None:
            dialog = self._calls.dialogs.get(leg)
        call = self._calls.live.get(leg if dialog is None else dialog.call)
        if call is None or (caller is None and dialog is None):
            self._buffer.add(SipReferAnswered(leg, "not-possible", "the call is over"))
            return
        transfers, destination = self._calls.transfers, event.destination
        if problem := transfers.problem(call):
            self._buffer.add(SipReferAnswered(leg, "not-possible", problem))
        elif problem := transfers.problem_of(destination):
            self._buffer.add(SipReferAnswered(leg, "no-route", problem))
        else:
            self._buffer.add(SipReferAnswered(leg))
            self._referrers[call.id] = leg
            if dialog is not None:
                transfers.transfer(dialog, destination)
            else:
                assert caller is not None, "one of the two is at the leg"
                transfers.leave(call, destination, caller.leave)

    def _transfer_progressed(self, call: Call, state: str) -> None:
        leg = self._referrers.get(call.id)
        if leg is None:
            return
        if state == "ringing":
            self._buffer.add(SipReferProgressed(leg, "ringing"))
            return
        del self._referrers[call.id]
        if state == "answered":
            self._buffer.add(SipReferProgressed(leg, "answered"))
        else:
            # Who stayed has hung up: the ringing of the destination was cancelled.
            reason = "cancel" if call.reason == "hangup" else call.reason
            self._buffer.add(SipReferProgressed(leg, "ended", reason))

    # Devices.

    def _came(self, event: sip_events.SipDeviceCame) -> None:
        claims = Claims(jti=session_of(event.endpoint), subscriber=event.subscriber)
        session = Session(
            protocol=f"sip:{event.device}", claims=claims, online=True, sip_device=event.device
        )
        self._devices[event.device] = session
        self._sessions.add(session)
        self._buffer.record_session(session, "online")
        self._calls.devices.came_online(session)

    def _went(self, event: sip_events.SipDeviceWent) -> None:
        """Ring a device no more for new calls; what rings or is answered is not concerned."""
        session = self._devices.pop(event.device, None)
        if session is not None:
            session.online = False
            self._sessions.remove(session)
            self._buffer.record_session(session, "offline")

    def _ringing(self, event: sip_events.SipDeviceRinging) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None:
            self._calls.device_rings(dialog)

    def _answered(self, event: sip_events.SipDeviceAnswered) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is not None and dialog.accepts(Trigger.ANSWER):
            # A device may answer at once, without a word about ringing.
            self._calls.device_rings(dialog)
            self._calls.accept(dialog, event.sdp)

    def _ended(self, event: sip_events.SipDeviceEnded) -> None:
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is None:
            return
        self._reoffers.discard(dialog.id)
        call = self._calls.live[dialog.call]
        if dialog.outbound:  # who called it has transferred the call
            self._calls.outbound.hung_up(dialog, event.cause)
        elif call.winner is dialog or event.cause in DECLINES:
            reason = DECLINES.get(event.cause)
            self._calls.hang_up(dialog, event.cause, reason=reason)
        else:
            # It cannot be reached. The call rings on, as for a subscriber who is offline.
            self._calls.end_dialog(dialog, Trigger.DEVICE_GONE, event.cause, send_bye=False)


class _Caller:
    """The ``FarParty`` of a call that a SIP user agent placed."""

    def __init__(
        self,
        buffer: CommandBuffer,
        calls: Calls,
        event: sip_events.SipCallPlaced,
        on_ended: Callable[[str], None],
    ) -> None:
        self._buffer = buffer
        self._calls = calls
        self._offer = event.offer
        self.owner = event.owner
        self._on_ended = on_ended
        self.leg = event.call
        self.media = False

    def ringing(self) -> None:
        """Pass it on."""
        self._buffer.add(SipCallerProgressed(self.leg, "ringing"))

    def answered(self) -> None:
        """Make the leg; the caller is told once its description is there."""
        subscriber = self._calls.live[self.leg].subscriber
        if self._offer:
            command: commands.MediaCommand = commands.AnswerOffer(
                self.leg, subscriber, self._offer, msid=False, plain=True
            )
        else:
            command = commands.CreateOffer(self.leg, subscriber, ("audio",), msid=False, plain=True)
        self._buffer.add(command)

    def described(self, sdp: str) -> None:
        """Answer the INVITE."""
        self._buffer.add(SipCallerProgressed(self.leg, "answered", sdp=sdp))

    def leave(self) -> None:
        """Leave the call, which was handed over and goes on."""
        self._end("hangup")

    def ended(self, cause: Cause) -> None:
        """Tell the caller why, and close the leg."""
        self._end(self._calls.live[self.leg].reason)

    def _end(self, reason: str) -> None:
        self._buffer.add(SipCallerProgressed(self.leg, "ended", reason=reason))
        self._calls.key_presses.forget(self.leg)
        self._buffer.add(commands.CloseLeg(self.leg))
        self._on_ended(self.leg)
