from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import get_args

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.report import badge
from ringproof.report.status import RunState, run_status
from ringproof.results import ClauseVerdict, RunFinished
from ringproof.verdict import Verdict
from tests.harness.report import runs

GREEN = badge.COLOURS["passed"]
KNOWN = ClauseVerdict(id="end/x", level="M", statement="x", verdict=Verdict.KNOWN)


def finished(*verdicts: ClauseVerdict, exit_code: int = 0, status: str = "complete") -> RunFinished:
    return msgspec.structs.replace(
        runs.FINISHED, verdicts=verdicts, exit_code=exit_code, status=status, faults=()
    )


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (finished(runs.PASSED), "passed"),
        (finished(runs.PASSED, runs.EXCLUDED), "passed"),
        (finished(runs.PASSED, KNOWN), "passed"),
        (finished(runs.PASSED, runs.WARNED), "warned"),
        (finished(runs.PASSED, runs.WARNED, exit_code=1), "failed"),
        (finished(runs.PASSED, runs.FAILED, exit_code=1), "failed"),
        (finished(runs.PASSED, runs.NOT_EXERCISED), "unexercised"),
        (finished(runs.PASSED, runs.NOT_EXERCISED, exit_code=2), "unexercised"),
        (finished(runs.EXCLUDED), "unexercised"),
        (finished(), "unexercised"),
        (finished(runs.PASSED, exit_code=3), "fault"),
        (finished(runs.PASSED, exit_code=4), "fault"),
        (finished(runs.PASSED, exit_code=5), "stale"),
        (finished(runs.PASSED, exit_code=64), "fault"),
        (finished(runs.PASSED, status="incomplete", exit_code=130), "incomplete"),
        (finished(runs.PASSED, status="incomplete", exit_code=0), "incomplete"),
    ],
)
def test_only_a_whole_run_in_which_all_holds_is_green(run: RunFinished, state: str):
    assert run_status(run).state == state
    assert (GREEN in badge.render(run).decode()) == (state == "passed")


def test_picture_is_wide_enough_for_its_words_and_reads_them_aloud():
    root = ET.fromstring(badge.render(finished(runs.PASSED, runs.FAILED, exit_code=1)))
    assert root.get("aria-label") == "ringproof: 1 broken, 1 hold"
    texts = [one for one in root.iter() if one.tag.endswith("}text")]
    last = texts[-1]
    assert float(last.get("x", "0")) + float(last.get("textLength", "0")) < float(
        root.get("width", "0")
    )


def test_every_state_has_a_colour_and_no_other_is_green():
    assert set(badge.COLOURS) == set(get_args(RunState))
    assert list(badge.COLOURS.values()).count(GREEN) == 1


def test_exit_codes_have_words():
    from ringproof.report.status import EXIT_WORDS

    known = {value for name, value in vars(exit_codes).items() if name.isupper()}
    assert set(EXIT_WORDS) == known
