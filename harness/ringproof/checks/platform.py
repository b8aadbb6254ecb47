"""Checks of the platform itself: a failure here is the stand-in's fault, not the client's."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, OriginRecord, earliest
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

RING_SLACK_MS: Final = 2_000
"""How much later than its ring time a call may end: the offer is made first, timers are late."""

TOLD_WITHIN_MS: Final = 2_000
"""From the first answer to the bye for another device; on a busy machine a frame leaves late."""

SIMULATED_MS: Final = 100
"""The same in virtual time, where nothing is ever busy."""


def undef_name(origin: OriginRecord) -> CheckResult:
    """An invite has the caller's name, or the placeholder.
    Not exercised: the dial is not in the trace.
    Wrong: a platform that sends another name than the caller's, or omits it."""
    caller = origin.caller
    if caller is None:
        return NOT_EXERCISED
    name = caller.name
    expected = UNDEFINED_NAME if name is None else name
    result: CheckResult = NOT_EXERCISED
    for call in origin.dialogs:
        if call.wire.invite is None:
            continue
        sent = call.wire.offered("from_name")
        if sent != expected:
            at = call.wire.invite_at
            return origin.fail("wrong-name-in-invite", at=at, due=expected, sent=sent)
        result = PASSED
    return result


def ring_timeout(origin: OriginRecord) -> CheckResult:
    """Ringing ends after the ring time, and every device is notified.
    Not exercised: the call was answered, or ended otherwise.
    Wrong: a platform that rings on after the ring time, or keeps its end from a device."""
    if origin.created_at < 0 or origin.winner is not None or origin.ended is None:
        return NOT_EXERCISED  # without an end: platform/one-ended
    ended, history = origin.ended, origin.history
    ring_ms = history.trace.header.scenario.platform.ring_ms
    rang_ms = history.elapsed_ms(origin.created_at, origin.ended_at)
    if rang_ms > ring_ms + RING_SLACK_MS:
        return origin.fail("ringing-too-long", at=origin.ended_at, ring_ms=ring_ms, rang_ms=rang_ms)
    if ended.by != "timer":
        return NOT_EXERCISED
    if ended.reason != "noAnswer":
        kind, seen = "wrong-ring-timeout-reason", (ended.reason,)
        return origin.fail(kind, at=origin.ended_at, expected=("noAnswer",), seen=seen)
    if any(_not_notified(call, origin.ended_at) for call in origin.dialogs):
        return origin.fail("device-not-notified-of-timeout", at=origin.ended_at)
    return PASSED


def _not_notified(call: CallRecord, at: int) -> bool:
    """Say whether a device rang, had to be notified at ``at`` that it should stop, and was not."""
    wire, session = call.wire, call.session
    if wire.invite is None or wire.bye_in is not None or wire.bye_out is not None:
        return False
    if any(wire.invite_at < lost_at for lost_at in session.lost_at):
        return False  # the platform gave the dialog up together with the socket
    faultless = wire.faults.isdisjoint(("bye", "bye-request"))
    return faultless and session.gone_at < 0 and session.settled_after(at)


def _told_within_ms(origin: OriginRecord) -> int:
    return SIMULATED_MS if origin.history.simulated else TOLD_WITHIN_MS


def _told_late(call: CallRecord, at: int, within_ms: int) -> bool:
    """Say whether a device was told only some time after ``at`` that it should stop ringing."""
    told_at = call.wire.bye_out_at
    if told_at < at or "bye" in call.wire.faults:
        return False
    if any(call.wire.invite_at < lost_at < told_at for lost_at in call.session.lost_at):
        return False
    return call.history.elapsed_ms(at, told_at) > within_ms


def one_ended(origin: OriginRecord) -> CheckResult:
    """A call ends once.
    Not exercised: the call was not created in the trace, or no barrier followed; or the client
    under test placed a call of its own accord, which may well go on.
    Wrong: a platform that forgets to end a call, or ends it twice."""
    if origin.created_at < 0:
        return NOT_EXERCISED
    states = [fact.state for fact in origin.facts]
    if "ended" not in states:
        overdue = origin.dial is not None and origin.history.settled_at >= origin.created_at
        return origin.fail("call-never-ended", at=origin.created_at) if overdue else NOT_EXERCISED
    after = states[states.index("ended") + 1 :]
    if after:
        return origin.fail("call-state-after-end", seen=tuple(after))
    return PASSED


def fork_losers_bye(origin: OriginRecord) -> CheckResult:
    """When one device answers, the others are notified.
    Not exercised: nobody answered, or no other device rang.
    Wrong: a platform that leaves a device ringing, or lets it ring on, after another has
    answered."""
    won_at, within_ms = origin.winner_at, _told_within_ms(origin)
    if origin.winner is None:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    for call in origin.dialogs:
        if call is origin.winner or not 0 <= call.wire.invite_at < won_at:
            continue
        if 0 <= earliest(call.wire.bye_out_at, call.wire.bye_in_at) < won_at:
            continue
        if _not_notified(call, won_at):
            return origin.fail("fork-loser-not-notified", at=won_at)
        if _told_late(call, won_at, within_ms):
            at = call.wire.bye_out_at
            return origin.fail("fork-loser-told-late", at=at, within_ms=within_ms)
        if call.wire.bye_out is not None:
            result = PASSED
    return result
