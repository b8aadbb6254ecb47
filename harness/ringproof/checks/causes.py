"""What may have caused a change of a call, and when something missing can no longer come."""

from __future__ import annotations

from typing import Final

import msgspec

from ringproof.checks.check import NOT_EXERCISED, CheckResult
from ringproof.checks.records import (
    NEVER,
    CallRecord,
    Command,
    History,
    Removal,
    SessionRecord,
    earliest,
)
from ringproof.checks.statuses import ENDING, documented
from ringproof.trace import Status

LISTED_MS: Final = 2_000
"""From an invite, and the directory's answers, to the list. Chromium on two busy cores: 0.4 s."""

SIMULATED_MS: Final = 100
"""The same in virtual time, where nothing is ever busy."""


def listed_within_ms(history: History) -> int:
    """Return how long a client may take from an invite, or a subscription, to its list."""
    return SIMULATED_MS if history.simulated else LISTED_MS


def had_time(session: SessionRecord, start: int, end: int) -> bool:
    """Say whether what was sent at ``start`` must have been listed before ``end``.

    Proof is a barrier in between, or time enough after the last answer of the directory. ``end``
    of ``NEVER`` is the end of the trace, where only a barrier counts.
    """
    if session.settled_between(start, end):
        return True
    if end < 0:
        return False
    history = session.history
    asked = sum(at < end for at in history.asked_at)
    answered = [at for at in history.looked_up_at if at < end]
    if asked > len(answered):
        return False  # the client was still waiting for the directory
    # The client may have stood still for as long as the harness, at another time.
    allowed_ms = listed_within_ms(history) + history.stalled_ms(start, end)
    return history.elapsed_ms(max([start, *answered]), end) >= allowed_ms


def listable_at(call: CallRecord) -> int:
    """Return from when on a client could list a call; ``NEVER`` if it never could.

    A busy client reads its invite late, and an app that calls register() subscribes to the list
    once that has resolved. The adapter says so by an event, or by its reply.
    """
    session = call.session
    opening = session.returned or session.opening
    ready_at = session.registered_at
    if opening is not None and opening.args.get("register", True) and ready_at < 0:
        if opening.replied_at < 0 or opening.error:
            return NEVER
        ready_at = opening.replied_at
    return max(call.wire.invite_at, call.wire.invite_read_at, ready_at)


def end_at(call: CallRecord) -> int:
    """Return when the first bye of a call was on the platform's side of the wire, or ``NEVER``."""
    return earliest(call.wire.bye_out_at, call.wire.bye_in_at, call.wire.ended_at)


def dropped_at(call: CallRecord) -> int:
    """Return when the platform ended a call without the client's bye, or ``NEVER``."""
    wire = call.wire
    by_client = 0 <= wire.bye_in_at < wire.ended_at
    return NEVER if by_client else wire.ended_at


def ended_by_platform(call: CallRecord, at: int) -> bool:
    """Say whether the platform ended a call before ``at``."""
    return any(0 <= end < at for end in (call.wire.bye_out_at, dropped_at(call)))


def lives_at(call: CallRecord, at: int) -> bool:
    """Say whether the platform had offered the call by then, and it had not ended."""
    return 0 <= call.wire.invite_at < at and not 0 <= end_at(call) < at


def judge_unlisted(call: CallRecord, clause: str, kind: str) -> CheckResult:
    """Judge a call that never reached the list, for one of the clauses that this may break."""
    broken = _clause_of_unlisted(call) == clause
    return call.fail(kind, at=call.wire.invite_at) if broken else NOT_EXERCISED


def _clause_of_unlisted(call: CallRecord) -> str:
    """Name the one clause that a call which never reached the list breaks; empty if none.

    A second call from one caller is a matter of deduplication, one beside a listed call of
    queueing, one from anywhere but REST of its origin, one before anything was ever listed of
    registration; the rest are changes not shown.
    """
    wire, session = call.wire, call.session
    if wire.invite is None:
        return ""
    end = earliest(end_at(call), session.gone_at)
    # Its user cannot have ended what was never shown: the client's own bye is wrong at any time.
    own_bye = 0 <= wire.bye_in_at == end
    start = listable_at(call)
    if not own_bye and (start < 0 or not had_time(session, start, end)):
        return ""
    offered = [one for one in session.calls if one is not call and not one.kept]
    others = [other for other in offered if other.shown.listed]
    moments = (wire.invite_at, end) if own_bye else (wire.invite_at,)
    beside = [other for other in others if any(_alive_for_either_side(other, at) for at in moments)]
    if any(same_caller(other, call) for other in beside):
        return "list/no-dedupe"
    if beside:
        return "list/no-queue"
    if elsewhere(call):
        return "register/any-origin"
    first = all(other.wire.invite_at > wire.invite_at for other in others)
    if first and session.returned is not None:
        return "register/rings-again"
    if not first or not 0 <= session.registered_at < wire.invite_at:
        return "list/every-change"
    # Where the directory may have changed the order, lost and queued look the same.
    return "" if any(_overtook(other, call) for other in others) else "register/sync-point"


