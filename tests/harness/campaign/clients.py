"""Clients with a known fault, by the clause it breaks."""

from __future__ import annotations

import functools

from ringproof import checks, mutants
from ringproof.simulation.player import player
from ringproof_scenarios.model import Scenario


@functools.cache
def broken(clause: str) -> str:
    """Return the ``--sut`` of the first mutant that breaks a clause."""
    return next(f"mutant:{one.name}" for one in mutants.all() if one.clause == clause)


def fails(scenario: Scenario, clause: str, sut: str) -> bool:
    """Say whether a client breaks the clause in a scenario, in virtual time."""
    return bool(checks.judge(player(sut).play(scenario))[clause].failures)
