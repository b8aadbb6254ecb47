"""Checks of the outcome family: how ringing ends, and that it ends one way only."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord, Command
from ringproof.checks.causes import dropped_at, uncaused
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.checks.statuses import documented, documented_all
from ringproof.trace import Status

CROSSING_MS: Final = 1_500
"""Longest time between an answer and a give-up that still cross: a browser prepares its answer for
0.1 to 1 s before it sends it."""

TOLD_MS: Final = 3_000
"""From reject() or hangup() to the bye at the platform. Chromium on two busy cores: under 0.1 s."""


@per_call("outcome/three-ways")
def three_ways(call: CallRecord) -> Finding:
    """A client that stops ringing although nobody accepted, declined or gave up."""
    session = call.session
    if call.invite is None or call.left < 0 or call.disturbed:
        return UNTOUCHED
    if len(session.calls) > 1:
        return HELD  # list/no-pick says so
    change = uncaused(call)
    if change is None or not change.ringing:
        return HELD
    at = call.status_at[call.left]
    return call.fail("ringing-ended-by-itself", change.event, at=at, seen=(change.seen,))


@per_call("outcome/decline-no-media")
def decline_no_media(call: CallRecord) -> Finding:
    """A client that answers, opens the microphone, or tells nobody when its user declines."""
    decline = call.decline
    if decline is None:
        return UNTOUCHED
    if call.answers:
        return call.fail("declined-call-answered", at=call.answer_at)
    if len(call.local) > decline.local_before:
        return call.fail("declined-call-local-stream", call.local[decline.local_before])
    if call.packets is not None and any(call.packets.received.values()):
        return call.fail("declined-call-sent-media", at=call.packets_at)
    if call.bye_in is None:
        if untold(call, decline):
            return call.fail("reject-without-bye")
        return UNTOUCHED
    if call.platform_first or 0 <= call.ended_at < call.bye_in_at:
        return UNTOUCHED
    if "bye-request" in call.faults:
        return UNTOUCHED
    origin = call.origin
    if origin is None or origin.ended is None or len(origin.dialogs) > 1:
        return HELD
    if origin.ended.reason != "decline":
        return call.fail(
            "wrong-decline-reason",
            at=origin.ended_at,
            expected=("decline",),
            seen=(origin.ended.reason,),
        )
    return HELD


def untold(call: CallRecord, command: Command) -> bool:
    """Say whether the client let the time pass in which a command has to reach the platform."""
    if call.kept_from_ending:
        return False
    session = call.session
    at, end = command.received_at, call.bye_out_at
    if session.gone_at >= 0 and (end < 0 or session.gone_at < end):
        end = session.gone_at
    if end < 0:
        return session.settled_after(at)
    return session.elapsed_ms(at, end) >= TOLD_MS or session.settled_between(at, end)


@per_call("outcome/decline-never-picks-up")
def decline_never_picks_up(call: CallRecord) -> Finding:
    """A client that shows connecting or connected for a call its user declined."""
    decline = call.decline
    if decline is None:
        return UNTOUCHED
    for position in range(decline.words_before, len(call.words)):
        if call.words[position] in ("connecting", "connected"):
            seen = (call.words[position],)
            return call.fail("declined-call-status", call.statuses[position], seen=seen)
    if call.origin is not None and call.origin.winner is call:
        return call.fail("declined-call-picked-up", at=call.origin.winner_at)
    if call.over is None and not call.session.settled_after(decline.received_at):
        return UNTOUCHED
    return HELD


@per_call("outcome/gave-up-no-resurrection")
def gave_up_no_resurrection(call: CallRecord) -> Finding:
    """A client that brings a call back when it is answered after the caller has gone."""
    late = call.late_answer
    if late is None:
        return UNTOUCHED
    if call.revived:
        first = call.revived[0]
        return call.fail("gone-call-status", first, seen=(documented(first.status),))
    if call.late_frame_at >= 0:
        return call.fail("gone-call-answered", at=call.late_frame_at)
    emissions = call.session.emissions
    if call.removals:
        gone = call.removals[0].emission
        for number in call.listings:
            if number > gone and emissions[number].n > late.n:
                return call.fail("gone-call-listed", emissions[number])
    return HELD if call.session.settled_after(late.received_at) else UNTOUCHED


@per_call("outcome/glare")
def glare(call: CallRecord) -> Finding:
    """A client that connects, or hangs for ever, when its answer crosses the caller's give-up."""
    accept, bye = call.accept, call.bye_out
    if accept is None or bye is None or call.answered_first or not crossed(call):
        return UNTOUCHED
    if call.hangup is not None or bye.detail.get("cause") == "LOSE_RACE":
        return UNTOUCHED
    session = call.session
    for position in range(accept.words_before, len(call.words)):
        if call.words[position] == "connected":
            return call.fail("given-up-call-connected", call.statuses[position])
    if call.destroyed is not None:
        return HELD
    if call.disturbed or not session.settled_after(max(call.bye_out_at, call.answer_at)):
        return UNTOUCHED
    return call.fail("given-up-call-not-destroyed", seen=documented_all(call.words[-1:]))


def crossed(call: CallRecord) -> bool:
    """Say whether the platform said bye while the client may still have been about to answer."""
    if call.accept is None or not call.platform_first:
        return False
    elapsed_ms = call.session.elapsed_ms(call.accept.received_at, call.bye_out_at)
    return elapsed_ms <= CROSSING_MS


@per_call("outcome/reject-after-answer")
def reject_after_answer(call: CallRecord) -> Finding:
    """A client that drops an answered call when it is told to reject it."""
    return _without_effect(call, call.reject_again, "late-reject")


@per_call("outcome/answer-twice")
def answer_twice(call: CallRecord) -> Finding:
    """A client that answers twice on the wire, starts over, or drops the call."""
    again = call.again
    if again is not None:
        if call.answers > 1 and not call.disturbed:
            return call.fail("second-answer-sent", answers=call.answers)
        before, after = call.words[: again.words_before], call.words[again.words_before :]
        if after[:1] == ["connecting"] and "connecting" in before:
            return call.fail("second-answer-started-over", call.statuses[len(before)])
    return _without_effect(call, again, "second-answer")


def _without_effect(call: CallRecord, command: Command | None, what: str) -> Finding:
    if command is None:
        return UNTOUCHED
    others = (call.hangup, call.again, call.reject_again)
    alone = not call.kept_from_connecting
    if alone and not any(other is not None and other.n > command.n for other in others):
        if call.bye_in is not None and not call.platform_first:
            return call.fail(f"{what}-sent-bye", at=call.bye_in_at)
        if call.over is not None and not _ended_elsewhere(call, call.over):
            return call.fail(f"{what}-ended-call", call.over, seen=(call.over.status,))
    if call.over is None and not call.session.settled_after(command.received_at):
        return UNTOUCHED
    return HELD


def _ended_elsewhere(call: CallRecord, over: Status) -> bool:
    """Say whether a call that is over has a reason for it that no command of its user is."""
    session = call.session
    if session.gone_at >= 0:
        return True
    over_at = call.status_at[call.words.index(over.status)]
    return any(0 <= end < over_at for end in (call.bye_out_at, dropped_at(call)))
