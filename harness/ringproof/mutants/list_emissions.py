"""Faults of the list family: emissions that are missing, too many, or changed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import AddCall, Outward
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.lifecycle import Status
from ringproof.client.observable import OnComplete, OnValue, Subject, Unsubscribe
from ringproof.client.record import Record
from ringproof.client.session import Call, Session, SessionParts
from ringproof.mutants.family import Family
from ringproof.mutants.shown_list import ShownList
from ringproof_fakeserver.protocol import messages

faults = Family()

Calls = tuple[Call, ...]

# -- current-on-subscribe -------------------------------------------------------------------------


@faults.breaks("list/current-on-subscribe", name="list-silent-while-empty", part="listing")
class _SilentWhileEmpty(Subject[Calls]):
    """Says nothing to who subscribes while nobody calls."""

    def subscribe(
        self, on_value: OnValue[Calls], on_complete: OnComplete | None = None
    ) -> Unsubscribe:
        skipped = not self.latest

        def later(calls: Calls) -> None:
            nonlocal skipped
            if not skipped:
                on_value(calls)
            skipped = False

        return super().subscribe(later, on_complete)


# -- every-change ---------------------------------------------------------------------------------


@faults.breaks("list/every-change", name="list-silent-removals")
class _SilentRemovals(ShownList):
    """Takes ended calls off the list when the next one arrives."""

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        return calls if set(calls) - set(self.shown) else self.shown


@faults.breaks(
    "list/every-change",
    name="list-one-visit-only",
    # An invite may be on its way, beside the last call, when the list becomes empty.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OneVisitOnly(InboundCalls):
    """Lists nobody any more once the list was empty again."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._over = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if not self._over:
            super().invited(invite, node)

    def remove(self, record: Record) -> None:
        super().remove(record)
        self._over = not self.listed


# -- no-duplicate-emission ------------------------------------------------------------------------


@faults.breaks("list/no-duplicate-emission", name="list-emits-on-status")
class _EmitsOnStatus(InboundCalls):
    """Emits the same list again whenever a call connects."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status in ("connecting", "connected"):
            self.show_list(tuple([listed.info.id for listed in self.listed]))


@faults.breaks("list/no-duplicate-emission", name="list-emits-removals-twice")
class _EmitsRemovalsTwice(InboundCalls):
    """Emits the list without an ended call twice: for the bye, and for the tear-down."""

    def remove(self, record: Record) -> None:
        super().remove(record)
        self.show_list(tuple([listed.info.id for listed in self.listed]))


# -- ringing-filter -------------------------------------------------------------------------------


@faults.breaks("list/ringing-filter", name="list-holds-copies")
class _HoldsCopies(Session):
    """Lists copies from the second emission on, whose status no longer moves."""

    def __init__(
        self,
        core: ClientCore,
        perform: Callable[[Outward], None],
        report: Callable[[Exception], None],
        parts: SessionParts,
    ) -> None:
        super().__init__(core, perform, report, parts)
        self._copies: dict[str, Call] = {}

    def add_call(self, command: AddCall) -> None:
        super().add_call(command)
        self._copies[command.info.id] = Call(command.info, self)

    def emit_list(self, calls: Calls) -> None:
        known = {call.id for call in self.incoming_calls.latest or ()}
        super().emit_list(
            tuple([self._copies[call.id] if call.id in known else call for call in calls])
        )


@faults.breaks("list/ringing-filter", name="list-entry-new-until-watched")
class _NewUntilWatched(Call):
    """Lists a call as new: its status is read for the first time when somebody subscribes."""

    _watched = False

    @property
    def status(self) -> Status:
        return super().status if self._watched else cast(Status, "new")

    @property
    def statuses(self) -> Subject[Status]:
        self._watched = True
        return self._statuses


# -- snapshot -------------------------------------------------------------------------------------


@faults.breaks("list/snapshot", name="list-one-object-for-all")
class _OneObject(Session):
    """Emits one list object again and again, and changes it in place."""

    _object: list[Call] | None = None

    def emit_list(self, calls: Calls) -> None:
        if self._object is None:
            self._object = []
        self._object[:] = calls
        super().emit_list(cast(Calls, self._object))


@faults.breaks("list/snapshot", name="list-cleans-up-the-past")
class _CleansUp(Session):
    """Takes an ended call out of every list that it has emitted."""

    _emitted: tuple[list[Call], ...] = ()

    def emit_list(self, calls: Calls) -> None:
        for emitted in self._emitted:
            emitted[:] = [call for call in emitted if call in calls]
        self._emitted = (*self._emitted[-99:], list(calls))
        super().emit_list(cast(Calls, self._emitted[-1]))
