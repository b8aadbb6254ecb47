"""Campaigns on processes of this machine: the same on any number of them, and resumable."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from ringproof.campaign.campaign import Result, run
from ringproof.campaign.plan import CampaignError, Plan
from tests.harness.campaign.clients import broken

SEEDS = 520
pytestmark = pytest.mark.timeout(180)


def plan(folder: Path, **more) -> Plan:
    """Six blocks: two of them cut short by the borders."""
    given = {"sut": "reference", "start": 20, "seeds": SEEDS, "workers": 1, "digest": True}
    return Plan(folder=folder, block_seeds=100, **{**given, **more})


def sums(result: Result) -> dict[str, object]:
    left_out = ("duration_s", "workers", "taken_over")
    return {f: getattr(result, f) for f in result.__struct_fields__ if f not in left_out}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What one worker makes of the seeds."""
    return run(plan(tmp_path_factory.mktemp("alone")), lambda _: None)


def test_reference_client_breaks_nothing(alone: Result):
    assert alone.complete
    assert alone.scenarios == alone.seeds == SEEDS
    assert (alone.failures, alone.findings, alone.faults) == (0, (), [])
    assert (alone.workers, alone.exit_code) == (1, 0)


def test_two_workers_give_the_same_bytes_as_one(alone: Result, tmp_path: Path):
    seen: list[int] = []
    together = run(plan(tmp_path, workers=2), lambda so_far: seen.append(so_far.seeds))
    assert together.workers == 2
    assert sums(together) == sums(alone)
    assert len(set(together.digests.values())) == len(together.digests) == 6
    assert seen == sorted(seen)
    assert seen[-1] == SEEDS


def test_findings_are_the_same_for_one_worker_and_two(tmp_path: Path):
    sut = broken("status/answer-order")
    both = [
        run(plan(tmp_path / str(n), sut=sut, seeds=180, workers=n), lambda _: None) for n in (1, 2)
    ]
    assert both[0].findings
    assert both[0].failures > 0
    assert both[0].exit_code == 1
    assert sums(both[0]) == sums(both[1])


def test_stopped_campaign_goes_on_where_it_was(alone: Result, tmp_path: Path):
    def stop(progress: Result) -> None:
        if progress.seeds > progress.taken_over:
            raise KeyboardInterrupt

    first = run(plan(tmp_path), stop)
    assert not first.complete
    assert first.exit_code == 130
    assert 0 < first.seeds < SEEDS
    rest = run(plan(tmp_path), lambda _: None)
    assert rest.taken_over == first.seeds
    assert sums(rest) == sums(alone)
    again = run(plan(tmp_path), lambda _: None)
    assert again.taken_over == SEEDS
    assert sums(again) == sums(alone)


def test_block_that_is_on_disk_counts_whenever_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def stop(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    stopped = run(plan(tmp_path, seeds=180), lambda _: None)
    monkeypatch.undo()
    assert not stopped.complete
    assert run(plan(tmp_path, seeds=180), lambda _: None).taken_over == stopped.seeds > 0


def test_campaign_whose_worker_is_killed_says_so_and_goes_on_later(alone: Result, tmp_path: Path):
    def kill_one(so_far: Result) -> None:
        for process in multiprocessing.active_children()[:1] if so_far.seeds else ():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(CampaignError, match="a worker process was killed"):
        run(plan(tmp_path, workers=2), kill_one)
    rest = run(plan(tmp_path), lambda _: None)
    assert 0 < rest.taken_over < SEEDS
    assert sums(rest) == sums(alone)
