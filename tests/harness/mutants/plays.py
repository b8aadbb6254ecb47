"""Which clauses fail for a mutant, over scenarios in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ringproof.checks import judge
from ringproof.mutants.mutant import Mutant
from ringproof.simulation.player import simulate
from ringproof.verdict import Outcome
from ringproof_scenarios.model import Scenario


def _outcomes(
    mutant: Mutant, scenarios: Iterable[Scenario]
) -> Iterator[tuple[Scenario, str, Outcome]]:
    for scenario in scenarios:
        trace = simulate(scenario, mutant.parts, exchange=mutant.exchange, rest=mutant.rest)
        for clause, outcome in judge(trace).items():
            yield scenario, clause, outcome


def failures(mutant: Mutant, scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Play the scenarios; return clause → where it failed first, and why."""
    failed: dict[str, str] = {}
    for scenario, clause, outcome in _outcomes(mutant, scenarios):
        if outcome.failures and clause not in failed:
            where = scenario.name or "; ".join(scenario.steps)
            failed[clause] = f"{where}: {outcome.failures[0].message}"
    return failed


def counts(mutant: Mutant, scenarios: Iterable[Scenario]) -> tuple[Counter[str], Counter[str]]:
    """Play the scenarios; return how often each clause was exercised, and how often it failed."""
    exercised: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for _, clause, outcome in _outcomes(mutant, scenarios):
        exercised[clause] += outcome.exercised
        failed[clause] += len(outcome.failures)
    return exercised, failed
