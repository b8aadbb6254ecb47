"""Checks of the stream family that compare what answer() was asked for with what was sent.

An option that is left out is ``stream/answer-defaults``, whatever the other one says: audio is on,
video is off.
"""

from __future__ import annotations

from ringproof.checks.call_record import CallRecord, Command
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.checks.stream import RECEIVING, kinds_sent
from ringproof.trace import Stream


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
            return call.fail("video-by-default", at=call.answer_at)
        camera = _opened(call, accept, "video")
        if camera is not None:
            return call.fail("camera-by-default", camera)
    if args.get("audio") is None and "audio" not in sent and _wanted(call, "audio"):
        return call.fail("no-audio-by-default", at=call.answer_at)
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
    missing = tuple([kind for kind in ("audio", "video") if kind not in sent])
    if missing:
        return call.fail("audio-or-video-not-sent", at=call.answer_at, seen=missing)
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
        return call.fail("audio-though-switched-off", at=call.answer_at)
    microphone = _opened(call, accept, "audio")
    if microphone is not None:
        return call.fail("microphone-though-switched-off", microphone)
    if not _wanted(call, "video"):
        return HELD
    if "video" not in sent:
        return call.fail("video-not-sent", at=call.answer_at)
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
