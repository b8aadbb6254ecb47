"""Checks of the outcome family: how ringing ends, and that it ends one way only."""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import ended_by_platform, uncaused
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, Command, earliest
from ringproof.checks.statuses import documented, documented_all

CROSSING_MS: Final = 1_500
"""Longest time between an answer and a give-up that still cross: a browser prepares its answer for
0.1 to 1 s before it sends it."""

BYE_WITHIN_MS: Final = 3_000
"""From reject() or hangup() to the bye at the platform. Chromium on two busy cores: under 0.1 s."""


def three_ways(call: CallRecord) -> CheckResult:
    """Ringing ends by an accept, a decline or the caller, and not by itself.
    Not exercised: the call still rings, or its socket was lost.
    Wrong: a client that stops ringing although nobody accepted, declined or gave up."""
    shown = call.shown
    if call.wire.invite is None or shown.after_ringing < 0 or call.lost_socket:
        return NOT_EXERCISED
    change = uncaused(call) if len(call.session.calls) == 1 else None  # of several: list/no-pick
    if change is None or not change.ringing:
        return PASSED
    at = shown.status_at[shown.after_ringing]
    return call.fail("ringing-ended-by-itself", change.event, at=at, seen=(change.seen,))


def decline_no_media(call: CallRecord) -> CheckResult:
    """A declined call is not answered, opens no media, and the caller sees the decline.
    Not exercised: the call was not declined, or ended otherwise first.
    Wrong: a client that answers, opens the microphone, or sends no bye when its user declines."""
    wire = call.wire
    decline = call.commands.decline
    if decline is None:
        return NOT_EXERCISED
    if wire.answers:
        return call.fail("declined-call-answered", at=wire.answer_at)
    if len(call.shown.local) > decline.local_before:
        return call.fail("declined-call-local-stream", call.shown.local[decline.local_before])
    if wire.packets is not None and any(wire.packets.received.values()):
        return call.fail("declined-call-sent-media", at=wire.packets_at)
    if wire.bye_in is None:
        overdue = bye_overdue(call, decline)
        return call.fail("reject-without-bye") if overdue else NOT_EXERCISED
    ended_first = wire.platform_first or 0 <= wire.ended_at < wire.bye_in_at
    if ended_first or "bye-request" in wire.faults:
        return NOT_EXERCISED
    origin = call.origin
    if origin is None or origin.ended is None or len(origin.dialogs) > 1:
        return PASSED
    promised = call.history.trace.header.scenario.platform.decline_reason
    if origin.ended.reason != promised:
        expected, seen, at = (promised,), (origin.ended.reason,), origin.ended_at
        return call.fail("wrong-decline-reason", at=at, expected=expected, seen=seen)
    return PASSED


def bye_overdue(call: CallRecord, command: Command) -> bool:
    """Say whether the client let the time pass in which a command has to end the call."""
    if call.kept_from_ending:
        return False
    end = earliest(call.wire.bye_out_at, call.session.gone_at)
    return call.session.overdue(command.received_at, end, BYE_WITHIN_MS)


def decline_never_picks_up(call: CallRecord) -> CheckResult:
    """A declined call never connects.
    Not exercised: the call was not declined, or no barrier followed.
    Wrong: a client that shows connecting or connected for a call its user declined."""
    shown = call.shown
    decline = call.commands.decline
    if decline is None:
        return NOT_EXERCISED
    for status in shown.statuses[decline.words_before :]:
        if status.status in ("connecting", "connected"):
            return call.fail("declined-call-status", status, seen=(status.status,))
    if call.origin is not None and call.origin.winner is call:
        return call.fail("declined-call-picked-up", at=call.origin.winner_at)
    if shown.over is None and not call.session.settled_after(decline.received_at):
        return NOT_EXERCISED
    return PASSED


