"""Checks of the stream family: which streams a call emits, when, and what they carry.

A stream that comes too early breaks one clause: while the call rings it is the side's own
(``local-after-accept``, ``remote-after-accept``), later ``never-without-accept``. An option that
answer() leaves out is ``answer-defaults``, whatever the other option is.
"""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import dropped_at
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, Command, earliest
from ringproof.trace import Stream
from ringproof_fakeserver.protocol.journal import MediaFact

SENDING: Final = frozenset({"sendrecv", "sendonly"})
RECEIVING: Final = frozenset({"sendrecv", "recvonly"})

ANSWERED_WITHIN_MS: Final = 5_000
"""From answer() to the answer on the wire. A browser prepares it for 0.1 to 1 s."""

FLOWS_WITHIN_MS: Final = 4_000
"""From the media being up to packets. Measured in Chromium on two busy cores: under 1.5 s."""


def local_after_accept(call: CallRecord) -> CheckResult:
    """The local stream is emitted only after answer().
    Not exercised: the call was not answered, and showed no stream while it rang.
    Wrong: a client that opens the microphone or camera while the call still rings."""
    accept = call.commands.accept
    return _after_accept(call, call.shown.local, accept.local_before if accept else None)


def remote_after_accept(call: CallRecord) -> CheckResult:
    """The remote stream is emitted only after answer().
    Not exercised: the call was not answered, and showed no stream while it rang.
    Wrong: a client that hands out the caller's stream while the call still rings."""
    accept = call.commands.accept
    return _after_accept(call, call.shown.remote, accept.remote_before if accept else None)


def _after_accept(call: CallRecord, streams: list[Stream], before: int | None) -> CheckResult:
    """Judge the streams of one side; ``before`` is how many came before the accept, if any."""
    if call.wire.outbound or call.kept:
        return NOT_EXERCISED
    if streams and before != 0 and _while_ringing(call, streams[0]):
        return call.fail(f"{streams[0].side}-stream-while-ringing", streams[0])
    # Only an answer that the platform saw shows that what came after the accept came of it.
    return NOT_EXERCISED if before is None or call.wire.answer is None else PASSED


def _while_ringing(call: CallRecord, stream: Stream) -> bool:
    """Say whether a stream came while the call rang, and not because of a decision.

    A local stream may follow a decline, which other clauses judge; a remote stream cannot.
    """
    shown, commands = call.shown, call.commands
    if shown.after_ringing >= 0 and shown.statuses[shown.after_ringing].n < stream.n:
        return False
    decisions = [commands.accept]
    if stream.side == "local":
        decisions += [commands.decline, commands.hangup]
    return all(command is None or stream.n < command.n for command in decisions)


def never_without_accept(call: CallRecord) -> CheckResult:
    """A call that nobody accepts emits no stream on its way out.
    Not exercised: the call was accepted or is not over.
    Wrong: a client that emits a stream on a call that is over, or being declined, unaccepted."""
    shown = call.shown
    if call.commands.accept is not None or call.wire.outbound or shown.over is None:
        return NOT_EXERCISED
    if call.kept:
        return NOT_EXERCISED  # accepted on the page before
    for stream in (*shown.local, *shown.remote):
        if not _while_ringing(call, stream):
            return call.fail("stream-without-accept", stream, seen=(stream.side,))
    return PASSED


def kinds_sent(call: CallRecord) -> set[str]:
    """Return the kinds that the client agreed to send, and the platform to receive."""
    return _kinds(call, SENDING, RECEIVING)


def kinds_received(call: CallRecord) -> set[str]:
    """Return the kinds that the platform sends, and the client agreed to receive."""
    return _kinds(call, RECEIVING, SENDING)


def _kinds(call: CallRecord, answered: frozenset[str], offered: frozenset[str]) -> set[str]:
    """Return the kinds with such a direction in the client's answer and in the platform's offer."""
    if call.wire.answer is None:
        return set()
    answer, offer = call.wire.answer.detail.get("media") or {}, call.wire.offered("media") or {}
    return agreed(answer, offer, answered, offered)


