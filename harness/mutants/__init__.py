"""Clients with exactly one fault each: how the suite proves that it can say no."""

from __future__ import annotations

from harness.mutants import list as list_family
from harness.mutants import outcome, status, stream
from harness.mutants.mutant import Mutant

_MUTANTS = (
    *stream.MUTANTS,
    *list_family.MUTANTS,
    *status.MUTANTS,
    *outcome.MUTANTS,
)


def all() -> tuple[Mutant, ...]:
    """Return every mutant."""
    return _MUTANTS


def find(name: str) -> Mutant | None:
    """Return the mutant of that name; None when there is none."""
    return next((mutant for mutant in _MUTANTS if mutant.name == name), None)
