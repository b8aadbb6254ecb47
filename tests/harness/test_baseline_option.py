"""``--baseline`` from the outside: exit statuses, files, sentences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringproof import cli, exit_codes
from ringproof.baseline import shipped

MUTANT = "mutant:status-skips-connecting"
CLAUSE = "status/answer-order"
ENTRY = f"""
[[known]]
sut = "{MUTANT}"
clause = "{CLAUSE}"
reason = "skips connecting"
failure = {{ kind = "wrong-answer-order" }}
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def run(tmp_path: Path, sut: str, *more: str) -> tuple[int, dict[str, Any]]:
    folder = tmp_path / "report"
    argv = ["run", "--sut", sut, "--simulate", "--examples", "20", "--report-dir", str(folder)]
    status = cli.main([*argv, *more])
    return status, json.loads((folder / "report.json").read_bytes())


def verdict(report: dict[str, Any]) -> str:
    return next(one["verdict"] for one in report["clauses"] if one["id"] == CLAUSE)


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "known.toml"
    path.write_text(text)
    return str(path)


def test_run_with_known_failures_alone_is_as_expected(tmp_path: Path):
    known = written(tmp_path, ENTRY)
    status, report = run(tmp_path, MUTANT, "--baseline", known, "--strict")
    assert (status, verdict(report)) == (exit_codes.AS_EXPECTED, "KNOWN")
    assert report["baseline"]["files"] == [known]


def test_same_clause_failing_for_another_reason_is_red(tmp_path: Path):
    known = written(tmp_path, ENTRY.replace('" }', '", seen = ["ringing"] }'))
    status, report = run(tmp_path, MUTANT, "--baseline", known)
    assert (status, verdict(report)) == (exit_codes.SUT_FAILS, "FAIL")
    assert report["baseline"]["entries"][0]["state"] == "stale"


@pytest.mark.parametrize(
    ("strict", "code"),
    [((), exit_codes.AS_EXPECTED), (("--strict",), exit_codes.STALE_BASELINE)],
)
def test_fixed_is_reported_and_red_under_strict(
    tmp_path: Path, strict: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
):
    known = written(tmp_path, ENTRY.replace(MUTANT, "reference"))
    status, report = run(tmp_path, "reference", "--baseline", known, *strict)
    assert (status, verdict(report)) == (code, "FIXED")
    assert f"{known}: entry 1 ({CLAUSE}): fixed" in capsys.readouterr().out.replace("\n", "")


def test_entries_that_fit_nobody_are_counted_wherever_a_run_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A client that is misspelt there would otherwise never be missed."""
    misspelt = ENTRY.replace(MUTANT, "referense")
    known = written(tmp_path, misspelt + misspelt.replace('" }', '", seen = ["ringing"] }'))
    status, report = run(tmp_path, "reference", "--baseline", known, "--strict")
    assert status == exit_codes.AS_EXPECTED
    assert (report["baseline"]["entries"], report["baseline"]["other_suts"]) == ([], 2)
    message = capsys.readouterr().out.replace("\n", "")
    assert f"baseline: 2 for other clients ({known})" in message
    for name in ("report.html", "summary.md"):
        text = (tmp_path / "report" / name).read_text()
        assert "baseline: 2 for other clients" in text, name


def test_what_a_run_writes_can_be_given_to_the_next(tmp_path: Path):
    status, _ = run(tmp_path, MUTANT)
    assert status == exit_codes.SUT_FAILS
    ready = (tmp_path / "report" / "baseline.toml").read_text()
    first, second = ready.split("\n[[known]]")[:2]
    known = written(tmp_path, first + "\n[[known]]" + second)
    rest = tmp_path / "rest.toml"
    rest.write_text("".join(f"\n[[known]]{part}" for part in ready.split("\n[[known]]")[2:]))
    status, report = run(tmp_path, MUTANT, "--baseline", known, "--baseline", str(rest))
    assert (status, verdict(report)) == (exit_codes.AS_EXPECTED, "KNOWN")
    assert (tmp_path / "report" / "baseline.toml").read_text().startswith("# Nothing failed")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ENTRY.replace("reason", "raison"), "unknown key 'raison'; did you mean 'reason'?"),
        (ENTRY.replace(CLAUSE, "status/answer"), "there is no clause 'status/answer'"),
        ("known", "not TOML"),
    ],
)
def test_what_is_no_baseline_is_refused_before_anything_is_played(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
):
    known = written(tmp_path, text)
    argv = ["run", "--simulate", "--baseline", known, "--report-dir", str(tmp_path / "report")]
    assert cli.main(argv) == exit_codes.USAGE
    printed = capsys.readouterr()
    assert f"ringproof: --baseline {known}: " in printed.err
    assert message in printed.err
    assert "Traceback" not in printed.err


def test_name_that_is_neither_a_file_nor_shipped_is_refused_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    argv = ["run", "--simulate", "--baseline", "nope", "--report-dir", str(tmp_path / "report")]
    assert cli.main(argv) == exit_codes.USAGE
    message = capsys.readouterr().err
    assert all(name in message for name in shipped.names())


class TestJudge:
    @pytest.fixture
    def trace(self, tmp_path: Path) -> str:
        status, report = run(tmp_path, MUTANT)
        assert status == exit_codes.SUT_FAILS
        first = next(one["first_failure"] for one in report["clauses"] if one["id"] == CLAUSE)
        return str(tmp_path / "report" / first["trace"])

    def test_recorded_failure_may_be_known(
        self, tmp_path: Path, trace: str, capsys: pytest.CaptureFixture[str]
    ):
        known = written(tmp_path, ENTRY)
        assert cli.main(["judge", trace]) == exit_codes.SUT_FAILS
        assert cli.main(["judge", trace, "--baseline", known]) == exit_codes.AS_EXPECTED
        message = capsys.readouterr().out
        assert f"KNOWN {CLAUSE}: after answer()" in message
        assert f"baseline: 1 known ({known})" in message

    def test_traces_can_be_said_to_be_of_somebody(self, tmp_path: Path, trace: str):
        known = written(tmp_path, ENTRY.replace(MUTANT, "mine"))
        argv = ["judge", trace, "--baseline", known]
        assert cli.main(argv) == exit_codes.SUT_FAILS
        assert cli.main([*argv, "--sut", "mine"]) == exit_codes.AS_EXPECTED

    def test_nothing_is_fixed_by_a_trace_that_does_not_show_it(
        self, tmp_path: Path, trace: str, capsys: pytest.CaptureFixture[str]
    ):
        known = written(tmp_path, ENTRY + ENTRY.replace('" }', '", seen = ["ringing"] }'))
        assert cli.main(["judge", trace, "--baseline", known]) == exit_codes.AS_EXPECTED
        assert "1 known, 1 not seen" in capsys.readouterr().out
