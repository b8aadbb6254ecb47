"""Required structure as SARIF 2.1.0 has it (sections 3.13, 3.14, 3.18, 3.27, 3.49)."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ringproof.report import sarif
from ringproof.results import RunFinished
from ringproof.verdict import Failure, Verdict
from tests.harness.report import runs

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}


def run(finished: RunFinished = runs.FINISHED) -> dict[str, Any]:
    log = json.loads(sarif.render(finished, "reference"))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (log_run,) = log["runs"]
    check(log_run)
    return log_run


def check(log_run: dict[str, Any]) -> None:
    """Assert what the format requires of any run."""
    driver = log_run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
        assert rule.get("helpUri", "https://").startswith("https://")
    for result in log_run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["kind"] in KINDS
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        flows = [flow for code in result.get("codeFlows", ()) for flow in code["threadFlows"]]
        steps = [step["location"] for flow in flows for step in flow["locations"]]
        for location in [*result.get("locations", ()), *steps]:
            physical = location["physicalLocation"]
            assert not physical["artifactLocation"]["uri"].startswith("/")
            assert physical["region"]["startLine"] >= 1
    for invocation in log_run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        for shown in invocation["toolExecutionNotifications"]:
            assert shown["level"] in LEVELS
            assert shown["message"]["text"]


def test_rules_are_clauses_and_results_are_failures():
    log_run = run()
    rules = log_run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [verdict.id for verdict in runs.FINISHED.verdicts]
    levels = {result["ruleId"]: result["level"] for result in log_run["results"]}
    assert levels == {"status/answer-order": "error", "list/snapshot": "warning"}


def test_result_points_at_the_first_wrong_line_of_the_trace():
    (result,) = [one for one in run()["results"] if one["ruleId"] == "status/answer-order"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "traces/status-answer-order.jsonl"
    line = runs.trace().dumps().splitlines()[physical["region"]["startLine"] - 1]
    assert b'"status":"connected"' in line
    assert result["properties"]["replay"].startswith("ringproof replay rp1:")
    last = result["codeFlows"][0]["threadFlows"][0]["locations"][-1]
    assert last["importance"] == "essential"
    assert "status connected" in last["location"]["message"]["text"]


def test_distinct_failures_are_results_of_their_own():
    explored = msgspec.structs.replace(
        runs.FINISHED, verdicts=(runs.FAILED,), explored=runs.EXPLORED
    )
    results = run(explored)["results"]
    assert [result["ruleId"] for result in results] == [runs.FAILED.id] * 2
    assert len({json.dumps(result["partialFingerprints"]) for result in results}) == 2
    assert "now and then" in results[1]["message"]["text"]


def test_missing_event_points_at_the_head_of_the_trace():
    first = msgspec.structs.replace(runs.FIRST, failure=Failure(kind="no bye"))
    failed = msgspec.structs.replace(runs.FAILED, first_failure=first)
    log_run = run(msgspec.structs.replace(runs.FINISHED, verdicts=(failed,)))
    region = log_run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1}


def test_known_failure_is_a_suppressed_note():
    known = msgspec.structs.replace(runs.FAILED, verdict=Verdict.KNOWN)
    (result,) = run(msgspec.structs.replace(runs.FINISHED, verdicts=(known,)))["results"]
    assert result["level"] == "note"
    assert result["suppressions"][0]["kind"] == "external"


def test_interrupted_run_was_not_successful():
    finished = msgspec.structs.replace(
        runs.FINISHED, status="incomplete", exit_code=130, verdicts=(), faults=()
    )
    (invocation,) = run(finished)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 130
    assert "incomplete" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_fault_is_a_notification_of_a_run_that_was_not_successful():
    (invocation,) = run()["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 3
    shown = [
        (one["level"], one["message"]["text"]) for one in invocation["toolExecutionNotifications"]
    ]
    assert [level for level, _ in shown] == ["error", "error"]
    assert shown[0][1].startswith("fault of the adapter: it crashed")
    assert shown[1][1].startswith("fault: the adapter is at fault")


def test_failure_of_the_client_is_no_failure_of_the_tool():
    failed = msgspec.structs.replace(runs.FINISHED, faults=(), exit_code=1)
    (invocation,) = run(failed)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"] == []


def test_stale_baseline_of_a_strict_run_is_shown():
    stale = msgspec.structs.replace(runs.WITH_BASELINE, strict=True, exit_code=5)
    (invocation,) = run(stale)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["exitCode"] == 5
    text = "stale: the baseline expects what no longer happens"
    assert invocation["toolExecutionNotifications"] == [
        {"level": "warning", "message": {"text": text}}
    ]


def test_controls_are_spelled_out():
    text = sarif.render(runs.FINISHED, "reference").decode()
    assert "\x1b" not in text
    assert "\\u001b" not in text
    assert "\u202e" not in text
