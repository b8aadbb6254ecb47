"""A campaign from its first seed to its findings; resumable, and the same on any cluster."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Generator

import msgspec

from ringproof import exit_codes
from ringproof.campaign.findings import Finding, ReducedBlock, distinct
from ringproof.campaign.folder import CampaignFolder
from ringproof.campaign.plan import Plan
from ringproof.triage.block import Block, SweepFault, blocks
from ringproof.verdict import Owner
from ringproof_scenarios import ledger


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a campaign is."""

    seeds: int
    """Done, those of an earlier campaign included."""
    taken_over: int
    broken: int
    findings: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign brought; all but ``duration_s`` and ``workers`` depends on the plan alone."""

    seeds: int
    """Played; fewer than planned when the campaign was stopped."""
    scenarios: int
    calls: int
    failures: int
    """Scenarios in which a clause failed."""
    exercised: dict[str, int]
    findings: tuple[Finding, ...]
    faults: tuple[SweepFault, ...]
    taken_over: int
    """Seeds that an earlier campaign in this folder had played."""
    duration_s: float
    workers: int
    complete: bool
    digests: tuple[str, ...] = ()
    """SHA-256 of each block's traces, where the plan asked for it."""

    @property
    def exit_code(self) -> int:
        """What it says as an exit status."""
        if not self.complete:
            return exit_codes.INTERRUPTED
        owners = {fault.owner for fault in self.faults}
        if owners - {Owner.ADAPTER}:
            return exit_codes.HARNESS_FAULT
        if owners:
            return exit_codes.ADAPTER_FAULT
        known = ledger.load()
        if any(known.row(finding.clause).level == "M" for finding in self.findings):
            return exit_codes.SUT_FAILS
        return exit_codes.AS_EXPECTED if self.exercised else exit_codes.NOTHING_JUDGED


def run(plan: Plan, report: Callable[[Progress], None]) -> Result:
    """Play the plan; Ctrl-C ends it early, with what is there.

    Raises ``ClusterError`` when there is nobody to play it; what was played stays in the folder.
    """
    started_s = time.monotonic()
    folder = CampaignFolder(plan.folder, plan.sut, plan.sources)
    if plan.fresh:
        folder.clear()
    planned = list(blocks(plan.sut, plan.start, plan.seeds, digest=plan.digest))
    total = _Total()
    missing = []
    for block in planned:
        done = folder.done(block)
        if done is None:
            missing.append(block)
        else:
            total.add(done)
    total.taken_over = total.seeds
    report(total.progress())
    complete, workers = True, plan.workers
    try:
        with contextlib.closing(_played(plan, missing)) as lines:
            for line, workers in lines:  # noqa: B007 - the last number counts
                total.add(folder.add(line))
                report(total.progress())
    except KeyboardInterrupt:
        complete = False
    duration_s = round(time.monotonic() - started_s, 3)
    return total.result(duration_s, workers, complete=complete)


def _played(plan: Plan, missing: list[Block]) -> Generator[tuple[bytes, int], None, None]:
    """Yield each block's result with the number of workers there are."""
    if not missing:
        return
    from ringproof.campaign import cluster

    with cluster.connected(plan) as client:
        for line in cluster.played(client, missing, plan.deadlines):
            yield line, cluster.threads(client)


class _Total:
    """Adds up blocks, in whatever order they come."""

    def __init__(self) -> None:
        self.seeds = self.taken_over = 0
        self._scenarios = self._calls = self._broken = 0
        self._exercised: Counter[str] = Counter()
        self._findings: tuple[Finding, ...] = ()
        self._faults: list[SweepFault] = []
        self._digests: dict[int, str] = {}

    def add(self, reduced: ReducedBlock) -> None:
        """Add one block."""
        block = reduced.result
        self.seeds += block.stop - block.start
        self._scenarios += block.scenarios
        self._calls += block.calls
        self._broken += block.broken
        self._exercised.update(block.exercised)
        self._findings = distinct([*self._findings, *reduced.findings])
        self._faults += block.faults
        self._digests[block.start] = block.sha256

    def progress(self) -> Progress:
        """Return how many seeds are done, and what they showed."""
        return Progress(
            seeds=self.seeds,
            taken_over=self.taken_over,
            broken=self._broken,
            findings=len(self._findings),
        )

    def result(self, duration_s: float, workers: int, *, complete: bool) -> Result:
        """Return the sum, sorted so that the order of the blocks does not show."""
        return Result(
            seeds=self.seeds,
            scenarios=self._scenarios,
            calls=self._calls,
            failures=self._broken,
            exercised={clause: self._exercised[clause] for clause in sorted(self._exercised)},
            findings=self._findings,
            faults=tuple(sorted(self._faults, key=lambda fault: (fault.seed, fault.text))),
            taken_over=self.taken_over,
            duration_s=duration_s,
            workers=workers,
            complete=complete,
            digests=tuple(self._digests[start] for start in sorted(self._digests)),
        )
