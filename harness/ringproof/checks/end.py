"""Checks of the end family: how an end reaches the other side."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.outcome import bye_overdue
from ringproof.checks.records import HEARING, CallRecord, Command
from ringproof.checks.status import ENDED, ending
from ringproof.checks.statuses import documented_all
from ringproof_fakeserver.protocol.causes import RECOVERY_EXPIRED

END_WITHIN_MS: Final = 5_000
"""From a page that is gone to the platform's own end of its call: later is as good as never."""

ABNORMAL: Final = 1006
"""Close code of a socket that broke."""

TAKEN_OVER: Final = 4000
"""Close code of a socket whose session another page has resumed."""


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
    if wire.silent_at >= 0:
        return NOT_EXERCISED  # judged by media/timeout-ends-call
    if expired(call):
        return NOT_EXERCISED  # judged by end/expired-call
    if call.shown.destroyed is None and _by_script(call):
        return NOT_EXERCISED  # judged by end/script-finishes
    return shown_end(call, accept, "wrong-end-after-remote-hangup")


def shown_end(call: CallRecord, accept: Command, kind: str) -> CheckResult:
    """Judge what an accepted call shows of the platform's bye: disconnected, then destroyed."""
    result = ending(call, kind, ENDED, accept.words_before, call.wire.bye_out_at)
    if result is not PASSED and call.kept_from_connecting:
        return NOT_EXERCISED  # it may have failed by itself, a moment before
    return result


def expired(call: CallRecord) -> bool:
    """Say whether the platform ended the call because a ping was not answered, and said so."""
    bye = call.wire.bye_out
    return bye is not None and bye.detail.get("cause") == RECOVERY_EXPIRED.name


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
    """A client whose page is closed during a call sends its bye before the socket closes.
    Not exercised: no page was closed during an answered call, the app wants its calls to outlive
    the page, the platform ended the call, or what the client sent may have been lost.
    Wrong: a client that leaves the call to the platform when its page is closed."""
    wire, session = call.wire, call.session
    vanished = session.vanished
    if vanished is None or not 0 <= wire.answer_at < vanished.sent_at:
        return NOT_EXERCISED
    if call.history.keeps_calls(session):
        return NOT_EXERCISED  # judged by return/reattaches
    ends = (wire.ended_at, wire.bye_out_at, wire.bye_in_at, call.shown.over_at)
    if any(0 <= at < vanished.sent_at for at in ends):
        return NOT_EXERCISED
    if wire.bye_in is not None:
        return PASSED
    left_at, heard = session.left_at, wire.faults.isdisjoint(HEARING)
    if left_at < 0 or session.left_code in (ABNORMAL, TAKEN_OVER) or not heard:
        return NOT_EXERCISED  # what it sent last may have been lost
    if session.half_open(vanished.sent_at) or session.half_open(left_at):
        return NOT_EXERCISED
    if 0 <= wire.ended_at < left_at:
        return NOT_EXERCISED
    page_gone_ms = call.history.trace.header.scenario.platform.page_gone_ms
    if 0 < page_gone_ms <= END_WITHIN_MS and wire.ended_at >= 0:
        return PASSED  # the platform itself ends it soon enough
    return call.fail("page-leaves-call", at=left_at)
