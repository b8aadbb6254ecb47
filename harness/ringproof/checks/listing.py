"""Checks of the list family: what the list of inbound calls holds, and when it is emitted.

A call missing from an emission breaks one clause, by the moment it went missing: alive, at another
call's arrival (``whole-list``), on what happened to another call (``no-pick``), or else
(``stays-through-status``); or on its way out (``leaves-only-when-destroyed``). Alive is what the
client's own status says. A call that never came is sorted by ``causes.missed``.
"""

from __future__ import annotations

import itertools

from ringproof.checks.call_record import CallRecord, Removal
from ringproof.checks.causes import (
    alive,
    caller_of,
    destroyed_at,
    end_at,
    had_time,
    lived_on,
    lives_at,
    missed,
    told_at,
    touched,
    uncaused,
)
from ringproof.checks.records import SessionRecord
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call, per_session
from ringproof.checks.statuses import documented, documented_all


@per_session("list/current-on-subscribe")
def current_on_subscribe(session: SessionRecord) -> Finding:
    """A client whose list says nothing until the first call comes, or nothing to the late."""
    late = _late_lists(session)
    if session.registered is None or (late is not UNTOUCHED and late is not HELD):
        return late
    if not session.emissions:
        if not session.settled_after(session.registered_at):
            return UNTOUCHED
        return session.fail("no-list-on-subscribe", session.registered)
    first = session.emissions[0]
    ids = {entry.c for entry in first.list}
    if ids and all(
        call.invite_at > session.registered_at for call in session.calls if call.id in ids
    ):
        return session.fail("first-list-not-empty", first, calls=len(first.list))
    return HELD


def _late_lists(session: SessionRecord) -> Finding:
    """Judge what later subscribers to the list were told first."""
    finding: Finding = UNTOUCHED
    for command, before in session.lists_asked.values():
        told = session.late_lists.get(command.id)
        if told is None:
            if not command.error and session.settled_after(command.received_at):
                return session.fail("no-list-to-late-subscriber")
            continue
        first, by_then = told
        # What was current at any moment from the subscription to its first emission will do.
        current = session.emissions[max(0, before - 1) : by_then + 1]
        ids = {entry.c for entry in first.list}
        if current and all(ids != {entry.c for entry in emission.list} for emission in current):
            return session.fail(
                "wrong-list-to-late-subscriber",
                first,
                calls=len(first.list),
                current=len(current[0].list),
            )
        finding = HELD
    return finding


@per_session("list/whole-list")
def whole_list(session: SessionRecord) -> Finding:
    """A client that emits the newest call only, one call twice, or one that is destroyed."""
    if session.twice is not None:
        number, c = session.twice
        return session.fail("call-listed-twice", session.emissions[number], call_id=c)
    if session.zombie is not None:
        number, call = session.zombie
        return call.fail("destroyed-call-listed", session.emissions[number])
    for call in session.calls:
        for removal in call.removals if call.invite is not None else ():
            if removal.arrival and (alive(call, removal) or lived_on(call, removal)):
                emission = session.emissions[removal.emission]
                return call.fail(
                    "live-call-hidden-by-new-call",
                    emission,
                    seen=_last(call, removal),
                    calls=len(emission.list),
                )
    return HELD if session.most > 1 else UNTOUCHED


@per_call("list/every-change")
def every_change(call: CallRecord) -> Finding:
    """A client that shows a call, or its leaving, in no emission."""
    if not call.listed:
        if missed(call) != "list/every-change":
            return UNTOUCHED
        return call.fail("call-never-shown", at=call.invite_at)
    if call.destroyed is None or call.late_answer is not None:
        return HELD
    session = call.session
    if session.current.get(call.id) is call and session.settled_after(call.status_at[-1]):
        return call.fail("end-never-shown")
    return HELD


@per_session("list/no-duplicate-emission")
def no_duplicate_emission(session: SessionRecord) -> Finding:
    """A client that emits the same list again though no call came or went."""
    if len(session.emissions) < 2:
        return UNTOUCHED
    for number in session.duplicates:
        before, emission = session.emissions[number - 1], session.emissions[number]
        ids = {entry.c for entry in emission.list}
        hidden = (call for call in session.calls if call.id not in ids and call.over is not None)
        # The end of a call that an earlier fault hid is a change, though it shows nothing.
        if not any(call.over and before.n < call.over.n < emission.n for call in hidden):
            return session.fail("list-emitted-again", emission, calls=len(emission.list))
    return HELD


