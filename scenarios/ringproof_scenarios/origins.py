"""Where a caller calls from, and what its address and name may then be."""

from __future__ import annotations

import re
from typing import Final, Literal

from ringproof_fakeserver.protocol.directory import CONTEXT, slug

Origin = Literal["rest", "browser", "pstn", "sip"]
"""``rest``: a server-side dial. ``browser``: another subscriber's client dials. ``pstn``: a phone
number, of which the platform knows a name or none. ``sip``: a SIP user agent dials; the address is
its user name, or the number that it shows."""

SOUND: Final = ("audio",)
OWN: Final = frozenset({"browser", "sip"})
"""Callers with a program of their own, which places and ends the call in place of REST."""

_E164: Final = re.compile(r"\+[1-9]\d{1,14}")

_USER: Final = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_WHERE: Final[dict[Origin, str]] = {
    "rest": "",
    "browser": " in a browser",
    "pstn": " on a phone",
    "sip": " on a softphone",
}


def problem(
    origin: Origin, address: str, name: str | None, media: tuple[str, ...]
) -> tuple[str, str] | None:
    """Return which field does not suit the origin, and what it may be; None where both do."""
    if origin == "pstn" and not _E164.fullmatch(address):
        return "address", "a number such as +15551234567, for a caller on a phone"
    if origin == "browser" and address != CONTEXT + slug(address.removeprefix(CONTEXT)):
        return "address", f"an address such as {CONTEXT}alice, for a caller in a browser"
    if origin == "browser" and not name:
        return "name", "not empty for a caller in a browser: every subscriber shows one"
    if origin == "sip" and not _USER.fullmatch(address):
        return "address", "a user name such as desk-1, for a caller on a softphone"
    if origin == "sip" and name != sayable(name):
        return "name", "not empty and without control characters, for a caller on a softphone"
    if origin == "sip" and media != SOUND:
        return "media", '("audio",) for a caller on a softphone'
    return None


def sayable(name: str | None) -> str | None:
    """Return the part of a name that a SIP message can carry; None where nothing is left."""
    return _CONTROL.sub("", name or "") or None


def describe(origin: Origin) -> str:
    """Return the words that follow the caller's name; none for a server-side dial."""
    return _WHERE[origin]
