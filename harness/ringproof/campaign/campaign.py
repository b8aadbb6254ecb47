"""A campaign from its first seed to its findings; resumable, and the same on any cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool

import msgspec

from ringproof import exit_codes, extras
from ringproof.campaign.findings import Finding, ReducedBlock, distinct, play_and_reduce
from ringproof.campaign.folder import CampaignFolder
from ringproof.campaign.plan import CampaignError, Plan
from ringproof.processes import submitted
from ringproof.triage.block import Block, SweepFault, blocks
from ringproof.verdict import Owner
from ringproof_scenarios import ledger


class Result(msgspec.Struct, kw_only=True):
    """The sum of a campaign's blocks; in the end all but ``duration_s`` and ``workers`` depends on
    the plan alone."""

    seeds: int = 0
    """Played; fewer than planned when the campaign was stopped."""
    scenarios: int = 0
    calls: int = 0
    failures: int = 0
    """Scenarios in which a clause failed."""
    exercised: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    faults: list[SweepFault] = []
    taken_over: int = 0
    """Seeds that an earlier campaign in this folder had played."""
    duration_s: float = 0
    workers: int
    complete: bool = True
    digests: dict[int, str] = {}
    """First seed → SHA-256 of the block's traces, where the plan asked for it."""

    def add(self, reduced: ReducedBlock) -> None:
        """Add one block; the order in which blocks come does not matter."""
        block = reduced.result
        self.seeds += block.stop - block.start
        self.scenarios += block.scenarios
        self.calls += block.calls
        self.failures += block.broken
        for clause, stats in block.clauses.items():
            if times := sum(stats.exercised.values()):
                self.exercised[clause] = self.exercised.get(clause, 0) + times
        self.exercised = dict(sorted(self.exercised.items()))
        self.findings = distinct([*self.findings, *reduced.findings])
        self.faults = sorted([*self.faults, *block.faults], key=lambda one: (one.seed, one.text))
        if block.sha256:
            self.digests[block.start] = block.sha256

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


def run(plan: Plan, report: Callable[[Result], None]) -> Result:
    """Play the plan; Ctrl-C ends it early, with what is there. ``report`` gets the sum so far.

    Raises ``CampaignError`` when there is nobody to play it; what was played stays in the folder.
    """
    started_s = time.monotonic()
    folder = CampaignFolder(plan.folder, plan.sut, plan.sources)
    if plan.fresh:
        folder.clear()
    ids = plan.sut, plan.start, plan.seeds
    planned = list(blocks(*ids, digest=plan.digest, seeds_max=plan.block_seeds))
    total = _sum(folder, planned, plan.workers)
    total.taken_over = taken_over = total.seeds
    missing = [block for block in planned if folder.done(block) is None]
    report(total)
    try:
        with contextlib.closing(_played(plan, missing)) as lines:
            for line, total.workers in lines:
                total.add(folder.add(line))
                report(total)
    except KeyboardInterrupt:
        # It may have come in the midst of keeping a block, or of adding it: the disk knows.
        folder = CampaignFolder(plan.folder, plan.sut, plan.sources)
        total = _sum(folder, planned, total.workers)
        total.taken_over, total.complete = taken_over, False
    total.duration_s = round(time.monotonic() - started_s, 3)
    return total


def _sum(folder: CampaignFolder, planned: list[Block], workers: int) -> Result:
    total = Result(workers=workers)
    for block in planned:
        if (done := folder.done(block)) is not None:
            total.add(done)
    return total


def _played(plan: Plan, missing: list[Block]) -> Generator[tuple[bytes, int], None, None]:
    """Yield each block's result with the number of workers there are."""
    if not missing:
        return
    if plan.scheduler is not None:
        yield from _played_on_cluster(plan.scheduler, plan, missing)
        return
    with submitted(play_and_reduce, missing, plan.workers) as futures:
        try:
            for future in as_completed(futures):
                yield future.result(), plan.workers
        except BrokenProcessPool as error:
            raise CampaignError(
                "a worker process was killed, perhaps for want of memory; the same command goes on "
                f"from what was played ({plan.folder})"
            ) from error


def _played_on_cluster(
    scheduler: str, plan: Plan, missing: list[Block]
) -> Generator[tuple[bytes, int], None, None]:
    extras.require("distributed", extra="cluster", purpose="--scheduler", error=CampaignError)
    from ringproof.campaign import cluster

    with cluster.connected(scheduler, plan) as client:
        for line in cluster.played(client, missing, plan.deadlines):
            yield line, cluster.threads(client)
