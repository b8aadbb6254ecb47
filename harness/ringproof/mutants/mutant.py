"""What a mutant is: the reference client with one part exchanged, or a platform of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.modify import Modifications
from ringproof.client.outbound import OutboundCalls
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.client.reattach import Reattachments
from ringproof.client.session import Call, Session
from ringproof.client.user import Users
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.rest.context import RestContext

if TYPE_CHECKING:
    from ringproof.client.client import Client

Part = TypeVar("Part", bound=type)

_FIELDS: Final[dict[type, str]] = {
    ClientCore: "core_type",
    Connection: "connection",
    InboundCalls: "calls",
    Modifications: "modifications",
    Reattachments: "reattachments",
    OutboundCalls: "outbound",
    Session: "session_type",
    Call: "call",
    Users: "users",
}
"""The field of ``ClientParts`` that a part goes into, by its base class."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A client, or a platform, with exactly one fault."""

    name: str
    clause: str
    """The clause that the fault breaks, and under which it must be caught."""
    fault: str
    """What it does wrong, in one sentence."""
    parts: ClientParts = REFERENCE
    exchange: type[Exchange] = Exchange
    """The platform to play against."""
    rest: type[RestContext] | None = None
    """What decides who may ask its REST routes for what; None: the usual."""
    entails: tuple[str, ...] = ()
    """Clauses that may fail as well, since they cannot hold where ``clause`` is broken this way."""

    @property
    def factory(self) -> partial[Client]:
        """What makes its client, as ``InProcessAdapter`` takes it."""
        # Imported here: simulations need no network shell, which takes long to import.
        from ringproof.client.client import Client

        return partial(Client, parts=self.parts)


class Mutants(list[Mutant]):
    """The mutants of one module, in the order of their definition."""

    def breaks(
        self, clause: str, name: str, *, part: str = "", entails: tuple[str, ...] = ()
    ) -> Callable[[Part], Part]:
        """Make a mutant of the decorated class, which takes the place of its base class.

        The docstring's first line, without its full stop, becomes ``Mutant.fault``. ``part`` names
        the field of ``ClientParts`` where the base class does not imply it, as for observables.
        """

        def add(cls: Part) -> Part:
            fault = (inspect.getdoc(cls) or "").partition("\n")[0].removesuffix(".")
            self.add(clause, f"{name}: {fault}", cls, part=part, entails=entails)
            return cls

        return add

    def table(self, rows: dict[str, dict[str, type]], *, part: str = "") -> None:
        """Add mutants: clause → ``"name: fault"`` → the class that takes its base class's place."""
        for clause, faults in rows.items():
            for row, cls in faults.items():
                self.add(clause, row, cls, part=part)

    def add(
        self, clause: str, row: str, cls: type, *, part: str = "", entails: tuple[str, ...] = ()
    ) -> None:
        """Add one mutant, as a row of ``table``; for ``part`` see ``breaks``."""
        name, _, fault = row.partition(": ")
        swapped: dict[str, Any] = {"exchange": cls}
        if issubclass(cls, RestContext):
            swapped = {"rest": cls}
        elif not issubclass(cls, Exchange):
            field = part or next(one for base, one in _FIELDS.items() if issubclass(cls, base))
            chosen: dict[str, Any] = {field: cls}
            swapped = {"parts": ClientParts(**chosen)}
        self.append(Mutant(name=name, clause=clause, fault=fault, entails=entails, **swapped))
