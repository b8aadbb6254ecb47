"""The check that compares a call of the list with a call that the client placed."""

from __future__ import annotations

import msgspec

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, SessionRecord
from ringproof.trace import Stream
from ringproof_fakeserver.protocol.journal import FrameFact

SENDING = frozenset({"sendrecv", "sendonly"})
RECEIVING = frozenset({"sendrecv", "recvonly"})


class Shape(msgspec.Struct, frozen=True):
    """How the streams of a call relate to the media that both sides agreed on."""

    local: tuple[str, ...]
    """What the local stream lacks of the kinds that are sent (``without audio``); ``none`` alone
    where there was no stream. A camera that the far side did not ask for may be in it."""
    remote: tuple[str, ...]


def same_as_outbound(session: SessionRecord) -> CheckResult:
    """Streams of inbound and outbound calls have one shape, measured by what is sent and received.
    Not exercised: the session had no connected call of each direction.
    Wrong: a client whose outbound calls show no local stream, though its inbound ones do."""
    shapes = [(call, shape) for call in session.calls if (shape := _shape(call)) is not None]
    placed = [shape for call, shape in shapes if call.wire.outbound]
    for call, shape in shapes:
        if call.wire.outbound or not placed:
            continue
        if shape not in placed:
            seen = (*_words("local", shape.local), *_words("remote", shape.remote))
            other = placed[0]
            due = (*_words("local", other.local), *_words("remote", other.remote))
            return call.fail("streams-unlike-outbound", expected=due, seen=seen)
    inbound = any(not call.wire.outbound for call, _ in shapes)
    return PASSED if inbound and placed else NOT_EXERCISED


def _words(side: str, lacking: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([f"{side} {word}" for word in lacking or ("whole",)])


def _shape(call: CallRecord) -> Shape | None:
    """Return the shape of a call that connected and has ended; None for any other."""
    wire, shown = call.wire, call.shown
    if wire.outbound:
        ours, theirs = wire.dialled, wire.platform_answer
    else:
        ours, theirs = wire.answer, wire.invite
    settled = "connected" in shown.words and shown.destroyed is not None
    if not settled or ours is None or theirs is None or call.kept_from_connecting:
        return None
    return Shape(
        _lacking(shown.local, _agreed(ours, theirs)),
        _lacking(shown.remote, _agreed(theirs, ours)),
    )


def _agreed(sender: FrameFact, receiver: FrameFact) -> set[str]:
    """Return the kinds that one description sends and the other receives."""
    sent, received = sender.detail.get("media", {}), receiver.detail.get("media", {})
    return {
        kind for kind, way in sent.items() if way in SENDING and received.get(kind) in RECEIVING
    }


def _lacking(streams: list[Stream], agreed: set[str]) -> tuple[str, ...]:
    """Compare the fullest stream that was shown with what was agreed on."""
    if not streams:
        return ("none",) if agreed else ()
    shown = set(max(streams, key=lambda stream: len(stream.tracks)).tracks)
    return tuple([f"without {kind}" for kind in sorted(agreed - shown)])
