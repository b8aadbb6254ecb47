"""Commands about SIP user agents: what ``ringproof_fakeserver.sip`` is to say to them."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringproof_fakeserver.protocol.causes import Cause


class SipCallerTold(msgspec.Struct, frozen=True):
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


SipCommand = SipCallerTold | SipInvite | SipBye | SipReofferAnswered
