"""Makes failing scenarios smaller by playing smaller ones on the network, within a budget.

One reduction per failing clause, started from the smallest scenario in which it failed reliably.
What was played for one clause is remembered for the others. A scenario is only shown when it
fails again and again on fresh sessions, as it must for whoever pastes its replay line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from harness.baseline import Excuses
from harness.runner.events import Emit, Fault, FirstFailure, Planned, Reducing
from harness.runner.lane import Lane, Played
from harness.runner.tally import Candidate, Tally
from harness.runner.variants import variants_to_try
from harness.trace import Trace
from harness.verdict import Failure, Outcome, Owner
from scenarios import ledger
from scenarios.model import Scenario
from scenarios.reduction import reduce

TRIES_PER_CLAUSE = 30
"""Scenarios tried for one clause: enough to drop every caller, action and delay of a small one."""

FAILS_IN_A_ROW = 2
"""How often a smaller scenario has to fail before the search goes on from it: a race that is lost
every other time would otherwise lead the search astray."""

CONFIRMED_BY = 3
"""Replays on fresh sessions, all of which have to fail, before a scenario is shown."""

BACKTRACKS_MAX = 4
"""Larger ancestors of the smallest scenario that are confirmed in its place, one after the other.
"""

SEARCHING_WITHIN_S = 60.0
"""For all clauses together: a run with many failures must still end. A call that hangs costs each
attempt the whole deadline for its end."""

CONFIRMING_SHARE = 0.75
"""Of the time for the search, once more after it: what was found is worth nothing unless it is
shown to fail again."""

UNTRIED = "not confirmed: the time for playing failures again was over"
NOW_AND_THEN = "fails now and then: no scenario failed every time it was played again"
"""What is said of a first failure that may not be seen again by whoever replays it."""

Hints = Mapping[str, Sequence[Scenario]]
"""Clause → small scenarios in which another client broke it."""

Judge = Callable[[Planned, Played], tuple[dict[str, Outcome], Fault | None]]


class _Shown(msgspec.Struct, frozen=True):
    """What one attempt showed: its trace, and the first failure of each clause that failed.

    A clause that failed in known ways only shows nothing: it counts as not exercised.
    """

    trace: Trace
    failures: dict[str, Failure]
    exercised: frozenset[str]


class _Attempts(msgspec.Struct):
    """What is known of one scenario; None for an attempt that could not be judged."""

    made: list[_Shown | None] = []
    playing: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class Reduction:
    """Reduces all failing clauses of a tally, on lanes of its own.

    A clause for which a hint fails as well, again and again, is shown by that and not searched for.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        tally: Tally,
        emit: Emit,
        judge: Judge,
        *,
        within_s: float = SEARCHING_WITHIN_S,
        hints: Hints | None = None,
    ) -> None:
        self._free: asyncio.Queue[Lane] = asyncio.Queue()
        for lane in lanes:
            self._free.put_nowait(lane)
        self._lanes = lanes
        self._tally = tally
        self._emit = emit
        self._judge = judge
        self._seen: dict[tuple[Scenario, bool, bool], _Attempts] = {}
        self._hints = hints or {}
        self._search_until_s = time.monotonic() + within_s
        self._confirm_until_s = self._search_until_s + within_s * CONFIRMING_SHARE

    async def run(self) -> None:
        """Reduce, and hand every result to the tally."""
        try:
            async with asyncio.TaskGroup() as clauses:
                for clause in self._tally.failing():
                    if self._tally.unknown(clause, "network"):
                        clauses.create_task(self._reduce(clause))
        finally:
            for lane in self._lanes:
                await lane.leave()

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
        if not confirmed and time.monotonic() > self._confirm_until_s:
            sentences = [UNTRIED]
        elif not confirmed:
            sentences = [NOW_AND_THEN]
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

    async def _reliable(self, clause: str) -> Candidate:
        """Return the smallest known scenario that fails again when it is played again."""
        candidates = self._tally.candidates(clause)
        for candidate in candidates:
            scenario = candidate.planned.scenario
            if await self._keeps_failing(clause, candidate.planned, scenario, FAILS_IN_A_ROW):
                return candidate
        return candidates[0]

    async def _confirmed(
        self, clause: str, start: Candidate, ancestors: list[Scenario]
    ) -> tuple[FirstFailure, bool]:
        """Return the smallest scenario that fails on fresh sessions, and whether there is one."""
        planned = start.planned
        for scenario in _latest_first(ancestors):
            if await self._keeps_failing(clause, planned, scenario, CONFIRMED_BY, fresh=True):
                shown = (await self._attempts(planned, scenario, 1, fresh=True))[0]
                assert shown is not None, "it failed, so it was judged"
                return _first(planned, scenario, shown.failures[clause], shown.trace), True
        return _first(planned, planned.scenario, start.failure, start.trace), False

    async def _variants(self, clause: str, first: FirstFailure, planned: Planned) -> list[str]:
        """Play the failing scenario under the other platform variants that the row names."""
        row = ledger.load().row(clause)
        sentences = []
        for word, scenario in variants_to_try(row, first.scenario):
            field = word.partition("=")[0]
            now = f"{field}={getattr(first.scenario.platform, field)!r}"
            attempts = await self._attempts(planned, scenario, FAILS_IN_A_ROW, fresh=True)
            shown = [one for one in attempts if one is not None and clause in one.exercised]
            failed = [clause in one.failures for one in shown]
            if shown and all(failed):
                sentences.append(f"fails with {now} and with {word}")
            elif shown and not any(failed):
                sentences.append(f"fails with {now}, passes with {word}")
        return sentences

    async def _keeps_failing(
        self, clause: str, planned: Planned, scenario: Scenario, times: int, *, fresh: bool = False
    ) -> bool:
        """Say whether the clause fails ``times`` times in a row; the first pass ends the trial."""
        for number in range(1, times + 1):
            shown = (await self._attempts(planned, scenario, number, fresh=fresh))[-1]
            if shown is None or clause not in shown.failures:
                return False
        return True

    async def _attempts(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> list[_Shown | None]:
        """Return the first ``number`` attempts at a scenario, playing those not played before.

        ``fresh`` asks for sessions that no scenario has used yet. When the time is over nothing
        is played any more: such attempts are None.
        """
        known = self._seen.setdefault((scenario, planned.real_media, fresh), _Attempts())
        async with known.playing:
            while len(known.made) < number:
                known.made.append(await self._play(planned, scenario, fresh=fresh))
        return known.made[:number]

    async def _play(self, planned: Planned, scenario: Scenario, *, fresh: bool) -> _Shown | None:
        if time.monotonic() > (self._confirm_until_s if fresh else self._search_until_s):
            return None
        lane = await self._free.get()
        try:
            if fresh:
                await lane.leave()
            attempt = msgspec.structs.replace(planned, scenario=scenario)
            played = await lane.play(attempt)
        finally:
            self._free.put_nowait(lane)
        outcomes, fault = self._judge(attempt, played)
        if fault is not None:
            return None
        return _shown(scenario, played.trace, outcomes, self._tally.excuses)


def _latest_first(ancestors: list[Scenario]) -> Iterator[Scenario]:
    """Yield the smallest scenarios, then the one that the search began with."""
    yield from reversed(ancestors[1:][-BACKTRACKS_MAX:])
    yield ancestors[0]


def _first(planned: Planned, scenario: Scenario, failure: Failure, trace: Trace) -> FirstFailure:
    return FirstFailure(
        scenario=scenario,
        failure=failure,
        trace=trace,
        label=planned.label,
        real_media=planned.real_media,
    )


def _shown(
    scenario: Scenario, trace: Trace, outcomes: dict[str, Outcome], excuses: Excuses
) -> _Shown:
    failures: dict[str, Failure] = {}
    exercised = set()
    for clause, outcome in outcomes.items():
        found = [failure for failure in outcome.failures if failure.owner is Owner.SUT]
        unknown = [one for one in found if not excuses.cover(clause, one.message, scenario)]
        if unknown:
            failures[clause] = unknown[0]
        if outcome.exercised and (unknown or not found):
            exercised.add(clause)
    return _Shown(trace, failures, frozenset(exercised))
