"""Reduces every failing clause of a run over the network, within a time limit.

A scenario is only shown as confirmed when it fails again and again on fresh sessions, as it must
for whoever pastes its replay line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import msgspec

from ringproof.accounting.clause_stats import FailingExample
from ringproof.accounting.tally import Tally
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Worker
from ringproof.results import Certainty, Emit, Reducing
from ringproof.triage.replay import Judge, NetworkReplayer, Replayer
from ringproof.triage.reproduce import Limits, Reproducer, Reproduction
from ringproof.triage.signature import Signature
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

SEARCHING_WITHIN_S = 60.0
"""For all clauses together: a run with many failures must still end."""

CONFIRMING_SHARE = 0.75
"""Of the time for the search, once more after it: a failure is worth nothing unless it is shown
to fail again."""

LIMITS = Limits(tries=30)
"""Enough candidates to drop every caller, action and delay of a small scenario."""

Hints = Mapping[str, Sequence[Scenario]]
"""Clause → small scenarios in which another client broke it."""


class ClauseReduction:
    """Reduces all failing clauses of a tally, and hands every result to it.

    A clause for which a hint fails too, again and again, is shown by that and not searched for.
    """

    def __init__(
        self, replayer: Replayer, tally: Tally, emit: Emit, hints: Hints, limits: Limits
    ) -> None:
        self._replayer = replayer
        self._tally = tally
        self._emit = emit
        self._hints = hints
        self._limits = limits

    async def run(self) -> None:
        """Reduce all clauses side by side, those first whose replays take longest."""
        failing = [one for one in self._tally.failing() if self._tally.unknown(one, "network")]
        async with asyncio.TaskGroup() as clauses:
            for clause in sorted(failing, key=self._duration_us, reverse=True):
                clauses.create_task(self._reduce(clause))

    def _duration_us(self, clause: str) -> int:
        trace = self._tally.candidates(clause)[0].trace
        return trace.entries[-1].at_us if trace and trace.entries else 0

    async def _reduce(self, clause: str) -> None:
        tried = 0

        def notice(smallest: Scenario) -> None:
            nonlocal tried
            tried += 1
            self._emit(Reducing(clause=clause, steps=len(smallest.steps), tried=tried))

        reproducer = Reproducer(self._replayer, self._limits, notice)
        candidates = self._tally.candidates(clause)
        proof = await self._hinted(reproducer, clause, candidates[0])
        proof = proof or await self._smallest(reproducer, clause, candidates)
        if proof is not None:
            sentences = await reproducer.variants(ledger.load().row(clause), proof)
            first, certainty = proof.first_failure(), Certainty.EVERY_TIME
        else:
            over = self._replayer.out_of_time(fresh=True)
            first, sentences = candidates[0].as_first(), []
            certainty = Certainty.NOT_CONFIRMED if over else Certainty.NOW_AND_THEN
        first = msgspec.structs.replace(first, certainty=certainty)
        self._tally.reduced(clause, first, sentences)

    async def _hinted(
        self, reproducer: Reproducer, clause: str, candidate: FailingExample
    ) -> Reproduction | None:
        """Return the smallest hint that is confirmed here."""
        for scenario in sorted(self._hints.get(clause, ()), key=lambda one: len(one.steps)):
            proof = await reproducer.fails(
                Signature(clause),
                candidate.planned,
                scenario,
                in_a_row=self._limits.confirmed_by,
                fresh=True,
            )
            if proof is not None:
                return proof
        return None

    async def _smallest(
        self, reproducer: Reproducer, clause: str, candidates: Sequence[FailingExample]
    ) -> Reproduction | None:
        """Return the smallest scenario that is confirmed.

        What depends on a race may fail while it is made smaller, and pass on fresh sessions. The
        search then goes round it, and in the end begins with another failing scenario.
        """
        wanted, row, unsure = Signature(clause), ledger.load().row(clause), set[Scenario]()

        async def astray(scenario: Scenario) -> bool:
            return _nameless(scenario) in unsure

        origins = [one.planned for one in candidates[: self._limits.origins] for _ in range(2)]
        for origin in origins:
            proofs = await reproducer.shrink(wanted, [origin], small_first=True, astray=astray)
            for proof in reproducer.latest_first(proofs):
                reproducer.confirm_ahead(row, proof)
                if (confirmed := await reproducer.confirmed(wanted, proof)) is not None:
                    return confirmed
                unsure.add(_nameless(proof.scenario))
        return None


def _nameless(scenario: Scenario) -> Scenario:
    return msgspec.structs.replace(scenario, name="")


async def reduce_clauses(
    workers: Sequence[Worker],
    supervisor: Supervisor,
    tally: Tally,
    emit: Emit,
    judge: Judge,
    *,
    at_once: int | None = None,
    within_s: float = SEARCHING_WITHIN_S,
    hints: Hints | None = None,
    limits: Limits = LIMITS,
) -> None:
    """Reduce all failing clauses of a tally on workers of its own: see ``NetworkReplayer``."""
    search_until_s = time.monotonic() + within_s
    async with NetworkReplayer(
        workers,
        supervisor,
        judge,
        search_until_s=search_until_s,
        confirm_until_s=search_until_s + within_s * CONFIRMING_SHARE,
        known_failures=tally.known_failures,
        at_once=at_once,
    ) as replayer:
        await ClauseReduction(replayer, tally, emit, hints or {}, limits).run()
