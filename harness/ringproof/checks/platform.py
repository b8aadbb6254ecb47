"""Checks of the platform itself: a row that fails here blames the stand-in, not the client."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.records import OriginRecord
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_origin_call
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

RING_SLACK_MS: Final = 2_000
"""How much later than its ring time a call may end: the offer is made first, timers are late."""


@per_origin_call("platform/undef-name")
def undef_name(origin: OriginRecord) -> Finding:
    """A platform that sends another name than the caller's, or none where there should be one."""
    callers = origin.history.trace.header.scenario.callers
    number = origin.dial.args.get("caller") if origin.dial is not None else None
    if not isinstance(number, int) or not 0 <= number < len(callers):
        return UNTOUCHED
    name = callers[number].name
    expected = UNDEFINED_NAME if name is None else name
    finding: Finding = UNTOUCHED
    for call in origin.dialogs:
        if call.invite is None:
            continue
        seen = call.invite.detail.get("from_name")
        if seen != expected:
            return origin.fail("wrong-name-in-invite", at=call.invite_at, due=expected, sent=seen)
        finding = HELD
    return finding


@per_origin_call("platform/ring-timeout")
def ring_timeout(origin: OriginRecord) -> Finding:
    """A platform that rings on after the ring time, or keeps its end from a device."""
    if origin.created_at < 0 or origin.winner is not None or origin.ended is None:
        return UNTOUCHED  # without an end, platform/one-ended says so
    ended, history = origin.ended, origin.history
    entries = history.trace.entries
    ring_ms = history.trace.header.scenario.platform.ring_ms
    rang_ms = (entries[origin.ended_at].at_us - entries[origin.created_at].at_us) // 1000
    if rang_ms > ring_ms + RING_SLACK_MS:
        return origin.fail("ringing-too-long", at=origin.ended_at, ring_ms=ring_ms, rang_ms=rang_ms)
    if ended.by != "timer":
        return UNTOUCHED
    if ended.reason != "noAnswer":
        return origin.fail(
            "wrong-ring-timeout-reason",
            at=origin.ended_at,
            expected=("noAnswer",),
            seen=(ended.reason,),
        )
    untold = next((call for call in origin.dialogs if _ought_to_know(call, origin.ended_at)), None)
    if untold is not None:
        return origin.fail("device-not-notified-of-timeout", at=origin.ended_at)
    return HELD


def _ought_to_know(call: CallRecord, at: int) -> bool:
    """Say whether a device rang, had to be told at ``at`` that it should stop, and was not."""
    session = call.session
    if call.invite is None or call.bye_in is not None or call.bye_out is not None:
        return False
    if any(call.invite_at < lost_at for lost_at in session.lost_at):
        return False  # the platform gave the dialog up together with the socket
    if not call.faults.isdisjoint(("bye", "bye-request")):
        return False
    return session.gone_at < 0 and session.settled_after(at)


@per_origin_call("platform/one-ended")
def one_ended(origin: OriginRecord) -> Finding:
    """A platform that forgets to end a call, or ends it twice."""
    if origin.created_at < 0:
        return UNTOUCHED
    states = [fact.state for fact in origin.facts]
    if "ended" not in states:
        if origin.history.settled_at < origin.created_at:
            return UNTOUCHED
        return origin.fail("call-never-ended", at=origin.created_at)
    after = states[states.index("ended") + 1 :]
    if after:
        return origin.fail("call-state-after-end", seen=tuple(after))
    return HELD


@per_origin_call("platform/fork-losers-bye")
def fork_losers_bye(origin: OriginRecord) -> Finding:
    """A platform that leaves a device ringing after another has answered."""
    won_at = origin.winner_at
    if origin.winner is None:
        return UNTOUCHED
    finding: Finding = UNTOUCHED
    for call in origin.dialogs:
        if call is origin.winner or not 0 <= call.invite_at < won_at:
            continue
        if 0 <= call.bye_out_at < won_at or 0 <= call.bye_in_at < won_at:
            continue
        if _ought_to_know(call, won_at):
            return origin.fail("fork-loser-not-notified", at=won_at)
        if call.bye_out is not None:
            finding = HELD
    return finding
