"""Mutants of the family media: what they do wrong while a call is connected."""

from __future__ import annotations

from msgspec.structs import replace

from ringproof.client import events
from ringproof.client.calls import InboundCalls
from ringproof.client.commands import CloseMedia, Command, Settle, StartTimer
from ringproof.client.core import ClientCore
from ringproof.client.lifecycle import Status
from ringproof.client.modify import TIMER, UPDATE_MEDIA, Modifications, Pending
from ringproof.client.record import Record
from ringproof.mutants.hooks import ignores
from ringproof.mutants.mutant import Mutants
from ringproof.mutants.pings import fails, on_bye
from ringproof.mutants.platform import replaces, replaces_facts
from ringproof_fakeserver.protocol.causes import MEDIA_TIMEOUT
from ringproof_fakeserver.protocol.commands import WatchMedia

mutants = Mutants()

MORE = "more"
"""Purpose of the timers that the reference client does not have."""

mutants.add(
    "media/silent-stun",
    "answer-waits-for-stun: Sends no answer unless a STUN server has told it its address",
    ignores(answer_ready=lambda _, event: event.unaided),
)


@mutants.breaks("media/silent-stun", "answer-insists-on-stun")
class _InsistsOnStun(InboundCalls):
    """Waits fifteen seconds more for a STUN server before it answers without one."""

    _waiting: dict[str, events.AnswerReady]

    def answer_ready(self, event: events.AnswerReady) -> None:
        if event.unaided:
            self._waiting = {event.call: event}
            self.emit(StartTimer(f"{MORE}:{event.call}", 15_000))
        else:
            super().answer_ready(event)

    def timer(self, purpose: str, call: str) -> None:
        if purpose == MORE:
            super().answer_ready(self._waiting.pop(call))
        else:
            super().timer(purpose, call)


@mutants.breaks("media/hold-tells-platform", "media-holds-in-secret")
class _HoldsInSecret(Modifications):
    """Resolves hold() at once and tells the platform nothing."""

    def hold(self, event: events.HoldRequested) -> None:
        self.emit(Settle(event.promise))


@mutants.breaks("media/hold-tells-platform", "media-never-releases")
class _NeverReleases(Modifications):
    """Sends hold again where unhold was asked for."""

    def send(
        self, record: Record, action: str, promise: str, sdp: str = "", destination: str = ""
    ) -> None:
        wrong = "hold" if action == "unhold" else action
        super().send(record, wrong, promise, sdp, destination)


@mutants.breaks("media/hold-tells-platform", "media-hold-resolves-early")
class _ResolvesEarly(Modifications):
    """Resolves hold() when it is sent, whatever the platform replies."""

    def send(
        self, record: Record, action: str, promise: str, sdp: str = "", destination: str = ""
    ) -> None:
        self.emit(Settle(promise))
        super().send(record, action, "", sdp, destination)


@mutants.breaks("media/hold-tells-platform", "media-hold-never-settles")
class _NeverSettles(Modifications):
    """Leaves the promise of hold() open for ever."""

    def settle(self, pending: Pending, error: str) -> None:
        if error or pending.action == UPDATE_MEDIA:
            super().settle(pending, error)


@mutants.breaks("media/refusal-is-told", "media-takes-no-for-yes")
class _TakesNoForYes(Modifications):
    """Resolves hold() although the platform refused it."""

    def settle(self, pending: Pending, error: str) -> None:
        super().settle(pending, "")


@mutants.breaks("media/refusal-is-told", "media-believes-that-it-restarted")
class _BelievesThatItRestarted(Modifications):
    """Resolves restart_ice() although the platform refused it."""

    def settle(self, pending: Pending, error: str) -> None:
        super().settle(pending, "" if pending.action == UPDATE_MEDIA else error)


@mutants.breaks("media/restart-tells-platform", "media-restarts-in-secret")
class _RestartsInSecret(Modifications):
    """Resolves restart_ice() at once and offers the platform nothing."""

    def restart(self, event: events.RestartRequested) -> None:
        self.emit(Settle(event.promise))


