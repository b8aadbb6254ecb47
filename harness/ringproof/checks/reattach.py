"""Checks of the return family: a page that is opened again, and the calls of the page before it."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import HEARING, CallRecord, SessionRecord, earliest
from ringproof.checks.statuses import ENDING, documented_all
from ringproof.checks.stream import RECEIVING, SENDING, agreed, judge_packets

BACK_WITHIN_MS: Final = 5_000
"""From a page that is online again to its connected call. Chromium on two busy cores: under 2 s."""

SIMULATED_MS: Final = 1_000
"""The same in virtual time."""

TOLD_WITHIN_MS: Final = 1_000
"""From a refusal to what the app is told of it. Chromium on two busy cores: under 0.1 s."""

TOLD_WITHIN_SIMULATED_MS: Final = 100
"""The same in virtual time."""


def reattaches(session: SessionRecord) -> CheckResult:
    """A page that is opened again shows the connected call of the page before it, and media flows.
    Not exercised: the app did not ask for that, the platform refused, or the call ended too soon.
    Wrong: a client that ends the call with its page, forgets it, or does not connect it again."""
    before = _page_before(session)
    if before is None or not session.resumed_at:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    for call in before.calls:
        one = _came_back(call, session) if _lived_on(call) else NOT_EXERCISED
        if one is not NOT_EXERCISED and one is not PASSED:
            return one
        result = one or result
    return result


def _page_before(session: SessionRecord) -> SessionRecord | None:
    """Return the page that this one opens again, where the app wants its calls back."""
    returned, history = session.returned, session.history
    if returned is None or returned.error or not history.keeps_calls(session):
        return None
    return history.sessions.get(str(returned.args.get("of")))


def _lived_on(call: CallRecord) -> bool:
    """Say whether a page had a connected call when it was closed, and nobody had ended it."""
    wire, shown, vanished = call.wire, call.shown, call.session.vanished
    if vanished is None or wire.answer is None or "connected" not in shown.words:
        return False
    if shown.over is not None or call.commands.hangup is not None:
        return False
    gone_at = vanished.sent_at
    if not wire.faults.isdisjoint(HEARING) or any(at < gone_at for at in call.session.lost_at):
        return False
    return not any(0 <= at < gone_at for at in (wire.ended_at, wire.bye_out_at, wire.bye_in_at))


def _came_back(call: CallRecord, session: SessionRecord) -> CheckResult:
    if call.wire.bye_in is not None:
        return call.fail("page-ended-kept-call", at=call.wire.bye_in_at)
    now = _on(session, call.id)
    start = session.registered_at
    ends = [call.wire.ended_at, session.gone_at]
    ends += [at for at in session.lost_at if at > session.resumed_at[0]]
    if now is not None:
        wire = now.wire
        if wire.reattach_refused_at >= 0 and wire.reattached_at < 0:
            return NOT_EXERCISED  # judged by return/refused-reattach
        if now.kept_from_connecting:
            return NOT_EXERCISED
        hangup = now.commands.hangup
        ends += [wire.ended_at, wire.bye_out_at, hangup.received_at if hangup is not None else -1]
    end = earliest(*ends)
    if start < 0 or 0 <= end < start:
        return NOT_EXERCISED
    if now is not None and "connected" in now.shown.words and now.wire.reattached_at >= 0:
        return _flows(now)
    if session.history.elapsed_ms(start, end) < _allowed_ms(session):
        return NOT_EXERCISED
    seen = documented_all(now.shown.words[-1:]) if now is not None else ()
    return session.fail("call-not-back", at=start, expected=("connected",), seen=seen or ("none",))


def _on(session: SessionRecord, id: str) -> CallRecord | None:
    return next((call for call in session.calls if call.id == id), None)


def _allowed_ms(session: SessionRecord) -> int:
    return SIMULATED_MS if session.history.simulated else BACK_WITHIN_MS


def _flows(call: CallRecord) -> CheckResult:
    """Judge the packets of a call that is connected again, where they were counted."""
    wire = call.wire
    if not wire.real:
        return PASSED
    asked, given = wire.reattach, wire.platform_answer
    if wire.packets is None or wire.packets_at < wire.media_at or asked is None or given is None:
        return NOT_EXERCISED
    mine, theirs = asked.detail["media"], given.detail["media"]
    sent = agreed(mine, theirs, SENDING, RECEIVING)
    received = agreed(mine, theirs, RECEIVING, SENDING)
    return judge_packets(call, wire.packets, sent, received, "no-packets-after-return")


def refused_reattach(call: CallRecord) -> CheckResult:
    """When a page cannot have its call back, the app is told, and the call is not on its list.
    Not exercised: the platform gave the call back, or nobody asked for one.
    Wrong: a client that goes on showing a call that it does not have."""
    wire, shown, session = call.wire, call.shown, call.session
    refused_at = wire.reattach_refused_at
    if refused_at < 0 or wire.reattached_at >= 0:
        return NOT_EXERCISED
    if any(refused_at < at for at in session.lost_at):
        return NOT_EXERCISED
    # The call itself may go on, and the platform says so when it ends.
    ends = (wire.bye_out_at, wire.ended_at, session.gone_at)
    end = earliest(*[at for at in ends if at > refused_at])
    told = [*[at for at, _ in shown.errors], *session.error_at]
    told += [at for at, word in zip(shown.status_at, shown.words, strict=True) if word in ENDING]
    in_time = [at for at in told if session.registered_at < at and (end < 0 or at < end)]
    gone = not shown.listed or 0 <= shown.over_at < (end if end >= 0 else len(call.history.trace))
    if in_time and gone:
        return PASSED
    if not _due(session, refused_at, end):
        return NOT_EXERCISED
    if not gone:
        seen = documented_all(shown.words[:1])
        return call.fail("refused-call-listed", at=refused_at, seen=seen or ("none",))
    return call.fail("lost-call-not-told", at=refused_at)


def _due(session: SessionRecord, start: int, end: int) -> bool:
    """Say whether the client had time to react to what it was told at ``start``."""
    simulated = session.history.simulated
    return session.overdue(start, end, TOLD_WITHIN_SIMULATED_MS if simulated else TOLD_WITHIN_MS)
