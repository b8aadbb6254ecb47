"""The simulated part of a run: named scenarios one by one, then seeds, block by block.

Blocks are played by processes of this machine, for a run is over before a cluster is up.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor

from ringproof import checks
from ringproof.accounting.selection import Selection
from ringproof.accounting.tally import Tally
from ringproof.accounting.variants import describe_variant, variants_to_try
from ringproof.network.worker import info_of
from ringproof.results import (
    BlockPlayed,
    Counts,
    Emit,
    Fault,
    FirstFailure,
    PartStarted,
    Planned,
    Reducing,
    ScenarioFinished,
    ScenarioStarted,
    SutInfo,
)
from ringproof.simulation.player import player
from ringproof.trace import Header, Trace
from ringproof.triage.block import Block, BlockResult, blocks, play_block
from ringproof.triage.processes import interrupts_held_back
from ringproof.triage.shrink import Shrunk, played, shrink
from ringproof.verdict import Failure, Owner
from ringproof.version import VERSION
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

TRIES_PER_CLAUSE = 200
"""Scenarios played to make one clause's failure small: a second's work."""

REDUCING_WITHIN_S = 30.0
"""For all clauses together; what is left then is shown as it was drawn."""

ALONE_MAX = 2
"""Blocks that are not worth starting processes for."""


class VirtualPart:
    """Plays the simulated half of a selection and hands everything to the tally."""

    def __init__(
        self, sut: str, selection: Selection, tally: Tally, emit: Emit, *, jobs: int | None
    ) -> None:
        self._player = player(sut)
        self._selection = selection
        self._tally = tally
        self._emit = emit
        self._jobs = jobs or os.cpu_count() or 1

    @property
    def info(self) -> SutInfo:
        """Who plays."""
        return info_of(self._player.hello)

    async def play(self) -> None:
        """Play and judge everything; can be cancelled between scenarios and between blocks."""
        selection = self._selection
        planned, sweep = selection.simulated, selection.sweep
        self._emit(PartStarted(mode="simulated", scenarios=len(planned) + len(sweep)))
        for one in planned:
            self._play(one)
            await asyncio.sleep(0)
        known_failures = self._tally.known_failures
        cut = list(blocks(self._player.sut, sweep.start, len(sweep), known_failures=known_failures))
        async for gathered in _harvests(cut, min(self._jobs, len(cut))):
            played = gathered.scenarios
            counts = Counts(run=played, generated=played, calls=gathered.calls)
            self._tally.add_drawn(counts, gathered.clauses, gathered.met)
            for fault in gathered.faults:
                label = f"seed/{fault.seed}"
                self._tally.add_fault(Fault(owner=fault.owner, text=fault.text, scenario=label))
            self._emit(
                BlockPlayed(
                    start=gathered.start,
                    scenarios=gathered.stop - gathered.start,
                    calls=gathered.calls,
                    broken=gathered.broken,
                )
            )

    async def reduce(self, *, tries: int = TRIES_PER_CLAUSE) -> None:
        """Show every clause that failed here by a scenario as small as ``tries`` can make it.

        Where all failures are known, the smallest of them is shown as it is.
        """
        deadline_s = time.monotonic() + REDUCING_WITHIN_S
        for clause in self._tally.failing("simulated"):
            in_time = time.monotonic() < deadline_s
            worth_it = in_time and self._tally.unknown(clause, "simulated")
            self._show(clause, tries if worth_it else 0)
            await asyncio.sleep(0)

    def _play(self, planned: Planned) -> None:
        self._emit(ScenarioStarted(planned=planned))
        started_s = time.monotonic()
        fault = None
        trace, outcomes = _nothing(planned.scenario), {}
        try:
            trace = self._player.play(planned.scenario)
            outcomes = checks.judge(trace)
        except Exception as error:  # outermost loop: what we did not foresee is ours
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} at {where.filename}:{where.lineno}"
            fault = Fault(owner=Owner.HARNESS, text=text, scenario=planned.label)
        finished = ScenarioFinished(
            planned=planned,
            trace=trace,
            outcomes=outcomes,
            duration_ms=round((time.monotonic() - started_s) * 1000),
            fault=fault,
        )
        self._tally.add(finished)
        self._emit(finished)

    def _show(self, clause: str, tries: int) -> None:
        planned = self._tally.candidates(clause, "simulated")[0].planned
        tried = 0

        def count(smallest: Scenario) -> None:
            nonlocal tried
            tried += 1
            self._emit(Reducing(clause=clause, steps=len(smallest.steps), tried=tried))

        unknown = self._tally.unknown(clause, "simulated")

        def excused(failure: Failure, scenario: Scenario) -> bool:
            return unknown and self._tally.known_failures.covers(clause, failure, scenario)

        shrunk = shrink(
            planned.scenario, clause, self._player, tries=tries, excused=excused, notice=count
        )
        assert shrunk is not None, "virtual time repeats itself"
        first = FirstFailure(
            scenario=shrunk.scenario,
            failure=shrunk.failure,
            trace=shrunk.trace,
            label=planned.label,
            mode="simulated",
        )
        self._tally.reduced(clause, first, list(self._variants(clause, shrunk)))

    def _variants(self, clause: str, shrunk: Shrunk) -> Iterator[str]:
        """Play the failing scenario under the other platform variants that the row names."""
        for word, scenario in variants_to_try(ledger.load().row(clause), shrunk.scenario):
            shown = played(scenario, self._player)
            outcome = shown[1].get(clause) if shown is not None else None
            if outcome is not None and outcome.exercised:
                yield describe_variant(shrunk.scenario, word, fails=bool(outcome.failures))


async def _harvests(cut: list[Block], processes: int) -> AsyncIterator[BlockResult]:
    """Play blocks and yield each harvest as it comes in."""
    if processes < 2 or len(cut) <= ALONE_MAX:
        for block in cut:
            yield play_block(block)
            await asyncio.sleep(0)
        return
    loop = asyncio.get_running_loop()
    # Not forked: this process may have threads, and its open files are nobody else's business.
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    try:
        with interrupts_held_back():
            played = [loop.run_in_executor(pool, play_block, block) for block in cut]
        for done in asyncio.as_completed(played):
            yield await done
    finally:
        pool.shutdown(cancel_futures=True)


def _nothing(scenario: Scenario) -> Trace:
    return Trace(Header(ringproof=VERSION, format=1, mode="simulated", scenario=scenario))
