"""Faults of the stream family: what is sent, and what the streams hold."""

from __future__ import annotations

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import EmitStream, MakeAnswer, MediaStream, Side
from ringproof.client.events import AnswerReady, AnswerRequested, OfferApplied, RemoteTrack, Track
from ringproof.client.record import Record
from ringproof.mutants.family import Family

faults = Family()

# -- what answer() was asked for ------------------------------------------------------------------


class _Asking(InboundCalls):
    """Takes ``asked(event)`` for what its user asked for."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        """Return what to do in place of ``event``."""
        return event

    def answer(self, event: AnswerRequested) -> None:
        super().answer(self.asked(event))


@faults.breaks("stream/answer-defaults", name="stream-video-by-default")
class _VideoByDefault(_Asking):
    """Sends video unless told not to."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        return msgspec.structs.replace(event, video=event.video is not False)


@faults.breaks("stream/answer-defaults", name="stream-camera-by-default")
class _CameraByDefault(InboundCalls):
    """Opens the camera with the defaults, and sends nothing of it."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "local" and not record.video:
            tracks = (*tracks, Track("camera", "video"))
        super().show_stream(record, side, tracks)


@faults.breaks("stream/answer-defaults", name="stream-muted-by-default")
class _MutedByDefault(_Asking):
    """Sends audio only when told to."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        return msgspec.structs.replace(event, audio=event.audio is True)


@faults.breaks("stream/answer-audio-video", name="stream-video-ignored")
class _VideoIgnored(_Asking):
    """Sends audio alone when told to send both."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        both = event.audio is True and event.video is True
        return msgspec.structs.replace(event, video=False) if both else event


@faults.breaks("stream/answer-audio-video", name="stream-audio-ignored")
class _AudioIgnored(_Asking):
    """Sends video alone when told to send both."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        both = event.audio is True and event.video is True
        return msgspec.structs.replace(event, audio=False) if both else event


@faults.breaks("stream/answer-video-only", name="stream-audio-regardless")
class _AudioRegardless(_Asking):
    """Sends audio though told not to."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        return msgspec.structs.replace(event, audio=True)


@faults.breaks(
    "stream/answer-video-only",
    name="stream-wrong-side-muted",
    # The local stream has no track for what the answer says it sends.
    entails=("stream/both-when-connected",),
)
class _WrongSideMuted(InboundCalls):
    """Mutes the far side where its own was meant: sends audio and takes none."""

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        if record is not None and not record.audio:
            event = AnswerReady(event.call, _turned(event.sdp, "audio", "recvonly", "sendonly"))
        super().answer_ready(event)


@faults.breaks("stream/answer-video-only", name="stream-no-video-without-audio")
class _NoVideoWithoutAudio(_Asking):
    """Sends nothing at all when told to send no audio."""

    def asked(self, event: AnswerRequested) -> AnswerRequested:
        return msgspec.structs.replace(event, video=False) if event.audio is False else event


@faults.breaks("stream/answer-video-only", name="stream-microphone-without-audio")
class _MicrophoneWithoutAudio(InboundCalls):
    """Opens the microphone though told not to, and sends nothing of it."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "local" and not record.audio:
            tracks = (Track("microphone", "audio"), *tracks)
        super().show_stream(record, side, tracks)


# -- the streams of a connected call --------------------------------------------------------------


@faults.breaks("stream/both-when-connected", name="stream-local-missing")
class _LocalMissing(InboundCalls):
    """Never emits the local stream."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "remote":
            super().show_stream(record, side, tracks)


@faults.breaks("stream/both-when-connected", name="stream-remote-missing")
class _RemoteMissing(InboundCalls):
    """Never emits the remote stream."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "local":
            super().show_stream(record, side, tracks)


@faults.breaks("stream/both-when-connected", name="stream-remote-track-dropped")
class _TrackDropped(InboundCalls):
    """Hands out the far side's first track and drops every other."""

    def remote_track(self, event: RemoteTrack) -> None:
        record = self.find(event.call)
        if record is not None and not record.remote:
            super().remote_track(event)


@faults.breaks("stream/remote-new-per-track", name="stream-object-reused")
class _ObjectReused(InboundCalls):
    """Emits one stream object again for each further track."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        if side == "local":
            super().show_stream(record, side, tracks)
        else:
            stream = MediaStream(f"{record.info.id}/remote", tracks)
            self.emit(EmitStream(record.info.id, side, stream))


@faults.breaks(
    "stream/remote-new-per-track",
    name="stream-one-track-each",
    # No stream holds all that was negotiated.
    entails=("stream/both-when-connected",),
)
class _OneTrackEach(InboundCalls):
    """Puts each track of the far side into a stream of its own."""

    def show_stream(self, record: Record, side: Side, tracks: tuple[Track, ...]) -> None:
        super().show_stream(record, side, tracks[-1:] if side == "remote" else tracks)


# -- media-flows: real media only -----------------------------------------------------------------


@faults.breaks("stream/media-flows", name="stream-promises-a-dead-microphone")
class _DeadMicrophone(InboundCalls):
    """Answers that it sends, shows a local stream, and has opened no device."""

    def offer_applied(self, event: OfferApplied) -> None:
        record = self.find(event.call)
        if record is None or not record.media_open:
            return
        wanted = (("audio", record.audio), ("video", record.video))
        tracks = tuple([Track(f"dead-{kind}", kind) for kind, on in wanted if on])
        self.show_stream(record, "local", tracks)
        self.emit(MakeAnswer(event.call))

    def answer_ready(self, event: AnswerReady) -> None:
        record = self.find(event.call)
        text = event.sdp
        if record is not None:
            for kind, on in (("audio", record.audio), ("video", record.video)):
                text = _turned(text, kind, "recvonly", "sendrecv") if on else text
        super().answer_ready(AnswerReady(event.call, text))


def _turned(text: str, kind: str, before: str, after: str) -> str:
    """Change the direction of a description's section."""
    head, *sections = text.split("m=")
    turned = [
        section.replace(f"a={before}", f"a={after}") if section.startswith(kind) else section
        for section in sections
    ]
    return "m=".join([head, *turned])
