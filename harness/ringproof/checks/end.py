"""Checks of the end family: how an end reaches the other side."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.outcome import untold
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.checks.status import ENDED, ending
from ringproof.checks.statuses import documented_all

END_WITHIN_MS: Final = 5_000
"""From a page that is gone to the platform's end of its call."""

_OTHER_ENDS: Final = frozenset({"NORMAL_CLEARING", "ORIGINATOR_CANCEL", "NO_ANSWER", "LOSE_RACE"})
"""Causes that have nothing to do with a device's leaving."""


@per_call("end/hangup-tells-server")
def hangup_tells_server(call: CallRecord) -> Finding:
    """A client that hangs up locally only, or whose promise fails or resolves before it is done."""
    hangup = call.hangup
    if hangup is None:
        return UNTOUCHED
    if call.bye_in is None:
        if untold(call, hangup):
            return call.fail("hangup-without-bye")
        return UNTOUCHED
    if call.platform_first:
        return UNTOUCHED
    settled, session = hangup.settled, call.session
    if settled is None:
        done = session.settled_after(max(hangup.received_at, call.bye_result_at))
        if call.kept_from_ending:
            return UNTOUCHED
        if session.settles and done:
            return call.fail("hangup-not-settled")
        return HELD
    if 0 <= session.gone_at < hangup.settled_at:
        return HELD  # the device went away first: nobody was left to be promised anything
    if settled.error:
        return call.fail("hangup-rejected", settled, error=settled.error)
    if call.destroyed is not None and settled.n < call.destroyed.n:
        return call.fail("hangup-resolved-early", settled)
    return HELD


@per_call("end/remote-hangup")
def remote_hangup(call: CallRecord) -> Finding:
    """A client that stays connected when the far side hangs up, or skips disconnected then."""
    accept = call.accept
    if accept is None or call.hangup is not None or call.late_answer is not None:
        return UNTOUCHED
    if not call.answered_first or not call.platform_first:
        return UNTOUCHED
    if call.destroyed is None and _by_script(call):
        return UNTOUCHED  # end/script-finishes says so
    since, kind = accept.words_before, "wrong-end-after-remote-hangup"
    finding = ending(call, kind, ENDED, since, call.bye_out_at)
    if finding is not HELD and call.kept_from_connecting:
        return UNTOUCHED  # it may have failed by itself, a moment before
    return finding


def _by_script(call: CallRecord) -> bool:
    origin = call.origin
    return origin is not None and origin.ended is not None and origin.ended.by == "script"


@per_call("end/script-finishes")
def script_finishes(call: CallRecord) -> Finding:
    """A client that stays in a call whose far side has played its script to the end."""
    if not _by_script(call) or not call.answered_first:
        return UNTOUCHED
    if call.destroyed is not None:
        return HELD
    if call.bye_out is None or not call.session.settled_after(call.bye_out_at):
        return UNTOUCHED
    if call.kept_from_ending:
        return UNTOUCHED
    last = documented_all(call.words[-1:])
    return call.fail("call-outlives-script", expected=("destroyed",), seen=last)


@per_call("end/page-unload")
def page_unload(call: CallRecord) -> Finding:
    """A client whose call goes on at the platform after its page was closed."""
    vanished = call.session.vanished
    if vanished is None or not 0 <= call.invite_at < vanished.sent_at:
        return UNTOUCHED
    ended_at = call.ended_at
    if 0 <= ended_at < vanished.sent_at or 0 <= call.bye_out_at < vanished.sent_at:
        return UNTOUCHED
    elapsed_ms = call.session.elapsed_ms(vanished.sent_at, ended_at)
    if elapsed_ms > END_WITHIN_MS:
        kind = "call-outlives-page" if ended_at >= 0 else "call-never-ends-after-page"
        return call.fail(kind, at=ended_at, limit_ms=END_WITHIN_MS, elapsed_ms=elapsed_ms)
    if ended_at < 0 or (call.bye_in is None and call.ended_reason in _OTHER_ENDS):
        return UNTOUCHED  # ended for another reason before its time was over
    return HELD
