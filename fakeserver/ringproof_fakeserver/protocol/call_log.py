"""What happened to a call, as the voice logs of REST show it. Pure."""

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
