"""Clients with exactly one fault each: they show that every check can fail.

A new mutant goes into the module of its clause's family. It is a row of the table there if one of
the ``hooks`` can express the fault, otherwise a class under ``mutants.breaks``.
"""

from __future__ import annotations

from ringproof.mutants import (
    caller,
    capture,
    choices,
    endings,
    listing,
    media,
    opening,
    origins,
    outbound,
    pings,
    platform,
    reattaching,
    recovery,
    rest,
    returning,
    statuses,
    streams,
    users,
    waiting,
)
from ringproof.mutants.mutant import Mutant
from ringproof.mutants.stubs import STUBS, Stub

__all__ = ["STUBS", "Mutant", "Stub", "all", "find"]

_MODULES = (
    listing,
    waiting,
    caller,
    statuses,
    endings,
    pings,
    capture,
    choices,
    streams,
    media,
    platform,
    rest,
    recovery,
    returning,
    reattaching,
    opening,
    origins,
    users,
    outbound,
)
"""In the order of the ledger."""

_MUTANTS = tuple([mutant for module in _MODULES for mutant in module.mutants])


def all() -> tuple[Mutant, ...]:
    """Return every mutant."""
    return _MUTANTS


def find(name: str) -> Mutant | None:
    """Return the mutant, or the stub, of that name; None when there is none."""
    return next((mutant for mutant in (*_MUTANTS, *STUBS) if mutant.name == name), None)
