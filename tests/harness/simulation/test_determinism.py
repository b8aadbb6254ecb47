"""Same scenario, same seed, same bytes: whatever the process, its hash seed, or what ran before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ringproof.simulation.player import simulate
from ringproof_scenarios import catalogue
from tests.harness.simulation.digests import digests, scenarios

ROOT = Path(__file__).parents[3]
HASH_SEEDS = ("0", "1", "7", "1000", "4294967295")
LATEST_MINOR = 20


@pytest.fixture(scope="module")
def expected() -> dict[int, str]:
    return digests()


def run(
    python: str, *arguments: str, hash_seed: str = "random"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-W", "ignore", "-m", "tests.harness.simulation.digests", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def printed(done: subprocess.CompletedProcess[str]) -> dict[int, str]:
    assert done.returncode == 0, done.stderr
    lines = (line.split() for line in done.stdout.splitlines())
    return {int(number): digest for number, digest in lines}


@pytest.mark.parametrize(
    "hash_seed",
    [*HASH_SEEDS[:2], *(pytest.param(each, marks=pytest.mark.long) for each in HASH_SEEDS[2:])],
)
def test_the_hash_seed_changes_nothing(hash_seed: str, expected: dict[int, str]) -> None:
    assert printed(run(sys.executable, hash_seed=hash_seed)) == expected


def test_the_order_in_one_process_changes_nothing(expected: dict[int, str]) -> None:
    """What an earlier scenario leaves behind would show in a later one."""
    assert digests(order=1) == expected
    assert digests(order=2) == expected


def test_the_number_of_processes_changes_nothing(expected: dict[int, str]) -> None:
    halves = [printed(run(sys.executable, "0", str(part), "2")) for part in range(2)]
    assert not halves[0].keys() & halves[1].keys()
    assert halves[0] | halves[1] == expected


def test_the_python_version_changes_nothing(expected: dict[int, str]) -> None:
    """Of the other CPythons on the machine, those that have the dependencies."""
    for python in other_pythons():
        assert printed(run(python)) == expected, python


PROBE = """
import sys, faker, httpx, hypothesis, jwt, msgspec, websockets
sys.exit(sys.implementation.name != "cpython" or sys.version_info < (3, 11))
"""


def other_pythons() -> list[str]:
    """Find them on PATH, and where pyenv keeps them."""
    names = [f"python3.{minor}" for minor in range(11, LATEST_MINOR)]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    paths = [shutil.which(name) for name in names]
    paths += [str(path) for name in names for path in sorted(kept.glob(f"*/bin/{name}"))]
    found = dict.fromkeys([path for path in paths if path is not None])
    return [path for path in found if _able(path)]


def _able(python: str) -> bool:
    return subprocess.run([python, "-c", PROBE], capture_output=True, check=False).returncode == 0


def test_another_seed_is_another_run() -> None:
    """The digests above could be equal because nothing is drawn at all."""
    scenario = catalogue.all()[0]
    assert simulate(scenario, seed=1).dumps() != simulate(scenario, seed=2).dumps()


def test_the_set_is_worth_the_name() -> None:
    assert {len(scenario.callers) for scenario in scenarios()} >= {1, 2, 3, 4, 5, 6}
