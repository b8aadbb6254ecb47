"""A report that was written holds what other tools need, and is read back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringproof.report import document as json_report
from ringproof.report.document import FORMAT, NAME, ReportError
from ringproof.report.traces import TraceFiles
from ringproof.results import Certainty, LeftOut, RunFinished, Shard
from ringproof.verdict import Failure
from ringproof.version import VERSION
from ringproof_scenarios.model import from_json
from tests.harness.report import runs

FIRST = msgspec.structs.replace(runs.FIRST, certainty=Certainty.NOW_AND_THEN)
FINISHED = msgspec.structs.replace(
    runs.FINISHED,
    verdicts=(
        runs.PASSED,
        msgspec.structs.replace(
            runs.FAILED,
            first_failure=FIRST,
            simulated_exercised=3,
            simulated_failed=1,
            played_under={"bye_echo=True": (3, 1)},
        ),
        runs.NOT_EXERCISED,
        runs.EXCLUDED,
    ),
    sut=msgspec.structs.replace(runs.SUT, runtime="CPython", features=("rtp",)),
    strict=True,
    fingerprint="0123456789abcdef",
    environment={"python": "3.11"},
    left_out=(LeftOut("observe", 2),),
    shard=Shard(number=2, of=3, complete=True),
    whole=True,
    baseline=runs.WITH_BASELINE.baseline,
    explored=runs.EXPLORED,
)


def as_json(finished: RunFinished = runs.FINISHED, sut: str = "reference") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        json_report.encode(json_report.from_finished(finished, sut))
    )
    return document


def written(folder: Path, finished: RunFinished = FINISHED) -> Path:
    folder.mkdir(exist_ok=True)
    document = json_report.from_finished(finished, "mutant:x")
    (folder / NAME).write_bytes(json_report.encode(document))
    TraceFiles(folder).record(finished)
    return folder


def read_back(folder: Path) -> RunFinished:
    return json_report.to_finished(json_report.read(folder), folder)


class TestWritten:
    def test_run_has_its_facts_and_every_clause(self):
        document = as_json()
        assert (document["format"], document["ringproof"]) == (FORMAT, VERSION)
        assert document["mode"] == "network"
        assert document["seed"] == 7
        assert document["duration_s"] == 3.2
        assert document["exit"] == 3
        assert {"name", "version", "carrier"} <= document["sut"].keys()
        assert {"run": 2, "generated": 1, "catalogue": 1}.items() <= document["scenarios"].items()
        for clause in document["clauses"]:
            expected = {"id", "level", "verdict", "exercised", "failed", "first_failure"}
            assert expected <= clause.keys()
        assert document["status"] == "complete"

    def test_first_failure_is_data_and_words_and_can_be_replayed(self):
        clauses = as_json()["clauses"]
        first = clauses[2]["first_failure"]
        assert from_json(msgspec.json.encode(first["scenario"])) == runs.SCENARIO
        assert first["steps"] == 2
        assert first["replay"] == f"ringproof replay {runs.SCENARIO.replay()} --sut reference"
        assert first["trace"] == "traces/status-answer-order.jsonl"
        assert msgspec.convert(first["failure"], Failure) == runs.FIRST.failure
        assert first["message"] == runs.FIRST.failure.message
        assert clauses[0]["first_failure"] is None

    def test_replay_line_is_quoted_and_asks_for_real_media(self):
        first = msgspec.structs.replace(runs.FIRST, real_media=True)
        failed = msgspec.structs.replace(runs.FAILED, first_failure=first)
        finished = msgspec.structs.replace(runs.FINISHED, verdicts=(failed,))
        document = json_report.from_finished(finished, "node my adapter.mjs")
        reported = document.clauses[0].first_failure
        assert reported is not None
        assert reported.replay.endswith("--sut 'node my adapter.mjs' --real-media")

    def test_sut_that_never_said_hello_has_the_name_it_was_asked_for_by(self):
        sut = as_json(msgspec.structs.replace(runs.FINISHED, sut=None), "chromium:x")["sut"]
        assert (sut["name"], sut["option"], sut["carrier"]) == ("chromium:x", "chromium:x", "")

    def test_exploring_run_has_every_finding(self):
        explored = as_json(FINISHED)["explored"]
        assert (explored["walks"], explored["unexamined"]) == (40, 2)
        assert [one["confirmed"] for one in explored["findings"]] == [True, False]
        for finding in explored["findings"]:
            assert finding["first_failure"]["trace"].startswith("traces/finding-")


class TestReadBack:
    def test_run_is_as_it_was(self, tmp_path: Path):
        """A field that is added to a run has to be read back as well, or a merged run loses it."""
        reread = read_back(written(tmp_path))
        assert as_json(reread) == as_json(FINISHED)
        first = reread.verdicts[1].first_failure
        assert first is not None
        assert first.trace.dumps() == runs.trace().dumps()
        bare = [
            msgspec.structs.replace(
                finished,
                explored=None,
                verdicts=tuple(
                    msgspec.structs.replace(one, first_failure=None, entry_statuses=())
                    for one in finished.verdicts
                ),
            )
            for finished in (FINISHED, reread)
        ]
        assert bare[0] == bare[1]

    def test_no_field_of_a_run_is_left_untried_above(self):
        for tried in (FINISHED, FINISHED.sut, FINISHED.baseline):
            defaults = dict(
                zip(tried.__struct_fields__[::-1], tried.__struct_defaults__[::-1], strict=False)
            )
            unset = {name for name, value in defaults.items() if getattr(tried, name) == value}
            assert unset <= {"other_clauses"}

    def test_clauses_have_the_states_of_their_baseline_entries(self, tmp_path: Path):
        reread = read_back(written(tmp_path, runs.WITH_BASELINE))
        assert [one.entry_statuses for one in reread.verdicts] == [
            one.entry_statuses for one in runs.WITH_BASELINE.verdicts
        ]

    def test_client_that_never_said_hello_is_none(self, tmp_path: Path):
        mute = msgspec.structs.replace(FINISHED, sut=None)
        assert read_back(written(tmp_path, mute)).sut is None

    def test_file_may_be_named_in_place_of_its_folder(self, tmp_path: Path):
        assert json_report.read(written(tmp_path) / NAME).seed == 7

    def test_keys_of_other_tools_are_ignored(self, tmp_path: Path):
        path = written(tmp_path) / NAME
        path.write_text(json.dumps({**json.loads(path.read_text()), "extra": [1]}))
        assert json_report.read(path).seed == 7


class TestRefused:
    def test_missing_trace_is_reported_with_what_to_do(self, tmp_path: Path):
        report = json_report.read(written(tmp_path))
        (tmp_path / report.clauses[1].first_failure.trace_path).unlink()
        with pytest.raises(ReportError, match="keep the whole report folder, traces included"):
            json_report.to_finished(report, tmp_path)

    def test_trace_outside_the_folder_is_not_read(self, tmp_path: Path):
        folder = written(tmp_path / "inner")
        text = (folder / NAME).read_text()
        (folder / NAME).write_text(text.replace('"traces/', '"../traces/'))
        with pytest.raises(ReportError, match="lies outside the report folder"):
            read_back(folder)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "not a report.json"),
            ("[]", "not a report.json"),
            ('{"clauses": []}', "not a report.json: it names no format"),
            (
                '{"format": 1, "ringproof": "0.1.0"}',
                f"written by ringproof 0.1.0 in format 1, .* reads format {FORMAT}: run again",
            ),
            (
                '{"format": 99, "ringproof": "7.0"}',
                "written by ringproof 7.0 .* or a newer one",
            ),
            (f'{{"format": {FORMAT}, "status": "incomplete"}}', "the run ended before it judged"),
            (
                f'{{"format": {FORMAT}, "status": "incomplete", "clauses": []}}',
                "the run ended before it",
            ),
            (f'{{"format": {FORMAT}, "clauses": [{{"id": 3}}]}}', "not a report.json"),
        ],
    )
    def test_what_is_no_report_is_refused_by_name(self, text: str, reason: str, tmp_path: Path):
        path = tmp_path / "some.json"
        path.write_text(text)
        with pytest.raises(ReportError, match=f"some.json: {reason}"):
            json_report.read(path)

    def test_what_is_not_there_is_refused_by_name(self, tmp_path: Path):
        with pytest.raises(ReportError, match=r"report\.json: No such file"):
            json_report.read(tmp_path)
