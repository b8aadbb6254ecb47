"""Checks of the capture family: an answer() that does not get its microphone or camera at once.

A client that finds another way to answer, with other devices or with none, has not failed. One
that shows its app nothing breaks ``failure-told``; ``failure-frees-caller`` is about the rest.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ringproof.checks.causes import dropped_at
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.outcome import BYE_WITHIN_MS
from ringproof.checks.records import CallRecord, earliest
from ringproof.checks.statuses import documented_all

ANSWERED_WITHIN_MS: Final = 5_000
"""From the devices to the answer. A browser prepares it for 0.1 to 1 s."""


class _Failure(msgspec.Struct, frozen=True):
    """The last request for devices of an accepted call that failed, and was due to matter."""

    at: int
    error: str
    end: int
    """When the far side, the user or the harness ended the call; ``NEVER`` if none did."""


def failure_told(call: CallRecord) -> CheckResult:
    """When answer() does not get its devices, the app is told.
    Not exercised: the devices did not fail, or the call was answered or over all the same.
    Wrong: a client that stays connecting for ever when there is no microphone."""
    failure = _failure(call)
    if failure is None:
        return NOT_EXERCISED
    if _told(call, failure):
        return PASSED
    if not call.session.overdue(failure.at, failure.end, BYE_WITHIN_MS):
        return NOT_EXERCISED
    seen = documented_all(call.shown.words[-1:])
    return call.fail("device-failure-not-told", at=failure.at, error=failure.error, seen=seen)


def failure_frees_caller(call: CallRecord) -> CheckResult:
    """When answer() does not get its devices, the call is ended, or still to be decided.
    Not exercised: the devices did not fail, the app was not told, or the call ended otherwise.
    Wrong: a client that ends the call on its own side, and leaves the caller ringing."""
    failure = _failure(call)
    if failure is None or not _told(call, failure):
        return NOT_EXERCISED
    wire, shown, end = call.wire, call.shown, failure.end
    if wire.bye_in_at > failure.at or wire.answer_at > failure.at:
        return PASSED
    over = shown.over_at >= 0 and (end < 0 or shown.over_at < end)
    again = call.commands.answer_again
    if again is not None and again.received_at > failure.at and not over:
        overdue = call.session.overdue(again.received_at, end, ANSWERED_WITHIN_MS)
        due = overdue and "answer" not in wire.faults
        return call.fail("answer-again-ignored", at=again.received_at) if due else NOT_EXERCISED
    overdue = call.session.overdue(failure.at, end, BYE_WITHIN_MS)
    if "bye-request" in wire.faults or not overdue:
        return NOT_EXERCISED
    last = shown.words[-1:] if over or end < 0 else shown.words_before(end)[-1:]
    if last == ["ringing"]:
        return PASSED  # the user can decide anew
    kind = "device-failure-without-bye" if over else "device-failure-leaves-call-open"
    return call.fail(kind, at=failure.at, error=failure.error, seen=documented_all(last))


def late_permission(call: CallRecord) -> CheckResult:
    """A prompt that stays open delays the answer, and a call that is over meanwhile stays over.
    Not exercised: the user had nothing to decide, or did not allow it.
    Wrong: a client that gives the call up while the prompt is open, or answers a caller who has
    gone."""
    granted = [at for at, request in call.shown.requests if request.state == "granted"]
    accept = call.commands.accept
    if not granted or accept is None or call.lost_socket or _failure(call) is not None:
        return NOT_EXERCISED
    at, wire, shown = granted[0], call.wire, call.shown
    end = _end(call)
    if 0 <= end < at:
        if not 0 <= shown.over_at < at:
            return NOT_EXERCISED  # the two crossed, or the client never noticed
        if wire.answer_at > at:
            return call.fail("answered-after-end", at=wire.answer_at)
        return PASSED if call.session.settled_after(at) else NOT_EXERCISED
    given_up_at = earliest(wire.bye_in_at, shown.over_at)
    if 0 <= given_up_at < at:
        return call.fail("gave-up-on-prompt", at=given_up_at)
    if wire.answer_at >= 0:
        return PASSED
    if "connected" in shown.words or "answer" in wire.faults:
        return NOT_EXERCISED  # the first is judged by status/answer-order
    if given_up_at >= 0 and end < 0:
        return call.fail("gave-up-on-prompt", at=given_up_at)
    if not call.session.overdue(at, end, ANSWERED_WITHIN_MS):
        return NOT_EXERCISED
    return call.fail("no-answer-after-permission", at=at)


def _failure(call: CallRecord) -> _Failure | None:
    """Return the failure that the client had to deal with; None when there was none."""
    requests, wire = call.shown.requests, call.wire
    if not requests or call.commands.accept is None or call.lost_socket:
        return None
    at, last = requests[-1]
    end = _end(call)
    own_end = earliest(wire.bye_in_at, call.shown.over_at)
    if last.state != "failed" or 0 <= end < at or 0 <= own_end < at:
        return None
    again = call.commands.answer_again
    if wire.answer_at >= 0 and (again is None or wire.answer_at < again.received_at):
        return None  # it has found another way
    return _Failure(at, last.error, end)


def _end(call: CallRecord) -> int:
    """Return when the call was ended by anybody but the client itself; ``NEVER`` if by nobody."""
    commands = call.commands
    by_user = [
        command.received_at
        for command in (commands.hangup, commands.decline, commands.late_reject)
        if command is not None
    ]
    return earliest(call.wire.bye_out_at, dropped_at(call), call.session.gone_at, *by_user)


def _told(call: CallRecord, failure: _Failure) -> bool:
    """Say whether the app learned of the failure by a promise, an error or a status."""
    accept, again, shown = call.commands.accept, call.commands.answer_again, call.shown
    told = [at for at, _ in shown.errors]
    told += [shown.over_at]
    told += [
        command.settled_at
        for command in (accept, again)
        if command is not None and command.settled is not None and command.settled.error
    ]
    return any(at > failure.at and (failure.end < 0 or at < failure.end) for at in told)