@per_call("list/ringing-filter")
def ringing_filter(call: CallRecord) -> Finding:
    """A client whose entries read something else while ringing, or ringing ever after."""
    if not call.entries or call.invite is None:
        return UNTOUCHED
    emissions = call.session.emissions
    first = call.entries[0]
    if first.status != "ringing":
        if 0 <= call.bye_out_at < call.listed_at:
            return UNTOUCHED
        seen = documented_all([first.status] if first.status is not None else ())
        return call.fail("new-entry-not-ringing", emissions[call.listings[0]], seen=seen)
    if call.stale is not None:
        return call.fail(
            "entry-still-ringing",
            emissions[call.stale],
            expected=(documented(call.words[call.left]),),
        )
    return HELD


@per_session("list/inbound-only")
def inbound_only(session: SessionRecord) -> Finding:
    """A client that lists calls of its own, or calls that nobody placed."""
    finding: Finding = UNTOUCHED
    for call in session.calls:
        if call.listed:
            if call.outbound:
                return call.fail("outbound-call-listed", at=call.listed_at)
            if call.invite is not None:
                finding = HELD
            elif session.registered is not None:
                # A session that is older than the trace may hold what an earlier one left behind.
                return call.fail("unknown-call-listed", at=call.listed_at)
    return finding


@per_call("list/no-queue")
def no_queue(call: CallRecord) -> Finding:
    """A client that shows a second call only once the first is over."""
    session = call.session
    if len(session.calls) < 2 or call.invite is None:
        return UNTOUCHED
    if not call.listed:
        if missed(call) != "list/no-queue":
            return UNTOUCHED
        return call.fail("second-call-not-listed", at=call.invite_at)
    finding: Finding = UNTOUCHED
    for other in session.calls:
        if other is call or not other.listed or other.listed_at > call.invite_at:
            continue
        if not lives_at(other, call.invite_at):
            continue
        finding = HELD
        over_at = end_at(other)
        if 0 <= over_at < call.listed_at and had_time(session, told_at(call), over_at):
            return call.fail("second-call-queued", at=call.listed_at)
    return finding


@per_call("list/no-dedupe")
def no_dedupe(call: CallRecord) -> Finding:
    """A client that takes a second call from one caller for the first."""
    session = call.session
    if len(session.calls) < 2 or call.invite is None:
        return UNTOUCHED
    if not call.listed:
        if missed(call) != "list/no-dedupe":
            return UNTOUCHED
        return call.fail("second-call-of-caller-not-listed", at=call.invite_at)
    others = (other for other in session.calls if other is not call and other.listed)
    live = (other for other in others if lives_at(other, call.invite_at))
    return HELD if any(caller_of(other) == caller_of(call) for other in live) else UNTOUCHED


@per_session("list/no-pick")
def no_pick(session: SessionRecord) -> Finding:
    """A client that answers, declines or drops one call because of another."""
    if len(session.calls) < 2:
        return UNTOUCHED
    finding: Finding = UNTOUCHED
    for call in session.calls:
        if call.invite is None or not call.listed or not _beside_events(call) or call.disturbed:
            continue
        finding = HELD
        change = uncaused(call)
        if change is not None:
            return call.fail("other-call-changed", change.event, seen=(change.seen,))
        for removal in call.removals:
            if _dropped(call, removal) and not touched(call, removal):
                emission = session.emissions[removal.emission]
                return call.fail("other-call-changed", emission, seen=("unlisted",))
    return finding


def _beside_events(call: CallRecord) -> bool:
    """Say whether another call was decided or lost while this one was listed and alive."""
    start, end = call.listed_at, end_at(call)
    for other in call.session.calls:
        if other is call:
            continue
        moments = [other.bye_out_at, other.bye_in_at]
        commands = (other.accept, other.decline, other.hangup, other.late_answer)
        moments += [command.received_at for command in commands if command is not None]
        if any(start < at and (end < 0 or at < end) for at in moments):
            return True
    return False


