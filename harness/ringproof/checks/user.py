"""Checks of what an app does beside calls: construct its client, renew its token, ask who it is."""

from __future__ import annotations

import re

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, SessionRecord
from ringproof_scenarios.model import AUDIO_VIDEO

DEVICES = ("microphone", "camera")

"""What each address of a user can be dialled for; there may be more."""


def automatic(session: SessionRecord) -> CheckResult:
    """A client that was only constructed comes online.
    Not exercised: its app called register(), or a fault kept the client out.
    Wrong: a client that waits for register(), or opens no socket before."""
    opening = session.opening
    if opening is None or opening.args.get("register") is not False or opening.error:
        return NOT_EXERCISED
    if {"token", "kept_out", "unregistered"} & set(opening.args):
        return NOT_EXERCISED
    if session.online_at >= 0:
        return PASSED
    if session.gone_at < 0:
        return NOT_EXERCISED
    return session.fail("construction-not-enough", at=session.gone_at)


def returns_with_fresh_token(session: SessionRecord) -> CheckResult:
    """A client that was handed another token opens its session with that one after a lost socket.
    Not exercised: it was handed none, or its socket was not lost afterwards.
    Wrong: a client that goes on with the token that it began with."""
    if not session.renewals:
        return NOT_EXERCISED
    renewed_at = session.renewals[-1]
    losses = [at for at in session.lost_at if at > renewed_at]
    refusals = [at for at in session.token_refused_at if at > renewed_at]
    if not losses or session.vanished is not None:
        return NOT_EXERCISED
    if refusals:
        return session.fail("came-back-with-old-token", at=refusals[0])
    if any(at > losses[0] for at in (*session.resumed_at, session.online_at)):
        return PASSED
    return NOT_EXERCISED  # that it is not back at all: register/comes-back


def user_addresses(session: SessionRecord) -> CheckResult:
    """The client shows its user with every address that was dialled, each with a URI per channel.
    Not exercised: nobody asked who its user is.
    Wrong: a client that shows one address only, or URIs that nobody can dial."""
    if not session.users:
        return NOT_EXERCISED
    for at, user in session.users:
        shown: set[str] = set()
        for address in user.addresses:
            for kind in AUDIO_VIDEO:
                uri = address.channels.get(kind, "")
                if not re.fullmatch(rf"/[^?]+\?channel={kind}", uri):
                    return session.fail("user-without-uri", at=at, channel=kind, uri=uri)
                shown.add(uri.partition("?")[0])
        missing = tuple([one for one in _dialled(session) if one not in shown])
        if missing:
            return session.fail("user-without-address", at=at, expected=missing)
    return PASSED


def selected_devices(call: CallRecord) -> CheckResult:
    """The tracks that a call sends come from the devices that its user has chosen, to its end.
    Not exercised: the user chose none, or the call had sent nothing when it was read.
    Wrong: a client that takes the first devices, or goes back to them once media flows."""
    accept = call.commands.accept
    chosen = {} if accept is None else {name: accept.args.get(name) for name in DEVICES}
    result: CheckResult = NOT_EXERCISED
    for at, sources in call.shown.sources:
        for name, place in sources.devices.items():
            wanted = chosen.get(name)
            if wanted is not None and place != wanted:
                seen = f"{name} {place + 1}"
                return call.fail("another-device", at=at, due=f"{name} {wanted + 1}", sent=seen)
            result = result if wanted is None else PASSED
    return result


def _dialled(session: SessionRecord) -> list[str]:
    dials = [one for one in session.history.commands.values() if one.op == "rest.dial"]
    return sorted({str(one.args["to"]) for one in dials if "to" in one.args})
