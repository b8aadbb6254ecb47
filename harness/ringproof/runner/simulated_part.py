"""The simulated part of a run: named scenarios in their order, then seeds, block by block.

What is more than a moment's work is played by processes of this machine, one for each core.
"""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import AsyncIterator, Sequence

import msgspec

from ringproof import checks
from ringproof.accounting.selection import Selection
from ringproof.accounting.tally import Tally
from ringproof.network.worker import info_of
from ringproof.processes import submitted
from ringproof.results import (
    BlockPlayed,
    Counts,
    Emit,
    Fault,
    PartStarted,
    Planned,
    Reducing,
    ScenarioFinished,
    ScenarioStarted,
    SutInfo,
)
from ringproof.simulation.player import player
from ringproof.trace import Header, Trace
from ringproof.triage.block import SEEDS_MAX, Block, BlockResult, blocks, play_block
from ringproof.triage.replay import NO_KNOWN_FAILURES, VirtualReplayer
from ringproof.triage.reproduce import Limits, Reproducer
from ringproof.triage.signature import Signature
from ringproof.verdict import Owner
from ringproof.version import VERSION
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

REDUCED = Limits(tries=200, coarse=False)
"""Candidates for one clause: a second's work."""

NOT_REDUCED = Limits(tries=0, coarse=False)

REDUCING_WITHIN_S = 30.0
"""For all clauses together; what is left then is shown as it was drawn."""

ALONE_MAX = 2 * SEEDS_MAX
"""Scenarios that are not worth starting processes for."""

BATCH_MAX = 50
"""Named scenarios that a process plays before it hands over what it has."""


class Batch(msgspec.Struct, frozen=True):
    """Named scenarios that are played together."""

    sut: str
    planned: tuple[Planned, ...]


class SimulatedPart:
    """Plays the simulated half of a selection and hands everything to the tally.

    No processes are started for up to ``alone_max`` scenarios.
    """

    def __init__(
        self,
        sut: str,
        selection: Selection,
        tally: Tally,
        emit: Emit,
        *,
        jobs: int | None,
        alone_max: int = ALONE_MAX,
    ) -> None:
        self._player = player(sut)
        self._selection = selection
        self._tally = tally
        self._emit = emit
        scenarios = len(selection.simulated) + len(selection.sweep)
        self._processes = 1 if scenarios <= alone_max else jobs or os.cpu_count() or 1

    @property
    def info(self) -> SutInfo:
        """Who plays."""
        return info_of(self._player.hello)

    async def play(self) -> None:
        """Play and judge everything; can be cancelled between scenarios and between blocks."""
        planned, sweep = self._selection.simulated, self._selection.sweep
        self._emit(PartStarted(mode="simulated", scenarios=len(planned) + len(sweep)))
        sut, each = self._player.sut, 1 if self._processes == 1 else BATCH_MAX
        starts = range(0, len(planned), each)
        work: list[Batch | Block] = [Batch(sut, planned[at : at + each]) for at in starts]
        known_failures = self._tally.known_failures
        work += blocks(sut, sweep.start, len(sweep), known_failures=known_failures)
        async for result in _in_order(work, min(self._processes, len(work))):
            if isinstance(result, BlockResult):
                self._take_block(result)
            else:
                for finished in result:
                    self._emit(ScenarioStarted(planned=finished.planned))
                    self._tally.add(finished)
                    self._emit(finished)

    async def reduce(
        self, limits: Limits = REDUCED, *, within_s: float = REDUCING_WITHIN_S
    ) -> None:
        """Show every clause that failed here by a scenario as small as ``limits`` can make it.

        Where all failures are known, the smallest of them is shown as it is.
        """
        deadline_s = time.monotonic() + within_s
        for clause in self._tally.failing("simulated"):
            in_time = time.monotonic() < deadline_s
            worth_it = in_time and self._tally.unknown(clause, "simulated")
            await self._show(clause, limits if worth_it else NOT_REDUCED)

    async def _show(self, clause: str, limits: Limits) -> None:
        planned = self._tally.candidates(clause, "simulated")[0].planned
        tried = 0

        def notice(smallest: Scenario) -> None:
            nonlocal tried
            tried += 1
            self._emit(Reducing(clause=clause, steps=len(smallest.steps), tried=tried))

        unknown = self._tally.unknown(clause, "simulated")
        known_failures = self._tally.known_failures if unknown else NO_KNOWN_FAILURES
        replayer = VirtualReplayer(self._player, known_failures=known_failures)
        reproducer = Reproducer(replayer, limits, notice)
        proofs = await reproducer.shrink(Signature(clause), [planned])
        assert proofs, "virtual time repeats itself"
        sentences = await reproducer.variants(ledger.load().row(clause), proofs[-1])
        self._tally.reduced(clause, proofs[-1].first_failure(), sentences)

    def _take_block(self, result: BlockResult) -> None:
        played = result.scenarios
        counts = Counts(run=played, generated=played, calls=result.calls)
        self._tally.add_drawn(counts, result.clauses, result.met)
        for fault in result.faults:
            label = f"seed/{fault.seed}"
            self._tally.add_fault(Fault(owner=fault.owner, text=fault.text, scenario=label))
        self._emit(
            BlockPlayed(
                start=result.start,
                scenarios=result.stop - result.start,
                calls=result.calls,
                broken=result.broken,
            )
        )


async def _in_order(
    work: Sequence[Batch | Block], processes: int
) -> AsyncIterator[BlockResult | list[ScenarioFinished]]:
    """Play batches and blocks, and yield what each brings, in their order."""
    if processes < 2:
        for item in work:
            yield _play(item)
            await asyncio.sleep(0)
        return
    with submitted(_play, work, processes) as futures:
        for future in futures:
            yield await asyncio.wrap_future(future)


def _play(item: Batch | Block) -> BlockResult | list[ScenarioFinished]:
    if isinstance(item, Block):
        return play_block(item)
    return [_play_named(item.sut, planned) for planned in item.planned]


def _play_named(sut: str, planned: Planned) -> ScenarioFinished:
    """Play and judge one scenario, whatever comes of it."""
    started_s = time.monotonic()
    fault = None
    trace = Trace(Header(ringproof=VERSION, format=1, mode="simulated", scenario=planned.scenario))
    outcomes = {}
    try:
        trace = player(sut).play(planned.scenario)
        outcomes = checks.judge(trace)
    except Exception as error:  # outermost loop: what we did not foresee is ours
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} at {where.filename}:{where.lineno}"
        fault = Fault(owner=Owner.HARNESS, text=text, scenario=planned.label)
    return ScenarioFinished(
        planned=planned,
        trace=trace,
        outcomes=outcomes,
        duration_ms=round((time.monotonic() - started_s) * 1000),
        fault=fault,
    )
