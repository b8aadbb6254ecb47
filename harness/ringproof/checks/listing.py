"""Checks of the list family: what the list of inbound calls contains, and when it is emitted.

A call missing from an emission breaks one clause, by the moment it went missing: alive, at another
call's arrival (``whole-list``), on what happened to another call (``no-pick``), or else
(``stays-through-status``); or on its way out (``leaves-only-when-destroyed``). A call is alive
by the client's own status. Calls that never came are judged by ``causes.judge_unlisted``.
"""

from __future__ import annotations

import itertools

from ringproof.checks import causes
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import NEVER, CallRecord, Removal, SessionRecord, earliest
from ringproof.checks.statuses import documented, documented_all
from ringproof_scenarios.faults import LOOK_UP_GIVEN_UP_MS


def current_on_subscribe(session: SessionRecord) -> CheckResult:
    """Who subscribes to the list gets the current list at once.
    Not exercised: no device registered and nobody subscribed late, or no barrier followed.
    Wrong: a client that emits no list before the first call, or none to late subscribers."""
    late = _late_lists(session)
    if session.registered is None or (late is not NOT_EXERCISED and late is not PASSED):
        return late
    if not session.emissions:
        if not session.settled_after(session.registered_at):
            return NOT_EXERCISED
        return session.fail("no-list-on-subscribe", session.registered)
    first = session.emissions[0]
    ids = {entry.c for entry in first.list}
    if ids and all(
        call.wire.invite_at > session.registered_at for call in session.calls if call.id in ids
    ):
        return session.fail("first-list-not-empty", first, calls=len(first.list))
    return PASSED


def _late_lists(session: SessionRecord) -> CheckResult:
    """Judge which list later subscribers got first."""
    result: CheckResult = NOT_EXERCISED
    for command, before in session.list_requests.values():
        emitted = session.late_lists.get(command.id)
        if emitted is None:
            if not command.error and session.settled_after(command.received_at):
                return session.fail("no-list-to-late-subscriber")
            continue
        first, by_then, at = emitted
        within_ms = causes.listed_within_ms(session.history)
        if session.overdue(command.received_at, at, within_ms):
            return session.fail("list-told-late", first, within_ms=within_ms)
        # What was current at any moment from the subscription to its first emission will do.
        current = session.emissions[max(0, before - 1) : by_then + 1]
        ids = {entry.c for entry in first.list}
        if current and all(ids != {entry.c for entry in emission.list} for emission in current):
            kind, size = "wrong-list-to-late-subscriber", len(current[0].list)
            return session.fail(kind, first, calls=len(first.list), current=size)
        result = PASSED
    return result


def whole_list(session: SessionRecord) -> CheckResult:
    """Every emission holds every live call, once.
    Not exercised: the list never held two calls.
    Wrong: a client that emits the newest call only, one call twice, or one that is destroyed."""
    if session.listed_twice is not None:
        emission, c = session.listed_twice
        return session.fail("call-listed-twice", emission, call_id=c)
    if session.destroyed_listed is not None:
        emission, call = session.destroyed_listed
        return call.fail("destroyed-call-listed", emission)
    for call in session.calls:
        for removal in call.shown.removals if call.wire.invite is not None else ():
            if removal.arrival and (removal.alive or causes.showed_more_after(call, removal)):
                kind, emission = "live-call-hidden-by-new-call", removal.emission
                seen = _last(call, removal)
                return call.fail(kind, emission, seen=seen, calls=len(emission.list))
    return PASSED if session.longest_list > 1 else NOT_EXERCISED


def every_change(call: CallRecord) -> CheckResult:
    """Each call that comes or goes is shown in an emission.
    Not exercised: the call was not listed, and another clause judges that.
    Wrong: a client that shows a call, or its leaving, in no emission."""
    shown = call.shown
    if not shown.listed:
        return causes.judge_unlisted(call, "list/every-change", "call-never-shown")
    if shown.destroyed is None or call.commands.late_answer is not None:
        return PASSED
    session = call.session
    if session.current.get(call.id) is call and session.settled_after(shown.status_at[-1]):
        return call.fail("end-never-shown")
    return PASSED


def silent_directory(call: CallRecord) -> CheckResult:
    """A call is listed in time though the directory never answers what the client asks before.
    Not exercised: the directory answered, or the call or its socket was gone before the time.
    Wrong: a client that lists no call before the directory has answered."""
    shown, session, offered_at = call.shown, call.session, call.wire.invite_at
    until = shown.listed_at
    if not shown.listed:
        lost_at = [at for at in session.lost_at if offered_at < at]
        until = earliest(causes.end_at(call), session.gone_at, *lost_at)
    # What is asked after the next invite may be about that one.
    later = [one.wire.invite_at for one in session.calls if offered_at < one.wire.invite_at]
    asked_by = earliest(until, *later)
    ignored = [
        at
        for at in session.unanswered_at
        if offered_at < at and (asked_by < 0 or at < asked_by) and not _awaited(call, at)
    ]
    start = causes.listable_at(call)
    if call.wire.invite is None or not ignored or start < 0:
        return NOT_EXERCISED
    in_time = call.history.elapsed_ms(start, until) <= LOOK_UP_GIVEN_UP_MS
    if shown.listed and in_time:
        return PASSED
    if in_time:
        return NOT_EXERCISED
    return call.fail("waits-for-directory", at=offered_at, within_ms=LOOK_UP_GIVEN_UP_MS)


