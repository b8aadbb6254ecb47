"""The lifecycles of an inbound and of an outbound call: a table of legal steps each. No I/O."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Status: TypeAlias = Literal[
    "trying", "ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"
]
"""The documented status words that a call can show: ``ringing`` for an inbound one, ``trying`` for
an outbound one."""

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

OUTBOUND_TRANSITIONS: Final[tuple[tuple[Trigger, tuple[Status, ...], Status], ...]] = (
    # trigger      from                                                     to
    ("accept", ("trying",), "connecting"),
    ("establish", ("connecting",), "connected"),
    ("hang_up", ("trying", "connecting", "connected"), "disconnecting"),
    ("end", ("trying", "connecting", "connected", "disconnecting"), "disconnected"),
    ("destroy", ("disconnected",), "destroyed"),
)
"""The same for a call that the client placed; ``accept`` is the callee's. Source: outbound calls
of the published SDK 4.0.0-beta.12."""

OUTBOUND_STEPS: Final[dict[tuple[Status, Trigger], Status]] = {
    (source, trigger): target
    for trigger, sources, target in OUTBOUND_TRANSITIONS
    for source in sources
}
"""As ``STEPS``."""
