"""Clients that need register(), keep their first token, or tell little of their user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringproof.client import events
from ringproof.client.commands import CancelTimer, Command, OpenSocket
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.user import Address, User, Users
from ringproof.mutants.mutant import Mutants

mutants = Mutants()


@mutants.breaks("register/automatic", "stays-offline-until-register")
class _StaysOffline(Connection):
    """Connects, and comes online only after register()."""

    def __init__(
        self,
        token: str,
        ids: Callable[[], str],
        emit: Callable[[Command], None],
        lost: Callable[[], None],
    ) -> None:
        super().__init__(token, ids, emit, lost)
        self._wanted = False


@mutants.breaks("register/automatic", "connects-at-register", entails=("register/opens-again",))
class _ConnectsAtRegister(ClientCore):
    """Opens no socket before register()."""

    def handle(self, event: events.Event) -> list[Command]:
        if isinstance(event, events.Started):
            return [CancelTimer("register")]  # which does not run
        commands = super().handle(event)
        asks = isinstance(event, events.RegisterRequested) and not self.connection.protocol
        return [*commands, OpenSocket(0)] if asks else commands


@mutants.breaks("register/returns-with-fresh-token", "keeps-its-first-token")
class _KeepsItsFirstToken(Connection):
    """Ignores the token that its app hands over."""

    def renew(self, token: str) -> None:
        pass


@mutants.breaks("register/returns-with-fresh-token", "renews-one-socket-late")
class _RenewsLate(Connection):
    """Opens one more socket with its first token before it takes the other one."""

    _next = ""

    def renew(self, token: str) -> None:
        self._next = token

    def closed(self, event: events.SocketClosed) -> None:
        super().closed(event)
        if self._next and self._attempts > 1:
            self._token = self._next


def shows(change: Callable[[Address], Address | None]) -> type[Users]:
    """Show other addresses, or leave them out."""

    class Shows(Users):
        def read(self, body: Mapping[str, Any]) -> User:
            user = super().read(body)
            changed = [change(one) for one in user.addresses]
            return User(user.display_name, tuple([one for one in changed if one is not None]))

    return Shows


class _ShowsOne(Users):
    def read(self, body: Mapping[str, Any]) -> User:
        user = super().read(body)
        return User(user.display_name, user.addresses[:1])


mutants.table(
    {
        "register/user-addresses": {
            "shows-one-address: Shows the first address of its user only": _ShowsOne,
            "shows-no-address: Shows its user without addresses": shows(lambda _: None),
            "shows-no-channels: Shows addresses without their channels": shows(
                lambda one: Address(one.name, {})
            ),
            "shows-bare-addresses: Shows the same URI for every channel": shows(
                lambda one: Address(
                    one.name, {kind: uri.partition("?")[0] for kind, uri in one.channels.items()}
                )
            ),
        },
    }
)