def gave_up_no_resurrection(call: CallRecord) -> CheckResult:
    """Answering a call whose caller has gone brings nothing back.
    Not exercised: nobody answered too late, or no barrier followed.
    Wrong: a client that brings the call back."""
    shown = call.shown
    late = call.commands.late_answer
    if late is None:
        return NOT_EXERCISED
    if shown.revived:
        first = shown.revived[0]
        return call.fail("gone-call-status", first, seen=(documented(first.status),))
    if call.wire.late_answer_at >= 0:
        return call.fail("gone-call-answered", at=call.wire.late_answer_at)
    if shown.removals:
        gone = max(shown.removals[0].emission.n, late.n)
        for number in shown.listings:
            emission = call.session.emissions[number]
            if emission.n > gone:
                return call.fail("gone-call-listed", emission)
    return PASSED if call.session.settled_after(late.received_at) else NOT_EXERCISED


def glare(call: CallRecord) -> CheckResult:
    """A call whose answer crosses the caller's give-up ends, and never connects.
    Not exercised: the two did not cross, or no barrier followed.
    Wrong: a client that connects, or hangs for ever."""
    wire, shown = call.wire, call.shown
    accept, bye = call.commands.accept, wire.bye_out
    if accept is None or bye is None or wire.answered_first or not crossed(call):
        return NOT_EXERCISED
    if call.commands.hangup is not None or bye.detail.get("cause") == "LOSE_RACE":
        return NOT_EXERCISED
    for status in shown.statuses[accept.words_before :]:
        if status.status == "connected":
            return call.fail("given-up-call-connected", status)
    if shown.destroyed is not None:
        return PASSED
    if call.lost_socket or not call.session.settled_after(max(wire.bye_out_at, wire.answer_at)):
        return NOT_EXERCISED
    return call.fail("given-up-call-not-destroyed", seen=documented_all(shown.words[-1:]))


def crossed(call: CallRecord) -> bool:
    """Say whether the platform said bye while the client may still have been about to answer."""
    if call.commands.accept is None or not call.wire.platform_first:
        return False
    accepted_at = call.commands.accept.received_at
    return call.history.elapsed_ms(accepted_at, call.wire.bye_out_at) <= CROSSING_MS


def reject_after_answer(call: CallRecord) -> CheckResult:
    """reject() on an answered call has no effect.
    Not exercised: reject() was not called after answer(), or no barrier followed.
    Wrong: a client that drops an answered call."""
    return _without_effect(call, call.commands.late_reject, "late-reject")


def answer_twice(call: CallRecord) -> CheckResult:
    """A second answer() has no effect.
    Not exercised: answer() was called once, or no barrier followed.
    Wrong: a client that answers twice on the wire, starts over, or drops the call."""
    shown = call.shown
    again = call.commands.second_answer
    if again is not None:
        if call.wire.answers > 1 and not call.lost_socket:
            return call.fail("second-answer-sent", answers=call.wire.answers)
        before, after = shown.words[: again.words_before], shown.words[again.words_before :]
        if after[:1] == ["connecting"] and "connecting" in before:
            return call.fail("second-answer-started-over", shown.statuses[len(before)])
    return _without_effect(call, again, "second-answer")


def _without_effect(call: CallRecord, command: Command | None, what: str) -> CheckResult:
    wire, shown, commands = call.wire, call.shown, call.commands
    if command is None:
        return NOT_EXERCISED
    others = (commands.hangup, commands.second_answer, commands.late_reject)
    alone = not call.kept_from_connecting
    if alone and not any(other is not None and other.n > command.n for other in others):
        unloading = 0 <= call.session.gone_at < wire.bye_in_at
        if wire.bye_in is not None and not wire.platform_first and not unloading:
            return call.fail(f"{what}-sent-bye", at=wire.bye_in_at)
        ended_elsewhere = call.session.gone_at >= 0 or ended_by_platform(call, shown.over_at)
        if shown.over is not None and not ended_elsewhere:
            return call.fail(f"{what}-ended-call", shown.over, seen=(shown.over.status,))
    if shown.over is None and not call.session.settled_after(command.received_at):
        return NOT_EXERCISED
    return PASSED
