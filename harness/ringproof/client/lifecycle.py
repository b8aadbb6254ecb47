"""The lifecycle of an inbound call: one table of legal steps. Pure: no I/O."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Status: TypeAlias = Literal[
    "ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"
]
"""The documented status words that an inbound call can show."""

Trigger: TypeAlias = Literal["accept", "establish", "decline", "hang_up", "end", "destroy"]

TRANSITIONS: Final[tuple[tuple[Trigger, tuple[Status, ...], Status], ...]] = (
    # trigger      from                                                      to
    ("accept", ("ringing",), "connecting"),
    ("establish", ("connecting",), "connected"),
    ("decline", ("ringing",), "disconnected"),
    ("hang_up", ("ringing", "connecting", "connected"), "disconnecting"),
    ("end", ("ringing", "connecting", "connected", "disconnecting"), "disconnected"),
    ("destroy", ("disconnected",), "destroyed"),
)
"""Every legal step. Sources: clauses ``status/*``; guide, sections Accept or decline and End the
call. ``end`` is the far side's end or a failure; ``destroy`` is the local tear-down after it."""

STEPS: Final[dict[tuple[Status, Trigger], Status]] = {
    (source, trigger): target for trigger, sources, target in TRANSITIONS for source in sources
}
"""(status, trigger) → the next status; a step that is not here is illegal."""
