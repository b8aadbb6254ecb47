"""How long it takes until a call ends by itself."""

from __future__ import annotations

from ringproof.call_tracker import OriginCall
from ringproof.play.context import Context
from ringproof.play.fault_injection import FaultInjection
from ringproof.play.returning import refused
from ringproof_scenarios.backend import FILE_MS
from ringproof_scenarios.model import RING_WAITED_MS, GoOnline, Open


def natural_end_ms(
    context: Context, faults: FaultInjection, call: OriginCall, number: int, *, hung_up: bool
) -> int | None:
    """Return after how long the call of a caller ends, as it is now; None: never by itself.

    ``hung_up``: the subscriber's own hang-up was sent.
    """
    if call.state == "answered":
        return _answered(context, faults, call, number, hung_up=hung_up)
    brings_online = any(isinstance(one, GoOnline | Open) for one in context.scenario.actions)
    if not call.legs and not brings_online:
        return None  # it rings nowhere: no device was online
    caller, ring_ms = context.scenario.callers[number], context.scenario.platform.ring_ms
    ends = [] if caller.patience_ms is None else [caller.patience_ms]
    ends += [ring_ms] if ring_ms <= RING_WAITED_MS else []
    return min(ends, default=None)


def _answered(
    context: Context, faults: FaultInjection, call: OriginCall, number: int, *, hung_up: bool
) -> int | None:
    # A caller whose callee was refused the call after a reload stays on the line.
    if taken_by_vanished(context, call) and not refused(context.tracker, call):
        return context.scenario.platform.page_gone_ms or None
    leg, caller = call.winning_leg, context.scenario.callers[number]
    talk_ms = FILE_MS if caller.plays else caller.talk_ms
    # Without media the caller's script waits for ever; nothing but a hang-up ends the call.
    media_dead = leg is not None and faults.struck(leg, "media")
    if talk_ms is not None and not media_dead:
        media_ms = context.deadlines.connected_ms + context.deadlines.media_ms
        return talk_ms + (media_ms if context.real_media else 0)
    if leg is not None and (unheard_ms := faults.unheard_ms(leg)):
        return unheard_ms
    return 0 if hung_up else None


def taken_by_vanished(context: Context, call: OriginCall) -> bool:
    """Say whether the device that answered the call is gone."""
    sessions = context.tracker.sessions
    return bool(call.winner) and sessions.index(call.winner) in context.vanished
