from __future__ import annotations

import itertools

from ringproof.campaign.findings import Finding, distinct, play_and_reduce, read
from ringproof.triage.block import Block
from ringproof.triage.canonical_form import shape
from ringproof_scenarios.model import Caller, Scenario
from tests.harness.campaign.clients import broken, fails

CLAUSE = "status/answer-order"


def finding(clause: str = CLAUSE, seed: int = 1, **caller) -> Finding:
    scenario = Scenario(callers=(Caller(**caller),))
    return Finding(
        clause=clause, shape=shape(scenario), seed=seed, scenario=scenario, message="wrong"
    )


def test_one_is_kept_for_each_clause_and_shape_whatever_the_order():
    findings = [
        finding(seed=5, patience_ms=30),
        finding(seed=9, patience_ms=10),
        finding(seed=7, patience_ms=10),
        finding(seed=3),
        finding("list/whole-list", seed=8),
    ]
    kept = {distinct(order) for order in itertools.permutations(findings)}
    assert len(kept) == 1
    assert [(one.clause, one.seed) for one in kept.pop()] == [
        ("list/whole-list", 8),
        (CLAUSE, 3),
        (CLAUSE, 7),
    ]


def test_reduced_block_is_one_line_that_says_what_fails_and_how():
    sut = broken(CLAUSE)
    line = play_and_reduce(Block(sut=sut, start=0, stop=60))
    assert b"\n" not in line
    assert line == play_and_reduce(Block(sut=sut, start=0, stop=60))
    reduced = read(line)
    assert reduced.result.broken > 0
    assert not any(one.examples for one in reduced.result.clauses.values())
    assert reduced.findings
    for one in reduced.findings:
        assert fails(one.scenario, one.clause, sut)
        assert one.shape == shape(one.scenario)
    keys = [(one.clause, one.shape) for one in reduced.findings]
    assert len(keys) == len(set(keys))


def test_block_without_failures_has_no_findings():
    assert read(play_and_reduce(Block(sut="reference", start=0, stop=20))).findings == ()
