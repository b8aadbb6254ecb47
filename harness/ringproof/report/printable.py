"""Makes any text safe to show: nothing in it moves a cursor or turns the writing direction."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

TURNING = frozenset({"R", "AL", "AN"})


def printable(text: str) -> str:
    """Spell out what would move a terminal's cursor or turn its writing direction.

    For plain text, where a right-to-left word would move what is beside it.
    """
    if text.isascii() and text.isprintable():
        return text
    return _spelled(text, lambda c: c.isprintable() and unicodedata.bidirectional(c) not in TURNING)


def visible(text: str) -> str:
    """Spell out controls, turns of direction and lone surrogates; lines and letters stay.

    For pages, which keep a right-to-left name in its place by themselves.
    """
    return text if text.isprintable() else _spelled(text, lambda c: c.isprintable() or c == "\n")


def _spelled(text: str, keep: Callable[[str], bool]) -> str:
    return "".join(c if keep(c) else c.encode("unicode_escape").decode() for c in text)


def clipped(text: str, most: int) -> str:
    """Return ``text``, or its first ``most`` characters and a sign that more followed."""
    return text if len(text) <= most else f"{text[:most]}…"
