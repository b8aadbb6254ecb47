"""A run that is killed with no time for a last word leaves nothing green behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringproof import exit_codes
from ringproof.matrix import markdown, page
from ringproof.report import document as json_report
from ringproof.report.wording import slug
from tests.harness.matrix.columns import column, matrix, verdict
from tests.harness.report.test_files import says_incomplete, write_green
from tests.harness.waiting import until

ENDLESS = ("--simulate", "--examples", "1000000", "--jobs", "1")
"""Some minutes, all of them in one process."""

pytestmark = pytest.mark.timeout(600)  # processes of its own: some seconds on an idle machine


class Run:
    """A ``ringproof run`` or ``ringproof matrix`` in a process of its own."""

    def __init__(self, folder: Path, name: str, *argv: str) -> None:
        self._said = folder.with_suffix(".txt")
        command = [sys.executable, "-m", "ringproof.cli", name, "--report-dir", str(folder), *argv]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said)

    def until(self, reached: Callable[[], bool]) -> None:
        """Return once the run has come so far; fail when it ends before."""
        until(reached, self.process, self._said.read_text)

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
    run = started("run", "--sut", "reference", *ENDLESS)
    run.until(lambda: played(folder) >= 3)
    run.kill()
    assert says_incomplete(folder) == dict.fromkeys(says_incomplete(folder), True)
    report = json.loads((folder / "report.json").read_text())
    assert report["exit"] == exit_codes.INTERRUPTED
    assert report["status"] == "incomplete"


def test_killed_run_leaves_the_failures_seen_so_far(
    started: Callable[..., Run], tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    run = started("run", "--sut", "mutant:list-newest-only", *ENDLESS)

    def failure_reported() -> bool:
        path = folder / "report.json"
        return path.exists() and b'"verdict": "FAIL"' in path.read_bytes()

    run.until(failure_reported)
    run.kill()
    assert says_incomplete(folder) == dict.fromkeys(says_incomplete(folder), True)
    clauses = json.loads((folder / "report.json").read_text())["clauses"]
    (failed,) = [one for one in clauses if one["id"] == "list/whole-list"]
    assert failed["first_failure"]["replay"].startswith("ringproof replay rp1:")
    assert (folder / failed["first_failure"]["trace"]).exists()


WAITS = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); sys.stdin.read()"
"""A client that never says hello, and is gone with whoever started it."""


def test_run_killed_while_its_client_starts_leaves_nothing_green(
    started: Callable[..., Run], tmp_path: Path
) -> None:
    folder, reached = tmp_path / "report", tmp_path / "reached"
    write_green(folder)
    client = shlex.join([sys.executable, "-c", WAITS, str(reached)])
    run = started("run", "--sut", client, "--network", "--examples", "0")
    run.until(reached.exists)
    run.kill()
    assert says_incomplete(folder) == dict.fromkeys(says_incomplete(folder), True)


# -- several clients -------------------------------------------------------------------------------

FETCHED = ("reference", "node:9.9.9")
THERE = ("reference", "mutant:list-newest-only")


def hold(*clients: str) -> tuple[str, ...]:
    named = [word for option in clients for word in ("--sut", option)]
    return "matrix", *named, "--examples", "0"


def write_green_matrix(folder: Path, clients: tuple[str, ...]) -> None:
    for option in clients:
        write_green(folder / slug(option))
    played = matrix(*(column(option, verdict("a/b")) for option in clients))
    (folder / "matrix.json").write_bytes(json_report.encode(played))
    (folder / "matrix.md").write_bytes(markdown.render(played))
    (folder / "matrix.html").write_bytes(page.render(played))
    assert not any(matrix_says_incomplete(folder, clients).values())


def matrix_says_incomplete(folder: Path, clients: tuple[str, ...]) -> dict[str, bool]:
    """Read the page and every client's reports: name → whether it says that it is unfinished."""
    document = json.loads((folder / "matrix.json").read_text())
    headline = "not all clients have been played · exit 130"
    states = {
        "matrix.json": document["status"] == "incomplete" and document["exit"] != 0,
        "matrix.md": headline in (folder / "matrix.md").read_text(),
        "matrix.html": headline in (folder / "matrix.html").read_text(),
    }
    for option in clients:
        own = says_incomplete(folder / slug(option))
        states |= {f"{option} {name}": unfinished for name, unfinished in own.items()}
    return states


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put an npm on PATH that never returns; yield a file that is there once it was asked."""
    asked, until = tmp_path / "asked", tmp_path / "until"
    os.mkfifo(until)
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n: > {asked}\nread end < {until}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield asked
    end = os.open(until, os.O_RDWR)  # which lets a reader in that waits
    until.unlink()  # and none after it
    os.write(end, b"now\n")
    os.close(end)


def test_matrix_killed_while_it_fetches_a_client_leaves_nothing_green(
    started: Callable[..., Run], tmp_path: Path, npm: Path
) -> None:
    folder = tmp_path / "report"
    write_green_matrix(folder, FETCHED)
    run = started(*hold(*FETCHED))
    run.until(npm.exists)
    run.kill()
    incomplete_now = matrix_says_incomplete(folder, FETCHED)
    assert incomplete_now == dict.fromkeys(incomplete_now, True)


def test_matrix_killed_at_its_first_moment_leaves_no_client_green(
    started: Callable[..., Run], tmp_path: Path
) -> None:
    """Also none that it had not come to: its page would lead to the matrix before."""
    folder = tmp_path / "report"
    write_green_matrix(folder, THERE)
    run = started(*hold(*THERE))

    def begun() -> bool:
        try:
            return b'"incomplete"' in (folder / "matrix.json").read_bytes()
        except FileNotFoundError:  # taken away, and not back yet
            return False

    run.until(begun)
    run.kill()
    incomplete_now = matrix_says_incomplete(folder, THERE)
    assert incomplete_now == dict.fromkeys(incomplete_now, True)
