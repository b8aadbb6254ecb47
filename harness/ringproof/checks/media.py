"""Checks of the media family: what changes about a call that is connected already."""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import end_at
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, Command, earliest
from ringproof_fakeserver.protocol.journal import FrameFact

CHANGE_WITHIN_MS: Final = 3_000
"""From the receipt of a command to its frame. Chromium on two busy cores: under 0.5 s."""

SIMULATED_MS: Final = 50
"""The same in virtual time."""

ANSWERED_MS: Final = 10_000
"""From answer() to the answer frame, where no STUN server replies. A browser gives up gathering
after some seconds, and aiortc after 5."""

_ACTIONS: Final = ("hold", "unhold", "toggleHold")

_HOLDING: Final = {"call.hold": "hold", "call.unhold": "unhold"}


def hold_tells_platform(call: CallRecord) -> CheckResult:
    """hold() and its counterpart reach the platform, and settle once it has replied.
    Not exercised: nobody changed the hold of a connected call, or it ended too soon.
    Wrong: a client that mutes locally and tells nobody, or whose promise never settles."""
    wanted = _changes(call)
    if not wanted or call.lost_socket:
        return NOT_EXERCISED
    frames = [(at, fact) for at, fact in call.wire.modifies if fact.detail["action"] != "transfer"]
    result: CheckResult = NOT_EXERCISED
    for command in wanted:
        action = _HOLDING[command.op]
        at = _sent(frames, command, action)
        settled = command.settled
        if at < 0:
            if settled is not None and not settled.error:
                return call.fail("hold-settled-unsent", settled, expected=(action,))
            if settled is None and overdue(call, command.received_at):
                return call.fail("hold-not-sent", at=command.received_at, expected=(action,))
            continue
        replies = [
            (replied_at, fact)
            for replied_at, fact in call.wire.modify_replies
            if replied_at > at and fact.detail.get("action", action) in _ACTIONS
        ]
        replied_at = replies[0][0] if replies else -1
        if settled is None:
            if call.session.reports_settled and replied_at >= 0 and overdue(call, replied_at):
                return call.fail("hold-not-settled", at=replied_at, expected=(action,))
        elif settled.error and replies and replies[0][1].kind == "result":
            return call.fail("hold-rejected", settled, expected=(action,), error=settled.error)
        elif not settled.error and not 0 <= replied_at < command.settled_at:
            return call.fail("hold-settled-early", settled, expected=(action,))
        result = PASSED
    return result


def _changes(call: CallRecord) -> list[Command]:
    """Return the commands that change the hold of the call while it is connected."""
    changes: list[Command] = []
    held = False
    for command in call.commands.modifies:
        words = call.shown.words[: command.words_before]
        if command.op not in _HOLDING or not words or words[-1] != "connected":
            continue
        if (command.op == "call.hold") is not held and not is_over_before(
            call, command.received_at
        ):
            changes.append(command)
            held = not held
    return changes


def is_over_before(call: CallRecord, at: int) -> bool:
    """Say whether the call was over on the wire before ``at``."""
    return 0 <= end_at(call) < at


def _sent(frames: list[tuple[int, FrameFact]], command: Command, action: str) -> int:
    """Return when the frame of a command was read, and take it and those before; -1 if never."""
    for number, (at, fact) in enumerate(frames):
        if at > command.sent_at and fact.detail["action"] in (action, "toggleHold"):
            del frames[: number + 1]
            return at
    return -1


def overdue(call: CallRecord, start: int) -> bool:
    """Say whether what was due at ``start`` had its time before the call's end."""
    return had_time(call, start, earliest(end_at(call), call.session.gone_at))


def had_time(call: CallRecord, start: int, end: int) -> bool:
    """Say whether what was due at ``start`` had its time before ``end``."""
    within_ms = SIMULATED_MS if call.history.simulated else CHANGE_WITHIN_MS
    return call.session.overdue(start, end, within_ms)


def silent_stun(call: CallRecord) -> CheckResult:
    """An accepted call is answered in time though no STUN server that was announced answers.
    Not exercised: one answered, nobody accepted, another fault kept the answer away, or the call
    ended before the time.
    Wrong: a client that sends no answer before a STUN server has told it its address."""
    accept, wire, session = call.commands.accept, call.wire, call.session
    if session.stun_ignored_at < 0 or accept is None or accept.received_at < 0:
        return NOT_EXERCISED
    if not wire.faults.isdisjoint({"answer", "devices"}) or call.lost_socket:
        return NOT_EXERCISED
    ended_at = earliest(end_at(call), session.gone_at)
    until = wire.answer_at if wire.answers else ended_at
    in_time = call.history.elapsed_ms(accept.received_at, until) <= ANSWERED_MS
    if wire.answers and in_time:
        return PASSED
    if in_time or (not wire.answers and "connected" in call.shown.words):
        return NOT_EXERCISED  # a call that connects unanswered is for status/answer-order
    return call.fail("no-answer-without-stun", at=accept.received_at, within_ms=ANSWERED_MS)


def refusal_is_told(call: CallRecord) -> CheckResult:
    """The app is told that the platform refused a change: the promise fails, or an error comes.
    Not exercised: no change was refused, or the call ended too soon.
    Wrong: a client that takes every reply for a yes."""
    refusals = [at for at, fact in call.wire.modify_replies if fact.kind == "error"]
    if not refusals or call.lost_socket:
        return NOT_EXERCISED
    first = refusals[0]
    failed = any(
        command.settled is not None and command.settled.error and command.settled_at > first
        for command in call.commands.modifies
    )
    if failed or any(at > first for at, _ in call.shown.errors):
        return PASSED
    if not overdue(call, first):
        return NOT_EXERCISED
    code = next(fact.detail["code"] for at, fact in call.wire.modify_replies if at == first)
    return call.fail("refusal-not-told", at=first, code=code)
