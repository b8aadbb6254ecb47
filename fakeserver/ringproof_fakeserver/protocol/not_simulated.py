"""Documented parameters of REST requests that the stand-in takes and does not carry out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ringproof_fakeserver.protocol.calling.commands import NOT_PERFORMED

HEADER = "X-Ringproof-Not-Simulated"
"""Header of a reply: the parameters of the request that had no effect here, by name, or the whole
command."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    "dial": (
        "caller_id",
        "max_price_per_minute",
        "region",
        "username",
        "password",
        "headers",
        "machine_detection*",
        "record",
        "recording_*",
    ),
    "calling.play": (
        "direction",
        "language",
        "voice",
        "gender",
        "play.params.language",
        "play.params.voice",
        "play.params.gender",
    ),
    "calling.record": tuple(
        f"{where}.{name}"
        for where in ("record.audio", "audio")
        for name in (
            "beep",
            "format",
            "stereo",
            "direction",
            "initial_timeout",
            "end_silence_timeout",
            "input_sensitivity",
        )
    ),
    "calling.collect": ("speech", "send_start_of_input"),
    "subscribers/tokens": ("application_id", "password", "region"),
    "guests/tokens": ("region", "ch"),
}
"""Operation → names; one that ends with ``*`` stands for all names that begin so, and dots lead
into objects, whether these are alone or in a list."""

_DEPTH = 3


def headers(operation: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the header that names what a request gave in vain; none if there was nothing."""
    listed = PARAMETERS.get(operation, ())
    names = dict.fromkeys(
        name for name in _names(given) if any(_matches(name, one) for one in listed)
    )
    return {HEADER: ", ".join(names)} if names else {}


def of_command(command: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the header for a calling command, which may have no effect as a whole."""
    return {HEADER: command} if command in NOT_PERFORMED else headers(command, given)


def _names(given: Mapping[str, Any], depth: int = _DEPTH) -> Iterator[str]:
    """Yield the names of all that was given, those in objects after the object's and a dot."""
    for name, value in given.items():
        if value is None:
            continue
        yield name
        inner = value if isinstance(value, list) else [value]
        for each in inner if depth > 1 else ():
            if isinstance(each, dict):
                yield from (f"{name}.{below}" for below in _names(each, depth - 1))


def _matches(name: str, listed: str) -> bool:
    if not listed.endswith("*"):
        return name == listed
    # What a client sends becomes part of a header: nothing but a name may.
    return name.startswith(listed[:-1]) and name.isascii() and name.isidentifier()
