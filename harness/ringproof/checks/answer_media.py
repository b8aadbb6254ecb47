"""Checks of the stream family that compare what answer() was asked for with what was sent.

An option that is left out is ``stream/answer-defaults``, whatever the other one says: audio is on,
video is off.
"""

from __future__ import annotations

from ringproof.checks.call_record import CallRecord, Command
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.checks.stream import RECEIVING, kinds_sent
from ringproof.trace import Stream
from ringproof.verdict import Failure


@per_call("stream/answer-defaults")
def answer_defaults(call: CallRecord) -> Finding:
    """A client that takes the camera, or leaves the microphone off, when told nothing of either."""
    accept = call.accept
    if accept is None or call.answer is None:
        return UNTOUCHED
    args = accept.args
    if args.get("audio") is not None and args.get("video") is not None:
        return UNTOUCHED
    sent = kinds_sent(call)
    if args.get("video") is None:
        if "video" in sent:
            return _wrong(call, "no video option", "no video", "video is sent")
        camera = _opened(call, accept, "video")
        if camera is not None:
            return call.fail(
                "answer() with no video option: expected no camera; the local stream has video",
                camera,
            )
    if args.get("audio") is None and "audio" not in sent and _wanted(call, "audio"):
        return _wrong(call, "no audio option", "audio", "none is sent")
    return HELD


@per_call("stream/answer-audio-video")
def answer_audio_video(call: CallRecord) -> Finding:
    """A client that sends one of the two when told to send both."""
    accept = call.accept
    if accept is None or call.answer is None:
        return UNTOUCHED
    if accept.args.get("audio") is not True or accept.args.get("video") is not True:
        return UNTOUCHED
    if not (_wanted(call, "audio") and _wanted(call, "video")):
        return UNTOUCHED
    sent = kinds_sent(call)
    missing = [kind for kind in ("audio", "video") if kind not in sent]
    if missing:
        return _wrong(call, "audio and video", "both", f"no {' and no '.join(missing)} is sent")
    return HELD


@per_call("stream/answer-video-only")
def answer_video_only(call: CallRecord) -> Finding:
    """A client that sends audio when told not to, or no video when told to."""
    accept = call.accept
    if accept is None or call.answer is None:
        return UNTOUCHED
    if accept.args.get("audio") is not False or accept.args.get("video") is not True:
        return UNTOUCHED
    sent = kinds_sent(call)
    if "audio" in sent:
        return _wrong(call, "video and without audio", "no audio", "audio is sent")
    microphone = _opened(call, accept, "audio")
    if microphone is not None:
        return call.fail(
            "answer() without audio: expected no microphone; the local stream has audio", microphone
        )
    if not _wanted(call, "video"):
        return HELD
    if "video" not in sent:
        return _wrong(call, "video and without audio", "video", "none is sent")
    return HELD


def _wanted(call: CallRecord, kind: str) -> bool:
    """Say whether the platform offered to receive the kind."""
    assert call.invite is not None or call.answer is not None, "asked for answered calls only"
    offered = call.invite.detail.get("media") or {} if call.invite is not None else {}
    return offered.get(kind) in RECEIVING


def _opened(call: CallRecord, accept: Command, kind: str) -> Stream | None:
    """Return the first local stream since the accept that has a track of this kind."""
    since = call.local[accept.local_before :]
    return next((stream for stream in since if kind in stream.tracks), None)


def _wrong(call: CallRecord, asked: str, expected: str, seen: str) -> Failure:
    return call.fail(f"answer() with {asked}: expected {expected}; {seen}", at=call.answer_at)
