"""Where a caller calls from, and what its address and name may then be."""

from __future__ import annotations

import re
from typing import Final, Literal

from ringproof_fakeserver.protocol.directory import CONTEXT, slug

Origin = Literal["rest", "browser", "pstn"]
"""``rest``: a server-side dial. ``browser``: another subscriber's client dials. ``pstn``: a phone
number, of which the platform knows a name or none."""

_E164: Final = re.compile(r"\+[1-9]\d{1,14}")

_WHERE: Final[dict[Origin, str]] = {"rest": "", "browser": " in a browser", "pstn": " on a phone"}


def problem(origin: Origin, address: str, name: str | None) -> tuple[str, str] | None:
    """Return which field does not suit the origin, and what it may be; None where both do."""
    if origin == "pstn" and not _E164.fullmatch(address):
        return "address", "a number such as +15551234567, for a caller on a phone"
    if origin == "browser" and address != CONTEXT + slug(address.removeprefix(CONTEXT)):
        return "address", f"an address such as {CONTEXT}alice, for a caller in a browser"
    if origin == "browser" and not name:
        return "name", "not empty for a caller in a browser: every subscriber shows one"
    return None


def describe(origin: Origin) -> str:
    """Return the words that follow the caller's name; none for a server-side dial."""
    return _WHERE[origin]
