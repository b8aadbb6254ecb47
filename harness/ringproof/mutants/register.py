"""Faults of the register family: calls that fall between coming online and listening."""

from __future__ import annotations

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.connection import Connection
from ringproof.mutants.family import Family
from ringproof.mutants.shown_list import ShownList
from ringproof_fakeserver.protocol import messages

faults = Family()


@faults.breaks("register/sync-point", name="register-misses-the-first-invite")
class _MissesFirstInvite(InboundCalls):
    """Resolves register() before it listens: the first invite goes by unheard."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._listens = False

    def invited(self, invite: messages.Invite, node: str) -> None:
        if self._listens:
            super().invited(invite, node)
        self._listens = True


@faults.breaks("register/sync-point", name="register-swallows-the-first-change")
class _SwallowsFirstChange(ShownList):
    """Takes the first call for the list it came online with, and says nothing of it."""

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self._changes = 0

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        self._changes += 1
        return calls if self._changes > 1 else ()
