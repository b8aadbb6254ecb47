"""Makes failing scenarios smaller by playing smaller ones on the network, within a budget.

One reduction per failing clause, started from the smallest scenario in which it failed reliably.
What was played for one clause is remembered for the others. A scenario is only shown when it
fails again and again on fresh sessions, as it must for whoever pastes its replay line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ringproof.accounting.clause_stats import FailingExample
from ringproof.accounting.tally import Tally
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.results import Certainty, Emit, FirstFailure, Planned, Reducing
from ringproof.trace import Trace
from ringproof.triage.attempts import Judge, NetworkReplayer, variant_sentences
from ringproof.triage.reproduce import CONFIRMED_BY, FAILS_IN_A_ROW
from ringproof.verdict import Failure
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import reduce

TRIES_PER_CLAUSE = 30
"""Scenarios tried for one clause: enough to drop every caller, action and delay of a small one."""

BACKTRACKS_MAX = 4
"""Larger ancestors of the smallest scenario that are confirmed in its place, one after the other.
"""

SEARCHING_WITHIN_S = 60.0
"""For all clauses together: a run with many failures must still end. A call that hangs costs each
attempt the whole deadline for its end."""

CONFIRMING_SHARE = 0.75
"""Of the time for the search, once more after it: what was found is worth nothing unless it is
shown to fail again."""

Hints = Mapping[str, Sequence[Scenario]]
"""Clause → small scenarios in which another client broke it."""


class Reduction:
    """Reduces all failing clauses of a tally, on workers of its own.

    A clause for which a hint fails as well, again and again, is shown by that and not searched for.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        supervisor: Supervisor,
        tally: Tally,
        emit: Emit,
        judge: Judge,
        *,
        within_s: float = SEARCHING_WITHIN_S,
        hints: Hints | None = None,
    ) -> None:
        search_until_s = time.monotonic() + within_s
        self._bench = NetworkReplayer(
            workers,
            supervisor,
            judge,
            search_until_s=search_until_s,
            confirm_until_s=search_until_s + within_s * CONFIRMING_SHARE,
            known_failures=tally.known_failures,
        )
        self._tally = tally
        self._emit = emit
        self._hints = hints or {}

    async def run(self) -> None:
        """Reduce, and hand every result to the tally."""
        try:
            async with asyncio.TaskGroup() as clauses:
                for clause in self._tally.failing():
                    if self._tally.unknown(clause, "network"):
                        clauses.create_task(self._reduce(clause))
        finally:
            await self._bench.close()

    async def _reduce(self, clause: str) -> None:
        if await self._hinted(clause):
            return
        start = await self._reliable(clause)
        planned = start.planned
        ancestors = [planned.scenario]
        tried = 0

        async def fails(scenario: Scenario) -> bool:
            nonlocal tried
            tried += 1
            failed = await self._keeps_failing(clause, planned, scenario, FAILS_IN_A_ROW)
            if failed:
                ancestors.append(scenario)
            self._emit(Reducing(clause=clause, steps=len(scenario.steps), tried=tried))
            return failed

        await reduce(planned.scenario, fails, TRIES_PER_CLAUSE)
        first, confirmed = await self._confirmed(clause, start, ancestors)
        sentences = await self._variants(clause, first, planned) if confirmed else []
        self._tally.reduced(clause, first, sentences)

    async def _hinted(self, clause: str) -> bool:
        """Take the smallest hint that is confirmed here, and say whether there is one."""
        start = self._tally.candidates(clause)[0]
        for scenario in sorted(self._hints.get(clause, ()), key=lambda one: len(one.steps)):
            first, confirmed = await self._confirmed(clause, start, [scenario])
            if confirmed:
                sentences = await self._variants(clause, first, start.planned)
                self._tally.reduced(clause, first, sentences)
                return True
        return False

    async def _reliable(self, clause: str) -> FailingExample:
        """Return the smallest known scenario that fails again when it is played again."""
        candidates = self._tally.candidates(clause)
        for candidate in candidates:
            scenario = candidate.planned.scenario
            if await self._keeps_failing(clause, candidate.planned, scenario, FAILS_IN_A_ROW):
                return candidate
        return candidates[0]

    async def _confirmed(
        self, clause: str, start: FailingExample, ancestors: list[Scenario]
    ) -> tuple[FirstFailure, bool]:
        """Return the smallest scenario that fails on fresh sessions, and whether there is one."""
        planned = start.planned
        for scenario in _latest_first(ancestors):
            if await self._keeps_failing(clause, planned, scenario, CONFIRMED_BY, fresh=True):
                shown = (await self._bench.attempts(planned, scenario, 1, fresh=True))[0]
                assert shown is not None, "it failed, so it was judged"
                failure, sure = shown.failures[clause][0], Certainty.EVERY_TIME
                return _first(planned, scenario, failure, shown.trace, sure), True
        over = self._bench.over(fresh=True)
        certainty = Certainty.NOT_CONFIRMED if over else Certainty.NOW_AND_THEN
        return msgspec.structs.replace(start.as_first(), certainty=certainty), False

    async def _variants(self, clause: str, first: FirstFailure, planned: Planned) -> list[str]:
        row = ledger.load().row(clause)
        return await variant_sentences(self._bench, row, planned, first.scenario)

    async def _keeps_failing(
        self, clause: str, planned: Planned, scenario: Scenario, times: int, *, fresh: bool = False
    ) -> bool:
        """Say whether the clause fails ``times`` times in a row; the first pass ends the trial."""
        for number in range(1, times + 1):
            shown = (await self._bench.attempts(planned, scenario, number, fresh=fresh))[-1]
            if shown is None or clause not in shown.failures:
                return False
        return True


def _latest_first(ancestors: list[Scenario]) -> Iterator[Scenario]:
    """Yield the smallest scenarios, then the one that the search began with."""
    yield from reversed(ancestors[1:][-BACKTRACKS_MAX:])
    yield ancestors[0]


def _first(
    planned: Planned, scenario: Scenario, failure: Failure, trace: Trace, certainty: Certainty
) -> FirstFailure:
    return FirstFailure(
        scenario=scenario,
        failure=failure,
        trace=trace,
        label=planned.label,
        real_media=planned.real_media,
        certainty=certainty,
    )
