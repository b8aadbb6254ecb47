"""Checks of the register family: who is reached once the client is online."""

from __future__ import annotations

from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.causes import missed
from ringproof.checks.records import OriginRecord, SessionRecord
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call, per_origin_call

OFFERED_MS: Final = 1_000
"""From the dial to the invite on every device: each offer is made by a media leg of its own."""


@per_call("register/sync-point")
def sync_point(call: CallRecord) -> Finding:
    """A client whose register() resolves before calls can reach the list."""
    registered_at = call.session.registered_at
    if not 0 <= registered_at < call.invite_at:
        return UNTOUCHED
    if call.listed:
        return HELD
    if missed(call) != "register/sync-point":
        return UNTOUCHED
    return call.fail("first-call-not-listed", at=call.invite_at)


@per_origin_call("register/reference-is-stable")
def reference_is_stable(origin: OriginRecord) -> Finding:
    """A platform that offers a call to one of a user's devices only."""
    if origin.created_at < 0 or not origin.dialogs:
        return UNTOUCHED
    offered = {
        call.session.id
        for call in origin.dialogs
        if call.invite is not None or "invite" in call.faults
    }
    if not offered:
        return UNTOUCHED
    online = [s for s in origin.history.sessions.values() if _online(s, origin.created_at)]
    if len(online) < 2:
        return UNTOUCHED
    for session in online:
        if session.id in offered:
            continue
        decided = [at for at in (origin.winner_at, origin.ended_at, session.gone_at) if at >= 0]
        end = min(decided, default=-1)
        if session.lost_at or session.elapsed_ms(origin.created_at, end) < OFFERED_MS:
            return UNTOUCHED
        return origin.fail(
            "device-not-offered", at=origin.created_at, online=len(online), offered=len(offered)
        )
    return HELD


def _online(session: SessionRecord, at: int) -> bool:
    online = max(session.online_at, session.registered_at)
    return 0 <= online < at and not 0 <= session.gone_at < at
