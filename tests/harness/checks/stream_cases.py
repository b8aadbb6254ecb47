"""Cases of the stream family."""

from __future__ import annotations

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO, AUDIO_VIDEO, A, TraceBuilder, start

NOT_ANSWERED = {
    "given up": start().ringing().gave_up().settled(),
    "still rings": start().ringing().settled(),
}
AUDIO_ONLY_ANSWER = {"audio": "sendrecv", "video": "recvonly"}
VIDEO_ONLY_ANSWER = {"audio": "recvonly", "video": "sendrecv"}


def _video_call():
    return start().ringing(media=AUDIO_VIDEO)


def _sent(answer: dict[str, str], *tracks: str, offer=AUDIO_VIDEO, **args: bool):
    """A call that is accepted with ``args`` and answered with ``answer`` and ``tracks``."""
    trace = start().ringing(media=offer).command("call.answer", **args)
    return trace.stream("local", *tracks).answer_frame(media=answer).settled()


def _observed(what: str = "remote_stream"):
    trace = start().ringing().answered().stream("remote", "audio", stream="now")
    trace.stream("local", "audio", stream="mine")
    return trace.command("observe", what=what, id="late")


def _remote(*emissions: tuple[str, str], offer=AUDIO_VIDEO):
    """A video call whose remote stream is emitted as (object, tracks joined by +) each."""
    trace = start().ringing(media=offer).command("call.answer").answer_frame(media=offer)
    for stream, tracks in emissions:
        trace.stream("remote", *tracks.split("+"), stream=stream)
    return trace.settled()


def _counted(after_ms: int, sut: int | None, **counts: dict[str, int]):
    """A call with real media, counted some time after it connected."""
    trace = start().ringing().command("call.answer").status("connecting").answer_frame()
    trace.media(real=True).status("connected").later(after_ms)
    trace.media(state="packets", real=True, **counts)
    if sut is not None:
        trace.packets("sent", "audio", 9).packets("received", "audio", sut)
    return trace.settled()


BOTH_WAYS = {"sent": {"audio": 9}, "received": {"audio": 7}}

PRETENDED = (
    start()
    .ringing()
    .command("call.answer")
    .stream("local", "audio")
    .stream("remote", "audio")
    .status("connecting", "connected")
    .settled()
)

SENDS_AUDIO = {"audio": "sendonly"}
TAKES_AUDIO = {"audio": "recvonly"}
RECEIVES = {"audio": "recvonly", "video": "recvonly"}


def _receiving() -> TraceBuilder:
    """The user answers and wants to send nothing."""
    return start().ringing().command("call.answer", audio=False, video=False)


