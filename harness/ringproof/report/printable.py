"""Makes any text safe to show: nothing in it moves a cursor or turns the writing direction."""

from __future__ import annotations

import unicodedata

TURNING = frozenset({"R", "AL", "AN"})


def printable(text: str) -> str:
    """Spell out what would move a terminal's cursor or turn its writing direction.

    For plain text, where nothing can hold a right-to-left word in its place.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() and unicodedata.bidirectional(char) not in TURNING
        else char.encode("unicode_escape").decode()
        for char in text
    )


def visible(text: str) -> str:
    """Spell out controls, turns of direction and lone surrogates; lines and letters stay.

    For pages, which hold a right-to-left name in its place by themselves.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


def clipped(text: str, most: int) -> str:
    """Return ``text``, or its first ``most`` characters and a sign that more followed."""
    return text if len(text) <= most else f"{text[:most]}…"
