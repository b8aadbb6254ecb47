"""One block of seeds: each drawn, played in virtual time and judged. The unit of work of a sweep.

A block's result is a function of the block alone, so it does not matter who plays it, nor when.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from ringproof import checks
from ringproof.accounting.clause_stats import ClauseStats
from ringproof.baseline import EntryCounts, KnownFailureMatcher, KnownFailures
from ringproof.results import Planned
from ringproof.simulation.player import player
from ringproof.verdict import Outcome, Owner
from ringproof_scenarios.generate.seeded import draw

SEEDS_MAX = 500
"""Seeds of one block: a fraction of a second's work, so that little is lost with a worker."""

FAULTS_KEPT = 10

NO_KNOWN_FAILURES = KnownFailures()


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Seeds from ``start`` up to ``stop``, not included, for one client."""

    sut: str
    start: int
    stop: int
    digest: bool = False
    """Hash the bytes of every trace; for tests of determinism."""
    known_failures: KnownFailures = KnownFailures()
    """Counted apart from the others."""


class SweepFault(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that could not be judged, or a failure that is not the client's."""

    seed: int
    owner: Owner
    text: str


class BlockResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one block showed."""

    start: int
    stop: int
    scenarios: int = 0
    calls: int = 0
    broken: int = 0
    """Scenarios in which at least one clause failed."""
    clauses: dict[str, ClauseStats] = {}
    """Of every clause that was exercised or failed."""
    met: tuple[EntryCounts, ...] = ()
    """What each of the block's known failures met, in their order."""
    faults: tuple[SweepFault, ...] = ()
    sha256: str = ""
    """Of all traces, in order of their seeds; empty unless asked for."""


def blocks(
    sut: str,
    start: int,
    seeds: int,
    *,
    digest: bool = False,
    known_failures: KnownFailures = NO_KNOWN_FAILURES,
    seeds_max: int = SEEDS_MAX,
) -> Iterator[Block]:
    """Cut seeds into blocks whose borders are multiples of ``seeds_max`` wherever they can be."""
    stop = start + seeds
    while start < stop:
        border = min(stop, start - start % seeds_max + seeds_max)
        yield Block(sut=sut, start=start, stop=border, digest=digest, known_failures=known_failures)
        start = border


def play_block(block: Block) -> BlockResult:
    """Play and judge a block. Raises ``NoSuchClient``; anything else that goes wrong is a fault."""
    counts = _BlockCounts(block)
    for seed in range(block.start, block.stop):
        counts.play(seed)
    return counts.result()


class _BlockCounts:
    """Adds up one block."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._player = player(block.sut)
        self._scenarios = self._calls = self._broken = 0
        self._clauses: defaultdict[str, ClauseStats] = defaultdict(ClauseStats)
        self._matcher = KnownFailureMatcher(block.known_failures)
        self._faults: list[SweepFault] = []
        self._hash = hashlib.sha256()

    def play(self, seed: int) -> None:
        """Play one seed, whatever comes of it."""
        try:
            scenario = draw(seed)
            trace = self._player.play(scenario)
            outcomes = checks.judge(trace)
        except Exception as error:  # outermost loop: what we did not foresee is ours
            self._blame(seed, Owner.HARNESS, f"{type(error).__name__}: {error}")
            return
        if self._block.digest:
            self._hash.update(trace.dumps())
        self._scenarios += 1
        self._calls += len(scenario.callers)
        planned = Planned(
            scenario=scenario, source="seed", real_media=False, number=seed, mode="simulated"
        )
        red = [self._add(clause, planned, outcome) for clause, outcome in outcomes.items()]
        self._broken += any(red)

    def _add(self, clause: str, planned: Planned, outcome: Outcome) -> bool:
        """Add one clause's outcome; returns whether the client failed it."""
        if not outcome.failures and not self._matcher.known_failures:
            if outcome.exercised:
                self._clauses[clause].add(planned, outcome.exercised)
            return False
        failures = []
        for failure in outcome.failures:
            if failure.owner is Owner.SUT:
                failures.append(failure)
            else:
                self._blame(planned.number, failure.owner, f"{clause}: {failure.message}")
        known = self._matcher.note(clause, planned.scenario, outcome.exercised, failures)
        if outcome.exercised or failures:
            self._clauses[clause].add(planned, outcome.exercised, failures, known)
        return bool(failures)

    def _blame(self, seed: int, owner: Owner, text: str) -> None:
        if len(self._faults) < FAULTS_KEPT:
            self._faults.append(SweepFault(seed=seed, owner=owner, text=text))

    def result(self) -> BlockResult:
        """Return the sum."""
        return BlockResult(
            start=self._block.start,
            stop=self._block.stop,
            scenarios=self._scenarios,
            calls=self._calls,
            broken=self._broken,
            clauses=dict(self._clauses),
            met=tuple(self._matcher.met),
            faults=tuple(self._faults),
            sha256=self._hash.hexdigest() if self._block.digest else "",
        )
