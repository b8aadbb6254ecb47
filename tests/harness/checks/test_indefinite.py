"""A command of which nobody knows whether it was carried out passes nothing, and fails nothing."""

from __future__ import annotations

import pytest

from ringproof.checks import CHECKS, judge
from ringproof.checks.indefinite import ALONE_MAX
from ringproof.verdict import Outcome
from tests.harness.checks.test_clauses import CASES
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start


def judge_indefinite(trace: TraceBuilder) -> dict[str, Outcome]:
    """Judge the trace with its last command replied to indefinitely."""
    return judge(trace.reply(error="timeout", definite=False).settled().build())


@pytest.mark.parametrize(
    ("trace", "clauses"),
    [
        (
            start().ringing().declined(),
            {"outcome/decline-no-media", "status/reject-order", "outcome/three-ways"},
        ),
        (
            start().ringing().answered(),
            {"status/answer-order", "stream/local-after-accept", "outcome/three-ways"},
        ),
        (start().ringing().answered().hung_up(), {"status/hangup-order"}),
    ],
)
def test_what_depends_on_the_command_is_unknown(trace: TraceBuilder, clauses: set[str]):
    sure = judge(trace.build())
    assert all(sure[clause].exercised for clause in clauses)
    unsure = judge_indefinite(trace)
    assert not any(unsure[clause].exercised for clause in clauses)
    assert unsure.keys() == CHECKS.keys()


def test_what_is_wrong_either_way_stays_wrong():
    trace = start().ringing().answered().hung_up().invite(B).calls(B, from_name="_undef_")
    wrong = {clause for clause, outcome in judge(trace.build()).items() if outcome.failures}
    assert any(clause.startswith("caller/") for clause in wrong)
    unsure = judge_indefinite(trace)
    assert all(unsure[clause].failures for clause in wrong if clause.startswith("caller/"))


def test_no_bye_after_a_reject_that_may_never_have_happened_is_no_failure():
    trace = start().ringing().command("call.reject").settled()
    assert judge(trace.build())["outcome/decline-no-media"].failures
    unsure = judge_indefinite(start().ringing().command("call.reject"))
    assert unsure["outcome/decline-no-media"] == Outcome()


def test_other_calls_are_judged_as_ever():
    trace = start().ringing(A).declined(A).ringing(B).declined(B)
    assert judge_indefinite(trace)["outcome/decline-no-media"].exercised == 1


@pytest.mark.parametrize("commands", [2, ALONE_MAX + 1])
def test_several_commands_may_be_indefinite(commands: int):
    trace = start()
    for number in range(commands):
        trace.ringing(f"call-{number}").declined(f"call-{number}").reply(
            error="timeout", definite=False
        )
    outcomes = judge(trace.settled().build())
    assert outcomes["outcome/decline-no-media"] == Outcome()
    assert outcomes["status/starts-ringing"].exercised == commands


@pytest.mark.parametrize(
    ("clause", "trace"),
    [
        pytest.param(clause, trace, id=f"{clause}: {name}")
        for clause, cases in CASES.items()
        for name, trace in cases.passes.items()
    ],
)
def test_indefinite_command_passes_no_further_clause(clause: str, trace: TraceBuilder):
    ids = [entry.id for entry in trace.entries if hasattr(entry, "op")]
    if not ids:
        return
    before = judge(trace.build())[clause]
    copy = TraceBuilder(devices=2)
    copy.header, copy.entries, copy.now_ms = trace.header, list(trace.entries), trace.now_ms
    after = judge(copy.reply(ids[-1], "timeout", definite=False).build())[clause]
    assert after.exercised <= before.exercised
