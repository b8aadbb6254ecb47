"""What happened to a call, as the voice logs of REST show it (rest.md 7.2). Pure."""

from __future__ import annotations

from typing import Any

import msgspec

MOST_EVENTS = 1_000
"""Kept of one call; later ones are left out."""


class LogEvent(msgspec.Struct, frozen=True):
    """One event of a call; ``name`` as ``calling_call_state``."""

    at_ms: int
    name: str
    details: dict[str, Any] = {}
    level: str = "info"


STATUSES = {"created": "initiated", "ringing": "ringing", "answered": "answered"}
"""State of a call that goes on → its status in the log."""

_ENDS = {"busy": "busy", "noAnswer": "no-answer", "cancel": "canceled", "decline": "busy"}


def status(state: str, reason: str, *, answered: bool) -> str:
    """Return the status of a call in the log."""
    if state != "ended":
        return STATUSES[state]
    if answered and reason != "error":
        return "completed"
    return _ENDS.get(reason, "failed")
