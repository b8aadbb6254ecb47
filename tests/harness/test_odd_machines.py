"""The command on machines with an odd locale or odd folders, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringproof import exit_codes

RINGPROOF = Path(sys.executable).parent / "ringproof"

SECONDS = 300
"""Of a command that takes some seconds on an idle machine."""

pytestmark = pytest.mark.timeout(SECONDS + 60)

ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "locale-c": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
CODECS = {"ascii": "ascii", "cp1252": "cp1252", "locale-c": "ascii"}


FAILS = "register-misses-the-first-invite"
"""A mutant that fails accept/audio."""


def run(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [RINGPROOF, *words],
        cwd=cwd,
        env={**kept, "XDG_STATE_HOME": str(cwd / "state"), "COLUMNS": "120", **more},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
class TestEncoding:
    def test_the_clauses_are_listed(self, tmp_path: Path, encoding: str):
        done = run("clauses", cwd=tmp_path, **ENCODINGS[encoding])
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode(CODECS[encoding])

    def test_json_is_the_same_in_every_encoding(self, tmp_path: Path, encoding: str):
        names = run("clauses", "--json", cwd=tmp_path, **ENCODINGS[encoding])
        usual = run("clauses", "--json", cwd=tmp_path, PYTHONIOENCODING="utf-8")
        assert json.loads(names.stdout) == json.loads(usual.stdout)

    def test_a_failing_client_ends_with_the_status_of_its_verdict(
        self, tmp_path: Path, encoding: str
    ):
        words = ("replay", "accept/audio", "--simulate", "--sut", "mutant:" + FAILS)
        done = run(*words, cwd=tmp_path, **ENCODINGS[encoding])
        assert done.returncode == exit_codes.SUT_FAILS, done.stderr
        assert done.stderr == b""
        assert " | " in done.stdout.decode(CODECS[encoding]), "the ladder"


class TestFolders:
    @pytest.mark.parametrize(
        "variables", [{"XDG_STATE_HOME": "/dev/null"}, {"XDG_STATE_HOME": "", "HOME": "/dev/null"}]
    )
    @pytest.mark.parametrize(
        "words", [("serve", "--port", "0", "--http-port", "0"), ("run", "--network")]
    )
    def test_a_folder_for_state_that_cannot_be_written_is_named_with_its_variable(
        self, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str]
    ):
        # No npm on PATH: no registry is asked for the SDK of the demo page.
        done = run(*words, cwd=tmp_path, PATH="/nonexistent", **variables)
        text = " ".join((done.stderr + done.stdout).decode().split())
        assert done.returncode == exit_codes.HARNESS_FAULT, text
        assert "/dev/null" in text
        assert "set XDG_STATE_HOME to a folder that can be written" in text
        assert "Traceback" not in text
        assert "--port" not in text

    def test_serve_goes_on_without_an_sdk_where_no_package_can_be_kept(self, tmp_path: Path):
        words = (RINGPROOF, "serve", "--port", "0", "--http-port", "0", "--json")
        state = str(tmp_path / "state")
        env = {**os.environ, "XDG_CACHE_HOME": "/dev/null", "XDG_STATE_HOME": state}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            words, env={**env, "PATH": "/nonexistent"}, stdout=pipe, stderr=pipe
        ) as process:
            assert process.stdout is not None
            served = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert served["sdk"] is None
        assert b"the demo page will have no SDK" in errors
