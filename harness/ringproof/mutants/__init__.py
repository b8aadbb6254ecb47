"""Clients with exactly one fault each: how the suite proves that it can say no."""

from __future__ import annotations

from ringproof.mutants import (
    caller,
    end,
    list_emissions,
    list_members,
    outcome,
    platform,
    recovery,
    register,
    status_endings,
    status_words,
    stream_media,
    stream_times,
)
from ringproof.mutants.mutant import Mutant
from ringproof.mutants.stubs import STUBS, Stub

__all__ = ["FAMILIES", "STUBS", "Mutant", "Stub", "all", "find"]

FAMILIES = (
    register,
    list_members,
    list_emissions,
    caller,
    status_words,
    status_endings,
    outcome,
    stream_times,
    stream_media,
    end,
    platform,
    recovery,
)
"""The modules of the catalogue, in the order of the ledger."""

_MUTANTS = tuple([mutant for family in FAMILIES for mutant in family.faults.mutants])


def all() -> tuple[Mutant, ...]:
    """Return every mutant."""
    return _MUTANTS


def find(name: str) -> Mutant | None:
    """Return the mutant, or the cheat, of that name; None when there is none."""
    return next((mutant for mutant in (*_MUTANTS, *STUBS) if mutant.name == name), None)
