"""Mutants that fail only under faults: broken sockets, duplicated or late frames, stray byes."""

from __future__ import annotations

from collections.abc import Callable

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Command, StartTimer
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.events import Event, LookupAnswered, SocketOpened
from ringproof.mutants.hooks import Calls, ignores
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()


def resumes(do: Callable[[InboundCalls], None]) -> type[ClientCore]:
    """Do something to the calls when the client has a new socket."""

    class Resumes(ClientCore):
        _sockets = 0

        def handle(self, event: Event) -> list[Command]:
            if isinstance(event, SocketOpened):
                self._sockets += 1
                if self._sockets > 1:
                    do(self.calls)
            return super().handle(event)

    return Resumes


def _listed(calls: InboundCalls) -> tuple[str, ...]:
    return tuple([record.info.id for record in calls.listed])


def _repeat_statuses(calls: InboundCalls) -> None:
    for record in calls.listed:
        calls.show_status(record, record.status)


def _ring_again(calls: InboundCalls) -> None:
    for record in calls.listed:
        if record.status == "connected":
            calls.show_status(record, "ringing")
            calls.show_status(record, "connected")


mutants.add(
    "list/whole-list",
    "resume-duplicates-calls: Enters its calls a second time when it has a new socket",
    resumes(lambda calls: calls.show_list(2 * _listed(calls))),
    # The emission differs only by the doubled entries.
    entails=("list/no-duplicate-emission",),
)


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


@mutants.breaks(
    "list/silent-directory",
    "list-waits-long-for-the-directory",
    # Another call may be over before it lists this one.
    entails=("list/no-queue",),
)
class _WaitsLongForTheDirectory(InboundCalls):
    """Lists a call ten seconds late where the directory says nothing."""

    def looked_up(self, event: LookupAnswered) -> None:
        if event.given_up:
            self.emit(StartTimer(f"directory:{event.call}", 10_000))
        else:
            super().looked_up(event)

    def timer(self, purpose: str, call: str) -> None:
        if purpose == "directory":
            super().looked_up(LookupAnswered(call))
        else:
            super().timer(purpose, call)


mutants.add(
    "list/silent-directory",
    "list-waits-for-the-directory: Lists no call before the directory has answered",
    ignores(looked_up=lambda _, event: event.given_up),
)
mutants.add(
    "status/gave-up-order",
    "status-rings-for-who-gave-up-before: Rings for a caller who gave up during the look-up",
    ignores(ended=lambda calls, call: calls.find(call) is None),
)
mutants.table(
    {
        "list/no-duplicate-emission": {
            "resume-emits-the-list-again: Emits an unchanged list on a new socket": resumes(
                lambda calls: calls.show_list(_listed(calls))
            ),
        },
        "status/no-repeat": {
            "resume-repeats-the-status: Shows every call's status again on a new socket": resumes(
                _repeat_statuses
            ),
        },
        "status/single-exit": {
            "resume-rings-again: Rings again for a connected call on a new socket": resumes(
                _ring_again
            ),
        },
    }
)
