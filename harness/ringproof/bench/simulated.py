"""Rates of the simulation and of the judge, in processor time of this one process.

Processor time and not wall-clock time: the simulation waits for nothing, so on an idle machine the
two are the same, and on a busy one only the first is the cost of the code.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence

from ringproof import checks, mutants
from ringproof.bench import mix
from ringproof.mutants.mutant import Mutant
from ringproof.simulation.memory import BATCH_CALLS, collected_by_hand
from ringproof.simulation.player import MUTANT, player, simulate
from ringproof.trace import Trace, loads
from ringproof.triage.reproduce import shrink_in_virtual_time
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Scenario

SEEDS_MAX = 2_000
"""Limit of the scenarios drawn until a mutant fails."""


class BenchError(RuntimeError):
    """A figure cannot be taken, because what it measures does not work."""


def calls_per_second(scenarios: Iterable[Scenario], *, must_pass: bool = True) -> float:
    """Play and judge scenarios one after the other, making them included.

    With ``must_pass``, a clause that fails is an error: a rate of wrong calls means nothing.
    """
    with collected_by_hand():
        started = time.process_time()
        calls = batch = 0
        for scenario in scenarios:
            outcomes = checks.judge(simulate(scenario))
            if must_pass and any(outcome.failures for outcome in outcomes.values()):
                raise BenchError(f"the reference client fails in {scenario!r}")
            batch += len(scenario.callers)
            if batch >= BATCH_CALLS:
                calls, batch = calls + batch, 0
                gc.collect()
        gc.collect()
        return (calls + batch) / (time.process_time() - started)


def drawn_calls_per_second(count: int) -> float:
    """The same for scenarios as a campaign draws them, whatever the verdict."""
    return calls_per_second((draw(seed) for seed in range(count)), must_pass=False)


def virtual_by_real(times: int) -> float:
    """Return how much faster than real time four calls at once are played and judged."""
    scenario = mix.four_at_once()
    virtual_us = 0
    started = time.process_time()
    for _ in range(times):
        trace = simulate(scenario)
        checks.judge(trace)
        virtual_us += trace.entries[-1].at_us
    return virtual_us / 1e6 / (time.process_time() - started)


def traces(count: int) -> list[Trace]:
    """Return traces of the mix, to be judged."""
    return [simulate(mix.mixed(seed)) for seed in range(count)]


def entries_judged_per_second(recorded: Sequence[Trace], times: int) -> float:
    """Judge recorded traces by every check."""
    with collected_by_hand():
        started = time.process_time()
        for _ in range(times):
            for trace in recorded:
                checks.judge(trace)
        took_s = time.process_time() - started
    return times * sum(len(trace) for trace in recorded) / took_s


def entries_read_and_judged_per_second(recorded: Sequence[bytes], times: int) -> float:
    """The same from the bytes of trace files, decoded before they are judged."""
    entries = 0
    with collected_by_hand():
        started = time.process_time()
        for _ in range(times):
            for text in recorded:
                trace = loads(text)
                checks.judge(trace)
                entries += len(trace)
            gc.collect()
        return entries / (time.process_time() - started)


MUTANT_CLAUSES = ("list/whole-list", "status/answer-order", "outcome/gave-up-no-resurrection")
"""Of the first mutants of these, one fails in any scenario, one needs two calls, one a race."""


def example_mutants() -> tuple[Mutant, ...]:
    """Return the first mutant of each of ``MUTANT_CLAUSES``."""
    known = mutants.all()
    return tuple([next(m for m in known if m.clause == clause) for clause in MUTANT_CLAUSES])


def minimal_failure_s(mutant: Mutant) -> float:
    """Draw scenarios until the mutant fails its clause, and reduce that one; return how long."""
    client = player(MUTANT + mutant.name)
    started = time.process_time()
    for seed in range(SEEDS_MAX):
        scenario = draw(seed)
        outcome = checks.judge(client.play(scenario)).get(mutant.clause)
        if outcome is not None and outcome.failures:
            if shrink_in_virtual_time(scenario, mutant.clause, client) is None:
                raise BenchError(f"{mutant.name} does not fail twice in one scenario")
            return time.process_time() - started
    raise BenchError(f"{mutant.name} does not fail in {SEEDS_MAX} scenarios")
