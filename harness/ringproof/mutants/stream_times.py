"""Faults of the stream family: streams that come too early, too late, or for the wrong call."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import MediaStream, Observable
from ringproof.client.events import HangupRequested, RemoteTrack, Track
from ringproof.client.lifecycle import Status
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.mutants.family import Family
from ringproof_fakeserver.protocol import sdp

faults = Family()

Streams = Subject[MediaStream]


def far_tracks(record: Record) -> tuple[Track, ...]:
    """Return the tracks that a call's offer promises."""
    offered = sdp.directions(record.offer).items()
    return tuple([Track(f"early-{kind}", kind) for kind, way in offered if way.startswith("send")])


# -- before accept --------------------------------------------------------------------------------


@faults.breaks("stream/local-after-accept", name="stream-microphone-while-ringing")
class _MicrophoneWhileRinging(InboundCalls):
    """Opens the microphone as soon as somebody calls."""

    def add(self, record: Record) -> None:
        super().add(record)
        self.show_stream(record, "local", (Track("preview", "audio"),))


@faults.breaks("stream/local-after-accept", name="stream-empty-local-while-ringing")
class _EmptyLocal(InboundCalls):
    """Emits a local stream without tracks as soon as somebody calls."""

    def add(self, record: Record) -> None:
        super().add(record)
        self.show_stream(record, "local", ())


@faults.breaks("stream/remote-after-accept", name="stream-before-accept")
class _EarlyStream(InboundCalls):
    """Emits the remote stream while the call is still ringing, and never again."""

    def add(self, record: Record) -> None:
        super().add(record)
        for track in far_tracks(record):
            record.remote += (track,)
            self.show_stream(record, "remote", record.remote)

    def remote_track(self, event: RemoteTrack) -> None:
        """It was shown already."""


@faults.breaks("stream/remote-after-accept", name="stream-empty-remote-while-ringing")
class _EmptyRemote(InboundCalls):
    """Emits a remote stream without tracks as soon as somebody calls."""

    def add(self, record: Record) -> None:
        super().add(record)
        self.show_stream(record, "remote", ())


# -- without accept -------------------------------------------------------------------------------


@faults.breaks("stream/never-without-accept", name="stream-of-a-missed-call")
class _OfMissedCall(InboundCalls):
    """Emits the remote stream of a call that ends unanswered, on its way out."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "disconnected" and not record.remote:
            self.show_stream(record, "remote", far_tracks(record))


@faults.breaks("stream/never-without-accept", name="stream-microphone-for-hanging-up")
class _MicrophoneForHangup(InboundCalls):
    """Opens the microphone in order to hang up on a call that still rings."""

    def hang_up(self, event: HangupRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self.show_stream(record, "local", (Track("microphone", "audio"),))
        super().hang_up(event)


# -- late-subscriber ------------------------------------------------------------------------------


@faults.breaks("stream/late-subscriber", name="stream-late-silence", part="streams")
class _LateSilence(Streams):
    """Gives late subscribers no stream."""

    def subscribe(
        self, on_value: OnValue[MediaStream], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        self._latest = ()
        return super().subscribe(on_value, on_complete)


@faults.breaks("stream/late-subscriber", name="stream-late-first", part="streams")
class _LateFirst(Streams):
    """Gives late subscribers the first stream, which lacks the tracks that came later."""

    _first: tuple[MediaStream, ...] = ()

    def emit(self, value: MediaStream) -> None:
        self._first = self._first or (value,)
        super().emit(value)

    def subscribe(
        self, on_value: OnValue[MediaStream], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        self._latest = self._first
        return super().subscribe(on_value, on_complete)


# -- complete-at-end ------------------------------------------------------------------------------


@faults.breaks("stream/complete-at-end", name="stream-never-completes")
class _NeverCompletes(InboundCalls):
    """Leaves the streams of an ended call open."""

    def show_complete(self, record: Record, what: Observable) -> None:
        if what == "status":
            super().show_complete(record, what)


@faults.breaks("stream/complete-at-end", name="stream-unanswered-never-completes")
class _UnansweredNeverCompletes(InboundCalls):
    """Completes only those streams that have emitted something."""

    def show_complete(self, record: Record, what: Observable) -> None:
        if what == "status" or record.streams:
            super().show_complete(record, what)
