"""Checks of the stream family: which streams a call emits, when, and what they carry.

A stream that comes too early breaks one clause: while the call rings it is the side's own
(``local-after-accept``, ``remote-after-accept``), later ``never-without-accept``.
"""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord, Command
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.trace import Packets, Stream

SENDING: Final = frozenset({"sendrecv", "sendonly"})
RECEIVING: Final = frozenset({"sendrecv", "recvonly"})

FLOWS_WITHIN_MS: Final = 4_000
"""From the media being up to packets. Measured in Chromium on two busy cores: under 1.5 s."""


@per_call("stream/local-after-accept")
def local_after_accept(call: CallRecord) -> Finding:
    """A client that opens the microphone or camera while the call still rings."""
    accept = call.accept
    return _after_accept(call, call.local, accept.local_before if accept else None, "local")


@per_call("stream/remote-after-accept")
def remote_after_accept(call: CallRecord) -> Finding:
    """A client that hands out the caller's stream while the call still rings."""
    accept = call.accept
    return _after_accept(call, call.remote, accept.remote_before if accept else None, "remote")


def _after_accept(
    call: CallRecord, streams: list[Stream], before: int | None, side: str
) -> Finding:
    if call.outbound:
        return UNTOUCHED
    early = streams[0] if streams and before != 0 else None
    if early is not None and _while_ringing(call, early):
        return call.fail(f"{side}-stream-while-ringing", early)
    # Only an answer that the platform saw shows that what came after the accept came of it.
    return UNTOUCHED if before is None or call.answer is None else HELD


def _while_ringing(call: CallRecord, stream: Stream) -> bool:
    """Say whether a stream came while the call rang, and not on account of a decision.

    A decline may set the microphone off, and must not; the far side's stream has no part in it.
    """
    if call.left >= 0 and call.statuses[call.left].n < stream.n:
        return False
    commands = (
        (call.accept, call.decline, call.hangup) if stream.side == "local" else (call.accept,)
    )
    return all(command is None or stream.n < command.n for command in commands)


@per_call("stream/never-without-accept")
def never_without_accept(call: CallRecord) -> Finding:
    """A client that emits a stream on a call that is over, or being declined, unaccepted."""
    if call.accept is not None or call.outbound or call.over is None:
        return UNTOUCHED
    for streams in (call.local, call.remote):
        for stream in streams:
            if not _while_ringing(call, stream):
                return call.fail("stream-without-accept", stream, seen=(stream.side,))
    return HELD


def _offered(call: CallRecord) -> dict[str, str]:
    """Return kind → direction of the platform's offer."""
    return call.invite.detail.get("media") or {} if call.invite is not None else {}


def _answered(call: CallRecord) -> dict[str, str]:
    """Return kind → direction of the client's answer."""
    return call.answer.detail.get("media") or {} if call.answer is not None else {}


def kinds_sent(call: CallRecord) -> set[str]:
    """Return the kinds that the client agreed to send, and the platform to receive."""
    offered = _offered(call)
    return {
        kind
        for kind, way in _answered(call).items()
        if way in SENDING and offered.get(kind) in RECEIVING
    }


def kinds_received(call: CallRecord) -> set[str]:
    """Return the kinds that the platform sends, and the client agreed to receive."""
    offered = _offered(call)
    return {
        kind
        for kind, way in _answered(call).items()
        if way in RECEIVING and offered.get(kind) in SENDING
    }


@per_call("stream/both-when-connected")
def both_when_connected(call: CallRecord) -> Finding:
    """A client whose connected call lacks a stream, or a track of it, that was negotiated."""
    if call.accept is None or call.answer is None or "connected" not in call.words:
        return UNTOUCHED
    connected_at = call.status_at[call.words.index("connected")]
    for side, streams, kinds in (
        ("local", call.local, kinds_sent(call)),
        ("remote", call.remote, kinds_received(call)),
    ):
        if not kinds or any(kinds.issubset(stream.tracks) for stream in streams):
            continue
        if not _lasted(call, connected_at):
            return UNTOUCHED
        seen = tuple(["+".join(stream.tracks) or "no track" for stream in streams]) or (
            "no stream",
        )
        return call.fail(f"no-{side}-stream", expected=tuple(sorted(kinds)), seen=seen)
    return HELD


