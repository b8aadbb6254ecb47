"""A run that is killed with no time for a last word leaves nothing green behind."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import exit_codes
from tests.harness.report.test_files import standing, write_green

LOOK_EVERY_S = 0.05
ENDLESS = ("--simulate", "--examples", "1000000", "--jobs", "1")
"""Some minutes, all of them in one process."""

pytestmark = pytest.mark.timeout(120)  # a process of its own, on a busy machine


class Run:
    """A ``ringproof run`` in a process of its own."""

    def __init__(self, folder: Path, *argv: str) -> None:
        self._said = folder.with_suffix(".txt")
        command = [sys.executable, "-m", "harness.cli", "run", "--report-dir", str(folder), *argv]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said)

    def until(self, reached: Callable[[], bool]) -> None:
        """Return once the run has come so far; fail when it ends before."""
        while not reached():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_EVERY_S)
                raise AssertionError(self._said.read_text())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.returncode == -signal.SIGKILL


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*argv: str) -> Run:
        runs.append(Run(tmp_path / "report", *argv))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.wait()


def played(folder: Path) -> int:
    return (folder / "events.jsonl").read_bytes().count(b'"scenario_finished"')


def test_killed_run_leaves_incomplete_in_every_report(
    started: Callable[..., Run], tmp_path: Path
) -> None:
    """And not the green ones of the run before it."""
    folder = tmp_path / "report"
    write_green(folder)
    run = started("--sut", "reference", *ENDLESS)
    run.until(lambda: played(folder) >= 3)
    run.kill()
    assert standing(folder) == dict.fromkeys(standing(folder), True)
    report = json.loads((folder / "report.json").read_text())
    assert report["exit"] == exit_codes.INTERRUPTED
    assert report["status"] == "incomplete"


def test_killed_run_leaves_what_it_had_found_so_far(
    started: Callable[..., Run], tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    run = started("--sut", "mutant:list-newest-only", *ENDLESS)

    def found() -> bool:
        path = folder / "report.json"
        return path.exists() and b'"verdict": "FAIL"' in path.read_bytes()

    run.until(found)
    run.kill()
    assert standing(folder) == dict.fromkeys(standing(folder), True)
    clauses = json.loads((folder / "report.json").read_text())["clauses"]
    (failed,) = [one for one in clauses if one["id"] == "list/whole-list"]
    assert failed["first_failure"]["replay"].startswith("ringproof replay rp1:")
    assert (folder / failed["first_failure"]["trace"]).exists()
