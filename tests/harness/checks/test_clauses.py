"""Every check against traces that pass, that break its clause, and that do not exercise it."""

from __future__ import annotations

import inspect

import pytest

from ringproof.checks import CHECKS, judge
from ringproof.trace import loads
from tests.harness.checks import (
    caller_cases,
    capture_cases,
    end_cases,
    listing_cases,
    media_cases,
    opening_cases,
    outbound_cases,
    outcome_cases,
    presence_cases,
    reattach_cases,
    register_cases,
    rest_cases,
    status_cases,
    stream_cases,
    user_cases,
)
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import TraceBuilder

TABLES = (
    register_cases,
    opening_cases,
    outbound_cases,
    presence_cases,
    reattach_cases,
    listing_cases,
    caller_cases,
    status_cases,
    outcome_cases,
    stream_cases,
    media_cases,
    capture_cases,
    end_cases,
    rest_cases,
    user_cases,
)
CASES: dict[str, Cases] = {
    clause: cases for table in TABLES for clause, cases in table.CASES.items()
}


def _named(kind: str):
    return [
        pytest.param(clause, trace, id=f"{clause}: {name}")
        for clause, cases in CASES.items()
        for name, trace in getattr(cases, kind).items()
    ]


def test_every_check_has_a_passing_a_failing_and_a_not_exercised_trace():
    assert set(CASES) == set(CHECKS)
    assert len(CASES) == sum(len(table.CASES) for table in TABLES)
    for clause, cases in CASES.items():
        assert cases.passes, clause
        assert cases.breaks, clause
        assert cases.not_exercised, clause


@pytest.mark.parametrize("clause", CHECKS)
def test_docstring_has_rule_not_exercised_and_wrong_client(clause: str):
    rule, rest = inspect.getdoc(CHECKS[clause].run).split("\n", 1)
    assert rule.endswith(".")
    assert rest.startswith("Not exercised: ")
    assert "\nWrong: " in rest
    assert CHECKS[clause].description.startswith(rule)


@pytest.mark.parametrize(("clause", "trace"), _named("passes"))
def test_clause_passes(clause: str, trace: TraceBuilder):
    outcome = judge(trace.build())[clause]
    assert outcome.failures == ()
    assert outcome.exercised > 0


@pytest.mark.parametrize(("clause", "broken"), _named("breaks"))
def test_clause_is_broken(clause: str, broken: tuple[TraceBuilder, str]):
    trace, expected = broken
    outcome = judge(trace.build())[clause]
    assert [failure for failure in outcome.failures if expected in failure.message] != [], outcome
    assert outcome.exercised >= len(outcome.failures)
    for failure in outcome.failures:
        assert -1 <= failure.entry < len(trace.entries)


@pytest.mark.parametrize(("clause", "trace"), _named("not_exercised"))
def test_clause_is_not_exercised(clause: str, trace: TraceBuilder):
    assert judge(trace.build())[clause].exercised == 0


@pytest.mark.parametrize(("clause", "broken"), _named("breaks"))
def test_a_trace_read_from_a_file_is_judged_alike(clause: str, broken: tuple[TraceBuilder, str]):
    trace = broken[0].build()
    assert judge(loads(trace.dumps())) == judge(trace)
