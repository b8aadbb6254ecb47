from __future__ import annotations

import json

import msgspec

from ringproof.report import document as json_report
from ringproof_scenarios.model import from_json
from tests.harness.report import runs


def test_a_finished_run_has_every_key_of_format_1():
    document = json.loads(json_report.encode(json_report.render(runs.FINISHED, "reference")))
    assert document["format"] == 1
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


def test_first_failure_can_be_replayed_and_found():
    clauses = json_report.render(runs.FINISHED, "reference")["clauses"]
    failure = clauses[2]["first_failure"]
    assert from_json(msgspec.json.encode(failure["scenario"])) == runs.SCENARIO
    assert failure["steps"] == 2
    assert failure["replay"] == f"ringproof replay {runs.SCENARIO.replay()} --sut reference"
    assert failure["trace"] == "traces/status-answer-order.jsonl"
    assert failure["owner"] == "sut"
    assert clauses[0]["first_failure"] is None


def test_replay_command_quotes_and_asks_for_real_media():
    first = msgspec.structs.replace(runs.FIRST, real_media=True)
    finished = msgspec.structs.replace(
        runs.FINISHED, verdicts=(msgspec.structs.replace(runs.FAILED, first_failure=first),)
    )
    document = json_report.render(finished, "node my adapter.mjs")
    replay = document["clauses"][0]["first_failure"]["replay"]
    assert replay.endswith("--sut 'node my adapter.mjs' --real-media")


def test_sut_that_never_said_hello_is_named_as_it_was_asked_for():
    finished = msgspec.structs.replace(runs.FINISHED, sut=None)
    sut = json_report.render(finished, "chromium:x")["sut"]
    assert sut == {"name": "chromium:x", "option": "chromium:x"}
