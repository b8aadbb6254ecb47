"""The suites of the examples, run as somebody runs them who copied the folder.

Whole suites with installations of their own: they are among the long tests.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ringproof.adapters import npm

pytestmark = [pytest.mark.browser, pytest.mark.long]

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMANDS = Path(sys.executable).parent
INSTALL_WITHIN_S = 120
SUITE_WITHIN_S = 240
"""Each takes 15 s on two cores that have nothing else to do; this only ends a hopeless wait."""

IMPATIENT = """
from playwright.sync_api import expect
expect.set_options(timeout=1_000)
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A newcomer's: nothing of the suite that runs here."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "COVERAGE_"))]:
        monkeypatch.delenv(name)
    return {**os.environ, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"}


def copied(example: str, to: Path) -> Path:
    """Copy an example as a clone has it, without what somebody installed into it."""
    leave = shutil.ignore_patterns("node_modules", "test-results", "__pycache__", ".pytest_cache")
    return Path(shutil.copytree(EXAMPLES / example, to / example, ignore=leave))


def run(argv: list[str | Path], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        argv,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SUITE_WITHIN_S,
        check=False,
    )
    return done.returncode, done.stdout


def node_modules(project: Path) -> Path:
    """Install the project's packages into the per-user cache, once for each lock file."""
    lock = (project / "package-lock.json").read_bytes()
    folder = npm.cache_folder() / "examples" / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
            whole = Path(scratch) / "whole"
            whole.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(project / name, whole)
            argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            subprocess.run(argv, cwd=whole, check=True, timeout=INSTALL_WITHIN_S)
            if not folder.is_dir():
                whole.rename(folder)
    return folder / "node_modules"


def test_receptionist_rings_under_its_own_pytest_suite(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = copied("receptionist", tmp_path)
    code, printed = run([COMMANDS / "pytest", "-q"], folder, environment)
    assert (code, bool(re.search(r"^11 passed", printed, re.M))) == (0, True), printed


def test_receptionist_that_shows_the_placeholder_fails_and_shows_why(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = copied("receptionist", tmp_path)
    page = folder / "page" / "receptionist.js"
    careless = page.read_text(encoding="utf-8").replace(' && call.fromName !== "_undef_"', "")
    page.write_text(careless, encoding="utf-8")
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(IMPATIENT)
    code, printed = run([COMMANDS / "pytest", "-q", "-k", "None"], folder, environment)
    assert (code, bool(re.search(r"^1 failed, 10 deselected", printed, re.M))) == (1, True), printed
    assert 'unexpected value "_undef_' in printed
    assert re.search(r"│── verto.invite #0 audio:sendrecv _u.* ─▶│", printed), printed


def test_front_door_rings_under_its_own_playwright_suite(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    folder = copied("node-app", tmp_path)
    (folder / "node_modules").symlink_to(node_modules(folder))
    code, printed = run(["npm", "test"], folder, environment)
    assert (code, bool(re.search(r"^\s*8 passed", printed, re.M))) == (0, True), printed
    assert "lost" not in printed
