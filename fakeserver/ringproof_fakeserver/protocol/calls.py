"""Calls: which devices ring, which one answers, how a call ends. No sockets here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ringproof_fakeserver.protocol import causes, commands, events
from ringproof_fakeserver.protocol.call import Call, CallState, invite_of
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer, remember
from ringproof_fakeserver.protocol.destinations import Destinations
from ringproof_fakeserver.protocol.devices import Devices
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import NO_SUCH_CALL, SESSION_ERROR, LocalError
from ringproof_fakeserver.protocol.far_party import FarParty, join
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.key_presses import KeyPresses
from ringproof_fakeserver.protocol.media_params import MediaParams
from ringproof_fakeserver.protocol.media_paths import MediaPaths
from ringproof_fakeserver.protocol.operations import Operations
from ringproof_fakeserver.protocol.outbound import Outbound
from ringproof_fakeserver.protocol.phones import Phones
from ringproof_fakeserver.protocol.pings import Pings
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.player import Player
from ringproof_fakeserver.protocol.reattach import Reattachments
from ringproof_fakeserver.protocol.reoffers import Reoffers
from ringproof_fakeserver.protocol.rooms.rooms import Rooms
from ringproof_fakeserver.protocol.sdp import directions
from ringproof_fakeserver.protocol.session import Session, Sessions
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoints
from ringproof_fakeserver.protocol.transfer import Transfers

TIMER = "ring"


class Calls:
    """All calls of an exchange, and the player of their scripts."""

    def __init__(
        self,
        buffer: CommandBuffer,
        directory: Directory,
        endpoints: SipEndpoints,
        sessions: Sessions,
        ids: Callable[[], str],
    ) -> None:
        self._buffer = buffer
        self._settings = buffer.settings
        self._directory = directory
        self.destinations = Destinations(directory, endpoints, buffer.settings)
        self._sessions = sessions
        self._ids = ids
        self.live: dict[str, Call] = {}
        """Calls that have not ended, by id."""
        self.dialogs: dict[str, Dialog] = {}
        """Dialogs that have not ended, by id."""
        self.ended: dict[str, Call] = {}
        """The last calls that ended, bounded."""
        self._pending: dict[str, VertoRequest] = {}
        """By dialog: answers that are being applied. The reply waits for that."""
        self.platforms: dict[str, Platform] = {}
        """By subscriber; the default platform where there is none."""
        finish = partial(self.end, by="script", cause=causes.NORMAL, trigger=Trigger.ORIGIN_END)
        self.player = Player(buffer, ids, finish)
        self.operations = Operations(buffer, self.live.get, self.player, ids)
        self.rooms = Rooms(buffer, directory, self.platform, ids)
        self.pings = Pings(buffer, self.platform, self._ping_unanswered)
        self.calls_over_sip: Callable[[str], bool] = lambda subscriber: False
        """Whether a user agent of a subscriber has placed a call that was answered."""
        self.media_paths = MediaPaths(buffer, self)
        self.media_params = MediaParams(buffer, self.platform)
        self.reattachments = Reattachments(buffer, self)
        self.reoffers = Reoffers(buffer, self.platform, self.dialogs.get)
        self.outbound = Outbound(buffer, self, directory)
        self.key_presses = KeyPresses(buffer, self, ids)
        self.phones = Phones(buffer, self)
        self.devices = Devices(buffer, self)
        self.transfers = Transfers(buffer, self, directory)

    def call(self, call_id: str) -> Call | None:
        """Return a call, also one of the last that ended, or None."""
        return self.live.get(call_id) or self.ended.get(call_id)

    def owner(self, dialog_id: str) -> tuple[Session, str] | None:
        """Return the session of a live dialog and the label of its call, or None."""
        dialog = self.dialogs.get(dialog_id)
        return None if dialog is None else (dialog.session, self.live[dialog.call].dial.label)

    def platform(self, subscriber: str) -> Platform:
        """Return the platform variant of a subscriber's calls."""
        return self.platforms.get(subscriber) or Platform()

    # The caller.

    def dial(self, event: events.DialPlaced, far_party: FarParty | None = None) -> None:
        """Place a call, for REST unless there is a far party.

        Raises ``LocalError`` if its id is in use.
        """
        if self.call(event.call) is not None:
            raise LocalError(f"there is a call {event.call} already")
        found = self.destinations.find(event.to)
        if found.phone and far_party is not None:
            self.phones.dial(event, far_party, found.phone)
            return
        call = Call(
            id=event.call,
            dial=event,
            subscriber=found.subscriber,
            endpoint=found.endpoint,
            script=event.first_script,
            far_end=event.has_far_script,
            digits=event.send_digits,
            fallback_url=event.fallback_url,
            status_url=event.status_url,
            created_ms=self._buffer.now_ms,
            far_party=far_party,
        )
        call.callback_retries = self.platform(call.subscriber).callback_retries
        self.live[call.id] = call
        self._buffer.record_call(call)
        if not found.subscriber:
            self.end(call, "error", "platform", causes.NO_ROUTE, Trigger.ORIGIN_END)
            return
        self.ring(call)

    def ring(self, call: Call) -> None:
        """Ring the devices of who is called, for the ring time of the dial or the platform's."""
        platform, to = self.platform(call.subscriber), call.subscriber
        self.time_ringing(call)
        if platform.busy == "reject" and self._is_busy(to):
            self.end(call, "busy", "platform", causes.USER_BUSY, Trigger.ORIGIN_END)
            return
        for session in self._sessions.online(to):
            if call.wants(session):
                self.prepare(call, session)

    def time_ringing(self, call: Call) -> None:
        """Let a call ring for as long as its dial says, else as the platform does."""
        platform, given_ms = self.platform(call.subscriber), call.dial.timeout_ms
        ring_ms = platform.ring_ms if given_ms is None else given_ms
        self._buffer.add(commands.StartTimer(f"{TIMER}:{call.id}", ring_ms))

    def _is_busy(self, subscriber: str) -> bool:
        """Whether a device of the subscriber has an answered call, called or calling."""
        # Not the sessions: a SIP device whose registration is over may still be on a call.
        answered = (each for each in self.dialogs.values() if each.answered)
        talks = any(dialog.session.subscriber == subscriber for dialog in answered)
        return talks or self.calls_over_sip(subscriber)

    def end_requested(self, event: events.EndRequested) -> None:
        """End a call for REST, which says why."""
        call = self.live.get(event.call)
        if call is not None:
            call.status_url = event.status_url or call.status_url
            self._end_for_caller(call, event.reason)

    def caller_left(self, call: Call) -> None:
        """End a call that its far party has left."""
        # While the destination of a transfer rings, somebody has answered the call before.
        unanswered = call.ringing and call.answered_ms is None
        self._end_for_caller(call, "cancel" if unanswered else "hangup")

    def _end_for_caller(self, call: Call, reason: str) -> None:
        """End a call for its caller: a cancel while it rings, else a hang-up."""
        cause = causes.NORMAL
        if call.ringing:
            cause = causes.NO_ANSWER if reason == "noAnswer" else causes.CANCEL
        self.end(call, reason, "origin", cause, Trigger.ORIGIN_END)

    def ring_timeout(self, call: Call) -> None:
        """End a call that nobody answered in time."""
        if call.ringing:
            self.end(call, "noAnswer", "timer", causes.NO_ANSWER, Trigger.RING_TIMEOUT)

    def end(
        self,
        call: Call,
        reason: str,
        by: str,
        cause: causes.Cause,
        trigger: Trigger,
        *,
        far_cause: causes.Cause | None = None,
    ) -> None:
        """End a call and all its dialogs; each device that was invited gets a bye.

        ``far_cause`` is what a far party is told; None: the same as the devices.
        """
        self.player.stop(call)
        self.operations.stop(call)
        for dialog in tuple(call.dialogs.values()):
            if dialog.alive:
                self.end_dialog(dialog, trigger, cause)
        call.reason, call.ended_ms = reason, self._buffer.now_ms
        if (call.subscriber or call.phone) and call.winner is None:
            self._buffer.add(commands.CancelTimer(f"{TIMER}:{call.id}"))
        call.become(CallState.ENDED)
        self._buffer.record_call(call, by)
        self.transfers.on_progress(call, "ended")
        if call.far_party is not None:
            call.far_party.ended(far_cause or cause)
        del self.live[call.id]
        remember(self.ended, call.id, call, self._settings.ended_calls)
        call.dialogs, call.script, call.scope = {}, None, None
        call.winner, call.far_party = None, None

    # Media.

    def offer_ready(self, event: events.OfferReady) -> None:
        """Ring the device: its leg has the offer."""
        dialog = self.dialogs.get(event.dialog)
        if dialog is None:
            # The dialog ended after it asked for the leg and before the leg was made.
            self._buffer.add(commands.CloseLeg(event.dialog))
            return
        if not dialog.accepts(Trigger.OFFER_READY):
            return
        dialog.fire(Trigger.OFFER_READY)
        dialog.offer = event.sdp
        if dialog.session.reachable:
            self.invite(dialog)

    def answer_applied(self, event: events.AnswerApplied) -> None:
        """Confirm a device's answer: its SDP is in place."""
        dialog = self.dialogs.get(event.dialog)
        if dialog is None or not dialog.accepts(Trigger.ANSWER_APPLIED):
            return
        dialog.fire(Trigger.ANSWER_APPLIED)
        pending = self._pending.pop(dialog.id, None)
        if pending is not None:
            self._buffer.answer_verto(pending, {"method": "verto.answer"})
        self.pings.start(dialog)
        self.rooms.join(dialog)

    def media_connected(self, event: events.MediaConnected) -> None:
        """Join the leg with the caller's, or start the caller's script: ICE and DTLS are up."""
        dialog = self.dialogs.get(event.dialog)
        if dialog is None or dialog.media:
            return
        dialog.media, dialog.real = True, event.real
        self._buffer.record_media(dialog, "connected")
        self.media_paths.connected(dialog)
        self.rooms.join(dialog)
        self.media_params.start(dialog)
        join(self._buffer, self.live[dialog.call])
        self.operations.connected(self.live[dialog.call])

    def media_failed(self, event: events.MediaFailed) -> None:
        """Release the device of a leg; the call ends too if it answered or was the last."""
        dialog = self.dialogs.get(event.dialog)
        if dialog is None:
            return
        call = self.live[dialog.call]
        self._buffer.record_media(dialog, "failed")
        if call.winner is dialog or dialog.outbound:
            cause = causes.MEDIA_TIMEOUT if dialog.state is State.ACTIVE else causes.INCOMPATIBLE
            self.end(call, "error", "platform", cause, Trigger.MEDIA_FAILED)
            return
        self.end_dialog(dialog, Trigger.MEDIA_FAILED, causes.INCOMPATIBLE, note=event.error)
        if not call.alive:
            self.end(call, "error", "platform", causes.INCOMPATIBLE, Trigger.MEDIA_FAILED)

    # The device.

    def answer(self, dialog: Dialog, request: VertoRequest) -> None:
        """Have a client answer; its dialog accepts ``ANSWER``."""
        dialog.answer_id = request.id
        self._pending[dialog.id] = request
        self.accept(dialog, request.params.sdp)

    def accept(self, dialog: Dialog, sdp: str) -> None:
        """Connect the call to this device, whose dialog accepts ``ANSWER``; others get a bye."""
        call = self.live[dialog.call]
        dialog.fire(Trigger.ANSWER)
        answered = directions(sdp)
        dialog.kinds = tuple([kind for kind in call.dial.media if kind in answered])
        call.winner = dialog
        self._buffer.add(commands.CancelTimer(f"{TIMER}:{call.id}"))
        self._buffer.add(commands.ApplyAnswer(dialog.id, sdp))
        self._buffer.record_dialog(dialog, "answered")
        self._buffer.record_dialog(dialog, "winner")
        first = call.state is not CallState.ANSWERED  # else it was transferred
        if first:
            call.become(CallState.ANSWERED)
            call.answered_ms = self._buffer.now_ms
            self._buffer.record_call(call)
        else:
            self.transfers.progressed(call, "answered")
        for other in tuple(call.dialogs.values()):
            if other is not dialog and other.alive:
                self._buffer.record_dialog(other, "lost", causes.LOSE_RACE.name)
                self.end_dialog(other, Trigger.RACE_LOST, causes.LOSE_RACE)
        self.player.answered(call)
        if call.far_party is not None and first:
            call.far_party.answered()

    def hang_up(self, dialog: Dialog, cause: causes.Cause, *, reason: str | None = None) -> None:
        """Handle a device's bye: a decline while it rings, else the end of the call.

        Assumed, as FreeSWITCH forks calls: one device's decline ends its own dialog only, and the
        call goes on ringing the others; the last decline ends the call. Where the first decline
        ends all, the others get the same bye as devices that lost a race. ``reason`` is the end
        reason of a declined call; None: that of the platform variant.
        """
        call = self.live[dialog.call]
        platform = self.platform(call.subscriber)
        if call.winner is dialog:
            self.player.stop(call)
        self.end_dialog(dialog, Trigger.CALLEE_BYE, cause, send_bye=False)
        if call.winner is dialog:
            self.end(call, "hangup", "callee", cause, Trigger.CALLEE_BYE)
        elif platform.first_decline_ends_all or not call.alive:
            others = causes.LOSE_RACE
            reason, trigger = reason or platform.decline_reason, Trigger.RACE_LOST
            self.end(call, reason, "callee", others, trigger, far_cause=cause)

    # Dialogs.

    def _ping_unanswered(self, dialog: Dialog) -> None:
        call, cause = self.live[dialog.call], causes.RECOVERY_EXPIRED
        self.end(call, "hangup", "platform", cause, Trigger.PING_UNANSWERED)

    def prepare(self, call: Call, session: Session) -> None:
        """Make the leg of a device that is to ring; its offer is what the invite waits for."""
        dialog = Dialog(id=self._ids(), call=call.id, session=session)
        self.dialogs[dialog.id] = dialog
        call.dialogs[session.protocol] = dialog
        session.dialogs[dialog.id] = None
        platform = self.platform(call.subscriber)
        self._buffer.add(
            commands.CreateOffer(
                dialog.id,
                call.subscriber,
                call.dial.media,
                platform.msid,
                codecs=call.dial.codecs,
                direction=platform.offer_direction,
                plain=bool(session.sip_device),
            )
        )

    def invite(self, dialog: Dialog) -> None:
        """Invite a device that can be reached, whose dialog has our offer."""
        call = self.live[dialog.call]
        subscriber = self._directory.subscriber(call.subscriber)
        assert subscriber is not None, "subscribers are never removed"
        self._buffer.invite(dialog.session, invite_of(call, dialog, subscriber.display_name))
        dialog.invited, dialog.offer = True, ""
        self._buffer.record_dialog(dialog, "offered")
        if not dialog.session.sip_device:
            self.device_rings(dialog)  # a SIP device says itself when it rings

    def device_rings(self, dialog: Dialog) -> None:
        """Note that a device rings, however often it says so."""
        if not dialog.rang:
            dialog.rang = True
            self.rings(self.live[dialog.call])

    def rings(self, call: Call) -> None:
        """Note that somebody rings; the first one counts, or any of a transfer's destination."""
        if call.state is CallState.CREATED:
            call.become(CallState.RINGING)
            self._buffer.record_call(call)
            if call.far_party is not None:
                call.far_party.ringing()
        elif call.state is CallState.ANSWERED:
            self.transfers.progressed(call, "ringing")

    def end_dialog(
        self,
        dialog: Dialog,
        trigger: Trigger,
        cause: causes.Cause,
        *,
        send_bye: bool = True,
        note: str = "",
    ) -> None:
        """End one dialog; ``send_bye`` is False for a device that sent a bye itself."""
        dialog.fire(trigger)
        del self.dialogs[dialog.id]
        session = dialog.session
        session.dialogs.pop(dialog.id, None)
        remember(session.ended, dialog.id, cause, self._settings.recent_ids)
        pending = self._pending.pop(dialog.id, None)
        if pending is not None:
            self._buffer.refuse_verto(pending, SESSION_ERROR, NO_SUCH_CALL)
        self.reoffers.stop(dialog)
        self.rooms.leave(dialog)
        if send_bye and dialog.invited:
            self._buffer.bye(session, dialog.id, cause)
        self.pings.stop(dialog)
        self.media_params.stop(dialog)
        self.key_presses.forget(dialog.id)
        self._buffer.add(commands.CloseLeg(dialog.id))
        self._buffer.record_dialog(dialog, "ended", note or cause.name)
        if dialog.media:
            self._buffer.record_media(dialog, "closed")
