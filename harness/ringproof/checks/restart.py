"""Checks of the media family about a connected call whose media path is found anew."""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import end_at
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.media import had_time, is_over_before
from ringproof.checks.records import NEVER, CallRecord, Command, earliest
from ringproof.checks.stream import kinds_sent
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.journal import FrameFact

OP: Final = "call.restart_ice"
ACTION: Final = "updateMedia"

CHECKED_WITHIN_MS: Final = 5_000
"""From the platform's answer to a path that is checked. The reference client: 0.1 s; Chromium on
two busy cores: under 1 s."""

SIMULATED_MS: Final = 150
"""The same in virtual time."""

FLOWS_WITHIN_MS: Final = 2_000
"""Within this time packets of every kind come, on a machine that is busy with something else."""

_IN_THE_WAY: Final = frozenset({"media-in", "media-out", "media"})
"""Points of faults without which a path can be checked."""


def tells_platform(call: CallRecord) -> CheckResult:
    """A restart of the media path is a new offer to the platform, with new ICE credentials.
    Not exercised: nobody restarted the path of a connected call, or it ended too soon.
    Wrong: a client that restarts in secret, or offers the credentials that it has already."""
    wanted = [command for command in call.commands.modifies if _is_due(call, command)]
    if not wanted or call.lost_socket:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    for command in wanted:
        found = next((one for one in _offers(call) if one[0] > command.sent_at), None)
        settled = command.settled
        if found is None:
            refused = settled is not None and bool(settled.error)
            if not refused and _overdue(call, command.received_at):
                return call.fail("restart-not-sent", at=command.received_at)
            continue
        at, offer = found
        if not _is_new(call, at, offer):
            return call.fail("restart-keeps-credentials", at=at)
        wrong = _wrongly_settled(call, command, at)
        if wrong is not None:
            return wrong
        result = PASSED
    return result


def _is_due(call: CallRecord, command: Command) -> bool:
    words = call.shown.words[: command.words_before]
    is_connected = bool(words) and words[-1] == "connected"
    return command.op == OP and is_connected and not is_over_before(call, command.received_at)


def _offers(call: CallRecord) -> list[tuple[int, FrameFact]]:
    return [one for one in call.wire.modifies if one[1].detail["action"] == ACTION]


def _is_new(call: CallRecord, at: int, offer: FrameFact) -> bool:
    """Say whether the client had used none of the ICE user names in an offer before."""
    earlier = [fact for offered_at, fact in _offers(call) if offered_at < at]
    earlier += [] if call.wire.answer is None else [call.wire.answer]
    used = {name for fact in earlier for name in fact.detail.get("ice", ())}
    names = set(offer.detail.get("ice", ()))
    return bool(names) and not names & used


def _replies(call: CallRecord) -> list[tuple[int, FrameFact]]:
    return [one for one in call.wire.modify_replies if one[1].detail.get("action") == ACTION]


def _wrongly_settled(call: CallRecord, command: Command, at: int) -> Failure | None:
    """Judge the promise of a restart whose offer came in at ``at``; it may resolve early."""
    reply = next((one for one in _replies(call) if one[0] > at), None)
    settled = command.settled
    if reply is None:
        return None
    if settled is None:
        if call.session.reports_settled and _overdue(call, reply[0]):
            return call.fail("restart-not-settled", at=reply[0])
    elif settled.error and reply[1].kind == "result" and command.settled_at > reply[0]:
        return call.fail("restart-rejected", settled, error=settled.error)
    return None


def keeps_call(call: CallRecord) -> CheckResult:
    """A call goes on over a restart: over the new path, or as it was if the platform refuses.
    Not exercised: the platform replied to no restart, or the call ended too soon.
    Wrong: a client that ends the call, or never uses what the platform has answered."""
    replies = _replies(call)
    if not replies or call.lost_socket or not _IN_THE_WAY.isdisjoint(call.wire.faults):
        return NOT_EXERCISED
    first_at = replies[0][0]
    if _ended_by_client(call, first_at):
        reply = "agreed to" if replies[0][1].kind == "result" else "refused"
        return call.fail("restart-ended-call", at=first_at, reply=reply)
    at, last = replies[-1]
    if last.kind == "error":
        flows = _flows_after(call, at)
        if isinstance(flows, Failure):
            return flows
        return PASSED if _overdue(call, at) else NOT_EXERCISED
    if not any(_is_new(call, *one) for one in _offers(call)[-1:]):
        return NOT_EXERCISED  # it restarts nothing, which the clause about offers judges
    restarted_at = next((one for one in call.wire.restarted_at if one > at), NEVER)
    if restarted_at < 0:
        if call.history.elapsed_ms(at, _end_at(call)) < _checked_within_ms(call):
            return NOT_EXERCISED
        return call.fail("restart-not-completed", at=at)
    return _flows_after(call, restarted_at)


def _ended_by_client(call: CallRecord, at: int) -> bool:
    """Say whether the client ended the call after ``at``, and nobody had asked for it."""
    wire, shown, commands = call.wire, call.shown, call.commands
    over_at = earliest(
        wire.bye_in_at if wire.bye_in_at > at else NEVER,
        shown.over_at if shown.over_at > at else NEVER,
    )
    asked = [one for one in (commands.hangup, commands.late_reject) if one is not None]
    causes = [call.session.gone_at, wire.bye_out_at, wire.ended_at, *[one.sent_at for one in asked]]
    # The client's own bye ends the dialog.
    if 0 <= wire.bye_in_at < wire.ended_at:
        causes.remove(wire.ended_at)
    return over_at >= 0 and not any(0 <= cause < over_at for cause in causes)


def _end_at(call: CallRecord) -> int:
    hangup = call.commands.hangup
    hung_up_at = hangup.received_at if hangup is not None else NEVER
    return earliest(end_at(call), call.session.gone_at, hung_up_at)


def _overdue(call: CallRecord, start: int) -> bool:
    """Say whether what was due at ``start`` had its time before the call, or the user, ended it."""
    return had_time(call, start, _end_at(call))


def _checked_within_ms(call: CallRecord) -> int:
    return SIMULATED_MS if call.history.simulated else CHECKED_WITHIN_MS


def _flows_after(call: CallRecord, at: int) -> CheckResult:
    """Judge the platform's counts after a restart; without real media there are none."""
    if not call.wire.real:
        return PASSED
    counts = [one for one in call.wire.counts if one[0] > at]
    if len(counts) < 2:
        return NOT_EXERCISED
    (first_at, first), (last_at, last) = counts[0], counts[-1]
    sent = sorted(kinds_sent(call))
    stopped = [kind for kind in sent if last.received.get(kind, 0) <= first.received.get(kind, 0)]
    if not stopped:
        return PASSED
    if call.history.elapsed_ms(first_at, last_at) < FLOWS_WITHIN_MS:
        return NOT_EXERCISED
    return call.fail("restart-stops-media", at=last_at, seen=tuple(stopped))
