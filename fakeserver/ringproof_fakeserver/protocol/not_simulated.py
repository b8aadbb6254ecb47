"""Documented parameters of REST requests that the stand-in takes and does not carry out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADER = "X-Ringproof-Not-Simulated"
"""Header of a reply: the parameters of the request that had no effect here, by name."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    "dial": (
        "to_script",
        "caller_id",
        "max_price_per_minute",
        "send_digits",
        "region",
        "username",
        "password",
        "custom_variables",
        "headers",
        "machine_detection*",
        "record",
        "recording_*",
    ),
    "subscribers/tokens": ("application_id", "password", "region", "fingerprint"),
    "guests/tokens": ("region", "ch"),
}
"""Operation → names; one that ends with ``*`` stands for all names that begin so."""


def headers(operation: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the header that names what a request gave in vain; none if there was nothing."""
    names = [
        name
        for name, value in given.items()
        if value is not None and any(_matches(name, one) for one in PARAMETERS[operation])
    ]
    return {HEADER: ", ".join(names)} if names else {}


def _matches(name: str, listed: str) -> bool:
    if not listed.endswith("*"):
        return name == listed
    # What a client sends becomes part of a header: nothing but a name may.
    return name.startswith(listed[:-1]) and name.isascii() and name.isidentifier()
