"""Checks of the register family: who is reached once the client is online."""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import elsewhere, judge_unlisted
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, OriginRecord, SessionRecord, earliest

OFFERED_MS: Final = 1_000
"""From the dial to the invite on every device: each offer is made by a media leg of its own."""


def sync_point(call: CallRecord) -> CheckResult:
    """A call that comes after register() has resolved reaches the list.
    Not exercised: the call came earlier, or another clause judges why it was not listed.
    Wrong: a client whose register() resolves before calls can reach the list."""
    registered_at = call.session.registered_at
    if not 0 <= registered_at < call.wire.invite_at:
        return NOT_EXERCISED
    if call.shown.listed:
        return PASSED
    return judge_unlisted(call, "register/sync-point", "first-call-not-listed")


def any_origin(call: CallRecord) -> CheckResult:
    """A call from a phone, or from another user's client, reaches the list.
    Not exercised: REST placed the call, or another clause judges why it was not listed.
    Wrong: a client that ignores calls from phone numbers."""
    if call.wire.invite is None or not elsewhere(call):
        return NOT_EXERCISED
    if call.shown.listed:
        return PASSED
    return judge_unlisted(call, "register/any-origin", "call-from-elsewhere-not-listed")


def reference_is_stable(origin: OriginRecord) -> CheckResult:
    """A call to a user is offered to every device of the user that is online.
    Not exercised: fewer than two devices were online, or one was lost or had too little time.
    Wrong: a platform that offers a call to one of a user's devices only."""
    if origin.created_at < 0:
        return NOT_EXERCISED
    offered = {
        call.session.id
        for call in origin.dialogs
        if call.wire.invite is not None or "invite" in call.wire.faults
    }
    online = [s for s in origin.history.sessions.values() if _online(s, origin.created_at)]
    if not offered or len(online) < 2:
        return NOT_EXERCISED
    for session in online:
        if session.id in offered:
            continue
        end = earliest(origin.winner_at, origin.ended_at, session.gone_at)
        if session.lost_at or origin.history.elapsed_ms(origin.created_at, end) < OFFERED_MS:
            return NOT_EXERCISED
        return origin.fail(
            "device-not-offered", at=origin.created_at, online=len(online), offered=len(offered)
        )
    return PASSED


def _online(session: SessionRecord, at: int) -> bool:
    online = max(session.online_at, session.registered_at)
    offline = [state for seen_at, state in session.presence if seen_at < at][-1:] == ["offline"]
    return 0 <= online < at and not offline and not 0 <= session.gone_at < at
