"""Moments as REST objects carry them. Pure."""

from __future__ import annotations

import datetime
import functools


@functools.lru_cache(maxsize=1_024)
def iso_time(unix_ms: int) -> str:
    """Return a moment as UTC ISO-8601 with whole seconds."""
    moment = datetime.datetime.fromtimestamp(unix_ms / 1000, tz=datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