@per_session("list/simultaneous-together")
def simultaneous_together(session: SessionRecord) -> Finding:
    """A client that never shows two ringing calls in one list, though it shows each."""
    if len(session.calls) < 2:
        return UNTOUCHED
    listed = [call for call in session.calls if call.listed and call.invite is not None]
    for first, second in itertools.combinations(listed, 2):
        start = max(first.invite_at, second.invite_at)
        ends = [_rings_until(call) for call in (first, second)]
        end = min((at for at in ends if at >= 0), default=-1)
        if 0 <= end < start or _shown_together(first, second, end):
            continue
        if any(_went_missing(call) for call in (first, second)):
            continue  # list/whole-list, or another that sorts what is missing, says so
        if _in_turn(first, second) or _in_turn(second, first):
            continue  # list/no-queue says so
        if had_time(session, max(told_at(first), told_at(second)), end):
            at = max(first.listed_at, second.listed_at)
            return second.fail("ringing-calls-not-together", at=at)
    return HELD if session.together else UNTOUCHED


def _went_missing(call: CallRecord) -> bool:
    return any(removal.arrival or alive(call, removal) for removal in call.removals)


def _rings_until(call: CallRecord) -> int:
    """Return when the first of the two sides took the call to ring no more, or -1."""
    left_at = call.status_at[call.left] if call.left >= 0 else -1
    ends = [at for at in (end_at(call), call.answer_at, left_at) if at >= 0]
    return min(ends, default=-1)


def _in_turn(first: CallRecord, second: CallRecord) -> bool:
    """Say whether a call was listed only when another had ended."""
    return any(0 <= at < second.listed_at for at in (end_at(first), destroyed_at(first)))


def _shown_together(first: CallRecord, second: CallRecord, end: int) -> bool:
    """Say whether an emission before ``end`` (-1: any) holds both."""
    at = first.session.emission_at
    common = set(first.listings).intersection(second.listings)
    return any(end < 0 or at[number] < end for number in common)


@per_call("list/stays-through-status")
def stays_through_status(call: CallRecord) -> Finding:
    """A client that drops a call from the list while it connects or is connected."""
    if not call.listed or call.invite is None:
        return UNTOUCHED
    for removal in call.removals:
        if not _dropped(call, removal):
            continue
        if not touched(call, removal) and _beside_events(call):
            continue  # list/no-pick
        emission = call.session.emissions[removal.emission]
        return call.fail("live-call-left-list", emission, seen=_last(call, removal))
    return HELD if call.left >= 0 else UNTOUCHED


@per_call("list/leaves-only-when-destroyed")
def leaves_only_when_destroyed(call: CallRecord) -> Finding:
    """A client that takes a call off the list before disconnected, or never destroys it."""
    finding: Finding = UNTOUCHED
    for removal in call.removals if call.invite is not None else ():
        if alive(call, removal):
            continue
        finding = HELD
        if "destroyed" in call.words[: removal.words]:
            continue
        if lived_on(call, removal):
            if removal.arrival:
                continue  # list/whole-list
            status = call.statuses[removal.words]
            return call.fail("status-after-leaving-list", status, seen=(documented(status.status),))
        if len(call.words) == removal.words:
            if not call.session.settled_after(call.session.emission_at[removal.emission]):
                return UNTOUCHED
            return call.fail("left-list-never-destroyed")
    return finding


def _dropped(call: CallRecord, removal: Removal) -> bool:
    """Say whether the call went missing alive, at no other call's arrival."""
    return not removal.arrival and alive(call, removal)


@per_session("list/snapshot")
def snapshot(session: SessionRecord) -> Finding:
    """A client that changes a list after it was emitted."""
    if not session.rereads:
        return UNTOUCHED
    emitted = {emission.n: emission for emission in session.emissions}
    finding: Finding = UNTOUCHED
    for reread in session.rereads:
        emission = emitted.get(reread.of)
        if emission is None:
            continue
        last = emission is session.emissions[-1]
        ids = tuple(entry.c for entry in emission.list)
        if ids != reread.list:
            return session.fail(
                "emitted-list-changed", reread, calls=len(emission.list), now=len(reread.list)
            )
        if not last:  # what nothing came after had no reason to change
            finding = HELD
    return finding


def _last(call: CallRecord, removal: Removal) -> tuple[str, ...]:
    """Return the status that a call showed when it left the list; empty where it showed none."""
    return documented_all(call.words[: removal.words][-1:])
