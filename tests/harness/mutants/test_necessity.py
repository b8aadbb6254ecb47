"""No check is there for nothing: without it, a wrong client gets through a scenario unseen."""

from __future__ import annotations

import pytest

from harness import mutants
from harness.checks import judge, registered
from harness.mutants.mutant import Mutant
from harness.simulation.run import simulate
from scenarios import catalogue, ledger
from scenarios.model import Scenario

REAL = frozenset(row.id for row in ledger.load() if "rtp" in row.requires)
"""Clauses about packets; for the mutant of these see ``test_each``."""

CLAUSES = sorted(registered().keys() - REAL)


def red(mutant: Mutant, scenario: Scenario) -> set[str]:
    outcomes = judge(simulate(scenario, mutant.parts, exchange=mutant.exchange).trace)
    return {clause for clause, outcome in outcomes.items() if outcome.failures}


@pytest.mark.parametrize("clause", CLAUSES)
def test_without_the_check_a_mutant_turns_green(clause: str):
    breaking = [mutant for mutant in mutants.all() if mutant.clause == clause]
    seen_by_it_alone = (
        (mutant.name, scenario.name)
        for mutant in breaking
        for scenario in catalogue.all()
        if red(mutant, scenario) == {clause}
    )
    assert next(seen_by_it_alone, None) is not None
