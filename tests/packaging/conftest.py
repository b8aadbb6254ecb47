"""The wheel, installed into a virtual environment that holds nothing else of ours."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

EXTRAS = frozenset({"playwright", "distributed", "dask", "pytest_playwright"})
ROOT = Path(__file__).parents[2]
SECONDS = 300
"""Of any one command: twenty times what the slowest takes on an idle machine."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, without asking any registry."""
    copy = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    for name in ("harness", "fakeserver", "scenarios"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(copy))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an environment with the wheel, and all that it may depend on."""
    return _environment(tmp_path_factory.mktemp("environment"), wheel)


@pytest.fixture(scope="session")
def plain_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one without the extras, as a plain installation makes it."""
    return _environment(tmp_path_factory.mktemp("plain"), wheel, without=EXTRAS)


def _environment(folder: Path, wheel: Path, without: Collection[str] = ()) -> Path:
    """Make an environment of the wheel and of links to what is installed here, ours left out."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    _pip("--python", str(folder / "bin/python"), "install", "--no-deps", "--no-index", str(wheel))
    base = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=base))
    for installed in Path(sysconfig.get_path("purelib")).iterdir():
        ours = "ringproof" in installed.name
        name = re.split(r"[-.]", installed.name)[0].lower()
        if not ours and name not in without and not (packages / installed.name).exists():
            (packages / installed.name).symlink_to(installed)
    return folder


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Run:
    """Return what runs a program of that environment in a project's folder, ``tmp_path``."""
    return functools.partial(_run_in, environment, tmp_path)


@pytest.fixture
def run_plain(plain_environment: Path, tmp_path: Path) -> Run:
    """Return the same for a plain installation."""
    return functools.partial(_run_in, plain_environment, tmp_path)


@pytest.fixture
def start_plain(plain_environment: Path, tmp_path: Path) -> Start:
    """Return what starts a program there, which the test reads from and ends."""

    def start(*argv: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(plain_environment / "bin" / argv[0]), *argv[1:]],
            cwd=tmp_path,
            env={**_variables(tmp_path), **more},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    return start


def _run_in(
    environment: Path, folder: Path, *argv: str, **more: str
) -> subprocess.CompletedProcess[str]:
    command = [str(environment / "bin" / argv[0]), *argv[1:]]
    return _run(command, cwd=folder, env={**_variables(folder), **more})


def _variables(home: Path) -> dict[str, str]:
    left_out = ("PYTHON", "PYTEST", "COV_", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "XDG_STATE_HOME": str(home / "state"), "COLUMNS": "100"}


def _pip(*words: str) -> None:
    done = _run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *words])
    assert done.returncode == 0, done.stdout + done.stderr


def _run(
    command: list[str], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        text=True,
        encoding="utf-8",
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