CASES = {
    "stream/local-after-accept": Cases(
        passes={"answered": start().ringing().answered().settled()},
        breaks={
            "opened while ringing": (
                start().ringing().stream("local", "audio").answered(),
                "the local stream was emitted while the call rang",
            ),
            "opened, never answered": (
                start().ringing().stream("local", "audio").gave_up(),
                "the local stream was emitted while the call rang",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "the platform saw no answer": PRETENDED,
            "opened on declining": start().ringing().command("call.reject").stream("local"),
            "its own call": start().frame("verto.invite", A, out=False).stream("local", "audio"),
        },
    ),
    "stream/remote-after-accept": Cases(
        passes={"answered": start().ringing().answered().settled()},
        breaks={
            "shown while ringing": (
                start().ringing().stream("remote", "audio").answered(),
                "the remote stream was emitted while the call rang",
            ),
            "shown while ringing, and declined meanwhile": (
                start().ringing().command("call.reject").stream("remote", "audio"),
                "the remote stream was emitted while the call rang",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "the platform saw no answer": PRETENDED,
            "shown after the end": start().ringing().gave_up().stream("remote", "audio"),
        },
    ),
    "stream/never-without-accept": Cases(
        passes={
            "given up": start().ringing().gave_up().settled(),
            "shown while ringing": start().ringing().stream("remote", "audio").gave_up(),
            "answered too late": start()
            .ringing()
            .gave_up()
            .command("call.answer")
            .stream("local", "audio"),
        },
        breaks={
            "opened on declining": (
                start().ringing().command("call.reject").stream("local", "audio").over("failed"),
                "the local stream of a call that nobody accepted was emitted",
            ),
            "shown after the end": (
                start().ringing().gave_up().stream("remote", "audio"),
                "the remote stream of a call that nobody accepted",
            ),
        },
        not_exercised={
            "answered": start().ringing().answered().settled(),
            "still rings": start().ringing().settled(),
        },
    ),
    "stream/answer-defaults": Cases(
        passes={
            "audio and no video": _sent(AUDIO_ONLY_ANSWER, "audio"),
            "audio call": _sent(AUDIO, "audio", offer=AUDIO),
            "video is on, audio by default": _sent(AUDIO_VIDEO, "audio", "video", video=True),
        },
        breaks={
            "takes the camera": (
                _sent(AUDIO_VIDEO, "audio", "video"),
                "answer() with no video option: expected no video; video is sent",
            ),
            "takes the camera and sends nothing of it": (
                _sent(AUDIO_ONLY_ANSWER, "audio", "video"),
                "expected no camera",
            ),
            "mutes": (
                _sent({"audio": "recvonly", "video": "recvonly"}),
                "answer() with no audio option: expected audio; none is sent",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "both options given": _sent(AUDIO_VIDEO, audio=True, video=True),
            "never got out": start().ringing().command("call.answer").settled(),
        },
    ),
    "stream/answer-audio-video": Cases(
        passes={"both": _sent(AUDIO_VIDEO, "audio", "video", audio=True, video=True)},
        breaks={
            "no video": (
                _sent(AUDIO_ONLY_ANSWER, "audio", audio=True, video=True),
                "answer() with audio and video: expected both; no video is sent",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "by default": _sent(AUDIO_ONLY_ANSWER, "audio"),
            "video was not offered": _sent(AUDIO, "audio", offer=AUDIO, audio=True, video=True),
        },
    ),
    "stream/answer-video-only": Cases(
        passes={
            "video": _sent(VIDEO_ONLY_ANSWER, "video", audio=False, video=True),
            "video was not offered": _sent(
                {"audio": "recvonly"}, offer=AUDIO, audio=False, video=True
            ),
        },
        breaks={
            "sends audio": (
                _sent(AUDIO_VIDEO, "audio", "video", audio=False, video=True),
                "expected no audio; audio is sent",
            ),
            "takes the microphone": (
                _sent(VIDEO_ONLY_ANSWER, "audio", "video", audio=False, video=True),
                "expected no microphone",
            ),
            "sends nothing": (
                _sent({"audio": "recvonly", "video": "recvonly"}, "video", audio=False, video=True),
                "expected video; none is sent",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "both": _sent(AUDIO_VIDEO, "audio", "video", audio=True, video=True),
        },
    ),
    "stream/answer-within-offer": Cases(
        passes={
            "receives": _sent({"audio": "recvonly"}, "audio", offer=SENDS_AUDIO),
            "takes nothing": _sent({"audio": "inactive"}, offer=SENDS_AUDIO),
            "sends what is taken": _sent({"audio": "sendonly"}, "audio", offer=TAKES_AUDIO),
            "one section is open": _sent(
                {"audio": "sendrecv", "video": "recvonly"},
                "audio",
                offer={"audio": "sendrecv", "video": "sendonly"},
            ),
        },
        breaks={
            "sends": (
                _sent({"audio": "sendrecv"}, "audio", offer=SENDS_AUDIO),
                "the platform offered audio sendonly; expected an answer within it, and saw audio "
                "sendrecv",
            ),
            "repeats": (_sent({"audio": "sendonly"}, offer=SENDS_AUDIO), "saw audio sendonly"),
            "takes": (_sent({"audio": "recvonly"}, offer=TAKES_AUDIO), "saw audio recvonly"),
        },
        not_exercised={
            "all is open": _sent(AUDIO, "audio", offer=AUDIO),
            "not answered": start().ringing(media=SENDS_AUDIO).gave_up().settled(),
        },
    ),
    "stream/answer-receive-only": Cases(
        passes={
            "both off": _sent(RECEIVES, audio=False, video=False),
            "audio off, video left out": _sent({"audio": "recvonly"}, offer=AUDIO, audio=False),
        },
        breaks={
            "fails": (
                _receiving().over("failed").settled(),
                "answer() with nothing to send; expected an answer, and the platform got none",
            ),
            "does nothing": (_receiving().settled(), "the platform got none"),
            "does nothing until it is cancelled": (
                _receiving().later(6_000).gave_up().settled(),
                "the platform got none",
            ),
            "declines": (_receiving().client_bye().settled(), "the platform got none"),
            "sends audio": (
                _sent({**RECEIVES, "audio": "sendrecv"}, audio=False, video=False),
                "answered with audio though it was switched off",
            ),
            "opens the camera": (
                _sent(RECEIVES, "video", audio=False, video=False),
                "opened a local stream with video though it was switched off",
            ),
            "asks for the microphone": (
                _receiving().devices("asked").settled(),
                "asked for audio though answer() was to send nothing",
            ),
        },
        not_exercised={
            "default": start().ringing().answered().settled(),
            "video only": _sent(VIDEO_ONLY_ANSWER, "video", audio=False, video=True),
            "the caller goes at once": _receiving().gave_up().settled(),
            "the caller had gone unnoticed": start()
            .ringing()
            .dialog(A, "ended", reason="ORIGINATOR_CANCEL")
            .command("call.answer", audio=False)
            .over("disconnected")
            .settled(),
            "hung up": _receiving().hung_up().settled(),
            "the answer was not heard": _receiving().fault("ignore", "answer").settled(),
            "no barrier": _receiving(),
        },
    ),
    "stream/both-when-connected": Cases(
        passes={
            "audio": start().ringing().answered().settled(),
            "video": _video_call().answered(media=AUDIO_VIDEO).settled(),
            "nothing negotiated": start()
            .ringing()
            .command("call.answer")
            .status("connecting")
            .answer_frame(media={"audio": "inactive"})
            .status("connected"),
        },
        breaks={
            "no remote stream": (
                start()
                .ringing()
                .command("call.answer")
                .stream("local", "audio")
                .status("connecting")
                .answer_frame()
                .status("connected")
                .settled(),
                "expected a remote stream with audio; saw no stream",
            ),
            "a track short": (
                _video_call()
                .command("call.answer")
                .stream("local", "audio")
                .status("connecting")
                .answer_frame(media=AUDIO_VIDEO)
                .status("connected")
                .later(10)
                .platform_bye(),
                "expected a local stream with audio+video; saw audio",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "never connected": start().ringing().command("call.answer").answer_frame().settled(),
            "real media, over at once": start()
            .ringing()
            .command("call.answer")
            .status("connecting")
            .answer_frame()
            .media(real=True)
            .status("connected")
            .platform_bye(),
            "no barrier": start()
            .ringing()
            .command("call.answer")
            .status("connecting")
            .answer_frame()
            .status("connected"),
        },
    ),
    "stream/late-subscriber": Cases(
        passes={
            "remote": _observed().stream("remote", "audio", stream="now", observer="late"),
            "local": _observed("local_stream").stream(
                "local", "audio", stream="mine", observer="late"
            ),
        },
        breaks={
            "nothing": (_observed().settled(), "late to the remote stream got nothing"),
            "another": (
                _observed().stream("remote", "audio", stream="odd", observer="late"),
                "first got remote stream odd; the current one was now",
            ),
            "the next one only": (
                _observed()
                .stream("remote", "audio", stream="newer")
                .stream("remote", "audio", stream="newer", observer="late"),
                "first got remote stream newer; the current one was now",
            ),
        },
        not_exercised={
            "nobody is late": start().ringing().answered().settled(),
            "while ringing": start().ringing().command("observe", what="local_stream").settled(),
            "nothing shown yet": start().command("observe", what="local_stream").settled(),
            "no stream yet": start()
            .ringing()
            .command("call.answer")
            .status("connecting", "connected")
            .command("observe", what="remote_stream")
            .settled(),
            "status": _observed("status").settled(),
            "refused": _observed().reply("late", error="sut_error").settled(),
            "no barrier": _observed(),
        },
    ),
    "stream/remote-new-per-track": Cases(
        passes={
            "a new one each": _remote(("one", "audio"), ("two", "audio+video")),
            "and the last again": _remote(
                ("one", "audio"), ("two", "audio+video"), ("two", "audio+video")
            ),
        },
        breaks={
            "one object grows": (
                _remote(("one", "audio"), ("one", "audio+video")),
                "remote stream one was emitted again for another track",
            ),
            "one object for two tracks": (
                _remote(("one", "audio+video"), ("one", "audio+video")),
                "expected a new stream object",
            ),
            "the first track gets lost": (
                _remote(("one", "audio"), ("two", "video")),
                "expected a stream with all tracks so far (audio); saw video",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "one track": _remote(("one", "audio"), offer=AUDIO),
            "one track, emitted again": _remote(("one", "audio"), ("one", "audio"), offer=AUDIO),
            "made up": start()
            .ringing()
            .stream("remote", "audio", stream="one")
            .stream("remote", "audio", "video", stream="two")
            .settled(),
        },
    ),
    "stream/media-flows": Cases(
        passes={
            "both ways": _counted(50, 8, **BOTH_WAYS),
            "the client cannot count": _counted(50, None, **BOTH_WAYS),
        },
        breaks={
            "nothing from the client": (
                _counted(4_500, 8, sent={"audio": 9}),
                "no packets of audio from the client",
            ),
            "nothing to the client": (
                _counted(4_500, 0, **BOTH_WAYS),
                "no packets of audio to the client",
            ),
        },
        not_exercised={
            **NOT_ANSWERED,
            "media of the event model": start()
            .ringing()
            .answered()
            .media(state="packets")
            .settled(),
            "counted too early": _counted(50, 0, **BOTH_WAYS),
            "not counted": start()
            .ringing()
            .command("call.answer")
            .answer_frame()
            .media(real=True)
            .status("connecting", "connected")
            .settled(),
        },
    ),
    "stream/complete-at-end": Cases(
        passes={"given up": start().ringing().gave_up().settled()},
        breaks={
            "the remote stream stays": (
                start()
                .ringing()
                .platform_bye()
                .status("disconnected", "destroyed")
                .complete("status", "local_stream")
                .settled(),
                "still open: remote stream",
            ),
            "both stay": (
                start().ringing().platform_bye().status("disconnected", "destroyed").settled(),
                "still open: local and remote stream",
            ),
        },
        not_exercised={
            "still rings": start().ringing().settled(),
            "no barrier": start().ringing().platform_bye().status("disconnected", "destroyed"),
        },
    ),
}
