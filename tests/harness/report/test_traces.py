from __future__ import annotations

import json
from pathlib import Path

from ringproof.report.traces import EventFile, TraceFiles
from ringproof.results import Reducing
from ringproof.trace import loads
from tests.harness.report import runs


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "traces").glob("*"))


def test_first_failures_have_their_traces(tmp_path: Path):
    files = TraceFiles(tmp_path)
    files.record(runs.SCENARIO_FINISHED)
    files.record(runs.FINISHED)
    assert names(tmp_path) == ["list-snapshot.jsonl", "status-answer-order.jsonl"]
    trace = loads((tmp_path / "traces" / "status-answer-order.jsonl").read_bytes())
    assert trace.entries == runs.trace().entries


def test_dead_scenarios_leave_their_traces(tmp_path: Path):
    files = TraceFiles(tmp_path)
    files.record(runs.SCENARIO_DIED)
    assert names(tmp_path) == ["fault-0-accept-audio.jsonl"]


def test_all_traces_are_kept_on_request(tmp_path: Path):
    files = TraceFiles(tmp_path, keep_all=True)
    files.record(runs.SCENARIO_FINISHED)
    assert names(tmp_path) == ["all-accept-audio.jsonl"]


def test_traces_of_an_earlier_run_are_removed(tmp_path: Path):
    TraceFiles(tmp_path, keep_all=True).record(runs.SCENARIO_FINISHED)
    TraceFiles(tmp_path)
    assert names(tmp_path) == []


def test_every_event_is_one_line(tmp_path: Path):
    file = EventFile(tmp_path)
    events = [
        runs.STARTED,
        runs.SCENARIO_STARTED,
        runs.SCENARIO_FINISHED,
        runs.SCENARIO_DIED,
        Reducing(clause="status/answer-order", steps=2, tried=1),
        runs.FINISHED,
    ]
    for event in events:
        file.record(event)
    file.record(runs.STARTED)  # after the end: swallowed
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        "run_started",
        "scenario_started",
        "scenario_finished",
        "scenario_finished",
        "reducing",
        "run_finished",
    ]
    assert lines[2]["failed"] == ["status/answer-order"]
    assert lines[3]["fault"]["owner"] == "adapter"
