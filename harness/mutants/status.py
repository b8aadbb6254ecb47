"""Faults of the status family."""

from __future__ import annotations

from harness.client.calls import InboundCalls
from harness.client.lifecycle import Status
from harness.client.parts import ClientParts
from harness.client.record import Record
from harness.mutants.mutant import Mutant


class _SkipsConnecting(InboundCalls):
    """Goes from ``ringing`` straight to what follows ``connecting``."""

    def show_status(self, record: Record, status: Status) -> None:
        if status != "connecting":
            super().show_status(record, status)


MUTANTS = (
    Mutant(
        name="status-skips-connecting",
        clause="status/answer-order",
        fault="never shows `connecting`",
        parts=ClientParts(calls=_SkipsConnecting),
    ),
)