def elsewhere(call: CallRecord) -> str:
    """Return where a call comes from that REST did not place; empty for one of REST."""
    caller = call.origin.caller if call.origin is not None else None
    return "" if caller is None or caller.origin == "rest" else caller.origin


def _alive_for_either_side(call: CallRecord, at: int) -> bool:
    """Say whether a listed call had not ended by then, for the platform or for the client."""
    shown = call.shown.listed_at < at and not 0 <= call.shown.destroyed_at < at
    return shown or lives_at(call, at)


def _overtook(other: CallRecord, call: CallRecord) -> bool:
    """Say whether another call was offered while this one may have waited for the directory."""
    answers = call.history.looked_up_at
    return not any(call.wire.invite_at < at < other.wire.invite_at for at in answers)


def same_caller(call: CallRecord, other: CallRecord) -> bool:
    """Say whether both were offered with the same caller's address."""
    return bool(call.wire.offered("from") == other.wire.offered("from"))


def showed_more_after(call: CallRecord, removal: Removal) -> bool:
    """Say whether a call that left the list showed more than ``destroyed`` afterwards."""
    words = call.shown.words
    return len(words) > removal.words and words[removal.words] != "destroyed"


def decided(call: CallRecord, removal: Removal) -> bool:
    """Say whether its user or the far side had decided on a call before it left the list."""
    commands, n = call.commands, removal.emission.n
    decisions = (commands.accept, commands.hangup, commands.decline)
    by_user = any(command is not None and command.n < n for command in decisions)
    return by_user or 0 <= call.wire.bye_out_at < removal.at


def another_decided(call: CallRecord) -> bool:
    """Say whether another call was decided or lost while this one was listed and alive."""
    start, end = call.shown.listed_at, end_at(call)
    for other in call.session.calls:
        if other is call:
            continue
        moments = [other.wire.bye_out_at, other.wire.bye_in_at]
        commands = other.commands
        decisions = (commands.accept, commands.decline, commands.hangup, commands.late_answer)
        moments += [command.received_at for command in decisions if command is not None]
        if any(start < at and (end < 0 or at < end) for at in moments):
            return True
    return False


class Change(msgspec.Struct, frozen=True):
    """A change of a call that nothing in the trace explains."""

    seen: str
    """A status, or what a failure's wording calls a change: ``answer``, ``bye``."""
    event: Status | None
    ringing: bool
    """It is the way the call stopped ringing."""


def uncaused(call: CallRecord) -> Change | None:
    """Return what happened to a call though nobody accepted, declined, hung up or gave up."""
    wire, shown, commands = call.wire, call.shown, call.commands
    position = shown.after_ringing
    if position >= 0 and not _caused(call, position):
        status = shown.statuses[position]
        return Change(documented(status.status), status, ringing=True)
    if wire.answers and not any(
        (commands.accept, commands.decline, commands.hangup, commands.late_answer)
    ):
        return Change("answer", None, ringing=True)
    excused = (
        _accept_failed(call) or wire.platform_first or 0 <= call.session.gone_at < wire.bye_in_at
    )
    if wire.bye_in is not None and not excused and not any(_ending_commands(call)):
        return Change("bye", None, ringing=commands.accept is None)
    over = shown.over
    # Real media may fail by itself, and the client then shows it.
    if over is not None and not wire.real and not _caused(call, shown.words.index(over.status)):
        return Change(over.status, over, ringing=False)
    return None


def _caused(call: CallRecord, position: int) -> bool:
    """Say whether the status at ``position`` has a cause that came before it."""
    commands = call.commands
    if call.shown.words[position] not in ENDING:
        return commands.accept is not None and commands.accept.words_before <= position
    if any(one is not None and one.words_before <= position for one in _ending_commands(call)):
        return True
    at = call.shown.status_at[position]
    return 0 <= call.session.gone_at < at or ended_by_platform(call, at) or _accept_failed(call)


def _ending_commands(call: CallRecord) -> tuple[Command | None, ...]:
    """Return the commands after which a client may end the call."""
    commands = call.commands
    return commands.decline, commands.hangup, commands.late_reject, commands.second_answer


def _accept_failed(call: CallRecord) -> bool:
    """Say whether an accept never reached the platform, or a fault kept the call from connecting.

    Such a call ends by itself, which status/answer-order judges.
    """
    accepted = call.commands.accept is not None
    return accepted and (not call.wire.answers or call.kept_from_connecting)
