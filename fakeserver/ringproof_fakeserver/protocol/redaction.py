"""Frames and texts as they may be recorded: without anything that opens a session or a server."""

from __future__ import annotations

import re

MARK = "…"
LIMIT_CHARACTERS = 256 * 1024
"""Longer frames are recorded shortened; a frame with two session descriptions has 20,000."""

_JWT_START = "eyJ"
_HINTS = ('token"', "authorization_state", _JWT_START)
_SECRET_MEMBER = re.compile(
    r'("(?:jwt_token|dpop_token|refresh_token|token|authorization_state)"\s*:\s*")'
    r'[^"\\]*(?:\\.[^"\\]*)*'
)
"""The value is matched run by run: character by character it took longer than the whole frame."""
_WORDS = re.compile(r"[\w.-]{13,}")
LONGEST_NOTE = 200
"""Characters of a text that is recorded beside a step of a script."""
_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@")
_JWT_HEAD_MIN = 11
"""Characters up to the first dot, at least."""


def redacted(text: str) -> str:
    """Return the frame with the values of secret members and all token-like words replaced."""
    if any(hint in text for hint in _HINTS):
        text = _WORDS.sub(_without_token, _SECRET_MEMBER.sub(rf"\1{MARK}", text))
    if len(text) > LIMIT_CHARACTERS:
        return f"{text[:LIMIT_CHARACTERS]}{MARK} ({len(text) - LIMIT_CHARACTERS} more)"
    return text


def without_credentials(text: str) -> str:
    """Return a text whose URLs have no user name and password, also those that are malformed."""
    return _CREDENTIALS.sub("", text)


def note(text: str) -> str:
    """Return a text of any length as it may stand in the trace."""
    shown = without_credentials(text)
    return shown if len(shown) <= LONGEST_NOTE else shown[: LONGEST_NOTE - 1] + MARK


def _without_token(words: re.Match[str]) -> str:
    """Replace what looks like a token among words that are joined by dots.

    Each character is looked at once: a pattern that starts again at every ``eyJ`` takes seconds for
    60 kB of them.
    """
    text, start = words[0], 0
    while (dot := text.find(".", start)) >= 0:
        head = text.find(_JWT_START, start, dot)
        if head >= 0 and dot - head >= _JWT_HEAD_MIN and dot + 1 < len(text):
            return text[:head] + MARK
        start = dot + 1
    return text
