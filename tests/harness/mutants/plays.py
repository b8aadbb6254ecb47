"""What a mutant is found out by, over scenarios in virtual time."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks import judge
from harness.mutants.mutant import Mutant
from harness.simulation.run import simulate
from scenarios.model import Scenario


def red(mutant: Mutant, scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Play the scenarios; return clause → where it failed first, and why."""
    found: dict[str, str] = {}
    for scenario in scenarios:
        trace = simulate(scenario, mutant.parts, exchange=mutant.exchange).trace
        for clause, outcome in judge(trace).items():
            if outcome.failures and clause not in found:
                where = scenario.name or "; ".join(scenario.steps)
                found[clause] = f"{where}: {outcome.failures[0].message}"
    return found
