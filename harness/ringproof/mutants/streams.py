"""Mutants of the family stream: when streams are emitted, what they hold, and what is sent."""

from __future__ import annotations

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import AcquireMedia, EmitStream, MakeAnswer, MediaStream, Side
from ringproof.client.events import (
    AnswerReady,
    AnswerRequested,
    LocalMediaReady,
    MediaFailed,
    OfferApplied,
    RemoteTrack,
    Track,
)
from ringproof.client.lifecycle import Status
from ringproof.client.record import Record
from ringproof.mutants.hooks import after, changes, ignores, replays, shows_tracks, while_ringing
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import sdp

mutants = Mutants()

MICROPHONE = (Track("microphone", "audio"),)
CAMERA = (Track("camera", "video"),)


def offered_tracks(record: Record) -> tuple[Track, ...]:
    """Return the tracks that a call's offer promises."""
    offered = sdp.directions(record.offer).items()
    return tuple([Track(f"early-{kind}", kind) for kind, way in offered if way.startswith("send")])


@mutants.breaks(
    "stream/remote-after-accept", "stream-before-accept", entails=("stream/same-as-outbound",)
)
class _EarlyStream(InboundCalls):
    """Emits the remote stream while the call is still ringing, and never again."""

    def add(self, record: Record) -> None:
        super().add(record)
        for track in offered_tracks(record):
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
            self.show_stream(record, "remote", offered_tracks(record))


class _NeedsSomethingToSend(InboundCalls):
    def offer_applied(self, event: OfferApplied) -> None:
        record = self.find(event.call)
        if record is not None and not (record.audio or record.video):
            # As getUserMedia() does with neither.
            self.media_failed(MediaFailed(event.call, "TypeError: neither audio nor video"))
        else:
            super().offer_applied(event)


def _has_a_track(calls: InboundCalls, event: RemoteTrack) -> bool:
    record = calls.find(event.call)
    return record is None or bool(record.remote)


mutants.add(
    "stream/never-without-accept",
    "stream-microphone-for-hanging-up: Opens the microphone to hang up on a call that still rings",
    while_ringing(hang_up=lambda calls, record: calls.show_stream(record, "local", MICROPHONE)),
)


def without(kind: str, event: AnswerRequested) -> AnswerRequested:
    """Return an answer that does not send ``kind``, where both kinds were asked for."""
    both = event.audio is True and event.video is True
    return msgspec.structs.replace(event, **{kind: False}) if both else event


@mutants.breaks(
    "stream/answer-video-only",
    "stream-wrong-side-muted",
    # The local stream has no track for what the answer says it sends.
    entails=(
        "stream/both-when-connected",
        "stream/answer-receive-only",
        "stream/answer-within-offer",
    ),
)
class _WrongSideMuted(InboundCalls):
    """Mutes the far side where its own was meant: sends audio and takes none."""

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        if record is not None and not record.audio:
            event = AnswerReady(
                event.call, with_direction(event.sdp, "audio", "recvonly", "sendonly")
            )
        super().answer_ready(event)


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


@mutants.breaks("stream/media-flows", "stream-promises-a-dead-microphone")
class _DeadMicrophone(InboundCalls):
    """Answers that it sends, shows a local stream, and has opened no device."""

    def offer_applied(self, event: OfferApplied) -> None:
        record = self.find(event.call)
        if record is None or not record.media_open:
            return
        devices = dict(zip(("audio", "video"), record.chosen, strict=True))
        kinds = sent_kinds(record)
        tracks = tuple([Track(f"dead-{kind}", kind, None, devices[kind]) for kind in kinds])
        self.show_stream(record, "local", tracks)
        self.emit(MakeAnswer(event.call))

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        text = event.sdp
        for kind in sent_kinds(record) if record is not None else ():
            text = with_direction(text, kind, "recvonly", "sendrecv")
        super().answer_ready(AnswerReady(event.call, text))


@mutants.breaks("stream/media-flows", "stream-promises-a-dead-camera")
class _DeadCamera(InboundCalls):
    """Answers that it sends video, shows it in the local stream, and has opened no camera."""

    def offer_applied(self, event: OfferApplied) -> None:
        record = self.find(event.call)
        if record is None or not (record.audio and record.video):
            super().offer_applied(event)
        elif record.media_open:
            self.emit(AcquireMedia(event.call, True, False, record.chosen))

    def local_media_ready(self, event: LocalMediaReady) -> None:
        record = self.find(event.call)
        if record is not None and record.audio and record.video:
            camera = Track("dead-video", "video", None, record.chosen[1])
            event = LocalMediaReady(event.call, (*event.tracks, camera))
        super().local_media_ready(event)

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        text = event.sdp
        if record is not None and record.audio and "video" in sent_kinds(record):
            text = with_direction(text, "video", "recvonly", "sendrecv")
        super().answer_ready(AnswerReady(event.call, text))


