"""Checks of the pings of connected calls, and of calls that end because one was not answered.

A pong names its call and no ping, so the last ping of a call is answered by any pong after it.
"""

from __future__ import annotations

from typing import Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.end import expired, shown_end
from ringproof.checks.records import NEVER, CallRecord, OriginRecord, earliest
from ringproof_fakeserver.protocol.causes import RECOVERY_EXPIRED

PONG_WITHIN_MS: Final = 500
"""From a client's acknowledgement of a ping, or its resume, to the pong. Clients send both in one
turn of their event loop."""

UNREAD_PONG_WITHIN_MS: Final = 5_000
"""From a ping that the client has not acknowledged: a busy one reads it late."""

SIMULATED_MS: Final = 100
"""Both of these in virtual time, where nothing is ever busy."""

SLACK_MS: Final = 2_000
"""How much later than due the platform may end a call: its timers are late on a busy machine."""


def answers_pings(call: CallRecord) -> CheckResult:
    """A client answers the pings of a connected call.
    Not exercised: the call was not pinged, or a fault, the socket or the end came in between.
    Wrong: a client that answers no ping, or in the name of another call, or on one socket only."""
    wire = call.wire
    ping_at, answered = _last_ping(call)
    has_it = wire.invite is not None or 0 <= wire.reattached_at < ping_at
    if ping_at < 0 or not has_it:
        return NOT_EXERCISED  # a page that was opened again does not know the calls from before
    if answered:
        return PASSED
    if "pong" in wire.faults or 0 <= call.shown.over_at < ping_at:
        return NOT_EXERCISED  # the pong may have been sent, or the client took the call for over
    if 0 <= call.session.gone_at < ping_at:
        return NOT_EXERCISED  # the page that had the call is gone: another was pinged
    end = _over_at(call, ping_at)
    read = wire.ping_read_at > ping_at
    waited_ms = call.history.elapsed_ms(wire.ping_read_at if read else ping_at, end)
    if waited_ms < _allowed_ms(call, PONG_WITHIN_MS if read else UNREAD_PONG_WITHIN_MS):
        return NOT_EXERCISED
    return call.fail("ping-not-answered", at=ping_at, waited_ms=waited_ms)


def pong_again(call: CallRecord) -> CheckResult:
    """A pong that the platform never had is sent again after a resume.
    Not exercised: no pong was lost, the socket was not, or the call was over too soon.
    Wrong: a client that takes a pong for sent which left on a socket that broke."""
    wire, session = call.wire, call.session
    lost_at = wire.pong_lost_at
    socket_at = next((at for at in session.lost_at if 0 <= lost_at < at), NEVER)
    back_at = next((at for at in session.resumed_at if 0 <= socket_at < at), NEVER)
    if back_at < 0:
        return NOT_EXERCISED
    pong_at = next((at for at in wire.pongs_at if at > lost_at), NEVER)
    ping_at = next((at for at in wire.pings_at if at > lost_at), NEVER)
    if pong_at >= 0 and not 0 <= ping_at < pong_at:
        return PASSED if pong_at > back_at else NOT_EXERCISED
    # A later ping asks for a pong of its own.
    end = earliest(ping_at, _over_at(call, back_at))
    waited_ms = call.history.elapsed_ms(back_at, end)
    if 0 <= end < back_at or waited_ms < _allowed_ms(call, PONG_WITHIN_MS):
        return NOT_EXERCISED
    return call.fail("pong-not-sent-again", at=back_at, waited_ms=waited_ms)


def expired_call(call: CallRecord) -> CheckResult:
    """A call that the platform ends for want of a pong is disconnected, then destroyed.
    Not exercised: the platform ended it for another reason, or its user hung up.
    Wrong: a client that stays in the call, or takes this end for a failure."""
    commands, wire = call.commands, call.wire
    accept = commands.accept
    if accept is None or not expired(call) or not wire.platform_first:
        return NOT_EXERCISED
    if commands.hangup is not None or commands.late_answer is not None:
        return NOT_EXERCISED
    if 0 <= call.shown.over_at < wire.bye_out_at:
        return NOT_EXERCISED  # it was over for the client already: judged by status/answer-order
    if wire.pong_refused and "failed" in call.shown.words:
        return NOT_EXERCISED  # that reached the client a moment before the bye did
    return shown_end(call, accept, "wrong-end-after-lost-ping")


def platform_pings(origin: OriginRecord) -> CheckResult:
    """An unanswered ping ends the call in time, and an answered one never does.
    Not exercised: the call was not pinged, or faults leave open what the platform had.
    Wrong: a platform that ends calls whose client answers, or keeps those whose client does not."""
    legs = _legs(origin)
    ping_at, answered = _last_ping(*legs)
    if ping_at < 0:
        return NOT_EXERCISED
    history = origin.history
    ended_at = earliest(*[leg.wire.ended_at for leg in legs])
    has_expired = any(leg.wire.ended_reason == RECOVERY_EXPIRED.name for leg in legs)
    if answered:
        if not has_expired:
            return PASSED
        lost = any(not leg.wire.faults.isdisjoint(("ping", "pong")) for leg in legs)
        if lost or any(_offline_after(leg, ping_at) for leg in legs):
            return NOT_EXERCISED  # there was another ping, or a pong that counts for nothing
        return origin.fail("answered-call-expired", at=ended_at, cause=RECOVERY_EXPIRED.name)
    ping_ms = history.trace.header.scenario.platform.verto_ping_ms
    elapsed_ms = history.elapsed_ms(ping_at, ended_at)
    if elapsed_ms > ping_ms + (SIMULATED_MS if history.simulated else SLACK_MS):
        at = ended_at if ended_at >= 0 else ping_at
        kind = "silent-call-kept"
        return origin.fail(kind, at=at, ping_ms=ping_ms, elapsed_ms=elapsed_ms)
    return PASSED if has_expired else NOT_EXERCISED


def _legs(origin: OriginRecord) -> list[CallRecord]:
    """Return the call of the page that has it; all pages' where a new one was not given it.

    What the platform tells of a call goes to the page that asked for it last.
    """
    if origin.holder is not None:
        return [origin.holder]
    winner = origin.winner
    return [] if winner is None else [one for one in origin.history.calls if one.id == winner.id]


def _last_ping(*calls: CallRecord) -> tuple[int, bool]:
    """Return where the last ping of a call was sent, or ``NEVER``, and whether a pong followed."""
    ping_at = max([at for call in calls for at in call.wire.pings_at], default=NEVER)
    return ping_at, any(at > ping_at >= 0 for call in calls for at in call.wire.pongs_at)


def _over_at(call: CallRecord, since: int) -> int:
    """Return when the call or the client's socket was over after ``since``; ``NEVER``: not yet."""
    wire, session = call.wire, call.session
    moments = (
        *(wire.bye_out_at, wire.bye_in_at, wire.ended_at, call.shown.over_at, session.gone_at),
        *session.lost_at,
    )
    return earliest(*[at for at in moments if at > since])


def _offline_after(call: CallRecord, at: int) -> bool:
    return any(lost_at > at for lost_at in call.session.lost_at)


def _allowed_ms(call: CallRecord, real_ms: int) -> int:
    return SIMULATED_MS if call.history.simulated else real_ms
