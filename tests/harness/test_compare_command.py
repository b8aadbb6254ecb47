"""``ringproof compare`` from the outside: files in, text, JSON, Markdown and exit status out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ringproof import cli, exit_codes
from tests.harness.comparison.reports import clause, document, failure
from tests.harness.report.runs import NASTY

FIRST = failure("late", "ringproof replay rp1:abc --sut chromium")


def written(folder: Path, name: str, *clauses: dict[str, Any], **other: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(document(*clauses, **other)))
    return str(path)


@pytest.fixture
def old(tmp_path: Path) -> str:
    rows = [clause("a/fails", "FAIL"), clause("a/holds"), clause("a/gone"), clause("a/rare")]
    return written(tmp_path, "old.json", *rows)


@pytest.fixture
def new(tmp_path: Path) -> str:
    rows = [
        clause("a/fails"),
        clause("a/holds", "FAIL", reason=f"late {NASTY}", first_failure=FIRST),
        clause("a/rare", simulated=999),
    ]
    return written(tmp_path, "new.json", *rows)


def test_silence_is_as_red_as_a_failure(
    old: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A run in which nothing fails, and one check less is made."""
    rows = [clause("a/fails"), clause("a/holds"), clause("a/rare")]
    assert cli.main(["compare", old, written(tmp_path, "quiet.json", *rows)]) == 1
    shown = capsys.readouterr().out
    assert "NO LONGER CHECKED, OR LESS (1)\n  a/gone: was PASS" in shown
    assert shown.endswith("0 worse, 1 no longer checked or less, 1 better, exit 1\n")


def test_changes_are_grouped_by_what_they_mean(
    old: str, new: str, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["compare", old, new]) == exit_codes.SUT_FAILS
    shown = capsys.readouterr().out
    assert shown.index("WORSE (1)") < shown.index("NO LONGER CHECKED, OR LESS (2)")
    assert shown.index("NO LONGER CHECKED") < shown.index("BETTER (1)")
    assert "    ringproof replay rp1:abc --sut chromium\n" in shown
    assert "\x1b" not in shown


def test_json_names_every_finding_and_its_rule(
    old: str, new: str, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["compare", old, new, "--json"]) == exit_codes.SUT_FAILS
    compared = json.loads(capsys.readouterr().out)
    assert compared["exit"] == 1
    assert compared["same_plan"] is True
    named = {
        kind: [(one["rule"], one["clause"]) for one in compared[kind]]
        for kind in ("worse", "stopped", "better", "note")
    }
    assert named == {
        "worse": [("verdict", "a/holds")],
        "stopped": [("clause-vanished", "a/gone"), ("fewer-exercised", "a/rare")],
        "better": [("verdict", "a/fails")],
        "note": [],
    }
    assert compared["new"]["seed"] == 7


def test_markdown_is_written_and_shows_texts_as_they_are(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "folder" / "page.md"
    assert cli.main(["compare", old, new, "--markdown", str(page)]) == exit_codes.SUT_FAILS
    shown = page.read_text()
    assert shown.startswith("## RED: ")
    assert "### Worse\n\n* a/holds: was PASS" in shown
    assert "<b>" not in shown
    assert "```text\nringproof replay rp1:abc --sut chromium\n```" in shown
    assert "WORSE (1)" in capsys.readouterr().out


def test_equal_reports_are_green(old: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    page = tmp_path / "page.md"
    assert cli.main(["compare", old, old, "--markdown", str(page)]) == exit_codes.AS_EXPECTED
    assert page.read_text().startswith("## GREEN: ")
    shown = "0 worse, 0 no longer checked or less, 0 better, exit 0\n"
    assert capsys.readouterr().out.endswith(shown)


def test_folder_may_be_named_in_place_of_its_report(tmp_path: Path):
    written(tmp_path, "report.json")
    assert cli.main(["compare", str(tmp_path), str(tmp_path)]) == exit_codes.AS_EXPECTED


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        ({"status": "incomplete"}, "nothing can be compared with it"),
        ({"shard": {"number": 1, "of": 3, "complete": True}}, "`ringproof merge` first"),
        ({"format": 1, "ringproof": "0.1"}, "written by ringproof 0.1 in format 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    other: dict[str, Any],
    shown: str,
    new: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    odd = written(tmp_path, "odd.json", **other)
    assert cli.main(["compare", odd, new]) == exit_codes.USAGE
    assert shown in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(new: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["compare", "/no/such/report.json", new]) == exit_codes.USAGE
    assert "/no/such/report.json" in capsys.readouterr().err
