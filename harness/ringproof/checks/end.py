"""Checks of the end family: how an end reaches the other side."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.outcome import bye_overdue
from ringproof.checks.records import CallRecord
from ringproof.checks.status import ENDED, ending
from ringproof.checks.statuses import documented_all

END_WITHIN_MS: Final = 5_000
"""From a page that is gone to the platform's end of its call."""

_OTHER_ENDS: Final = frozenset({"NORMAL_CLEARING", "ORIGINATOR_CANCEL", "NO_ANSWER", "LOSE_RACE"})
"""Causes that have nothing to do with a device's leaving."""


def hangup_reaches_server(call: CallRecord) -> CheckResult:
    """hangup() ends the call at the platform, and its promise resolves when it is done.
    Not exercised: nobody hung up, or the platform ended the call first.
    Wrong: a client that hangs up locally only, or whose promise fails or resolves too early."""
    wire = call.wire
    hangup = call.commands.hangup
    if hangup is None:
        return NOT_EXERCISED
    if wire.bye_in is None:
        overdue = bye_overdue(call, hangup)
        return call.fail("hangup-without-bye") if overdue else NOT_EXERCISED
    if wire.platform_first:
        return NOT_EXERCISED
    settled, session = hangup.settled, call.session
    if settled is None:
        if call.kept_from_ending:
            return NOT_EXERCISED
        overdue = session.settled_after(max(hangup.received_at, wire.bye_result_at))
        return call.fail("hangup-not-settled") if session.reports_settled and overdue else PASSED
    if 0 <= session.gone_at < hangup.settled_at:
        return PASSED  # the device went away first, and its promise with it
    if settled.error:
        return call.fail("hangup-rejected", settled, error=settled.error)
    if call.shown.destroyed is not None and settled.n < call.shown.destroyed.n:
        return call.fail("hangup-resolved-early", settled)
    return PASSED


def remote_hangup(call: CallRecord) -> CheckResult:
    """When the far side hangs up, a call is disconnected, then destroyed.
    Not exercised: the call was not answered, or its user hung up.
    Wrong: a client that stays connected, or skips disconnected."""
    wire, commands = call.wire, call.commands
    accept = commands.accept
    if accept is None or commands.hangup is not None or commands.late_answer is not None:
        return NOT_EXERCISED
    if not wire.answered_first or not wire.platform_first:
        return NOT_EXERCISED
    if call.shown.destroyed is None and _by_script(call):
        return NOT_EXERCISED  # judged by end/script-finishes
    kind = "wrong-end-after-remote-hangup"
    result = ending(call, kind, ENDED, accept.words_before, wire.bye_out_at)
    if result is not PASSED and call.kept_from_connecting:
        return NOT_EXERCISED  # it may have failed by itself, a moment before
    return result


def _by_script(call: CallRecord) -> bool:
    origin = call.origin
    return origin is not None and origin.ended is not None and origin.ended.by == "script"


def script_finishes(call: CallRecord) -> CheckResult:
    """A call ends when the far side's script is over.
    Not exercised: the caller had no script, or the call was not answered.
    Wrong: a client that stays in the call."""
    wire = call.wire
    if not _by_script(call) or not wire.answered_first:
        return NOT_EXERCISED
    if call.shown.destroyed is not None:
        return PASSED
    overdue = wire.bye_out is not None and call.session.settled_after(wire.bye_out_at)
    if not overdue or call.kept_from_ending:
        return NOT_EXERCISED
    last = documented_all(call.shown.words[-1:])
    return call.fail("call-outlives-script", expected=("destroyed",), seen=last)


def page_unload(call: CallRecord) -> CheckResult:
    """A call of a closed page ends at the platform within seconds.
    Not exercised: no page was closed during a call, or the call ended for another reason.
    Wrong: a client whose call goes on after its page was closed."""
    wire = call.wire
    vanished, ended_at = call.session.vanished, wire.ended_at
    if vanished is None or not 0 <= wire.invite_at < vanished.sent_at:
        return NOT_EXERCISED
    if any(0 <= at < vanished.sent_at for at in (ended_at, wire.bye_out_at)):
        return NOT_EXERCISED
    elapsed_ms = call.history.elapsed_ms(vanished.sent_at, ended_at)
    if elapsed_ms > END_WITHIN_MS:
        kind = "call-outlives-page" if ended_at >= 0 else "call-never-ends-after-page"
        return call.fail(kind, at=ended_at, limit_ms=END_WITHIN_MS, elapsed_ms=elapsed_ms)
    if ended_at < 0 or (wire.bye_in is None and wire.ended_reason in _OTHER_ENDS):
        return NOT_EXERCISED  # ended for another reason before its time was over
    return PASSED
