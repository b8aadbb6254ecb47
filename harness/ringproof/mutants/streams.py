"""Mutants of the family stream: when streams are emitted, what they hold, and what is sent."""

from __future__ import annotations

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import EmitStream, MakeAnswer, MediaStream, Observable, Side
from ringproof.client.events import (
    AnswerReady,
    AnswerRequested,
    HangupRequested,
    OfferApplied,
    RemoteTrack,
    Track,
)
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.mutants.hooks import answers, greets, on_listing, shows_tracks
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import sdp

mutants = Mutants()

MICROPHONE = (Track("microphone", "audio"),)
CAMERA = (Track("camera", "video"),)


def far_tracks(record: Record) -> tuple[Track, ...]:
    """Return the tracks that a call's offer promises."""
    offered = sdp.directions(record.offer).items()
    return tuple([Track(f"early-{kind}", kind) for kind, way in offered if way.startswith("send")])


# -- streams before accept, or without it ---------------------------------------------------------


@mutants.breaks("stream/remote-after-accept", "stream-before-accept")
class _EarlyStream(InboundCalls):
    """Emits the remote stream while the call is still ringing, and never again."""

    def add(self, record: Record) -> None:
        super().add(record)
        for track in far_tracks(record):
            record.remote += (track,)
            self.show_stream(record, "remote", record.remote)

    def remote_track(self, event: RemoteTrack) -> None:
        """It was shown already."""


@mutants.breaks("stream/never-without-accept", "stream-of-a-missed-call")
class _MissedCallStream(InboundCalls):
    """Emits the remote stream of a call that ends unanswered, as it ends."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "disconnected" and not record.remote:
            self.show_stream(record, "remote", far_tracks(record))


@mutants.breaks("stream/never-without-accept", "stream-microphone-for-hanging-up")
class _MicrophoneForHangup(InboundCalls):
    """Opens the microphone in order to hang up on a call that still rings."""

    def hang_up(self, event: HangupRequested) -> None:
        record = self.find(event.call)
        if record is not None and record.status == "ringing":
            self.show_stream(record, "local", MICROPHONE)
        super().hang_up(event)


# -- late subscribers, and the end ----------------------------------------------------------------


@mutants.breaks("stream/complete-at-end", "stream-never-completes")
class _NeverCompletes(InboundCalls):
    """Leaves the streams of an ended call open."""

    def show_complete(self, record: Record, what: Observable) -> None:
        if what == "status":
            super().show_complete(record, what)


@mutants.breaks("stream/complete-at-end", "stream-unanswered-never-completes")
class _UnansweredNeverCompletes(InboundCalls):
    """Completes only those streams that have emitted something."""

    def show_complete(self, record: Record, what: Observable) -> None:
        if what == "status" or record.streams:
            super().show_complete(record, what)


# -- what answer() was asked for ------------------------------------------------------------------


def without(kind: str, event: AnswerRequested) -> AnswerRequested:
    """Return an answer that does not send ``kind``, where both kinds were asked for."""
    both = event.audio is True and event.video is True
    return msgspec.structs.replace(event, **{kind: False}) if both else event


@mutants.breaks(
    "stream/answer-video-only",
    "stream-wrong-side-muted",
    # The local stream has no track for what the answer says it sends.
    entails=("stream/both-when-connected",),
)
class _WrongSideMuted(InboundCalls):
    """Mutes the far side where its own was meant: sends audio and takes none."""

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        if record is not None and not record.audio:
            event = AnswerReady(event.call, turned(event.sdp, "audio", "recvonly", "sendonly"))
        super().answer_ready(event)


# -- the streams of a connected call --------------------------------------------------------------


@mutants.breaks("stream/both-when-connected", "stream-remote-track-dropped")
class _FirstTrackOnly(InboundCalls):
    """Shows the far side's first track and drops every other."""

    def remote_track(self, event: RemoteTrack) -> None:
        record = self.find(event.call)
        if record is not None and not record.remote:
            super().remote_track(event)


