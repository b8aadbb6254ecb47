"""Finds out whether the checks catch a client with a known fault."""

from __future__ import annotations

import functools

import msgspec

from ringproof import checks
from ringproof.simulation.player import player
from ringproof.triage.reproduce import shrink_in_virtual_time
from ringproof.verdict import Owner
from ringproof_scenarios import catalogue
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size

FAULTS_KEPT = 3


class MutantTest(msgspec.Struct, frozen=True, kw_only=True):
    """One client to be tested, and with how much."""

    sut: str
    clause: str = ""
    """The clause that ought to fail; empty when none ought to."""
    examples: int
    """Scenarios drawn beside the catalogue: those of the seeds from 0."""


class MutantResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the scenarios showed of one client."""

    sut: str
    scenarios: int = 0
    exercised: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()
    """Clauses, in the order of the checks, whoever the failure belongs to."""
    smallest: Scenario | None = None
    """In which the expected clause fails, or any clause where that one does not."""
    faults: tuple[str, ...] = ()
    """Scenarios that could not be judged."""


def run_test(test: MutantTest) -> MutantResult:
    """Play the catalogue and the drawn scenarios in virtual time; a function of the test alone."""
    client = player(test.sut)
    exercised: set[str] = set()
    smallest: dict[str, Scenario] = {}
    faults: list[str] = []
    scenarios = _scenarios(test.examples)
    for scenario in scenarios:
        try:
            outcomes = checks.judge(client.play(scenario))
        except Exception as error:  # outermost loop: whatever a broken client brings about
            faults.append(f"{scenario.name or scenario.seed}: {type(error).__name__}: {error}")
            continue
        for clause, outcome in outcomes.items():
            if outcome.exercised:
                exercised.add(clause)
            if outcome.failures:
                smallest[clause] = min(smallest.get(clause, scenario), scenario, key=size)
    failed = tuple([clause for clause in checks.CHECKS if clause in smallest])
    shown = test.clause if test.clause in smallest else next(iter(failed), "")
    shrunk = (
        shrink_in_virtual_time(smallest[shown], shown, client, owners=tuple(Owner))
        if shown
        else None
    )
    return MutantResult(
        sut=test.sut,
        scenarios=len(scenarios),
        exercised=frozenset(exercised),
        failed=failed,
        smallest=shrunk.scenario if shrunk else None,
        faults=tuple(faults[:FAULTS_KEPT]),
    )


@functools.lru_cache(maxsize=2)
def _scenarios(examples: int) -> tuple[Scenario, ...]:
    return (*catalogue.all(), *(draw(seed) for seed in range(examples)))
