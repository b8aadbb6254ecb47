"""Frames as they may be recorded: without anything that would open a session."""

from __future__ import annotations

import re

MARK = "…"
LIMIT_CHARACTERS = 256 * 1024
"""Longer frames are recorded shortened; a frame with two session descriptions has 20,000."""

_HINTS = ('token"', "authorization_state", "eyJ")
_SECRET_MEMBER = re.compile(
    r'("(?:jwt_token|dpop_token|refresh_token|token|authorization_state)"\s*:\s*")'
    r'[^"\\]*(?:\\.[^"\\]*)*'
)
"""The value is matched run by run: character by character it took longer than the whole frame."""
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w.-]+")


def redacted(text: str) -> str:
    """Return the frame with the values of secret members and all token-like words replaced."""
    if any(hint in text for hint in _HINTS):
        text = _JWT.sub(MARK, _SECRET_MEMBER.sub(rf"\1{MARK}", text))
    if len(text) > LIMIT_CHARACTERS:
        return f"{text[:LIMIT_CHARACTERS]}{MARK} ({len(text) - LIMIT_CHARACTERS} more)"
    return text