def agreed(
    mine: dict[str, str], theirs: dict[str, str], way: frozenset[str], other: frozenset[str]
) -> set[str]:
    """Return the kinds whose direction is one of ``way`` on one side, of ``other`` on the other."""
    return {kind for kind, one in mine.items() if one in way and theirs.get(kind) in other}


def both_when_connected(call: CallRecord) -> CheckResult:
    """A connected call has a local and a remote stream with all negotiated tracks.
    Not exercised: the call did not connect, or not for long enough.
    Wrong: a client whose connected call lacks a stream, or a track of it."""
    shown = call.shown
    if call.commands.accept is None or call.wire.answer is None or "connected" not in shown.words:
        return NOT_EXERCISED
    connected_at = shown.status_at[shown.words.index("connected")]
    for side, streams, kinds in (
        ("local", shown.local, kinds_sent(call)),
        ("remote", shown.remote, kinds_received(call)),
    ):
        if not kinds or any(kinds.issubset(stream.tracks) for stream in streams):
            continue
        if not _lasted(call, connected_at):
            return NOT_EXERCISED
        seen = ["+".join(stream.tracks) or "no track" for stream in streams] or ["no stream"]
        return call.fail(f"no-{side}-stream", expected=tuple(sorted(kinds)), seen=tuple(seen))
    return PASSED


def _lasted(call: CallRecord, start: int) -> bool:
    """Say whether what was due at ``start`` had its time before the call's end."""
    wire = call.wire
    end = earliest(wire.bye_out_at, wire.bye_in_at, call.session.gone_at)
    if end < 0:
        return call.session.settled_after(start)
    allowed_ms = FLOWS_WITHIN_MS if wire.real else 0
    return start < end and call.history.elapsed_ms(start, end) >= allowed_ms


def late_subscriber(call: CallRecord) -> CheckResult:
    """Who subscribes late to a stream gets the current one first.
    Not exercised: nobody subscribed late to a stream of a connected call.
    Wrong: a client that leaves late subscribers without it."""
    result: CheckResult = NOT_EXERCISED
    for command in call.commands.observed:
        current = _current(call, command)
        if current is None or command.error:
            continue
        late = next((s for s in call.shown.late_streams if s.observer == command.id), None)
        expected = (current.side,)
        if late is not None:
            if late.stream != current.stream:
                kind, ids = "wrong-stream-to-late-subscriber", (late.stream, current.stream)
                return call.fail(kind, late, expected=expected, stream_id=ids[0], current_id=ids[1])
            result = PASSED
        elif call.session.settled_after(command.received_at):
            return call.fail("no-stream-to-late-subscriber", expected=expected)
    return result


def _current(call: CallRecord, command: Command) -> Stream | None:
    """Return the stream that was current when a connected call was observed, if there was one."""
    shown = call.shown
    before = command.words_before
    if not before or shown.words[before - 1] != "connected":
        return None
    streams: list[Stream] = []
    if command.args.get("what") == "local_stream":
        streams = shown.local[: command.local_before]
    elif command.args.get("what") == "remote_stream":
        streams = shown.remote[: command.remote_before]
    return streams[-1] if streams else None


def remote_new_per_track(call: CallRecord) -> CheckResult:
    """Each further remote track comes in a new stream object, with all tracks so far.
    Not exercised: there was one remote track.
    Wrong: a client that adds a track to a stream it has emitted, or omits one in a new stream."""
    streams = call.shown.remote
    if len(streams) < 2 or call.wire.answer is None:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    ids, tracks = {streams[0].stream}, set(streams[0].tracks)
    kinds = len(kinds_received(call))
    for number, stream in enumerate(streams[1:], start=1):
        # As many emissions as tracks: each is for one track, though a shared object shows all.
        if number < kinds or not tracks.issuperset(stream.tracks):
            if stream.stream in ids:
                return call.fail("stream-object-emitted-again", stream, stream_id=stream.stream)
            if not tracks.issubset(stream.tracks):
                expected, seen = tuple(sorted(tracks)), stream.tracks or ("none",)
                kind = "new-stream-without-old-tracks"
                return call.fail(kind, stream, expected=expected, seen=seen)
            result = PASSED
        ids.add(stream.stream)
        tracks.update(stream.tracks)
    return result