class _AnswersWith(InboundCalls):
    """Gives every section that was offered for receiving alone a direction of its own choice."""

    direction = "sendrecv"

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        text = event.sdp
        offered = sdp.directions(record.offer) if record is not None else {}
        for kind, way in offered.items():
            if way == "sendonly":
                text = with_direction(text, kind, "recvonly", self.direction)
        super().answer_ready(AnswerReady(event.call, text))


@mutants.breaks("stream/answer-within-offer", "stream-answers-both-ways")
class _AnswersBothWays(_AnswersWith):
    """Answers sendrecv whatever the platform takes."""


@mutants.breaks("stream/answer-within-offer", "stream-repeats-the-direction")
class _RepeatsTheDirection(_AnswersWith):
    """Repeats a direction as it was offered, instead of turning it round."""

    direction = "sendonly"


def sent_kinds(record: Record) -> tuple[str, ...]:
    """Return the kinds of media that the user asked to send."""
    wanted = (("audio", record.audio), ("video", record.video))
    return tuple([kind for kind, on in wanted if on])


def with_direction(text: str, kind: str, before: str, after: str) -> str:
    """Change the direction of one kind of media in a session description."""
    head, *sections = text.split("m=")
    changed = [
        section.replace(f"a={before}", f"a={after}") if section.startswith(kind) else section
        for section in sections
    ]
    return "m=".join([head, *changed])


mutants.table(
    {
        "stream/local-after-accept": {
            "stream-microphone-while-ringing: Opens the microphone while ringing": after(
                add=lambda calls, record: calls.show_stream(record, "local", MICROPHONE)
            ),
            "stream-empty-local-while-ringing: Emits a local stream without tracks": after(
                add=lambda calls, record: calls.show_stream(record, "local", ())
            ),
        },
        "stream/remote-after-accept": {
            "stream-empty-remote-while-ringing: Emits a remote stream without tracks": after(
                add=lambda calls, record: calls.show_stream(record, "remote", ())
            ),
        },
        "stream/answer-defaults": {
            "stream-video-by-default: Sends video unless asked not to": changes(
                answer=lambda event: msgspec.structs.replace(event, video=event.video is not False)
            ),
            "stream-camera-by-default: Opens the camera with the defaults": shows_tracks(
                lambda record, side, tracks: (
                    (*tracks, *CAMERA) if side == "local" and not record.video else tracks
                )
            ),
            "stream-muted-by-default: Sends audio only when asked to": changes(
                answer=lambda event: msgspec.structs.replace(event, audio=event.audio is True)
            ),
        },
        "stream/answer-audio-video": {
            "stream-video-ignored: Sends audio alone when asked for both": changes(
                answer=lambda event: without("video", event)
            ),
            "stream-audio-ignored: Sends video alone when asked for both": changes(
                answer=lambda event: without("audio", event)
            ),
        },
        "stream/answer-receive-only": {
            "stream-needs-something-to-send: Fails to answer when it has nothing to send": (
                _NeedsSomethingToSend
            ),
            "stream-audio-at-least: Sends audio when it was told to send nothing": changes(
                answer=lambda event: (
                    msgspec.structs.replace(event, audio=True)
                    if event.audio is False and event.video is False
                    else event
                )
            ),
        },
        "stream/answer-video-only": {
            "stream-audio-regardless: Sends audio though asked not to": changes(
                answer=lambda event: (
                    msgspec.structs.replace(event, audio=True) if event.video else event
                )
            ),
            "stream-no-video-without-audio: Sends no video if asked for no audio": changes(
                answer=lambda event: (
                    msgspec.structs.replace(event, video=False) if event.audio is False else event
                )
            ),
            "stream-microphone-without-audio: Opens the microphone unasked": shows_tracks(
                lambda record, side, tracks: (
                    (*MICROPHONE, *tracks) if side == "local" and not record.audio else tracks
                )
            ),
        },
        "stream/complete-at-end": {
            "stream-never-completes: Leaves the streams of an ended call open": ignores(
                show_complete=lambda calls, record, what: what != "status"
            ),
            "stream-unanswered-never-completes: Leaves streams open that emitted nothing": ignores(
                show_complete=lambda calls, record, what: what != "status" and not record.streams
            ),
        },
        "stream/both-when-connected": {
            "stream-remote-track-dropped: Shows the far side's first track and no other": ignores(
                remote_track=_has_a_track
            ),
            "stream-local-missing: Never emits the local stream": ignores(
                show_stream=lambda calls, record, side, tracks: side == "local"
            ),
            "stream-remote-missing: Never emits the remote stream": ignores(
                show_stream=lambda calls, record, side, tracks: side == "remote"
            ),
        },
    }
)

mutants.table(
    {
        "stream/late-subscriber": {
            "stream-late-silence: Gives late subscribers no stream": replays(lambda *_: ()),
            "stream-late-first: Gives late subscribers the first stream, not the latest": replays(
                lambda history, _: history[:1]
            ),
        },
    },
    part="streams",
)
