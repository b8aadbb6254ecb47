"""Campaigns on a dask cluster: the same as on this machine, and nothing lost with a worker."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import distributed
import pytest

from ringproof.campaign.campaign import Result, run
from ringproof.campaign.plan import CampaignError, ClusterDeadlines
from tests.harness.campaign.test_campaign import plan, sums
from tests.ports import claimed_ports

pytestmark = pytest.mark.timeout(600)  # each process imports dask


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


@contextmanager
def nobody_listens() -> Iterator[str]:
    """Hold a port on which no scheduler answers; yields its address."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def rented(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and its workers, each a process; yields the address and the workers."""
    with ExitStack() as stack:
        port = stack.enter_context(claimed_ports())[0]
        address = f"tcp://127.0.0.1:{port}"
        stack.enter_context(
            dask(
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
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


@pytest.mark.long
def test_worker_killed_in_the_middle_loses_nothing(tmp_path: Path):
    alone = run(plan(tmp_path / "alone"), lambda _: None)
    with rented(tmp_path) as (address, workers):

        def kill_one(progress: Result) -> None:
            if progress.seeds and workers[0].poll() is None:
                os.kill(workers[0].pid, signal.SIGKILL)

        result = run(plan(tmp_path / "campaign", scheduler=address), kill_one)
        assert workers[0].wait() == -signal.SIGKILL
        assert workers[1].poll() is None
    assert sums(result) == sums(alone)


IMPATIENT = ClusterDeadlines(answers_s=1, workers_s=1)


def test_scheduler_that_is_not_there_is_named(tmp_path: Path):
    with nobody_listens() as address, pytest.raises(CampaignError, match="dask scheduler"):
        run(plan(tmp_path, scheduler=address, deadlines=IMPATIENT), lambda _: None)
    with pytest.raises(CampaignError, match="no scheduler answers at 'nonsense:'"):
        run(plan(tmp_path, scheduler="nonsense:", deadlines=IMPATIENT), lambda _: None)


def test_scheduler_that_is_not_there_leaves_no_client_behind(tmp_path: Path):
    """Collected in the thread of the next client, it would wait for a lock for ever."""
    before = clients_alive()
    with nobody_listens() as address, pytest.raises(CampaignError, match="dask scheduler"):
        run(plan(tmp_path, scheduler=address, deadlines=IMPATIENT), lambda _: None)
    assert clients_alive() == before


def clients_alive() -> int:
    return sum(type(one) is distributed.Client for one in gc.get_objects())


def test_scheduler_without_workers_is_not_waited_for_for_ever(tmp_path: Path):
    with rented(tmp_path, workers=0) as (address, _):
        deadlines = ClusterDeadlines(workers_s=1)
        alone = plan(tmp_path / "campaign", scheduler=address, deadlines=deadlines)
        with pytest.raises(CampaignError, match="workers"):
            run(alone, lambda _: None)


def test_workers_with_other_sources_are_refused(tmp_path: Path):
    with (
        rented(tmp_path, workers=1) as (address, _),
        pytest.raises(CampaignError, match="another ringproof"),
    ):
        run(plan(tmp_path / "campaign", scheduler=address, sources="other"), lambda _: None)
