"""``custom_variables`` of a dial: names and values of its own for scripts."""

from __future__ import annotations

import re

from ringproof_fakeserver.protocol.errors import Problem

MOST = 20
LONGEST_BYTES = 1024
RESERVED = ("signalwire_", "sw_", "rtc_", "internal_")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 80
_ATTRIBUTE = "custom_variables"


def problems(value: object) -> list[Problem]:
    """Return what is wrong with ``custom_variables``; nothing if they are absent."""
    if value is None:
        return []
    if not isinstance(value, dict):
        return [Problem("must_be_object", f"{_ATTRIBUTE} must be an object", _ATTRIBUTE)]
    if len(value) > MOST:
        message = f"no more than {MOST} custom variables are allowed"
        return [Problem("too_many_custom_variables", message, _ATTRIBUTE)]
    found: list[Problem] = []
    for name, text in value.items():
        shown = name[:_SHOWN]
        if not _NAME.fullmatch(name):
            message = f"{shown!r} is no name of a variable"
            found.append(Problem("invalid_custom_variable_name", message, _ATTRIBUTE))
        elif name.lower().startswith(RESERVED):
            message = f"the name {shown} is reserved"
            found.append(Problem("reserved_custom_variable_name", message, _ATTRIBUTE))
        if not isinstance(text, str) or not text:
            message = f"the value of {shown} must be a string that is not empty"
            found.append(Problem("invalid_custom_variable_value", message, _ATTRIBUTE))
        elif len(text.encode(errors="replace")) > LONGEST_BYTES:
            message = f"the value of {shown} is longer than {LONGEST_BYTES} bytes"
            found.append(Problem("custom_variable_value_too_long", message, _ATTRIBUTE))
    return found
