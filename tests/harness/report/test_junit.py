from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import msgspec
import pytest

from ringproof.report.junit import render
from ringproof.results import RunFinished, Shard
from tests.harness.report import runs


def suite(finished: RunFinished = runs.FINISHED) -> ET.Element:
    element = ET.fromstring(render(finished, "reference")).find("testsuite")
    assert element is not None
    return element


def case(name: str, finished: RunFinished = runs.FINISHED) -> ET.Element:
    return next(one for one in suite(finished).iter("testcase") if one.get("name") == name)


def test_one_case_a_clause_and_one_a_fault():
    names = [one.get("name") for one in suite().iter("testcase")]
    clauses = [verdict.id for verdict in runs.FINISHED.verdicts]
    assert names == [*clauses, "adapter-0"]


def test_counts_agree_with_the_cases():
    assert suite().get("failures") == "1"
    assert suite().get("errors") == "2"
    assert suite().get("skipped") == "1"


def test_failure_has_scenario_replay_line_and_ladder():
    failure = case("status/answer-order").find("failure")
    assert failure is not None
    assert failure.text is not None
    for words in ("calls the subscriber", "bye_echo=True", "ringproof replay rp1:", "=>", "SDK"):
        assert words in failure.text


def test_must_that_a_whole_run_did_not_exercise_is_an_error_not_a_green_skip():
    assert case("status/late").find("error") is not None
    assert case("status/late").find("skipped") is None


@pytest.mark.parametrize(
    "change",
    [
        {"verdicts": (msgspec.structs.replace(runs.NOT_EXERCISED, level="S"),)},
        {"whole": False},
        {"whole": False, "shard": Shard(number=1, of=2, complete=True)},
    ],
    ids=["a should", "a part of the scenarios", "a shard"],
)
def test_what_need_not_be_exercised_is_skipped_and_never_a_plain_case(change: dict[str, Any]):
    element = case("status/late", msgspec.structs.replace(runs.FINISHED, **change))
    assert [child.tag for child in element] == ["skipped"]
    assert element[0].get("message") == "NOT_EXERCISED: never"


def test_what_does_not_apply_is_skipped():
    assert case("advice/x").find("skipped") is not None


def test_warning_is_shown_without_being_red():
    warned = case("list/snapshot")
    assert warned.find("failure") is None
    out = warned.find("system-out")
    assert out is not None
    assert (out.text or "").startswith("WARN")


def test_interrupted_run_is_red():
    element = suite(msgspec.structs.replace(runs.FINISHED, status="incomplete"))
    assert element.find("testcase[@name='complete']/error") is not None


def test_run_that_goes_on_is_shown_without_ladders():
    text = render(runs.FINISHED, "reference", drawn=False).decode()
    assert "=&gt;" not in text
    assert "ringproof replay rp1:" in text
