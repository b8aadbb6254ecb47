"""Finds out whether a client with a known fault is found out: over named and drawn scenarios."""

from __future__ import annotations

import functools

import msgspec

from ringproof import checks
from ringproof.simulation.player import player
from ringproof.triage.shrink import shrink
from ringproof.verdict import Owner
from ringproof_scenarios import catalogue
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size

FAULTS_KEPT = 3


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One client to be tried."""

    sut: str
    clause: str = ""
    """The clause that ought to fail; empty when none ought to."""
    examples: int
    """Scenarios drawn beside the catalogue: those of the seeds from 0."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
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


def prove(trial: Trial) -> Proof:
    """Play the catalogue and the drawn scenarios in virtual time; a function of the trial alone."""
    client = player(trial.sut)
    exercised: set[str] = set()
    smallest: dict[str, Scenario] = {}
    faults: list[str] = []
    scenarios = _scenarios(trial.examples)
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
                known = smallest.setdefault(clause, scenario)
                smallest[clause] = min(known, scenario, key=size)
    failed = tuple([clause for clause in checks.CHECKS if clause in smallest])
    shown = trial.clause if trial.clause in smallest else failed[0] if failed else ""
    shrunk = shrink(smallest[shown], shown, client, owners=tuple(Owner)) if shown else None
    return Proof(
        sut=trial.sut,
        scenarios=len(scenarios),
        exercised=frozenset(exercised),
        failed=failed,
        smallest=shrunk.scenario if shrunk else None,
        faults=tuple(faults[:FAULTS_KEPT]),
    )


@functools.lru_cache(maxsize=2)
def _scenarios(examples: int) -> tuple[Scenario, ...]:
    return (*catalogue.all(), *(draw(seed) for seed in range(examples)))
