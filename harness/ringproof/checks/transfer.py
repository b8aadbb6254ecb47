"""The check of calls that the client hands over to another destination."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.media import is_over_before, overdue
from ringproof.checks.records import CallRecord, Command, OriginRecord, earliest
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.journal import FrameFact

OP: Final = "call.transfer"
ACTION: Final = "transfer"
RUNG_WITHIN_MS: Final = 5_000
"""From the reply to a ringing device of the destination. The first real leg of a process takes up
to 1 s."""


def keeps_call(call: CallRecord) -> CheckResult:
    """transfer() tells the platform where to; the far party rings there, as a refused one stays.
    Not exercised: nobody transferred the call while it was connected, or it ended too soon.
    Wrong: a client that hangs up in place of a transfer, or when one is refused."""
    command = next((one for one in call.commands.modifies if _is_due(call, one)), None)
    if command is None or call.lost_socket:
        return NOT_EXERCISED
    found = next((one for one in _frames(call.wire.modifies) if one[0] > command.sent_at), None)
    if found is None:
        return _unsent(call, command)
    at, frame = found
    if frame.detail.get("destination") != command.args.get("destination"):
        return call.fail("transfer-elsewhere", at=at)
    replies = [one for one in _frames(call.wire.modify_replies) if one[0] > at]
    if not replies:
        return NOT_EXERCISED
    replied_at, reply = replies[0]
    if reply.kind == "error":
        return _refused(call, replied_at)
    return _accepted(call, at, replied_at)


def _is_due(call: CallRecord, command: Command) -> bool:
    words = call.shown.words[: command.words_before]
    connected = bool(words) and words[-1] == "connected"
    # The report of the receipt may come later than the frames that it has caused.
    return command.op == OP and connected and not is_over_before(call, command.sent_at)


def _frames(frames: list[tuple[int, FrameFact]]) -> list[tuple[int, FrameFact]]:
    return [one for one in frames if one[1].detail.get("action") == ACTION]


def _unsent(call: CallRecord, command: Command) -> CheckResult:
    settled = command.settled is not None and not command.settled.error
    ended = call.wire.bye_in is not None and call.commands.hangup is None
    if settled or ended or overdue(call, command.received_at):
        return call.fail("transfer-not-sent", at=command.received_at)
    return NOT_EXERCISED


def _refused(call: CallRecord, at: int) -> CheckResult:
    """Judge what became of a call whose transfer was refused: nothing, until somebody ends it."""
    wire, commands, shown = call.wire, call.commands, call.shown
    excused = commands.hangup is not None or call.session.gone_at >= 0
    if at < wire.bye_in_at and not excused and not wire.platform_first:
        return call.fail("refused-transfer-ends-call", at=wire.bye_in_at)
    if at < shown.over_at and not excused and wire.bye_out is None:
        return call.fail("refused-transfer-ends-call", shown.over)
    return PASSED if call.session.settled_after(at) else NOT_EXERCISED


def _accepted(call: CallRecord, asked_at: int, at: int) -> CheckResult:
    """Judge a call that was handed over: the local leg ends, and the destination rings."""
    wire, origin, shown = call.wire, call.origin, call.shown
    if wire.bye_in is not None and not wire.platform_first and call.commands.hangup is None:
        return call.fail("hung-up-on-far-party", at=wire.bye_in_at)
    # A call that was handed over before has made another destination ring already.
    rang = origin is not None and any(one > asked_at for one in origin.rung_elsewhere_at)
    loss = _lost(origin, at) if origin is not None and not rang else None
    if loss is not None:
        return loss
    heard = wire.bye_out is not None and "bye" not in wire.faults and call.session.gone_at < 0
    if heard and shown.destroyed is None and call.session.settled_after(wire.bye_out_at):
        return call.fail("call-stays-after-transfer", at=wire.bye_out_at)
    return PASSED if rang and call.session.settled_after(at) else NOT_EXERCISED


def _lost(origin: OriginRecord, at: int) -> Failure | None:
    """Return how a transfer that was accepted, and rang nowhere yet, lost the far party, or None.

    What the destination does once it rings is no fault of the transfer.
    """
    if origin.ended is not None and origin.ended.by in ("callee", "platform"):
        return origin.fail("far-party-lost", at=origin.ended_at, by=origin.ended.by)
    end = earliest(origin.ended_at, origin.history.settled_at)
    if origin.history.elapsed_ms(at, end) >= RUNG_WITHIN_MS:
        return origin.fail("destination-not-rung", at=at)
    return None
