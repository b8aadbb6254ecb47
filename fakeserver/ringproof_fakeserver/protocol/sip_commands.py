"""Commands about SIP user agents: what ``ringproof_fakeserver.sip`` is to say to them."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringproof_fakeserver.protocol.causes import Cause


class SipCallerProgressed(msgspec.Struct, frozen=True):
    """Tell a SIP caller how the call goes on."""

    call: str
    state: Literal["ringing", "answered", "ended"]
    sdp: str = ""
    """Of ``answered``: our answer to the caller's offer, or our offer where it left that to us."""
    reason: str = ""
    """Of ``ended``, as in ``CallFact``."""


class SipInvite(msgspec.Struct, frozen=True):
    """Ring a registered device."""

    dialog: str
    device: str
    sdp: str
    from_: str
    from_name: str
    """Empty where the caller has none."""


class SipBye(msgspec.Struct, frozen=True):
    """End the dialog of a device: cancel it while it rings, else hang up."""

    dialog: str
    cause: Cause


class SipReofferAnswered(msgspec.Struct, frozen=True):
    """Answer the offer of ``SipReoffered``; ``sdp`` empty refuses it."""

    leg: str
    sdp: str


class SipReferAnswered(msgspec.Struct, frozen=True):
    """Answer ``SipReferred``. Where it is accepted, the leg ends with the next commands."""

    leg: str
    problem: Literal["", "no-route", "not-possible"] = ""
    """Empty accepts."""
    reason: str = ""
    """What the problem is, for people."""


class SipReferProgressed(msgspec.Struct, frozen=True):
    """Tell who has handed a call over how the destination takes it; the last is not ``ringing``."""

    leg: str
    state: Literal["ringing", "answered", "ended"]
    reason: str = ""
    """Of ``ended``, as in ``CallFact``."""


SipCommand = (
    SipCallerProgressed
    | SipInvite
    | SipBye
    | SipReofferAnswered
    | SipReferAnswered
    | SipReferProgressed
)
