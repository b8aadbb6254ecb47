"""The lifecycle of an inbound call: one table, compiled once into a plain lookup.

The table is a ``transitions`` machine, so what is legal is declared and not coded. Triggering
that machine costs 16 µs a time, which a simulation of thousands of calls a second cannot pay; so
its own resolved events are read out once at import, and ``follow`` is a dict lookup. Pure: no I/O.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from transitions import Machine

Status: TypeAlias = Literal[
    "ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"
]
"""The documented status words that an inbound call can show."""

Trigger: TypeAlias = Literal["accept", "establish", "decline", "hang_up", "end", "destroy"]

STATUSES: Final[tuple[Status, ...]] = (
    "ringing",
    "connecting",
    "connected",
    "disconnecting",
    "disconnected",
    "destroyed",
)

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


def machine() -> Machine:
    """Build the machine of the table, without a model: the caller adds one if it wants one."""
    return Machine(
        model=None,
        states=list(STATUSES),
        transitions=[
            {"trigger": trigger, "source": list(sources), "dest": target}
            for trigger, sources, target in TRANSITIONS
        ],
        initial=STATUSES[0],
        auto_transitions=False,
    )


def _compiled(table: Machine) -> dict[tuple[str, str], Status]:
    """Read (status, trigger) → status out of the machine's own resolved events."""
    words = {str(status): status for status in STATUSES}
    return {
        (source, trigger): words[str(arrows[0].dest)]
        for trigger, event in table.events.items()
        for source, arrows in event.transitions.items()
    }


STEPS: Final = _compiled(machine())


def follow(status: Status, trigger: Trigger) -> Status | None:
    """Return the status after ``trigger``, or None when it is illegal in ``status``."""
    return STEPS.get((status, trigger))
