"""The status words of a call, as the reference documents them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ENDING: Final = frozenset({"disconnecting", "disconnected", "failed", "destroyed"})
"""Statuses of a call that is over or on its way there."""

_UNDER_WAY: Final = {"new", "trying", "ringing", "connecting", "connected", "recovering"}
DOCUMENTED: Final = ENDING | _UNDER_WAY
"""Reference, Call: CallStatus."""


def documented(status: str) -> str:
    """Return the status, or ``undocumented``: what a failure is identified by is never invented."""
    return status if status in DOCUMENTED else "undocumented"


def documented_all(statuses: Iterable[str]) -> tuple[str, ...]:
    """Return ``documented`` of each status; of none at all, ``nothing``."""
    return tuple([documented(status) for status in statuses]) or ("nothing",)
