from __future__ import annotations

import itertools

from ringproof.campaign.findings import Finding, distinct, read, work
from ringproof.simulation.player import player
from ringproof.triage.block import Block
from ringproof.triage.canonical_form import shape
from ringproof.triage.shrink import failing
from ringproof_scenarios.model import Caller, Scenario
from tests.harness.campaign.clients import broken

CLAUSE = "status/answer-order"


def finding(clause: str = CLAUSE, seed: int = 1, **caller) -> Finding:
    scenario = Scenario(callers=(Caller(**caller),))
    return Finding(
        clause=clause, shape=shape(scenario), seed=seed, scenario=scenario, message="wrong"
    )


def test_one_is_kept_for_each_clause_and_shape_whatever_the_order():
    found = [
        finding(seed=5, patience_ms=30),
        finding(seed=9, patience_ms=10),
        finding(seed=7, patience_ms=10),
        finding(seed=3),
        finding("list/whole-list", seed=8),
    ]
    kept = {distinct(order) for order in itertools.permutations(found)}
    assert len(kept) == 1
    assert [(one.clause, one.seed) for one in kept.pop()] == [
        ("list/whole-list", 8),
        (CLAUSE, 3),
        (CLAUSE, 7),
    ]


def test_worked_block_is_one_line_that_says_what_fails_and_how():
    sut = broken(CLAUSE)
    line = work(Block(sut=sut, start=0, stop=60))
    assert b"\n" not in line
    assert line == work(Block(sut=sut, start=0, stop=60))
    worked = read(line)
    assert worked.play_block.broken > 0
    assert not any(one.examples for one in worked.play_block.clauses.values())
    assert worked.findings
    for one in worked.findings:
        assert failing(one.scenario, one.clause, player(sut)) is not None
        assert one.shape == shape(one.scenario)
    keys = [(one.clause, one.shape) for one in worked.findings]
    assert len(keys) == len(set(keys))


def test_block_without_failures_has_no_findings():
    assert read(work(Block(sut="reference", start=0, stop=20))).findings == ()