@mutants.breaks("media/restart-tells-platform", "media-restarts-under-its-old-name")
class _RestartsUnderItsOldName(Modifications):
    """Offers the ICE credentials of its first offer again in every restart."""

    first = ""

    def restart_offer_ready(self, event: events.RestartOfferReady) -> None:
        self.first = self.first or event.sdp
        super().restart_offer_ready(replace(event, sdp=self.first))


@mutants.breaks("media/restart-tells-platform", "media-restart-never-settles")
class _RestartNeverSettles(Modifications):
    """Leaves the promise of restart_ice() open for ever."""

    def settle(self, pending: Pending, error: str) -> None:
        if error or pending.action != UPDATE_MEDIA:
            super().settle(pending, error)


@mutants.breaks("media/restart-tells-platform", "media-restarts-no-more-after-a-refusal")
class _RestartsNoMore(Modifications):
    """Sends no new offer any more once the platform has refused one."""

    refused = False

    def settle(self, pending: Pending, error: str) -> None:
        self.refused = self.refused or bool(error)
        super().settle(pending, error)

    def restart(self, event: events.RestartRequested) -> None:
        if self.refused:
            self.emit(Settle(event.promise))
        else:
            super().restart(event)


@mutants.breaks("media/restart-keeps-call", "media-ignores-the-answer-to-a-restart")
class _IgnoresTheAnswer(Modifications):
    """Never uses the credentials that the platform has answered a restart with."""

    def take_answer(self, call: str, sdp: str) -> None:
        """Do nothing."""


@mutants.breaks("media/restart-keeps-call", "media-ends-when-a-restart-is-refused")
class _EndsWhenRefused(Modifications):
    """Ends the call when the platform refuses a restart."""

    def settle(self, pending: Pending, error: str) -> None:
        super().settle(pending, error)
        record = self.calls.find(pending.call)
        if pending.action == UPDATE_MEDIA and error and record is not None:
            self.calls.fail(record, error)


@mutants.breaks("media/loss-is-told", "media-ignores-dead-media")
class _IgnoresDeadMedia(Modifications):
    """Shows a call as connected and says nothing when its media has died."""

    def media_stalled(self, event: events.MediaStalled) -> None:
        """Say nothing."""


@mutants.breaks("media/loss-is-told", "media-waits-for-its-consent-to-expire")
class _WaitsForItsConsent(Modifications):
    """Says that media has died after thirty seconds, when the path may not be used any more."""

    def media_stalled(self, event: events.MediaStalled) -> None:
        self.emit(StartTimer(f"{TIMER}:{MORE} {event.call}", 30_000))

    def timer(self, number: str) -> None:
        more, _, call = number.partition(" ")
        if more == MORE:
            super().media_stalled(events.MediaStalled(call))
        else:
            super().timer(number)


@mutants.breaks("media/keeps-flowing", "media-closes-its-connection")
class _ClosesItsConnection(InboundCalls):
    """Closes the peer connection as soon as the call is connected."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connected":
            self.emit(CloseMedia(record.info.id))


@mutants.breaks("media/keeps-flowing", "media-closes-every-connection")
class _ClosesEveryConnection(InboundCalls):
    """Closes the peer connections of all connected calls when one call is over."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        for other in self.listed if status == "destroyed" else ():
            if other.status == "connected":
                self.emit(CloseMedia(other.info.id))


@mutants.breaks("media/timeout-ends-call", "media-outlives-a-timeout")
class _OutlivesATimeout(ClientCore):
    """Ignores the bye of a platform that hears nothing of it any more."""

    def handle(self, event: events.Event) -> list[Command]:
        if isinstance(event, events.FrameReceived) and "MEDIA_TIMEOUT" in str(event.text):
            return []
        return super().handle(event)


mutants.add(
    "media/timeout-ends-call",
    "media-fails-after-a-timeout: Shows failed when the platform hears nothing of it any more",
    on_bye(MEDIA_TIMEOUT, fails),
)
mutants.add(
    "platform/media-timeout",
    "platform-hangs-up-in-silence: Reports that somebody hung up when it hears nothing of a client",
    replaces_facts(lambda fact: (replace(fact, reason="hangup"),), reason="error"),
)
mutants.add(
    "platform/media-timeout",
    "platform-never-times-media-out: Keeps the call of a client that it hears nothing of",
    replaces(lambda command: () if isinstance(command, WatchMedia) else None),
)
