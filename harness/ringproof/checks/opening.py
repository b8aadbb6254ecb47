"""Checks of the register family: sessions that do not open, and sessions that break."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import OriginRecord, SessionRecord, earliest
from ringproof.verdict import Owner
from ringproof_scenarios.faults import REFUSED_TOKENS

FLOOD: Final = 5
FLOOD_WITHIN_MS: Final = 1_000
"""More requests to come online than ``FLOOD`` within this time are a flood. The published SDK asks
twice at once, when it is constructed and for register()."""

TOLD_MS: Final = 5_000
"""How soon an app is told that its token has expired."""


def refused_token(session: SessionRecord) -> CheckResult:
    """register() of a client whose token the platform refuses fails, in a bounded time.
    Not exercised: the token was good, or the platform let it in all the same.
    Wrong: a client that says it is online, or says nothing for ever."""
    opening = session.opening
    if opening is None or opening.replied_at < 0 or session.connected_at >= 0:
        return NOT_EXERCISED
    kind = str(opening.args.get("token", ""))
    if kind not in REFUSED_TOKENS:
        return NOT_EXERCISED
    if not opening.error:
        return session.fail("opened-with-refused-token", at=opening.replied_at, token=kind)
    if opening.error == "timeout":
        return session.fail("refused-token-never-settles", at=opening.replied_at, token=kind)
    return PASSED


def no_connection(session: SessionRecord) -> CheckResult:
    """register() settles in a bounded time though the platform does not let the client in.
    Not exercised: it was let in at once, or its token is the reason.
    Wrong: a client that waits for ever, or that is online without the platform's knowledge."""
    opening = session.opening
    if opening is None or opening.replied_at < 0:
        return NOT_EXERCISED
    if "kept_out" not in opening.args or "token" in opening.args:
        return NOT_EXERCISED
    if opening.error == "timeout":
        return session.fail("no-connection-never-settles", at=opening.replied_at)
    let_in = 0 <= session.connected_at < opening.replied_at
    if not opening.error and not let_in:
        return session.fail("opened-without-connection", at=opening.replied_at)
    return PASSED


def refused_online(session: SessionRecord) -> CheckResult:
    """register() settles in time, and truly, where the platform registers the client late or not.
    Not exercised: no registration was refused or late before the promise settled, something else
    kept the client out, or its app does not call register().
    Wrong: a client that waits for ever, or says that it is online when it is not."""
    opening, scenario = session.opening, session.history.trace.header.scenario
    if scenario.platform.online_delay_ms and not session.online_refused_at:
        return NOT_EXERCISED if scenario.automatic else _registered_late(session)
    if opening is None or opening.replied_at < 0 or {"token", "kept_out"} & set(opening.args):
        return NOT_EXERCISED
    if not any(at < opening.replied_at for at in session.online_refused_at):
        return NOT_EXERCISED
    if opening.error == "timeout":
        return session.fail("refused-online-never-settles", at=opening.replied_at)
    registered = 0 <= session.online_at < opening.replied_at
    if not opening.error and not registered:
        return session.fail("opened-though-refused-online", at=opening.replied_at)
    return PASSED


def _registered_late(session: SessionRecord) -> CheckResult:
    """Judge a client that the platform took its time to register; not every trace has its opening,
    but each has the event of a register() that resolved."""
    if session.registered_at < 0 or session.resumed_at:
        return NOT_EXERCISED  # a session that was resumed is registered already
    if not 0 <= session.online_at < session.registered_at:
        return session.fail("opened-before-online", at=session.registered_at)
    return PASSED


def no_flood(session: SessionRecord) -> CheckResult:
    """A client whose registration is refused does not ask again and again at once.
    Not exercised: no registration was refused.
    Wrong: a client that repeats the request as soon as it is refused."""
    asked_at, elapsed_ms = session.online_asked_at, session.history.elapsed_ms
    if not session.online_refused_at:
        return NOT_EXERCISED
    for first, at in zip(asked_at, asked_at[FLOOD:], strict=False):
        if elapsed_ms(first, at) <= FLOOD_WITHIN_MS and session.online_refused_at[0] < at:
            return session.fail(
                "online-flood", at=at, requests=FLOOD + 1, within_ms=FLOOD_WITHIN_MS
            )
    return PASSED