def _awaited(call: CallRecord, at: int) -> bool:
    """Say whether a call that was offered before was not listed yet: what was asked may be about
    that one."""
    return any(
        one.wire.invite_at < call.wire.invite_at
        and one.shown.over_at < 0
        and not 0 <= one.shown.listed_at < at
        for one in call.session.calls
    )


def no_duplicate_emission(session: SessionRecord) -> CheckResult:
    """The list is emitted only when a call comes or goes.
    Not exercised: there were fewer than two emissions.
    Wrong: a client that emits the same list again though no call came or went."""
    if len(session.emissions) < 2:
        return NOT_EXERCISED
    for number in session.duplicates:
        before, emission = session.emissions[number - 1], session.emissions[number]
        ids = {entry.c for entry in emission.list}
        ends = [call.shown.over for call in session.calls if call.id not in ids]
        # The end of a call that an earlier fault hid is a change, though it shows nothing.
        if not any(over is not None and before.n < over.n < emission.n for over in ends):
            return session.fail("list-emitted-again", emission, calls=len(emission.list))
    return PASSED


def ringing_filter(call: CallRecord) -> CheckResult:
    """The entry of a call reads ringing just as long as the call rings.
    Not exercised: the call was never listed, or was over before.
    Wrong: a client whose entries read something else while the call rings, or ringing later."""
    shown = call.shown
    if not shown.entries or call.wire.invite is None:
        return NOT_EXERCISED
    first = shown.entries[0]
    if first.status != "ringing":
        if 0 <= call.wire.bye_out_at < shown.listed_at:
            return NOT_EXERCISED
        seen = documented_all([first.status] if first.status is not None else ())
        emission = call.session.emissions[shown.listings[0]]
        return call.fail("new-entry-not-ringing", emission, seen=seen)
    if shown.stale_listing is not None:
        expected = (documented(shown.words[shown.after_ringing]),)
        return call.fail("entry-still-ringing", shown.stale_listing, expected=expected)
    return PASSED


def inbound_only(session: SessionRecord) -> CheckResult:
    """The list holds inbound calls only, and only those that the platform offered.
    Not exercised: no offered call was listed.
    Wrong: a client that lists calls of its own, or calls that nobody placed."""
    result: CheckResult = NOT_EXERCISED
    for call in session.calls:
        if call.shown.listed:
            if call.wire.outbound:
                return call.fail("outbound-call-listed", at=call.shown.listed_at)
            if call.wire.invite is not None:
                result = PASSED
            elif session.registered is not None and not call.kept:
                # A session that is older than the trace may still list calls from before it.
                return call.fail("unknown-call-listed", at=call.shown.listed_at)
    return result


def no_queue(call: CallRecord) -> CheckResult:
    """A second call is listed straight away, while the first is still there.
    Not exercised: no other listed call lived when the call came.
    Wrong: a client that shows a second call only once the first is over."""
    wire, shown, session = call.wire, call.shown, call.session
    if len(session.calls) < 2 or wire.invite is None:
        return NOT_EXERCISED
    if not shown.listed:
        return causes.judge_unlisted(call, "list/no-queue", "second-call-not-listed")
    result: CheckResult = NOT_EXERCISED
    for other in session.calls:
        before = other is not call and 0 <= other.shown.listed_at <= wire.invite_at
        if not before or not causes.lives_at(other, wire.invite_at):
            continue
        result = PASSED
        over_at = causes.end_at(other)
        if 0 <= over_at < shown.listed_at and causes.had_time(
            session, causes.listable_at(call), over_at
        ):
            return call.fail("second-call-queued", at=shown.listed_at)
    return result


def no_dedupe(call: CallRecord) -> CheckResult:
    """A second call from one caller is a call of its own.
    Not exercised: no other listed call of that caller lived.
    Wrong: a client that takes a second call from one caller for the first."""
    wire, session = call.wire, call.session
    if len(session.calls) < 2 or wire.invite is None:
        return NOT_EXERCISED
    if not call.shown.listed:
        return causes.judge_unlisted(call, "list/no-dedupe", "second-call-of-caller-not-listed")
    others = (other for other in session.calls if other is not call and other.shown.listed)
    live = (other for other in others if causes.lives_at(other, wire.invite_at))
    return PASSED if any(causes.same_caller(other, call) for other in live) else NOT_EXERCISED


def no_pick(session: SessionRecord) -> CheckResult:
    """What happens to one call changes no other call.
    Not exercised: no call was decided or lost beside another, or the socket was lost.
    Wrong: a client that answers, declines or drops one call because of another."""
    if len(session.calls) < 2:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    for call in session.calls:
        offered = call.wire.invite is not None and call.shown.listed
        if not offered or not causes.another_decided(call) or call.lost_socket:
            continue
        result = PASSED
        change = causes.uncaused(call)
        if change is not None:
            return call.fail("other-call-changed", change.event, seen=(change.seen,))
        for removal in call.shown.removals:
            dropped = removal.alive and not removal.arrival
            if dropped and not causes.decided(call, removal):
                return call.fail("other-call-changed", removal.emission, seen=("unlisted",))
    return result


