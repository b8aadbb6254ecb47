"""Campaigns on dask: the same on any cluster, and nothing lost with a worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ringproof.campaign.campaign import Result, run
from ringproof.campaign.plan import ClusterDeadlines, ClusterError, Plan
from tests.harness.campaign.clients import broken

SEEDS = 2_600
pytestmark = pytest.mark.timeout(180)


def plan(folder: Path, **more) -> Plan:
    given = {"sut": "reference", "start": 100, "seeds": SEEDS, "workers": 1, "digest": True}
    return Plan(folder=folder, **{**given, **more})


def sums(result: Result) -> dict[str, object]:
    left_out = ("duration_s", "workers", "taken_over")
    return {f: getattr(result, f) for f in result.__struct_fields__ if f not in left_out}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What one worker makes of the seeds."""
    return run(plan(tmp_path_factory.mktemp("alone")), lambda _: None)


@contextmanager
def dask(role: str, *arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a scheduler or a worker as a process of its own, as a user would."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments]
    with (folder / f"{role}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def rented(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, each a process; yields the address and the workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        stack.enter_context(
            dask(
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                address.rpartition(":")[2],
                "--no-dashboard",
                "--dashboard-address",
                "127.0.0.1:0",
                folder=folder,
            )
        )
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", ".")
        both = [
            stack.enter_context(dask("worker", address, *options, folder=folder))
            for _ in range(workers)
        ]
        yield address, both


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


def test_worker_killed_in_the_middle_loses_nothing(alone: Result, tmp_path: Path):
    with rented(tmp_path) as (address, workers):

        def kill_one(progress: Result) -> None:
            if progress.seeds and workers[0].poll() is None:
                os.kill(workers[0].pid, signal.SIGKILL)

        result = run(plan(tmp_path / "campaign", scheduler=address), kill_one)
        assert workers[0].wait() == -signal.SIGKILL
        assert workers[1].poll() is None
    assert sums(result) == sums(alone)


def test_findings_are_the_same_for_one_worker_and_two(tmp_path: Path):
    sut = broken("status/answer-order")
    both = [
        run(plan(tmp_path / str(n), sut=sut, seeds=900, workers=n), lambda _: None) for n in (1, 2)
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


IMPATIENT = ClusterDeadlines(answers_s=1, workers_s=1)


def test_scheduler_that_is_not_there_is_named(tmp_path: Path):
    absent = plan(tmp_path, scheduler=f"tcp://127.0.0.1:{free_port()}", deadlines=IMPATIENT)
    with pytest.raises(ClusterError, match="dask scheduler"):
        run(absent, lambda _: None)
    with pytest.raises(ClusterError, match="no scheduler answers at 'nonsense:'"):
        run(plan(tmp_path, scheduler="nonsense:", deadlines=IMPATIENT), lambda _: None)


def test_scheduler_without_workers_is_not_waited_for_for_ever(tmp_path: Path):
    with rented(tmp_path, workers=0) as (address, _):
        deadlines = ClusterDeadlines(workers_s=1)
        alone = plan(tmp_path / "campaign", scheduler=address, deadlines=deadlines)
        with pytest.raises(ClusterError, match="workers"):
            run(alone, lambda _: None)


def test_workers_with_other_sources_are_refused(tmp_path: Path):
    with (
        rented(tmp_path, workers=1) as (address, _),
        pytest.raises(ClusterError, match="another ringproof"),
    ):
        run(plan(tmp_path / "campaign", scheduler=address, sources="other"), lambda _: None)
