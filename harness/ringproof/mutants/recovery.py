"""Mutants that fail only under faults: broken sockets, duplicated or late frames, stray byes."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Command
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.events import Event, SocketOpened
from ringproof.mutants.hooks import Calls
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()

# -- a new socket after a broken one --------------------------------------------------------------


class _Resuming(ClientCore):
    """Does ``resumed`` when it has a new socket."""

    _sockets = 0

    def handle(self, event: Event) -> list[Command]:
        if isinstance(event, SocketOpened):
            self._sockets += 1
            if self._sockets > 1:
                self.resumed()
        return super().handle(event)

    def resumed(self) -> None:
        """Do what is wrong about a new socket."""


@mutants.breaks("list/no-duplicate-emission", "resume-emits-the-list-again")
class _EmitsAgain(_Resuming):
    """Emits the list again when it has a new socket, though nothing has changed."""

    def resumed(self) -> None:
        self.calls.show_list(tuple([record.info.id for record in self.calls.listed]))


@mutants.breaks(
    "list/whole-list",
    "resume-duplicates-calls",
    # The emission differs only by the doubled entries.
    entails=("list/no-duplicate-emission",),
)
class _DuplicatesCalls(_Resuming):
    """Enters its calls a second time when it has a new socket."""

    def resumed(self) -> None:
        self.calls.show_list(2 * tuple([record.info.id for record in self.calls.listed]))


@mutants.breaks("status/no-repeat", "resume-repeats-the-status")
class _RepeatsStatus(_Resuming):
    """Shows every call's status again when it has a new socket."""

    def resumed(self) -> None:
        for record in self.calls.listed:
            self.calls.show_status(record, record.status)


@mutants.breaks("status/single-exit", "resume-rings-again")
class _RingsAgain(_Resuming):
    """Rings again for a connected call when it has a new socket."""

    def resumed(self) -> None:
        for record in self.calls.listed:
            if record.status == "connected":
                self.calls.show_status(record, "ringing")
                self.calls.show_status(record, "connected")


@mutants.breaks(
    "list/every-change",
    "resume-listens-to-the-old-channel",
    # Beside another call of the new session, the missing call breaks these.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OldChannel(Connection):
    """Handles only the events of its first session, also when it has another."""

    _first = ""

    @property
    def protocol(self) -> str:
        self._first = self._first or super().protocol
        return self._first


# -- duplicated and late frames, and stray byes ---------------------------------------------------


@mutants.breaks(
    "list/whole-list",
    "list-believes-every-invite",
    # The emission differs only by the doubled entry.
    entails=("list/no-duplicate-emission",),
)
class _BelievesEveryInvite(Calls):
    """Lists a call twice when its invite comes twice."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self.find(invite.call_id) is not None:
            self.show_list((*self.ids(), invite.call_id))
        super().invited(invite, node)


@mutants.breaks(
    "list/no-pick",
    "list-takes-a-strangers-bye",
    # The bye may end a call that is connecting.
    entails=("status/answer-order",),
)
class _TakesStrayBye(InboundCalls):
    """Takes a bye for an unknown call as one for its oldest call."""

    _known: frozenset[str] = frozenset()

    def invited(self, invite: messages.Invite, node: str) -> None:
        self._known |= {invite.call_id}
        super().invited(invite, node)

    def ended(self, call: str) -> None:
        if call not in self._known and self.listed:
            call = self.listed[0].info.id
        super().ended(call)


@mutants.breaks("status/gave-up-order", "status-rings-for-who-gave-up-before")
class _IgnoresByeInLookup(InboundCalls):
    """Lists a call whose caller gave up during the look-up, and rings for ever."""

    def ended(self, call: str) -> None:
        if self.find(call) is not None:
            super().ended(call)
