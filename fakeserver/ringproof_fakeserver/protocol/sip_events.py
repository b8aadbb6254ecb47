"""Events of SIP user agents: what ``ringproof_fakeserver.sip`` tells the exchange.

SIP decides nothing about calls: whom an INVITE rings, who answers and how a call ends is up to the
exchange, as for every other call. Its answers are in ``sip_commands.py``.
"""

from __future__ import annotations

from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.events import AnyEvent


class SipCallPlaced(AnyEvent, frozen=True):
    """The user agent of a SIP endpoint calls a subscriber; it is who it says."""

    call: str
    """Fresh UUID chosen by the shell."""
    endpoint: str
    """Id of the endpoint."""
    from_: str
    from_name: str | None
    """None when the INVITE had no display name."""
    to: str
    """The address that is called, as ``/private/bob``."""
    offer: str
    """The caller's description; empty when the caller leaves the offer to us."""
    owner: str = ""
    """Id of the subscriber whose endpoint it is."""


class SipCallerAnswered(AnyEvent, frozen=True):
    """A caller who had left the offer to us has answered it."""

    call: str
    sdp: str


class SipCallerLeft(AnyEvent, frozen=True):
    """A caller gave up or hung up, or cannot be reached any more."""

    call: str


class SipReoffered(AnyEvent, frozen=True):
    """The user agent at a leg offers anew: hold, resume. Answered by ``SipReofferAnswered``."""

    leg: str
    sdp: str


class SipReferred(AnyEvent, frozen=True):
    """The user agent at a leg hands its call over (REFER). Answered by ``SipReferAnswered``."""

    leg: str
    destination: str
    """A SIP URI."""


class SipDeviceCame(AnyEvent, frozen=True):
    """A user agent of a subscriber's endpoint has registered: it rings from now on."""

    device: str
    """Unique among all registrations."""
    endpoint: str
    subscriber: str


class SipDeviceWent(AnyEvent, frozen=True):
    """The registration is over; a call that the device has answered goes on."""

    device: str


class SipDeviceRinging(AnyEvent, frozen=True):
    """The device of a dialog says that it rings (180 or 183)."""

    dialog: str


class SipDeviceAnswered(AnyEvent, frozen=True):
    """The device of a dialog has answered with this description."""

    dialog: str
    sdp: str


class SipDeviceEnded(AnyEvent, frozen=True):
    """The device of a dialog declined, cannot be reached, or hung up."""

    dialog: str
    cause: Cause
