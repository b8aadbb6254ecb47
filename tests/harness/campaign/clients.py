"""Names of clients with a known fault, found by the clause it breaks."""

from __future__ import annotations

import functools

from ringproof import mutants


@functools.cache
def broken(clause: str) -> str:
    """Return the ``--sut`` of the first mutant that breaks a clause."""
    return next(f"mutant:{one.name}" for one in mutants.all() if one.clause == clause)
