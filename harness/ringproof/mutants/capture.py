"""Mutants of the family capture: an answer() whose microphone or camera fails, or is waited for."""

from __future__ import annotations

from ringproof.client import commands
from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.events import (
    AnswerReady,
    AnswerRequested,
    LocalMediaReady,
    MediaFailed,
    OfferApplied,
    RejectRequested,
    RemoteTrack,
)
from ringproof.client.record import Record
from ringproof.client.wire import RpcError
from ringproof.mutants.hooks import Calls, ignores
from ringproof.mutants.mutant import Mutants

mutants = Mutants()

PATIENCE_MS = 40
"""How long a client of the impatient kind waits for its devices."""


def _lacks_devices(event: MediaFailed) -> bool:
    """Say whether media failed because of a device; a transport fails otherwise."""
    return event.error.startswith("Not")


mutants.add(
    "capture/failure-told",
    "capture-waits-for-ever: Stays connecting for ever when there is no microphone",
    ignores(media_failed=lambda _, event: _lacks_devices(event)),
)


class _WithoutDevices(InboundCalls):
    """Does something else when answer() does not get its devices."""

    def media_failed(self, event: MediaFailed) -> None:
        record = self.find(event.call)
        if record is not None and record.media_open and _lacks_devices(event):
            self.without_devices(record, event.error)
        else:
            super().media_failed(event)

    def without_devices(self, record: Record, error: str) -> None:
        """Deal with the failure."""
        raise NotImplementedError


@mutants.breaks("capture/failure-told", "capture-hangs-on-to-its-call")
class _HangsOnToItsCall(_WithoutDevices):
    """Resolves the promise of an answer() without a microphone, and sends only the bye."""

    def without_devices(self, record: Record, error: str) -> None:
        self.settle(record)
        self.send_bye(record)
        self.stop_timer(record)

    def bye_replied(self, call: str, error: RpcError | None) -> None:
        record = self.find(call)
        if record is None or record.status != "connecting":
            super().bye_replied(call, error)


@mutants.breaks("capture/failure-frees-caller", "capture-ends-on-its-own-side")
class _EndsOnItsOwnSide(_WithoutDevices):
    """Ends a call without a microphone on its own side only: the caller rings on."""

    def without_devices(self, record: Record, error: str) -> None:
        self.emit(commands.EmitError(error, record.info.id, fatal=True))
        self.end(record, error)


@mutants.breaks("capture/failure-frees-caller", "capture-reports-and-forgets")
class _ReportsAndForgets(_WithoutDevices):
    """Reports that there is no microphone, and leaves the call connecting."""

    def without_devices(self, record: Record, error: str) -> None:
        self.emit(commands.EmitError(error, record.info.id))
        self.settle(record, error)


@mutants.breaks(
    "status/single-exit",
    "capture-rings-again",
    # A list that is emitted meanwhile shows the call as ringing again.
    entails=("list/ringing-filter",),
)
class _RingsAgain(_WithoutDevices):
    """Lets a call ring again when there is no microphone."""

    def without_devices(self, record: Record, error: str) -> None:
        self.emit(commands.EmitError(error, record.info.id))
        self.close_media(record)
        record.status = "ringing"
        self.show_status(record, "ringing")
        self.settle(record, error)


@mutants.breaks("list/no-pick", "capture-loses-every-call")
class _LosesEveryCall(_WithoutDevices):
    """Ends every call when one of them finds no microphone."""

    def without_devices(self, record: Record, error: str) -> None:
        self.fail(record, error)
        for other in self.listed:
            self.fail(other, error)


