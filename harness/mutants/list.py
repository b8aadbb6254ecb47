"""Faults of the list family. They emit a list only when it differs from the last one shown."""

from __future__ import annotations

from collections.abc import Callable

from harness.client.calls import InboundCalls
from harness.client.commands import AnyCommand
from harness.client.connection import Connection
from harness.client.lifecycle import Status
from harness.client.parts import ClientParts
from harness.client.record import Record
from harness.mutants.mutant import Mutant


class _NewestOnly(InboundCalls):
    """Shows the newest call and hides all others."""

    def __init__(self, emit: Callable[[AnyCommand], None], connection: Connection) -> None:
        super().__init__(emit, connection)
        self._shown: tuple[str, ...] = ()

    def show_list(self, calls: tuple[str, ...]) -> None:
        if calls[-1:] != self._shown:
            self._shown = calls[-1:]
            super().show_list(self._shown)


class _DropsConnected(InboundCalls):
    """Takes a call off the list once it is connected."""

    def __init__(self, emit: Callable[[AnyCommand], None], connection: Connection) -> None:
        super().__init__(emit, connection)
        self._whole: tuple[str, ...] = ()
        self._shown: tuple[str, ...] = ()
        self._hidden: set[str] = set()

    def show_list(self, calls: tuple[str, ...]) -> None:
        self._whole = calls
        self._hidden.intersection_update(calls)
        shown = tuple(call for call in calls if call not in self._hidden)
        if shown != self._shown:
            self._shown = shown
            super().show_list(shown)

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status == "connected":
            self._hidden.add(record.info.id)
            self.show_list(self._whole)


MUTANTS = (
    Mutant(
        name="list-newest-only",
        clause="list/whole-list",
        fault="lists the newest call and no other",
        parts=ClientParts(calls=_NewestOnly),
        entails=(
            "list/every-change",
            "list/simultaneous-together",
            "list/no-dedupe",
            "list/no-queue",
            "list/no-pick",
            "list/stays-through-status",
            "list/leaves-only-when-destroyed",
        ),
    ),
    Mutant(
        name="list-drops-connected",
        clause="list/stays-through-status",
        fault="takes a call off the list when it connects",
        parts=ClientParts(calls=_DropsConnected),
        entails=("list/whole-list", "list/every-change", "list/leaves-only-when-destroyed"),
    ),
)
