"""Makes failing scenarios smaller by playing smaller ones on the network, within a budget.

One reduction per failing clause, started from the smallest scenario in which it failed. What was
played for one clause is remembered for the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from harness.runner.events import Emit, Fault, FirstFailure, Planned, Reducing
from harness.runner.lane import Lane, Played
from harness.runner.tally import Candidate, Tally, variants_to_try
from harness.trace import Trace
from harness.verdict import Failure, Outcome, Owner
from scenarios import ledger
from scenarios.model import Scenario
from scenarios.reduction import reduce

TRIES_PER_CLAUSE = 30
"""Scenarios played for one clause: enough to drop every caller, action and delay of a small one."""

REDUCING_WITHIN_S = 60.0
"""For all clauses together: a run with many failures must still end."""

Judge = Callable[[Planned, Played], tuple[dict[str, Outcome], Fault | None]]


class _Shown(msgspec.Struct, frozen=True):
    """What one attempt showed: its trace, and the first failure of each clause that failed."""

    trace: Trace
    failures: dict[str, Failure]
    exercised: frozenset[str]


class Reduction:
    """Reduces all failing clauses of a tally, on lanes of its own."""

    def __init__(self, lanes: Sequence[Lane], tally: Tally, emit: Emit, judge: Judge) -> None:
        self._free: asyncio.Queue[Lane] = asyncio.Queue()
        for lane in lanes:
            self._free.put_nowait(lane)
        self._lanes = lanes
        self._tally = tally
        self._emit = emit
        self._judge = judge
        self._seen: dict[tuple[Scenario, bool], _Shown | None] = {}
        self._deadline_s = time.monotonic() + REDUCING_WITHIN_S

    async def run(self) -> None:
        """Reduce, and hand every result to the tally."""
        try:
            async with asyncio.TaskGroup() as clauses:
                for clause in self._tally.failing():
                    clauses.create_task(self._reduce(clause))
        finally:
            for lane in self._lanes:
                await lane.leave()

    async def _reduce(self, clause: str) -> None:
        candidate = self._tally.candidates(clause)[0]
        planned = candidate.planned
        tried = 0

        async def fails(scenario: Scenario) -> bool:
            nonlocal tried
            tried += 1
            shown = await self._attempt(planned, scenario)
            self._emit(Reducing(clause=clause, steps=len(scenario.steps), tried=tried))
            return shown is not None and clause in shown.failures

        smaller = await reduce(planned.scenario, fails, TRIES_PER_CLAUSE)
        first = await self._confirmed(clause, candidate, smaller)
        self._tally.reduced(clause, first, await self._variants(clause, first, planned))

    async def _confirmed(
        self, clause: str, candidate: Candidate, smaller: Scenario
    ) -> FirstFailure:
        """Play the smaller scenario once more; one that fails only now and then is not shown."""
        planned = candidate.planned
        if smaller != planned.scenario:
            shown = await self._attempt(planned, smaller, again=True)
            if shown is not None and clause in shown.failures:
                return FirstFailure(
                    scenario=smaller,
                    failure=shown.failures[clause],
                    trace=shown.trace,
                    label=planned.label,
                    real_media=planned.real_media,
                )
        return FirstFailure(
            scenario=planned.scenario,
            failure=candidate.failure,
            trace=candidate.trace,
            label=planned.label,
            real_media=planned.real_media,
        )

    async def _variants(self, clause: str, first: FirstFailure, planned: Planned) -> list[str]:
        """Play the failing scenario under the other platform variants that the row names."""
        row = ledger.load().row(clause)
        sentences = []
        for word, scenario in variants_to_try(row, first.scenario):
            field = word.partition("=")[0]
            now = f"{field}={getattr(first.scenario.platform, field)!r}"
            shown = await self._attempt(planned, scenario)
            if shown is None:
                continue
            if clause in shown.failures:
                sentences.append(f"fails with {now} and with {word}")
            elif clause in shown.exercised:
                sentences.append(f"fails with {now}, passes with {word}")
        return sentences

    async def _attempt(
        self, planned: Planned, scenario: Scenario, *, again: bool = False
    ) -> _Shown | None:
        """Play a scenario unless it was played before; None when it could not be judged."""
        key = (scenario, planned.real_media)
        if not again and key in self._seen:
            return self._seen[key]
        if time.monotonic() > self._deadline_s:
            return None
        lane = await self._free.get()
        try:
            attempt = msgspec.structs.replace(planned, scenario=scenario)
            played = await lane.play(attempt)
        finally:
            self._free.put_nowait(lane)
        outcomes, fault = self._judge(attempt, played)
        shown = None if fault is not None else _shown(played.trace, outcomes)
        self._seen[key] = shown
        return shown


def _shown(trace: Trace, outcomes: dict[str, Outcome]) -> _Shown:
    failures = {
        clause: failure
        for clause, outcome in outcomes.items()
        for failure in outcome.failures[:1]
        if failure.owner is Owner.SUT
    }
    exercised = frozenset(clause for clause, outcome in outcomes.items() if outcome.exercised)
    return _Shown(trace, failures, exercised)
