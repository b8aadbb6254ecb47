"""``ringproof matrix`` from the outside, with clients of our own parts over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringproof import cli, exit_codes
from ringproof.adapters.protocol import AdapterError
from ringproof.suts import registry as sut
from ringproof.suts.sut import Sut

SKIPS = "mutant:status-reject-skips-disconnected"
PAGES = ("matrix.html", "matrix.json", "matrix.md")
NOBODY = "no-such-client-of-ringproof"
"""No SUT, and no program on any PATH."""

SILENT = "mutant:status-hangup-skips-disconnecting"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def read(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "matrix.json").read_text())
    return document


def play(folder: Path, *options: str) -> int:
    named = [word for option in options for word in ("--sut", option)]
    scenarios = ["decline/at-once", "hang-up/while-ringing", "names/emoji"]
    only = [word for name in scenarios for word in ("--only", name)]
    return cli.main(
        ["matrix", *named, *only, "--examples", "0", "--report-dir", str(folder), "--json"]
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """Return the exit status and the folder of a matrix of three clients."""
    folder = tmp_path_factory.mktemp("matrix")
    return play(folder, "reference", SKIPS, SILENT), folder


def test_the_page_shows_where_clients_differ_and_in_which_scenarios(played: tuple[int, Path]):
    code, folder = played
    document = read(folder)
    assert code == document["exit"] == exit_codes.SUT_FAILS
    assert document["status"] == "complete"
    assert [one["scenarios"] for one in document["suts"]] == [3, 3, 3]
    scenarios = {one["id"]: one["scenarios"] for one in document["differences"]}
    (skips,) = scenarios["status/reject-order"]
    assert skips["fails"] == [SKIPS]
    assert set(skips["passes"]) == {"reference", SILENT}
    assert skips["steps"] == 2
    assert skips["replayed"] is True
    (silent,) = scenarios["status/hangup-order"]
    assert silent["fails"] == [SILENT]
    for name in ("matrix.html", "matrix.md"):
        assert "status/hangup-order" in (folder / name).read_text()


def test_the_shown_scenario_does_distinguish_them(played: tuple[int, Path]):
    (scenario,) = next(
        one["scenarios"]
        for one in read(played[1])["differences"]
        if one["id"] == "status/reject-order"
    )
    for option, expected in ((SKIPS, exit_codes.SUT_FAILS), ("reference", 0)):
        assert cli.main(scenario["replay"][option].split()[1:]) == expected


def test_every_client_has_its_own_report_of_the_same_scenarios(played: tuple[int, Path]):
    reports = [
        json.loads((played[1] / one["report"]).read_text()) for one in read(played[1])["suts"]
    ]
    assert [one["sut"]["option"] for one in reports] == ["reference", SKIPS, SILENT]
    assert [one["exit"] for one in reports] == [0, 1, 1]
    assert len({one["fingerprint"] for one in reports}) == 1


def test_a_client_that_cannot_be_had_is_a_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    known = sut.find

    def find(name: str) -> Sut:
        if name == "chromium:none":
            raise AdapterError("there is no version none")
        return known(name)

    monkeypatch.setattr(sut, "find", find)
    assert play(tmp_path, "chromium:none", "reference") == exit_codes.ADAPTER_FAULT
    document = read(tmp_path)
    assert document["suts"][0]["error"] == "there is no version none"
    assert document["suts"][1]["exit"] == exit_codes.AS_EXPECTED
    printed = capsys.readouterr()
    assert json.loads(printed.out) == document
    assert "chromium:none: there is no version none" in printed.err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["--sut", "reference"],
        ["--sut", "reference", "--sut", "reference"],
    ],
)
def test_wrong_usage_is_reported_before_anything_is_written(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "matrix"
    assert cli.main(["matrix", *argv, "--report-dir", str(folder)]) == exit_codes.USAGE
    assert capsys.readouterr().err.strip()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["--sut", NOBODY], f"unknown SUT {NOBODY!r}"),
        (["--sut", SKIPS, "--only", "no/such"], "no/such"),
        (["--sut", SKIPS, "--baseline", "/no/such.toml"], "/no/such.toml"),
    ],
)
def test_what_cannot_be_played_is_reported_on_the_page_and_in_every_report(
    argv: list[str], shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """And not the matrix before, which nobody was to take for the answer."""
    command = ["matrix", "--sut", "reference", *argv, "--report-dir", str(tmp_path)]
    assert cli.main(command) == exit_codes.USAGE
    assert shown in capsys.readouterr().err
    document = read(tmp_path)
    assert (document["status"], document["exit"]) == ("incomplete", exit_codes.INTERRUPTED)
    assert [one["exit"] for one in document["suts"]] == [exit_codes.USAGE] * 2
    for one in document["suts"]:
        assert shown in one["error"]
        report = json.loads((tmp_path / one["report"]).read_text())
        assert (report["status"], report["exit"]) == ("incomplete", exit_codes.USAGE)
        assert shown in report["faults"][0]["text"]


def test_a_cache_that_cannot_be_written_is_not_taken_for_the_report_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def find(name: str) -> Sut:
        raise PermissionError(13, "Permission denied", "/cache/npm")

    monkeypatch.setattr(sut, "find", find)
    assert play(tmp_path, "chromium", "reference") == exit_codes.HARNESS_FAULT
    shown = capsys.readouterr().err
    assert "--sut chromium: Permission denied: /cache/npm" in shown
    assert "--report-dir" not in shown
    assert "/cache/npm" in (tmp_path / "reference" / "summary.md").read_text()


def test_a_client_whose_folder_cannot_be_written_leaves_no_page_of_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name in (*PAGES, "reference"):
        (tmp_path / name).write_text("all is well")
    assert play(tmp_path, SKIPS, "reference") == exit_codes.USAGE
    assert str(tmp_path / "reference") in capsys.readouterr().err
    assert not [name for name in PAGES if (tmp_path / name).exists()]


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")
    assert play(tmp_path / "file", "reference", SKIPS) == exit_codes.USAGE
    assert "--report-dir" in capsys.readouterr().err