def simultaneous_together(session: SessionRecord) -> CheckResult:
    """Two calls that ring at the same time are in one list together.
    Not exercised: two calls never rang side by side for long enough.
    Wrong: a client that never shows two ringing calls in one list, though it shows each."""
    if len(session.calls) < 2:
        return NOT_EXERCISED
    listed = [call for call in session.calls if call.shown.listed and call.wire.invite is not None]
    for first, second in itertools.combinations(listed, 2):
        start = max(first.wire.invite_at, second.wire.invite_at)
        end = earliest(_rings_until(first), _rings_until(second))
        if 0 <= end < start or _shown_together(first, second, end):
            continue
        removals = (*first.shown.removals, *second.shown.removals)
        if any(removal.arrival or removal.alive for removal in removals):
            continue  # list/whole-list, or another clause of missing calls
        if _in_turn(first, second) or _in_turn(second, first):
            continue  # list/no-queue
        start = max(causes.listable_at(first), causes.listable_at(second))
        if causes.had_time(session, start, end):
            at = max(first.shown.listed_at, second.shown.listed_at)
            return second.fail("ringing-calls-not-together", at=at)
    return PASSED if session.rang_together else NOT_EXERCISED


def _rings_until(call: CallRecord) -> int:
    """Return when the first of the two sides took the call to ring no more, or ``NEVER``."""
    shown = call.shown
    left_at = shown.status_at[shown.after_ringing] if shown.after_ringing >= 0 else NEVER
    return earliest(causes.end_at(call), call.wire.answer_at, left_at)


def _in_turn(first: CallRecord, second: CallRecord) -> bool:
    """Say whether a call was listed only when another had ended."""
    return any(
        0 <= at < second.shown.listed_at for at in (causes.end_at(first), first.shown.destroyed_at)
    )


def _shown_together(first: CallRecord, second: CallRecord, end: int) -> bool:
    """Say whether an emission before ``end`` (``NEVER``: any) lists both."""
    at = first.session.emission_at
    common = set(first.shown.listings).intersection(second.shown.listings)
    return any(end < 0 or at[number] < end for number in common)


def stays_through_status(call: CallRecord) -> CheckResult:
    """A call stays in the list while it rings, connects and is connected.
    Not exercised: the call never stopped ringing; other clauses judge calls lost beside others.
    Wrong: a client that drops a call from the list while it connects or is connected."""
    shown = call.shown
    if not shown.listed or call.wire.invite is None:
        return NOT_EXERCISED
    for removal in shown.removals:
        if removal.arrival or not removal.alive:
            continue
        if not causes.decided(call, removal) and causes.another_decided(call):
            continue  # list/no-pick
        return call.fail("live-call-left-list", removal.emission, seen=_last(call, removal))
    return PASSED if shown.after_ringing >= 0 else NOT_EXERCISED


def leaves_only_when_destroyed(call: CallRecord) -> CheckResult:
    """A call leaves the list when it is disconnected, and is then destroyed.
    Not exercised: the call never left on its way out, or no barrier followed.
    Wrong: a client that takes a call off the list before disconnected, or never destroys it."""
    shown = call.shown
    result: CheckResult = NOT_EXERCISED
    for removal in shown.removals if call.wire.invite is not None else ():
        if removal.alive:
            continue
        result = PASSED
        if "destroyed" in shown.words[: removal.words]:
            continue
        if causes.showed_more_after(call, removal):
            if removal.arrival:
                continue  # list/whole-list
            status = shown.statuses[removal.words]
            return call.fail("status-after-leaving-list", status, seen=(documented(status.status),))
        if len(shown.words) == removal.words:
            overdue = call.session.settled_after(removal.at)
            return call.fail("left-list-never-destroyed") if overdue else NOT_EXERCISED
    return result


def snapshot(session: SessionRecord) -> CheckResult:
    """An emitted list never changes.
    Not exercised: no list was read again after another was emitted.
    Wrong: a client that changes a list after it was emitted."""
    if not session.rereads:
        return NOT_EXERCISED
    emitted = {emission.n: emission for emission in session.emissions}
    result: CheckResult = NOT_EXERCISED
    for reread in session.rereads:
        emission = emitted.get(reread.of)
        if emission is None:
            continue
        if tuple(entry.c for entry in emission.list) != reread.list:
            before, now = len(emission.list), len(reread.list)
            return session.fail("emitted-list-changed", reread, calls=before, now=now)
        if emission is not session.emissions[-1]:  # the last one had no reason to change
            result = PASSED
    return result


def _last(call: CallRecord, removal: Removal) -> tuple[str, ...]:
    """Return the status that a call showed when it left the list; empty where it showed none."""
    return documented_all(call.shown.words[: removal.words][-1:])
