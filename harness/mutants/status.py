"""Faults of the status family."""

from __future__ import annotations

from harness.client.calls import InboundCalls, Record
from harness.client.lifecycle import Status
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
        calls=_SkipsConnecting,
    ),
)
