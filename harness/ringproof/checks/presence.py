"""Checks about who is reachable when: pages that open late or again, clients that go offline."""

from __future__ import annotations

from typing import Final

from ringproof.checks.causes import judge_unlisted
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import (
    NEVER,
    CallRecord,
    Command,
    OriginRecord,
    SessionRecord,
    earliest,
)

OFFERED_MS: Final = 1_000
"""From a device that comes online to the invite: each offer is made by a media leg of its own."""


def unregister_holds(session: SessionRecord) -> CheckResult:
    """A client that was taken offline is offline, and stays so until it is brought online.
    Not exercised: it was not taken offline, or was offline already, or what it sent may be lost
    with its socket.
    Wrong: a client that goes online by itself when it has a new socket, or never goes offline."""
    result: CheckResult = NOT_EXERCISED
    for command in session.presence_commands:
        if command.op != "session.offline" or command.received_at < 0:
            continue
        until = _until(session, command)
        states = _states(session, command, until)
        if "offline" not in states:
            lost = any(command.sent_at < at for at in session.lost_at)
            was_offline = _before(session, command) == "offline"
            if _settled(session, command, until) and not lost and not was_offline:
                return session.fail("unregister-without-offline", at=command.received_at)
            continue
        if "online" in states[states.index("offline") :]:
            return session.fail("online-by-itself", at=_last(session, "online", until))
        if _settled(session, command, until):
            result = PASSED
    return result


def online_again(session: SessionRecord) -> CheckResult:
    """A client that is brought online again after it was offline is online at the platform.
    Not exercised: it was not offline, or what it sent may be lost with its socket.
    Wrong: a client whose register() does nothing after unregister()."""
    result: CheckResult = NOT_EXERCISED
    for command in session.presence_commands:
        if command.op != "session.online" or command.received_at < 0:
            continue
        if _before(session, command) != "offline":
            continue
        until = _until(session, command)
        if "online" in _states(session, command, until):
            result = PASSED
        elif _settled(session, command, until) and not any(
            command.sent_at < at for at in session.lost_at
        ):
            return session.fail("register-without-online", at=command.received_at)
    return result


def _until(session: SessionRecord, command: Command) -> int:
    """Return when the next command about presence was sent, or the page was closed."""
    later = [one.sent_at for one in session.presence_commands if one.sent_at > command.sent_at]
    gone_at = session.gone_at if session.gone_at > command.sent_at else NEVER
    return earliest(*later, gone_at)


def _before(session: SessionRecord, command: Command) -> str:
    """Return what the platform had last heard of the client; empty when it never came online."""
    states = [state for at, state in session.presence if at < command.sent_at]
    return states[-1] if states else ""


def _states(session: SessionRecord, command: Command, until: int) -> list[str]:
    return [
        state
        for at, state in session.presence
        if command.sent_at < at and (until < 0 or at < until)
    ]


def _settled(session: SessionRecord, command: Command, until: int) -> bool:
    return session.settled_between(command.received_at, until)


def _last(session: SessionRecord, state: str, until: int) -> int:
    return [at for at, seen in session.presence if seen == state and (until < 0 or at < until)][-1]


def late_device(origin: OriginRecord) -> CheckResult:
    """A device that comes online while a call rings is offered the call as well.
    Not exercised: no device came online during the ringing, or it had too little time.
    Wrong: a platform that rings only the devices that were online at the dial."""
    if origin.created_at < 0:
        return NOT_EXERCISED
    offered = {call.session.id for call in origin.dialogs if call.wire.invite is not None}
    result: CheckResult = NOT_EXERCISED
    for session in origin.history.sessions.values():
        online = max(session.online_at, session.registered_at)
        end = earliest(origin.winner_at, origin.ended_at, session.gone_at)
        if not origin.created_at < online or 0 <= end < online:
            continue
        if session.id in offered:
            result = PASSED
        elif session.returned is not None:
            continue  # its user may have declined the call on the page before
        elif origin.history.elapsed_ms(online, end) >= OFFERED_MS and not session.lost_at:
            return origin.fail("late-device-not-offered", at=online)
    return result


def opens_again(session: SessionRecord) -> CheckResult:
    """A page that is opened again comes online again.
    Not exercised: no page was opened again, or its socket was lost meanwhile.
    Wrong: a client that cannot start from what it stored before its page was closed."""
    command = session.returned
    if command is None:
        return NOT_EXERCISED
    if command.error in ("sut_error", "timeout"):
        return (
            NOT_EXERCISED if session.lost_at else session.fail("page-not-back", at=command.sent_at)
        )
    return PASSED if session.registered is not None else NOT_EXERCISED


def rings_again(call: CallRecord) -> CheckResult:
    """A call that is offered to a page that was opened again reaches the page's list.
    Not exercised: the page was not opened again, or another clause judges why it is not listed.
    Wrong: a client that keeps calls from the list which come before it is ready."""
    if call.session.returned is None or call.wire.invite is None:
        return NOT_EXERCISED
    if call.shown.listed:
        return PASSED
    return judge_unlisted(call, "register/rings-again", "not-listed-after-return")


def unload_is_no_decline(call: CallRecord) -> CheckResult:
    """A page that is closed while a call rings there does not decline the call.
    Not exercised: no page was closed during ringing, or its user acted on the call.
    Wrong: a client that ends ringing calls when its page is closed, and so for all devices."""
    wire, vanished, commands = call.wire, call.session.vanished, call.commands
    if vanished is None or not 0 <= wire.invite_at < vanished.sent_at or call.session.left_at < 0:
        return NOT_EXERCISED
    acted = (commands.accept, commands.decline, commands.hangup, wire.answer, wire.bye_out)
    if any(one is not None for one in acted) or 0 <= wire.ended_at < vanished.sent_at:
        return NOT_EXERCISED
    if wire.bye_in is None:
        return PASSED
    if wire.bye_in_at < vanished.sent_at:
        return NOT_EXERCISED  # judged by outcome/three-ways
    return call.fail("bye-for-ringing-call", at=wire.bye_in_at)
