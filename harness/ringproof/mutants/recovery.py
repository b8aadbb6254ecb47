"""Faults that show when something else goes wrong: lost sockets, frames twice or for nobody."""

from __future__ import annotations

from collections.abc import Callable

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.commands import AnyCommand
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.events import AnyEvent, SocketOpened
from ringproof.mutants.family import Family
from ringproof_fakeserver.protocol import messages

faults = Family()

# -- the socket was lost, and there is a new one --------------------------------------------------


class _Resuming(ClientCore):
    """Does something about its calls when it opens a socket once more."""

    def __init__(
        self,
        token: str,
        ids: Callable[[], str],
        calls: type[InboundCalls] = InboundCalls,
        connection: type[Connection] = Connection,
    ) -> None:
        super().__init__(token, ids, calls, connection)
        self._sockets = 0

    def handle(self, event: AnyEvent) -> list[AnyCommand]:
        if isinstance(event, SocketOpened):
            self._sockets += 1
            if self._sockets > 1:
                self.resumed()
        return super().handle(event)

    def resumed(self) -> None:
        """Do what is wrong about a second socket."""


@faults.breaks("list/no-duplicate-emission", name="resume-emits-the-list-again")
class _EmitsAgain(_Resuming):
    """Emits the list again when it has a new socket, though nothing has changed."""

    def resumed(self) -> None:
        self.calls.show_list(tuple([record.info.id for record in self.calls.listed]))


@faults.breaks(
    "list/whole-list",
    name="resume-duplicates-calls",
    # Entries were doubled, and no call came.
    entails=("list/no-duplicate-emission",),
)
class _DuplicatesCalls(_Resuming):
    """Enters its calls a second time when it has a new socket."""

    def resumed(self) -> None:
        self.calls.show_list(2 * tuple([record.info.id for record in self.calls.listed]))


@faults.breaks("status/no-repeat", name="resume-repeats-the-status")
class _RepeatsStatus(_Resuming):
    """Shows every call's status again when it has a new socket."""

    def resumed(self) -> None:
        for record in self.calls.listed:
            self.calls.show_status(record, record.status)


@faults.breaks("status/single-exit", name="resume-rings-again")
class _RingsAgain(_Resuming):
    """Rings once more for a connected call when it has a new socket."""

    def resumed(self) -> None:
        for record in self.calls.listed:
            if record.status == "connected":
                self.calls.show_status(record, "ringing")
                self.calls.show_status(record, "connected")


@faults.breaks(
    "list/every-change",
    name="resume-listens-to-the-old-channel",
    # Beside another call of the new session the same deafness is judged by these.
    entails=("list/no-queue", "list/no-dedupe"),
)
class _OldChannel(Connection):
    """Hears only the events of its first session, also when that is over and it has another."""

    _first = ""

    @property
    def protocol(self) -> str:
        self._first = self._first or super().protocol
        return self._first


# -- frames twice, late, or for nobody ------------------------------------------------------------


@faults.breaks(
    "list/whole-list",
    name="list-believes-every-invite",
    # The entry was doubled, and no call came.
    entails=("list/no-duplicate-emission",),
)
class _BelievesEveryInvite(InboundCalls):
    """Lists a call twice when its invite comes twice."""

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self.find(invite.call_id) is not None:
            calls = [record.info.id for record in self.listed]
            self.show_list((*calls, invite.call_id))
        super().invited(invite, node)


@faults.breaks(
    "list/no-pick",
    name="list-takes-a-strangers-bye",
    # A call that is being connected never gets there.
    entails=("status/answer-order",),
)
class _TakesStrangersBye(InboundCalls):
    """Takes a bye for a call it has never heard of as one for its oldest call."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._known: set[str] = set()

    def invited(self, invite: messages.Invite, node: str) -> None:
        self._known.add(invite.call_id)
        super().invited(invite, node)

    def ended(self, call: str) -> None:
        if call not in self._known and self.listed:
            call = self.listed[0].info.id
        super().ended(call)


@faults.breaks("status/gave-up-order", name="status-rings-for-who-gave-up-before")
class _RingsForGone(InboundCalls):
    """Lists a call whose caller gave up while the directory was asked, and rings for nobody."""

    def ended(self, call: str) -> None:
        if self.find(call) is not None:
            super().ended(call)
