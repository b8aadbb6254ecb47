"""A family of mutants, filled by decorators: the class is the fault, its docstring says which."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final, TypeVar

from ringproof.client.calls import InboundCalls
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.parts import ClientParts
from ringproof.client.session import Call, Session
from ringproof.mutants.mutant import Mutant
from ringproof_fakeserver.protocol.exchange import Exchange

Fault = TypeVar("Fault")

_PARTS: Final[dict[type, str]] = {
    ClientCore: "core_type",
    Connection: "connection",
    InboundCalls: "calls",
    Session: "session_type",
    Call: "call",
}


class Family:
    """The mutants of one file, in the order of their definition."""

    def __init__(self) -> None:
        self.mutants: list[Mutant] = []

    def breaks(
        self, clause: str, *, name: str, part: str = "", entails: tuple[str, ...] = ()
    ) -> Callable[[type[Fault]], type[Fault]]:
        """Make a mutant of the decorated class, which takes the place of its base class.

        ``part`` names the field of ``ClientParts`` where the base class does not tell it, as for
        observables. The docstring's first line, without its stop, becomes ``Mutant.fault``.
        """

        def add(fault: type[Fault]) -> type[Fault]:
            sentence = (inspect.getdoc(fault) or "").partition("\n")[0].removesuffix(".")
            field = part or _part(fault)
            swapped = {"exchange": fault} if field == "exchange" else {"parts": _with(field, fault)}
            self.mutants.append(
                Mutant(name=name, clause=clause, fault=sentence, entails=entails, **swapped)
            )
            return fault

        return add


def _part(fault: type) -> str:
    if issubclass(fault, Exchange):
        return "exchange"
    return next(field for base, field in _PARTS.items() if issubclass(fault, base))


def _with(field: str, fault: type) -> ClientParts:
    return ClientParts(**{field: fault})
