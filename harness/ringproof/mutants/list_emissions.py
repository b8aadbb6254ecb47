"""Mutants of the family list: emissions that are missing, superfluous or changed afterwards."""

from __future__ import annotations

from typing import cast

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import AddCall
from ringproof.client.lifecycle import Status
from ringproof.client.observable import Subject
from ringproof.client.record import Record
from ringproof.client.session import Call, Session
from ringproof.mutants.hooks import Calls, greets, lists
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()

Listed = tuple[Call, ...]

# -- list/current-on-subscribe and list/every-change ----------------------------------------------


@mutants.breaks(
    "list/every-change",
    "list-one-visit-only",
    # An invite may be on its way, beside the last call, when the list becomes empty.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OneVisitOnly(InboundCalls):
    """Lists no call any more once the list was empty again."""

    _over = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if not self._over:
            super().invited(invite, node)

    def remove(self, record: Record) -> None:
        super().remove(record)
        self._over = not self.listed


# -- list/no-duplicate-emission -------------------------------------------------------------------


@mutants.breaks("list/no-duplicate-emission", "list-emits-on-status")
class _EmitsOnStatus(Calls):
    """Emits the same list again whenever a call connects."""

    def show_status(self, record: Record, status: Status) -> None:
        super().show_status(record, status)
        if status in ("connecting", "connected"):
            self.show_list(self.ids())


@mutants.breaks("list/no-duplicate-emission", "list-emits-removals-twice")
class _EmitsRemovalsTwice(Calls):
    """Emits the list without an ended call twice: for the bye, and for the tear-down."""

    def remove(self, record: Record) -> None:
        super().remove(record)
        self.show_list(self.ids())


# -- list/ringing-filter --------------------------------------------------------------------------


@mutants.breaks("list/ringing-filter", "list-holds-copies")
class _HoldsCopies(Session):
    """Lists copies from the second emission on, whose status no longer changes."""

    _copies: Listed = ()

    def add_call(self, command: AddCall) -> None:
        super().add_call(command)
        self._copies += (Call(command.info, self),)

    def emit_list(self, calls: Listed) -> None:
        known = {call.id for call in self.incoming_calls.latest or ()}
        copies = {copy.id: copy for copy in self._copies if copy.id in known}
        super().emit_list(tuple([copies.get(call.id, call) for call in calls]))


@mutants.breaks("list/ringing-filter", "list-entry-new-until-watched")
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


# -- list/snapshot --------------------------------------------------------------------------------


@mutants.breaks("list/snapshot", "list-one-object-for-all")
class _OneObject(Session):
    """Emits one list object again and again, and changes it in place."""

    _object: list[Call] | None = None

    def emit_list(self, calls: Listed) -> None:
        if self._object is None:
            self._object = []
        self._object[:] = calls
        super().emit_list(cast(Listed, self._object))


@mutants.breaks("list/snapshot", "list-cleans-up-the-past")
class _EditsPastLists(Session):
    """Takes an ended call out of every list that it has emitted."""

    _emitted: tuple[list[Call], ...] = ()

    def emit_list(self, calls: Listed) -> None:
        for emitted in self._emitted:
            emitted[:] = [call for call in emitted if call in calls]
        self._emitted = (*self._emitted[-99:], list(calls))
        super().emit_list(cast(Listed, self._emitted[-1]))


# -- faults that need no class of their own -------------------------------------------------------

mutants.table(
    {
        "list/current-on-subscribe": {
            "list-silent-while-empty: Emits nothing while no call is listed": greets(
                lambda history, _: history[-1:] if history[-1] else ()
            ),
        },
    },
    part="listing",
)

mutants.table(
    {
        "list/every-change": {
            "list-silent-removals: Takes ended calls off the list when the next one arrives": lists(
                lambda ids, shown: ids if set(ids) - set(shown) else shown
            ),
        },
    }
)