def comes_back(session: SessionRecord) -> CheckResult:
    """A client that has lost its socket tries again until it is back.
    Not exercised: it lost none, the app closed it or took it offline, or it was refused, which may
    be for good.
    Wrong: a client that gives up when a socket breaks, is closed with 1000, or says nothing."""
    lost_at = [at for at in session.lost_at if session.gone_at < 0 or at < session.gone_at]
    if not lost_at or session.vanished is not None:
        return NOT_EXERCISED
    attempts = [how for at, how in session.kept_out if at > lost_at[0]]
    if "refuse" in attempts or session.token_refused_at:
        return NOT_EXERCISED
    if session.never_back:
        if any(one.op == "session.offline" for one in session.presence_commands[-1:]):
            return NOT_EXERCISED  # the app does not want it back
        return session.fail("never-came-back", at=lost_at[-1], attempts=len(attempts))
    return NOT_EXERCISED if session.offline else PASSED


def expired_token_told(session: SessionRecord) -> CheckResult:
    """A client that is not let in again because its token has expired reports an error.
    Not exercised: its token did not keep it out, or it had too little time.
    Wrong: a client that tries in vain, or gives up, and its app hears nothing of it."""
    if not session.token_refused_at:
        return NOT_EXERCISED
    refused_at = session.token_refused_at[0]
    if any(refused_at < at for at in session.error_at):
        return PASSED
    if session.history.elapsed_ms(refused_at, session.gone_at) < TOLD_MS:
        return NOT_EXERCISED
    return session.fail("expired-token-not-told", at=refused_at, within_ms=TOLD_MS)


def guest_cannot_receive(origin: OriginRecord) -> CheckResult:
    """A call is not offered to a client that has a guest or an embed token.
    Not exercised: no such client was connected before the call.
    Wrong: a platform that lets guests come online."""
    guests = [one for one in origin.history.sessions.values() if _is_guest(one, origin.created_at)]
    at = earliest(*[call.wire.invite_at for call in origin.dialogs if call.session in guests])
    if at >= 0:
        return origin.fail("guest-offered-call", at=at)
    return PASSED if guests else NOT_EXERCISED


def token_refused(session: SessionRecord) -> CheckResult:
    """A forged or expired token, or one of another project, opens no session.
    Not exercised: the token was good.
    Wrong: a platform that does not look at a token's signature or its time."""
    opening = session.opening
    if opening is None or opening.args.get("token") not in REFUSED_TOKENS:
        return NOT_EXERCISED
    if session.connected_at < 0:
        return PASSED if opening.replied_at >= 0 else NOT_EXERCISED
    kind = str(opening.args["token"])
    failure = session.fail("bad-token-let-in", at=session.connected_at, token=kind)
    return replace(failure, owner=Owner.HARNESS)


def silent_device(session: SessionRecord) -> CheckResult:
    """A device that answers no ping loses its socket once the answer is overdue.
    Not exercised: no socket was half open, or the variant says that none is noticed.
    Wrong: a platform that rings a device for ever which hears nothing."""
    if not session.history.trace.header.scenario.platform.unanswered_pings:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    for silent, heard in zip(session.silent_at, session.heard_at, strict=False):
        if 0 <= session.gone_at < heard:
            continue
        if not any(silent < at < heard for at in session.lost_at):
            return replace(session.fail("silent-device-kept", at=heard), owner=Owner.HARNESS)
        result = PASSED
    return result


def _is_guest(session: SessionRecord, at: int) -> bool:
    opening = session.opening
    kind = opening.args.get("token") if opening is not None else None
    return kind in ("guest", "embed") and 0 <= session.connected_at < at
