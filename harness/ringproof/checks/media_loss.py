"""Checks of the media family about a connected call whose media dies."""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import NEVER, CallRecord, OriginRecord, earliest
from ringproof.checks.status import ENDED, ending
from ringproof.checks.stream import kinds_received, kinds_sent

TOLD_WITHIN_MS: Final = 4_000
"""From the last packet to what the app is told. The reference client needs 1 s, the published SDK
in Chromium 2 to 3 s."""

TIMEOUT_SLACK_MS: Final = 3_000
"""How much later than its media timeout the platform may end a call on a busy machine."""


def loss_is_told(call: CallRecord) -> CheckResult:
    """When nothing comes in any more on a connected call, the app is told within seconds.
    Not exercised: the client's incoming media was not cut, or not for long enough.
    Wrong: a client that shows a dead call as a healthy one."""
    shown, wire = call.shown, call.wire
    cut_at, mended_at = wire.cuts.get("media-out", (NEVER, NEVER))
    if cut_at < 0 or not (call.history.simulated or wire.real) or not kinds_received(call):
        return NOT_EXERCISED
    if shown.words_before(cut_at)[-1:] != ["connected"]:
        return NOT_EXERCISED
    told = [at for at, _ in (*shown.errors, *shown.issues) if at > cut_at]
    hangup_at = call.commands.hangup.received_at if call.commands.hangup is not None else NEVER
    ends = (wire.bye_out_at, wire.bye_in_at, call.session.gone_at, hangup_at)
    over_at = earliest(mended_at, *ends)
    told += [at for at in shown.status_at if at > cut_at and not 0 <= over_at < at]
    if any(not 0 <= over_at < at for at in told):
        return PASSED
    if call.history.elapsed_ms(cut_at, over_at) < TOLD_WITHIN_MS:
        return NOT_EXERCISED
    return call.fail("loss-not-told", at=cut_at, limit_ms=TOLD_WITHIN_MS)


def timeout_ends_call(call: CallRecord) -> CheckResult:
    """A call that the platform ends for want of media is disconnected, then destroyed.
    Not exercised: the platform ended no call for this reason.
    Wrong: a client that goes on showing the call as connected."""
    wire, accept = call.wire, call.commands.accept
    if wire.silent_at < 0 or accept is None or wire.bye_out is None or not wire.platform_first:
        return NOT_EXERCISED
    if call.commands.hangup is not None or call.commands.late_answer is not None:
        return NOT_EXERCISED
    kind = "wrong-end-after-media-timeout"
    return ending(call, kind, ENDED, accept.words_before, wire.bye_out_at)


def keeps_flowing(call: CallRecord) -> CheckResult:
    """A client goes on sending until its call is over.
    Not exercised: the platform has no media timeout, or the call was shorter than that.
    Wrong: a client whose connection is closed while the call shows connected."""
    wire, shown = call.wire, call.shown
    timeout_ms = call.history.trace.header.scenario.platform.media_timeout_ms
    if not timeout_ms or wire.media_at < 0 or not kinds_sent(call) or "media-in" in wire.faults:
        return NOT_EXERCISED
    excuses = (shown.over_at, call.session.gone_at, wire.bye_in_at)
    hangup = call.commands.hangup
    excuse_at = earliest(*excuses, hangup.received_at if hangup is not None else NEVER)
    if wire.silent_at >= 0:
        if 0 <= excuse_at < wire.silent_at:
            return NOT_EXERCISED
        return call.fail("client-fell-silent", at=wire.silent_at, timeout_ms=timeout_ms)
    end_at = earliest(excuse_at, wire.bye_out_at)
    lasted_ms = call.history.elapsed_ms(wire.media_at, end_at)
    return PASSED if lasted_ms > timeout_ms else NOT_EXERCISED


def platform_media_timeout(origin: OriginRecord) -> CheckResult:
    """A platform with a media timeout ends a call once it hears nothing of the client for so long.
    Not exercised: no client was cut off for so long.
    Wrong: a platform that keeps the call of a client that it cannot hear."""
    winner = origin.winner
    timeout_ms = origin.history.trace.header.scenario.platform.media_timeout_ms
    if winner is None or not timeout_ms:
        return NOT_EXERCISED
    cut_at, mended_at = winner.wire.cuts.get("media-in", (NEVER, NEVER))
    if cut_at < 0:
        return NOT_EXERCISED
    back_at = origin.holder.wire.reattached_at if origin.holder is not None else NEVER
    over_at = earliest(mended_at, origin.ended_at, back_at)  # a new page has a path of its own
    lasted_ms = origin.history.elapsed_ms(cut_at, over_at)
    if lasted_ms > timeout_ms + TIMEOUT_SLACK_MS:
        return origin.fail(
            "no-media-timeout", at=cut_at, timeout_ms=timeout_ms, lasted_ms=lasted_ms
        )
    if not 0 <= winner.wire.silent_at < origin.ended_at or origin.ended is None:
        return NOT_EXERCISED
    if origin.ended.reason != "error":
        kind, seen = "wrong-media-timeout-reason", (origin.ended.reason,)
        return origin.fail(kind, at=origin.ended_at, expected=("error",), seen=seen)
    return PASSED