def complete_at_end(call: CallRecord) -> CheckResult:
    """Both streams complete when the call is destroyed.
    Not exercised: the call was not destroyed, or no barrier followed.
    Wrong: a client whose stream observables outlive the call."""
    shown = call.shown
    if shown.destroyed is None:
        return NOT_EXERCISED
    if shown.local_done is not None and shown.remote_done is not None:
        return PASSED
    if not call.session.settled_after(shown.status_at[-1]):
        return NOT_EXERCISED
    done = {"local": shown.local_done, "remote": shown.remote_done}
    still_open = tuple([side for side, complete in done.items() if complete is None])
    return call.fail("streams-not-completed", seen=still_open)


def media_flows(call: CallRecord) -> CheckResult:
    """Packets of every negotiated kind flow in a connected call.
    Not exercised: media was the event model's, not counted, or counted too early.
    Wrong: a client that shows connected and sends, or plays, nothing."""
    wire, shown = call.wire, call.shown
    counted = wire.packets
    if not wire.real or counted is None or "connected" not in shown.words or wire.answer is None:
        return NOT_EXERCISED
    return judge_packets(call, counted, kinds_sent(call), kinds_received(call), "no-packets")


def judge_packets(
    call: CallRecord, counted: MediaFact, sent: set[str], received: set[str], kind: str
) -> CheckResult:
    """Judge the last count of packets, where these kinds are ``sent`` and ``received``."""
    wire, shown = call.wire, call.shown
    arrived = counted.sent
    if shown.packets:
        arrived = {one.kind: one.packets for one in shown.packets if one.side == "received"}
    silent = [f"{one} from the client" for one in sent if not counted.received.get(one)]
    silent += [f"{one} to the client" for one in received if not arrived.get(one)]
    if not silent:
        return PASSED
    if call.history.elapsed_ms(wire.media_at, wire.packets_at) < FLOWS_WITHIN_MS:
        return NOT_EXERCISED  # counted too early
    return call.fail(kind, at=wire.packets_at, seen=tuple(sorted(silent)))


# What answer() was asked for, compared with what was sent.


def answer_defaults(call: CallRecord) -> CheckResult:
    """answer() without an option sends audio and no video.
    Not exercised: both options were given, or the call was not answered.
    Wrong: a client that takes the camera, or leaves the microphone off, without being asked to."""
    options = _options(call)
    if options is None or None not in options:
        return NOT_EXERCISED
    audio, video = options
    sent, answer_at = kinds_sent(call), call.wire.answer_at
    if video is None:
        if "video" in sent:
            return call.fail("video-by-default", at=answer_at)
        camera = _opened(call, "video")
        if camera is not None:
            return call.fail("camera-by-default", camera)
    if audio is None and "audio" not in sent and _wanted(call, "audio"):
        return call.fail("no-audio-by-default", at=answer_at)
    return PASSED


def answer_audio_video(call: CallRecord) -> CheckResult:
    """answer() with audio and video sends both.
    Not exercised: the two were not both asked for and offered.
    Wrong: a client that sends one of the two."""
    kinds = ("audio", "video")
    if _options(call) != (True, True) or not all(_wanted(call, kind) for kind in kinds):
        return NOT_EXERCISED
    sent = kinds_sent(call)
    missing = tuple([kind for kind in kinds if kind not in sent])
    if missing:
        return call.fail("audio-or-video-not-sent", at=call.wire.answer_at, seen=missing)
    return PASSED


def answer_video_only(call: CallRecord) -> CheckResult:
    """answer() with video and without audio sends video alone.
    Not exercised: this was not asked for, or the call was not answered.
    Wrong: a client that sends audio although it is off, or no video although it is on."""
    if _options(call) != (False, True):
        return NOT_EXERCISED
    sent, answer_at = kinds_sent(call), call.wire.answer_at
    if "audio" in sent:
        return call.fail("audio-though-switched-off", at=answer_at)
    microphone = _opened(call, "audio")
    if microphone is not None:
        return call.fail("microphone-though-switched-off", microphone)
    if "video" not in sent and _wanted(call, "video"):
        return call.fail("video-not-sent", at=answer_at)
    return PASSED


