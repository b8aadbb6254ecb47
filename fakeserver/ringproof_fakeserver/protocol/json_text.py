"""JSON texts that anybody may have written, read within bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LIMIT_DEPTH = 64
INTEGERS = range(-(2**63), 2**63)
"""Longer ones cannot be written again, and exhaust whoever converts them."""


class JsonError(ValueError):
    """The bytes are no JSON text, or go beyond the bounds; the message says which."""


def read(text: str | bytes) -> object:
    """Return the value of a JSON text with at most ``LIMIT_DEPTH`` levels. Raises ``JsonError``.

    Everything that a decoder raises for outside input ends as that one error: bytes that are no
    UTF-8, numbers out of range, and nesting beyond the interpreter's own limit among them.
    """
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise JsonError(str(error)) from error
    level = [value]
    for _ in range(LIMIT_DEPTH + 1):
        if any(type(each) is int and each not in INTEGERS for each in level):
            raise JsonError("an integer beyond 64 bits")
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise JsonError(f"more than {LIMIT_DEPTH} levels")


def _inside(value: object) -> Iterable[object]:
    """Return what is directly inside a value."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
