"""One block of seeds: each drawn, played in virtual time and judged. The unit of work of a sweep.

A block's result is a function of the block alone, so it does not matter who plays it, nor when.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec

from ringproof import checks
from ringproof.baseline import (
    EntryCounts,
    FailureKind,
    FailureKinds,
    KnownFailureMatcher,
    KnownFailures,
)
from ringproof.simulation.player import player
from ringproof.verdict import Failure, FailureIdentity, Outcome, Owner
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size

SEEDS_MAX = 500
"""Seeds of one block: a fraction of a second's work, so that little is lost with a worker."""

KINDS_KEPT = 4
"""Kinds of failures kept for one clause of one block; the rest is counted."""

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


class FailingScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in which a clause failed."""

    clause: str
    seed: int
    scenario: Scenario
    failure: Failure
    known: bool = False
    """A baseline describes it."""


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
    exercised: dict[str, int] = {}
    """Clause → how often its precondition occurred."""
    failed: dict[str, int] = {}
    """Clause → how often it failed."""
    failing: tuple[FailingScenario, ...] = ()
    """Of every clause and kind of failure the smallest scenario, up to ``KINDS_KEPT`` a clause;
    as many again of known failures."""
    excused: dict[str, int] = {}
    """Clause → how many of its failures are known."""
    met: tuple[EntryCounts, ...] = ()
    """Of every entry of the block's known failures, in their order."""
    kinds: dict[str, tuple[FailureKind, ...]] = {}
    """Clause → the kinds of its failures that are not known."""
    kinds_left_out: dict[str, int] = {}
    """Clause → failures of further kinds."""
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
) -> Iterator[Block]:
    """Cut seeds into blocks whose borders are multiples of ``SEEDS_MAX`` wherever they can be."""
    stop = start + seeds
    while start < stop:
        border = min(stop, start - start % SEEDS_MAX + SEEDS_MAX)
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
        self._exercised: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._excused: Counter[str] = Counter()
        self._matcher = KnownFailureMatcher(block.known_failures)
        self._kinds: defaultdict[str, FailureKinds] = defaultdict(FailureKinds)
        self._smallest: dict[tuple[str, FailureIdentity, bool], FailingScenario] = {}
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
        failed = False
        for clause, outcome in outcomes.items():
            if outcome.exercised:
                self._exercised[clause] += outcome.exercised
            if outcome.failures or self._matcher.known_failures:
                failed |= self._add(clause, seed, scenario, outcome)
        self._broken += failed

    def _add(self, clause: str, seed: int, scenario: Scenario, outcome: Outcome) -> bool:
        """Add one clause's outcome; returns whether the client failed it."""
        failures = []
        for failure in outcome.failures:
            if failure.owner is Owner.SUT:
                failures.append(failure)
            else:
                self._blame(seed, failure.owner, f"{clause}: {failure.message}")
        excused = self._matcher.note(clause, scenario, outcome.exercised, failures)
        for failure, known in zip(failures, excused, strict=True):
            self._failed[clause] += 1
            if known:
                self._excused[clause] += 1
            else:
                self._kinds[clause].note(failure)
            key = clause, failure.identity, known
            smallest = self._smallest.get(key)
            if smallest is None or size(scenario) < size(smallest.scenario):
                self._smallest[key] = FailingScenario(
                    clause=clause, seed=seed, scenario=scenario, failure=failure, known=known
                )
        return bool(failures)

    def _blame(self, seed: int, owner: Owner, text: str) -> None:
        if len(self._faults) < FAULTS_KEPT:
            self._faults.append(SweepFault(seed=seed, owner=owner, text=text))

    def result(self) -> BlockResult:
        """Return the sum."""
        by_size = sorted(self._smallest.values(), key=lambda one: (*size(one.scenario), one.seed))
        kept: defaultdict[tuple[str, bool], list[FailingScenario]] = defaultdict(list)
        for failing in by_size:
            of_clause = kept[failing.clause, failing.known]
            if len(of_clause) < KINDS_KEPT:
                of_clause.append(failing)
        return BlockResult(
            start=self._block.start,
            stop=self._block.stop,
            scenarios=self._scenarios,
            calls=self._calls,
            broken=self._broken,
            exercised=dict(self._exercised),
            failed=dict(self._failed),
            failing=tuple(one for clause in sorted(kept) for one in kept[clause]),
            excused=dict(self._excused),
            met=tuple(self._matcher.met),
            kinds={clause: tuple(kinds) for clause, kinds in self._kinds.items()},
            kinds_left_out={c: kinds.more for c, kinds in self._kinds.items() if kinds.more},
            faults=tuple(self._faults),
            sha256=self._hash.hexdigest() if self._block.digest else "",
        )