def answer_receive_only(call: CallRecord) -> CheckResult:
    """answer() without audio and video sends nothing, opens nothing, and receives.
    Not exercised: something was to be sent, or the call ended before it was answered.
    Wrong: a client that cannot answer when it has nothing to send, or sends something."""
    accept, wire = call.commands.accept, call.wire
    if accept is None or not sends_nothing(accept):
        return NOT_EXERCISED
    off = [kind for kind in ("audio", "video") if accept.args.get(kind) is False]
    if call.shown.requests:
        at, request = call.shown.requests[0]
        return call.fail("devices-for-nothing", at=at, seen=request.kinds)
    if wire.answer is None:
        # Who shows connected without an answer breaks status/answer-order.
        pretended = "connected" in call.shown.words
        due = not pretended and not call.kept_from_connecting and _gave_up_alone(call, accept)
        return call.fail("receive-only-not-answered") if due else NOT_EXERCISED
    sent = kinds_sent(call)
    if wrong := [kind for kind in off if kind in sent]:
        return call.fail("sent-though-switched-off", at=wire.answer_at, seen=tuple(wrong))
    opened = [stream for stream in (_opened(call, kind) for kind in off) if stream is not None]
    if opened:
        return call.fail("opened-though-switched-off", opened[0], seen=opened[0].tracks)
    return PASSED


def answer_within_offer(call: CallRecord) -> CheckResult:
    """The answer sends only what the offer takes, and takes only what it sends.
    Not exercised: the offer left every direction open, or the call was not answered.
    Wrong: a client that answers by habit, or repeats the direction that it was offered."""
    wire = call.wire
    offer = wire.offered("media") or {}
    if wire.answer is None or not set(offer.values()) - {"sendrecv"}:
        return NOT_EXERCISED
    for kind, way in (wire.answer.detail.get("media") or {}).items():
        offered = offer.get(kind, "inactive")
        wrong = way in SENDING and offered not in RECEIVING
        if wrong or (way in RECEIVING and offered not in SENDING):
            seen, expected = (f"{kind} {way}",), (f"{kind} {offered}",)
            return call.fail("beyond-offer", at=wire.answer_at, expected=expected, seen=seen)
    return PASSED


def sends_nothing(accept: Command) -> bool:
    """Say whether answer() was asked to send neither audio nor video."""
    return accept.args.get("audio") is False and not accept.args.get("video")


def _gave_up_alone(call: CallRecord, accept: Command) -> bool:
    """Say whether the client ended an accepted call by itself, or let its time pass."""
    commands, shown = call.commands, call.shown
    if any((commands.hangup, commands.late_reject, commands.second_answer)):
        return False
    wire = call.wire
    end = earliest(wire.bye_out_at, dropped_at(call), call.session.gone_at)
    own_end = earliest(wire.bye_in_at, shown.over_at)
    if own_end >= 0 and (end < 0 or own_end < end):
        return True
    return call.session.overdue(accept.received_at, end, ANSWERED_WITHIN_MS)


def _wanted(call: CallRecord, kind: str) -> bool:
    """Say whether the platform offered to receive the kind."""
    return (call.wire.offered("media") or {}).get(kind) in RECEIVING


def _options(call: CallRecord) -> tuple[bool | None, bool | None] | None:
    """Return the options audio and video of answer(); None for a call that was not answered."""
    accept = call.commands.accept
    if accept is None or call.wire.answer is None:
        return None
    return accept.args.get("audio"), accept.args.get("video")


def _opened(call: CallRecord, kind: str) -> Stream | None:
    """Return the first local stream since the accept that has a track of this kind."""
    accept = call.commands.accept
    since = call.shown.local[accept.local_before if accept else 0 :]
    return next((stream for stream in since if kind in stream.tracks), None)
