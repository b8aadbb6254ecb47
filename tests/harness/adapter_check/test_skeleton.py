"""A new adapter keeps the protocol as it is written, and takes calls once its blanks are filled."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from ringproof import cli, exit_codes
from ringproof.adapters import skeleton
from tests.harness.adapter_check import filled

pytestmark = pytest.mark.timeout(180)

PATIENT = ("--timeout", "60")
"""Of a machine that has other things to do."""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # The manifest says python3: let it be the one that runs the tests.
    ours = tmp_path / "bin" / "python3"
    ours.parent.mkdir()
    ours.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    ours.chmod(0o755)
    monkeypatch.setenv("PATH", str(ours.parent), prepend=":")


def outcomes(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    document = json.loads(capsys.readouterr().out)
    return {check["id"]: check["result"] for check in document["checks"]}


def test_every_language_that_is_offered_can_be_tested_here():
    assert all(shutil.which(program) for program in ("go", "node", "python3"))


@pytest.mark.parametrize("language", skeleton.LANGUAGES)
class TestAsWritten:
    def test_it_has_thirty_lines_at_most(self, language: str, tmp_path: Path):
        program, _ = skeleton.write(language, tmp_path)
        lines = program.read_text().splitlines()
        assert len(lines) <= 30
        assert max(map(len, lines)) <= 100
        assert all(blank in program.read_text() for blank in ("fill in 1", "fill in 2", "3:"))

    def test_it_keeps_the_protocol(
        self, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        _, manifest = skeleton.write(language, tmp_path / "new")
        code = cli.main(
            ["adapter", "check", str(manifest), "--only", "protocol/*", "--json", *PATIENT]
        )
        assert set(outcomes(capsys).values()) == {"PASS"}
        assert code == exit_codes.AS_EXPECTED

    def test_what_needs_the_blanks_is_not_judged(
        self, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        _, manifest = skeleton.write(language, tmp_path / "new")
        code = cli.main(
            ["adapter", "check", str(manifest), "--only", "session/*", "--json", *PATIENT]
        )
        assert set(outcomes(capsys).values()) == {"NOT_JUDGED"}
        assert code == exit_codes.NOTHING_JUDGED


@pytest.mark.parametrize("home", [None, ""])
def test_go_is_built_where_there_is_no_home(
    home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HOME", "GOCACHE", "GOPATH", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    _, manifest = skeleton.write("go", tmp_path / "new")
    hello = ["adapter", "check", str(manifest), "--only", "protocol/hello", *PATIENT]
    assert cli.main(hello) == exit_codes.AS_EXPECTED


class TestWriting:
    def test_nothing_is_overwritten(self, tmp_path: Path):
        program, manifest = skeleton.write("python", tmp_path)
        program.unlink()
        with pytest.raises(skeleton.SkeletonError, match="is there already"):
            skeleton.write("python", tmp_path)
        assert not program.exists()
        assert manifest.exists()

    def test_an_unknown_language_is_refused_with_those_there_are(self, tmp_path: Path):
        with pytest.raises(skeleton.SkeletonError, match="go, javascript, python"):
            skeleton.write("cobol", tmp_path)

    def test_a_folder_that_cannot_be_written_to_is_named(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(skeleton.SkeletonError, match="cannot write into"):
            skeleton.write("python", tmp_path / "file" / "below")

    def test_the_command_says_what_comes_next(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        folder = tmp_path / "mine"
        assert cli.main(["adapter", "new", str(folder), "--lang", "javascript"]) == 0
        assert f"ringproof adapter check {folder / 'adapter.toml'}" in capsys.readouterr().out
        assert cli.main(["adapter", "new", str(folder), "--lang", "javascript"]) == exit_codes.USAGE


class TestFilledIn:
    def test_the_blanks_take_less_than_thirty_lines_of_ones_own(self):
        assert filled.own_lines(filled.BLANKS_OF_JAVASCRIPT) < 30
        assert filled.own_lines(filled.BLANKS_OF_PYTHON) < 30

    def test_an_adapter_in_python_passes_every_check(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        program, manifest = skeleton.write("python", tmp_path / "filled")
        program.write_text(filled.edited(program.read_text(), filled.BLANKS_OF_PYTHON))
        code = cli.main(["adapter", "check", str(manifest), "--json", *PATIENT])
        found = outcomes(capsys)
        assert [found.pop(f"session/{op}") for op in ("dial", "transfer")] == ["NOT_APPLICABLE"] * 2
        assert set(found.values()) == {"PASS"}
        assert code == exit_codes.AS_EXPECTED

    def test_a_toy_client_is_driven_through_accept_decline_and_give_up(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        manifest = filled.javascript(tmp_path / "filled", optional=False)
        program = manifest.parent / skeleton.LANGUAGES["javascript"].file
        assert code_lines(program.read_text()) < 60  # skeleton and blanks together
        report = tmp_path / "report"
        scenarios = ("accept/at-once", "accept/audio", "decline/at-once", "decline/after-a-while")
        chosen = [*scenarios, "unanswered/caller-gives-up", "unanswered/ring-time-out"]
        only = [word for name in chosen for word in ("--only", name)]
        code = cli.main(
            ["run", "--sut", str(manifest), "--examples", "0", *only, "--report-dir", str(report)]
        )
        found = json.loads((report / "report.json").read_text())
        verdicts = {one["id"]: one["verdict"] for one in found["clauses"]}
        assert code == exit_codes.AS_EXPECTED, capsys.readouterr().out
        passed = {id for id, verdict in verdicts.items() if verdict == "PASS"}
        assert passed >= {
            "register/sync-point",
            "list/leaves-only-when-destroyed",
            "caller/from-name",
            "status/answer-order",
            "status/reject-order",
            "status/gave-up-order",
            "status/destroyed-last",
            "outcome/three-ways",
            "stream/both-when-connected",
            "end/remote-hangup",
        }
        assert not set(verdicts.values()) & {"FAIL", "WARN"}


def code_lines(text: str) -> int:
    return sum(
        bool(line.strip()) and not line.strip().startswith(("//", "#"))
        for line in text.splitlines()
    )
