"""What the wheel puts into an environment, and that it leaves other people's projects alone."""

from __future__ import annotations

import json
import signal
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import Run, Start

OURS = {"ringproof", "ringproof_fakeserver", "ringproof_scenarios"}

EVERYDAY_NAMES = ("harness", "fakeserver", "scenarios")
"""Names of our folders at the top, which projects have for things of their own."""

RINGING_TEST = """
def test_a_call_rings(subscriber, place_call):
    import scenarios
    assert scenarios.__file__.endswith("scenarios/__init__.py")
    assert subscriber.token
"""


def test_only_names_of_our_own_are_installed(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == OURS
    for data in (
        "ringproof/py.typed",
        "ringproof/adapters/adapter-protocol.schema.json",
        "ringproof/report/templates/report.html.j2",
        "ringproof_fakeserver/fidelity.toml",
        "ringproof_scenarios/clauses.toml",
    ):
        assert data in names


def test_the_wheel_is_what_is_imported(run: Run, environment: Path):
    done = run(
        "python",
        "-c",
        "import ringproof, ringproof_fakeserver, ringproof_scenarios\n"
        "for one in (ringproof, ringproof_fakeserver, ringproof_scenarios): print(one.__file__)",
    )
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(environment)) for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", EVERYDAY_NAMES)
def test_a_file_of_an_everyday_name_breaks_no_test_run(run: Run, tmp_path: Path, name: str):
    (tmp_path / f"{name}.py").write_text("X = 1\n")
    (tmp_path / "test_own.py").write_text(f"import {name}\n\ndef test_x():\n    assert {name}.X\n")
    done = run("python", "-m", "pytest", "-p", "no:playwright")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_helper_beside_the_tests_is_the_project_s_own(run: Run, tmp_path: Path):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "harness.py").write_text("MINE = True\n")
    (tests / "test_own.py").write_text(
        "from harness import MINE\n\ndef test_mine():\n    assert MINE\n"
    )
    done = run("python", "-m", "pytest", "-p", "no:playwright")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("names", [("scenarios",), EVERYDAY_NAMES], ids=["scenarios", "all"])
def test_packages_of_everyday_names_leave_the_fixtures_alone(
    run: Run, tmp_path: Path, names: tuple[str, ...]
):
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "test_ringing.py").write_text(RINGING_TEST)
    done = run("python", "-m", "pytest", "-p", "no:playwright")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = run("ringproof", "clauses", "--json", PYTHONPATH=".")
    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)["clauses"]) > 80


class TestWithoutExtras:
    """Playwright, Dask and Go are somebody's choice: a plain installation judges and serves."""

    def test_the_reference_client_is_judged_in_virtual_time_and_over_sockets(self, run_plain: Run):
        words = ("run", "--sut", "reference", "--examples", "1", "--only", "accept/*")
        done = run_plain("ringproof", *words)
        assert done.returncode in (0, 2), done.stdout + done.stderr
        assert "FAIL" not in done.stdout

    def test_serve_listens_until_it_is_interrupted(self, start_plain: Start):
        # No registry is asked for an SDK: the stand-in serves without one.
        words = ("ringproof", "serve", "--port", "0", "--http-port", "0")
        with start_plain(*words, PATH="/nonexistent") as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    process.send_signal(signal.SIGINT)
            assert process.wait() == 0, lines
        assert lines[0].startswith("serving https://"), lines
        assert lines[-1] == "stopping\n", lines

    @pytest.mark.parametrize("sut", ["chromium", "v3"])
    def test_a_browser_says_in_one_sentence_what_to_install(self, run_plain: Run, sut: str):
        done = run_plain("ringproof", "run", "--sut", sut, "--examples", "0")
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "pip install 'ringproof[browser]'" in done.stderr.replace("\n", " ")

    def test_a_cluster_says_in_one_sentence_what_to_install(self, run_plain: Run):
        done = run_plain(
            "ringproof", "campaign", "--seeds", "10", "--scheduler", "tcp://127.0.0.1:1"
        )
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "pip install 'ringproof[cluster]'" in done.stderr.replace("\n", " ")