class RingsOn(_WithoutDevices):
    """A right client too: a call rings until its devices are there, and can be answered again."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self.asking: set[str] = set()
        """Calls that were answered, and still ring."""

    def answer(self, event: AnswerRequested) -> None:
        """Ask for the devices, and go on ringing."""
        record = self.find(event.call)
        if record is None or record.status != "ringing" or event.call in self.asking:
            self.emit(commands.Settle(event.promise))
            return
        self.asking.add(event.call)
        record.audio = event.audio is not False
        record.video = bool(event.video)
        record.chosen = event.chosen
        record.waiters += (event.promise,)
        record.media_open = True
        self.emit(commands.ApplyOffer(event.call, record.offer))

    def reject(self, event: RejectRequested) -> None:
        """Leave a call that is being answered as it is."""
        if event.call in self.asking:
            self.emit(commands.Settle(event.promise))
        else:
            super().reject(event)

    def remote_track(self, event: RemoteTrack) -> None:
        """Keep the track until the call is connecting."""
        record = self.find(event.call)
        if record is not None and event.call in self.asking:
            record.remote += (event.track,)
        elif record is not None and record.outbound:
            super().remote_track(event)

    def local_media_ready(self, event: LocalMediaReady) -> None:
        """Stop ringing and go on to the answer."""
        self._connect(event.call)
        super().local_media_ready(event)

    def offer_applied(self, event: OfferApplied) -> None:
        """Stop ringing where no device is needed."""
        record = self.find(event.call)
        if record is not None and not (record.audio or record.video):
            self._connect(event.call)
        super().offer_applied(event)

    def _connect(self, call: str) -> None:
        record = self.find(call)
        if record is None or call not in self.asking:
            return
        self.asking.discard(call)
        self.step(record, "accept")
        tracks, record.remote = record.remote, ()
        for track in tracks:
            record.remote += (track,)
            self.show_stream(record, "remote", record.remote)

    def without_devices(self, record: Record, error: str) -> None:
        """Report the failure; the user decides anew."""
        self.emit(commands.EmitError(error, record.info.id))
        self.close_media(record)
        record.remote = ()
        self.asking.discard(record.info.id)
        self.settle(record, error)


@mutants.breaks("capture/failure-frees-caller", "capture-answers-once")
class _AnswersOnce(RingsOn):
    """Lets a call without a microphone ring on, and ignores every further answer()."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._failed: set[str] = set()

    def answer(self, event: AnswerRequested) -> None:
        if event.call in self._failed:
            self.emit(commands.Settle(event.promise))
        else:
            super().answer(event)

    def without_devices(self, record: Record, error: str) -> None:
        super().without_devices(record, error)
        self._failed.add(record.info.id)


@mutants.breaks("capture/late-permission", "capture-impatient")
class _Impatient(InboundCalls):
    """Counts the time that the user takes to decide: gives the call up after 40 ms."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._asked: set[str] = set()

    def offer_applied(self, event: OfferApplied) -> None:
        super().offer_applied(event)
        record = self.find(event.call)
        if record is not None and (record.audio or record.video):
            self._asked.add(event.call)
            self.emit(commands.StartTimer(f"devices:{event.call}", PATIENCE_MS))

    def local_media_ready(self, event: LocalMediaReady) -> None:
        self._asked.discard(event.call)
        self.emit(commands.CancelTimer(f"devices:{event.call}"))
        super().local_media_ready(event)

    def timer(self, purpose: str, call: str) -> None:
        if purpose != "devices":
            super().timer(purpose, call)
            return
        record = self.find(call)
        if record is not None and call in self._asked and record.status == "connecting":
            self.fail(record, "the devices took too long")


@mutants.breaks("capture/late-permission", "capture-answers-the-gone")
class _AnswersTheGone(Calls):
    """Sends its answer when the user agrees, although the caller has gone."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._gone: dict[str, Record] = {}

    def close_media(self, record: Record) -> None:
        """Keep the media of a call that is still being answered."""
        if record.status == "connecting" and not record.request and record.media_open:
            self._gone[record.info.id] = record
        else:
            super().close_media(record)

    def local_media_ready(self, event: LocalMediaReady) -> None:
        if event.call in self._gone:
            self.emit(commands.MakeAnswer(event.call))
        else:
            super().local_media_ready(event)

    def answer_ready(self, event: AnswerReady) -> None:
        record = self._gone.pop(event.call, None)
        if record is None:
            super().answer_ready(event)
            return
        self.send_answer(record, event.sdp)
        self.emit(commands.CloseMedia(event.call))
