"""Every report of a folder, from the first moment to the last."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.disk import KeepError
from ringproof.report.files import ReportFiles, documents
from ringproof.results import RunFinished, Snapshot
from tests.harness.report import runs

GREEN = msgspec.structs.replace(
    runs.FINISHED, verdicts=(runs.PASSED,), faults=(), exit_code=exit_codes.AS_EXPECTED
)
SO_FAR = Snapshot(
    so_far=msgspec.structs.replace(
        runs.FINISHED, status="incomplete", exit_code=exit_codes.INTERRUPTED, faults=()
    )
)


def says_incomplete(folder: Path, exit_code: int = exit_codes.INTERRUPTED) -> dict[str, bool]:
    """Read every report as its readers do: name → whether it says that the run is unfinished."""
    report = json.loads((folder / "report.json").read_text())
    sarif = json.loads((folder / "report.sarif").read_text())["runs"][0]["invocations"][0]
    suite = ET.parse(folder / "junit.xml").getroot()
    page = (folder / "report.html").read_text()
    unfinished = (report["status"] == "incomplete", report["exit"] != 0)
    errors = suite.findall("testsuite/testcase[@name='complete']/error")
    return {
        "report.json": all(unfinished),
        "report.sarif": not sarif["executionSuccessful"] and sarif["exitCode"] != 0,
        "junit.xml": bool(errors) and suite.find("testsuite").get("errors") != "0",  # type: ignore[union-attr]
        "report.html": "INCOMPLETE" in page and f"exit {exit_code}" in page,
        "summary.md": (folder / "summary.md").read_text().startswith("## INCOMPLETE"),
        "badge.svg": "incomplete" in (folder / "badge.svg").read_text(),
    }


def write_green(folder: Path) -> None:
    with ReportFiles(folder, "reference") as files:
        files.record(GREEN)
    assert not any(says_incomplete(folder).values())


def test_green_reports_of_an_earlier_run_are_gone_before_anything_is_played(tmp_path: Path):
    write_green(tmp_path)
    stale = tmp_path / "traces" / "old.jsonl"
    half = tmp_path / ".report.html.a1b2c3d4"
    stale.parent.mkdir(exist_ok=True)
    for path in (stale, half):
        path.write_text("")
    with ReportFiles(tmp_path, "reference"):
        pass
    assert all(says_incomplete(tmp_path).values()), says_incomplete(tmp_path)
    assert not stale.exists()
    assert not half.exists()
    assert not (tmp_path / "events.jsonl").read_bytes()


def test_reports_keep_up_with_a_run_that_goes_on(tmp_path: Path):
    with ReportFiles(tmp_path, "reference") as files:
        files.record(runs.STARTED)
        files.record(SO_FAR)
    assert all(says_incomplete(tmp_path).values()), says_incomplete(tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [one["id"] for one in report["clauses"] if one["failed"]]
    assert (tmp_path / "traces" / "status-answer-order.jsonl").exists()
    events = (tmp_path / "events.jsonl").read_text()
    assert "so_far" not in events


def test_the_end_is_the_last_word(tmp_path: Path):
    with ReportFiles(tmp_path, "reference") as files:
        files.record(SO_FAR)
        files.record(GREEN)
    assert not any(says_incomplete(tmp_path).values())
    assert json.loads((tmp_path / "report.json").read_text())["exit"] == 0


def status(folder: Path) -> str:
    said: str = json.loads((folder / "report.json").read_text())["status"]
    return said


def stop_at(path: Path) -> None:
    """Make the writing end before a file, by a folder in its place."""
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)


BESIDE = [name for name in documents(GREEN, "x") if name != "report.json"]


@pytest.mark.parametrize("name", [*BESIDE, "traces/status-answer-order.jsonl"])
def test_report_json_is_complete_only_once_everything_else_is_there(name: str, tmp_path: Path):
    with ReportFiles(tmp_path, "reference") as files:
        stop_at(tmp_path / name)
        with pytest.raises(KeepError, match=r"Is a directory: .*; choose another --report-dir"):
            files.record(runs.FINISHED)
    assert status(tmp_path) == "incomplete"


def test_a_folder_that_failed_once_is_written_no_more(tmp_path: Path):
    with ReportFiles(tmp_path, "reference") as files:
        stop_at(tmp_path / "badge.svg")
        with pytest.raises(KeepError):
            files.record(SO_FAR)
        (tmp_path / "badge.svg").rmdir()
        files.record(GREEN)
    assert not (tmp_path / "badge.svg").exists()
    assert status(tmp_path) == "incomplete"


def test_events_have_their_end_before_report_json_is_complete(tmp_path: Path):
    with ReportFiles(tmp_path, "reference") as files:
        stop_at(tmp_path / "report.json")
        with pytest.raises(KeepError, match=r"Is a directory: .*; choose another --report-dir"):
            files.record(runs.FINISHED)
        assert b'"run_finished"' in (tmp_path / "events.jsonl").read_bytes()


@pytest.mark.parametrize("name", BESIDE)
def test_report_json_is_the_first_that_is_complete_no_longer(name: str, tmp_path: Path):
    write_green(tmp_path)
    stop_at(tmp_path / name)
    with pytest.raises(IsADirectoryError):
        ReportFiles(tmp_path, "reference")
    assert status(tmp_path) == "incomplete"


def test_run_that_could_not_begin_says_why(tmp_path: Path):
    write_green(tmp_path)
    with ReportFiles(tmp_path, "node:9.9.9", seed=5) as files:
        files.stopped("no such version <9.9.9>", exit_codes.ADAPTER_FAULT)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["status"], report["exit"], report["seed"]) == ("incomplete", 3, 5)
    assert report["faults"] == [
        {"owner": "adapter", "text": "no such version <9.9.9>", "scenario": ""}
    ]
    assert "no such version &lt;9.9.9&gt;" in (tmp_path / "report.html").read_text()


def test_trace_of_a_failure_is_written_once(tmp_path: Path):
    path = tmp_path / "traces" / "status-answer-order.jsonl"
    with ReportFiles(tmp_path, "reference") as files:
        files.record(SO_FAR)
        before = path.stat().st_ino
        files.record(SO_FAR)
    assert path.stat().st_ino == before


def test_same_names_whatever_the_run(tmp_path: Path):
    def names(finished: RunFinished, folder: str) -> set[str]:
        with ReportFiles(tmp_path / folder, "x") as files:
            files.record(finished)
        return {path.name for path in (tmp_path / folder).iterdir() if path.is_file()}

    assert names(GREEN, "a") == names(runs.FINISHED, "b")
