"""Mutants of the family media: what they do wrong while a call is connected."""

from __future__ import annotations

from ringproof.client import events, wire
from ringproof.client.calls import InboundCalls
from ringproof.client.commands import CloseMedia, Command, Settle
from ringproof.client.core import ClientCore
from ringproof.client.lifecycle import Status
from ringproof.client.modify import Modifications, Pending
from ringproof.client.record import Record
from ringproof.mutants.mutant import Mutants
from ringproof.mutants.platform import replaces
from ringproof_fakeserver.protocol.commands import WatchMedia

mutants = Mutants()


@mutants.breaks("media/hold-tells-platform", "media-holds-in-secret")
class _HoldsInSecret(Modifications):
    """Resolves hold() at once and tells the platform nothing."""

    def hold(self, event: events.HoldRequested) -> None:
        self.emit(Settle(event.promise))


@mutants.breaks("media/hold-tells-platform", "media-never-releases")
class _NeverReleases(Modifications):
    """Sends hold again where unhold was asked for."""

    def send(self, record: Record, action: str, promise: str, sdp: str = "") -> None:
        super().send(record, "hold" if action == "unhold" else action, promise, sdp)


@mutants.breaks("media/hold-tells-platform", "media-hold-resolves-early")
class _ResolvesEarly(Modifications):
    """Resolves hold() when it is sent, whatever the platform replies."""

    def send(self, record: Record, action: str, promise: str, sdp: str = "") -> None:
        self.emit(Settle(promise))
        super().send(record, action, "", sdp)


@mutants.breaks("media/hold-tells-platform", "media-hold-never-settles")
class _NeverSettles(Modifications):
    """Leaves the promise of hold() open for ever."""

    def replied(self, number: str, error: wire.RpcError | None) -> None:
        if error is not None:
            super().replied(number, error)


@mutants.breaks("media/refusal-is-told", "media-takes-no-for-yes")
class _TakesNoForYes(Modifications):
    """Resolves hold() although the platform refused it."""

    def settle(self, pending: Pending, error: str) -> None:
        super().settle(pending, "")


@mutants.breaks("media/loss-is-told", "media-ignores-dead-media")
class _IgnoresDeadMedia(Modifications):
    """Shows a call as connected and says nothing when its media has died."""

    def media_stalled(self, event: events.MediaStalled) -> None:
        """Say nothing."""


@mutants.breaks("media/keeps-flowing", "media-closes-its-connection")
class _ClosesItsConnection(InboundCalls):
    """Closes the peer connection as soon as the call is connected."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connected":
            self.emit(CloseMedia(record.info.id))


@mutants.breaks("media/timeout-ends-call", "media-outlives-a-timeout")
class _OutlivesATimeout(ClientCore):
    """Ignores the bye of a platform that hears nothing of it any more."""

    def handle(self, event: events.Event) -> list[Command]:
        if isinstance(event, events.FrameReceived) and "MEDIA_TIMEOUT" in str(event.text):
            return []
        return super().handle(event)


mutants.add(
    "platform/media-timeout",
    "platform-never-times-media-out: Keeps the call of a client that it hears nothing of",
    replaces(lambda command: () if isinstance(command, WatchMedia) else None),
)