def _lasted(call: CallRecord, start: int) -> bool:
    """Say whether what was due at ``start`` had its time before the call's end."""
    ends = [at for at in (call.bye_out_at, call.bye_in_at, call.session.gone_at) if at >= 0]
    end = min(ends, default=-1)
    if end < 0:
        return call.session.settled_after(start)
    allowed_ms = FLOWS_WITHIN_MS if call.real else 0
    return start < end and call.session.elapsed_ms(start, end) >= allowed_ms


@per_call("stream/late-subscriber")
def late_subscriber(call: CallRecord) -> Finding:
    """A client that leaves who subscribes to a stream late without it."""
    finding: Finding = UNTOUCHED
    for command in call.observed:
        current = _current(call, command)
        if current is None or command.error:
            continue
        late = next((s for s in call.late_streams if s.observer == command.id), None)
        if late is None:
            if call.session.settled_after(command.received_at):
                return call.fail("no-stream-to-late-subscriber", expected=(current.side,))
            continue
        if late.stream != current.stream:
            return call.fail(
                "wrong-stream-to-late-subscriber",
                late,
                expected=(current.side,),
                stream_id=late.stream,
                current_id=current.stream,
            )
        finding = HELD
    return finding


def _current(call: CallRecord, command: Command) -> Stream | None:
    """Return the stream that was current when a connected call was observed, if there was one."""
    before = command.words_before
    if not before or call.words[before - 1] != "connected":
        return None
    match command.args.get("what"):
        case "local_stream" if command.local_before:
            return call.local[command.local_before - 1]
        case "remote_stream" if command.remote_before:
            return call.remote[command.remote_before - 1]
        case _:
            return None


@per_call("stream/remote-new-per-track")
def remote_new_per_track(call: CallRecord) -> Finding:
    """A client that adds a remote track to a stream it has handed out, or loses one in a new."""
    streams = call.remote
    if len(streams) < 2 or call.answer is None:
        return UNTOUCHED
    finding: Finding = UNTOUCHED
    seen = {streams[0].stream}
    tracks = set(streams[0].tracks)
    expected = len(kinds_received(call))
    for number in range(1, len(streams)):
        stream = streams[number]
        grown = not tracks.issuperset(stream.tracks)
        # As many emissions as tracks: each stands for a track, though a shared object shows all.
        stands_for_track = number < expected
        if grown or stands_for_track:
            if stream.stream in seen:
                return call.fail("stream-object-emitted-again", stream, stream_id=stream.stream)
            if not tracks.issubset(stream.tracks):
                return call.fail(
                    "new-stream-without-old-tracks",
                    stream,
                    expected=tuple(sorted(tracks)),
                    seen=stream.tracks or ("none",),
                )
            finding = HELD
        seen.add(stream.stream)
        tracks.update(stream.tracks)
    return finding


@per_call("stream/complete-at-end")
def complete_at_end(call: CallRecord) -> Finding:
    """A client whose stream observables outlive the call."""
    if call.destroyed is None:
        return UNTOUCHED
    if call.local_done is not None and call.remote_done is not None:
        return HELD
    if not call.session.settled_after(call.status_at[-1]):
        return UNTOUCHED
    done = (("local", call.local_done), ("remote", call.remote_done))
    still_open = tuple([side for side, complete in done if complete is None])
    return call.fail("streams-not-completed", seen=still_open)


@per_call("stream/media-flows")
def media_flows(call: CallRecord) -> Finding:
    """A client that shows connected and sends, or plays, nothing."""
    counted = call.packets
    if not call.real or counted is None or "connected" not in call.words or call.answer is None:
        return UNTOUCHED
    received = {
        event.kind: event.packets
        for entry in call.rtp
        if isinstance(event := entry.event, Packets) and event.side == "received"
    }
    silent = [
        f"{kind} from the client" for kind in kinds_sent(call) if not counted.received.get(kind)
    ]
    arrived = received if call.rtp else counted.sent
    silent += [f"{kind} to the client" for kind in kinds_received(call) if not arrived.get(kind)]
    if not silent:
        return HELD
    if call.session.elapsed_ms(call.media_at, call.packets_at) < FLOWS_WITHIN_MS:
        return UNTOUCHED  # counted too early to tell
    return call.fail("no-packets", at=call.packets_at, seen=tuple(sorted(silent)))