@mutants.breaks("stream/remote-new-per-track", "stream-object-reused")
class _ObjectReused(InboundCalls):
    """Emits one stream object again for each further track."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "local":
            super().show_stream(record, side, tracks)
        else:
            stream = MediaStream(f"{record.info.id}/remote", tracks)
            self.emit(EmitStream(record.info.id, side, stream))


mutants.add(
    "stream/remote-new-per-track",
    "stream-one-track-each: Puts each track of the far side into a stream of its own",
    shows_tracks(lambda _, side, tracks: tracks[-1:] if side == "remote" else tracks),
    # No stream holds all that was negotiated.
    entails=("stream/both-when-connected",),
)


# -- media-flows: real media only -----------------------------------------------------------------


@mutants.breaks("stream/media-flows", "stream-promises-a-dead-microphone")
class _DeadMicrophone(InboundCalls):
    """Answers that it sends, shows a local stream, and has opened no device."""

    def offer_applied(self, event: OfferApplied) -> None:
        record = self.find(event.call)
        if record is None or not record.media_open:
            return
        tracks = tuple([Track(f"dead-{kind}", kind) for kind in sent_kinds(record)])
        self.show_stream(record, "local", tracks)
        self.emit(MakeAnswer(event.call))

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        text = event.sdp
        for kind in sent_kinds(record) if record is not None else ():
            text = turned(text, kind, "recvonly", "sendrecv")
        super().answer_ready(AnswerReady(event.call, text))


def sent_kinds(record: Record) -> tuple[str, ...]:
    """Return the kinds of media that the user asked to send."""
    wanted = (("audio", record.audio), ("video", record.video))
    return tuple([kind for kind, on in wanted if on])


def turned(text: str, kind: str, before: str, after: str) -> str:
    """Change the direction of one kind of media in a session description."""
    head, *sections = text.split("m=")
    changed = [
        section.replace(f"a={before}", f"a={after}") if section.startswith(kind) else section
        for section in sections
    ]
    return "m=".join([head, *changed])


# -- faults that need no class of their own -------------------------------------------------------

mutants.table(
    {
        "stream/local-after-accept": {
            "stream-microphone-while-ringing: Opens the microphone while ringing": on_listing(
                lambda calls, record: calls.show_stream(record, "local", MICROPHONE)
            ),
            "stream-empty-local-while-ringing: Emits a local stream without tracks": on_listing(
                lambda calls, record: calls.show_stream(record, "local", ())
            ),
        },
        "stream/remote-after-accept": {
            "stream-empty-remote-while-ringing: Emits a remote stream without tracks": on_listing(
                lambda calls, record: calls.show_stream(record, "remote", ())
            ),
        },
        "stream/answer-defaults": {
            "stream-video-by-default: Sends video unless asked not to": answers(
                lambda event: msgspec.structs.replace(event, video=event.video is not False)
            ),
            "stream-camera-by-default: Opens the camera with the defaults": shows_tracks(
                lambda record, side, tracks: (
                    (*tracks, *CAMERA) if side == "local" and not record.video else tracks
                )
            ),
            "stream-muted-by-default: Sends audio only when asked to": answers(
                lambda event: msgspec.structs.replace(event, audio=event.audio is True)
            ),
        },
        "stream/answer-audio-video": {
            "stream-video-ignored: Sends audio alone when asked for both": answers(
                lambda event: without("video", event)
            ),
            "stream-audio-ignored: Sends video alone when asked for both": answers(
                lambda event: without("audio", event)
            ),
        },
        "stream/answer-video-only": {
            "stream-audio-regardless: Sends audio though asked not to": answers(
                lambda event: msgspec.structs.replace(event, audio=True)
            ),
            "stream-no-video-without-audio: Sends no video if asked for no audio": answers(
                lambda event: (
                    msgspec.structs.replace(event, video=False) if event.audio is False else event
                )
            ),
            "stream-microphone-without-audio: Opens the microphone unasked": shows_tracks(
                lambda record, side, tracks: (
                    (*MICROPHONE, *tracks) if side == "local" and not record.audio else tracks
                )
            ),
        },
        "stream/both-when-connected": {
            "stream-local-missing: Never emits the local stream": shows_tracks(
                lambda _, side, tracks: None if side == "local" else tracks
            ),
            "stream-remote-missing: Never emits the remote stream": shows_tracks(
                lambda _, side, tracks: None if side == "remote" else tracks
            ),
        },
    }
)

mutants.table(
    {
        "stream/late-subscriber": {
            "stream-late-silence: Gives late subscribers no stream": greets(lambda *_: ()),
            "stream-late-first: Gives late subscribers the first stream, not the latest": greets(
                lambda history, _: history[:1]
            ),
        },
    },
    part="streams",
)
