from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from ringproof.report.terminal import TerminalReport, console, summary
from ringproof.results import Reducing, RunFinished
from tests.harness.report import runs


def shown(finished: RunFinished = runs.FINISHED, width: int = 150) -> str:
    out = io.StringIO()
    report = TerminalReport(Console(file=out, width=width), "reference", "build/report")
    for event in (
        runs.STARTED,
        runs.SCENARIO_FINISHED,
        Reducing(clause="status/answer-order", steps=2, tried=1),
        finished,
    ):
        report.record(event)
    return out.getvalue()


def test_table_has_every_applicable_clause_once_and_counts_the_rest():
    text = shown()
    for words in (
        "list/whole-list",
        "PASS",
        "status/late",
        "NOT_EXERCISED",
        "list/snapshot (should)",
    ):
        assert words in text
    assert "advice/x" not in text
    assert "1 more clauses do not apply" in text


@pytest.mark.parametrize("width", [80, 100, 150])
def test_verdicts_are_readable_at_any_width(width: int):
    table = shown(width=width).partition("Verdicts")[2]
    row = next(line for line in table.splitlines() if "status/answer-order" in line)
    assert "FAIL" in row
    assert len(row.rstrip()) <= width + 2


def test_failure_is_shown_with_steps_replay_trace_and_ladder():
    text = shown()
    for words in (
        "fails with bye_echo=True, passes with bye_echo=False",
        "the platform has bye_echo=True",
        "the subscriber answers call 0",
        f"ringproof replay {runs.SCENARIO.replay()} --sut reference",
        "traces/status-answer-order.jsonl",
        "=> ",
    ):
        assert words in text


def test_nothing_from_outside_is_markup_or_control():
    text = shown()
    assert "[red]" in text
    assert "\x1b" not in text
    assert "\x00" not in text


def test_faults_are_shown_and_counted():
    many = msgspec.structs.replace(runs.FINISHED, faults=(runs.FAULT,) * 12)
    text = shown(many)
    assert "fault of the adapter in accept/audio: it crashed" in text
    assert "and 2 more faults" in text


def test_summary_says_everything_in_one_line():
    line = summary(runs.FINISHED)
    assert line == (
        "1 FAIL, 1 NOT_APPLICABLE, 1 NOT_EXERCISED, 1 PASS, 1 WARN; network: 2 scenarios "
        "(1 catalogue, 1 generated, 1 with real media), 3 calls in 3.2 s, seed 7, exit 3"
    )
    interrupted = msgspec.structs.replace(runs.FINISHED, status="incomplete")
    assert summary(interrupted).startswith("INCOMPLETE")


def test_piped_output_is_wide_enough_for_the_table():
    assert console().width >= 80
