from __future__ import annotations

import pytest

from ringproof import checks
from ringproof.accounting.clause_stats import EXAMPLES_KEPT
from ringproof.simulation.player import NoSuchClient, player, simulable
from ringproof.triage import block as block_module
from ringproof.triage.block import (
    FAULTS_KEPT,
    SEEDS_MAX,
    Block,
    blocks,
    play_block,
)
from ringproof.verdict import Failure, Outcome, Owner
from ringproof_scenarios.generate.seeded import draw
from tests.harness.campaign.clients import broken

CLAUSE = "status/answer-order"


def test_blocks_cover_every_seed_once_with_borders_that_fit_other_campaigns():
    cut = [(one.start, one.stop) for one in blocks("reference", 10, 2 * SEEDS_MAX)]
    assert cut == [(10, 500), (500, 1000), (1000, 1010)]
    assert [(one.start, one.stop) for one in blocks("reference", -3, 5)] == [(-3, 0), (0, 2)]
    assert not list(blocks("reference", 7, 0))
    assert [one.stop for one in blocks("reference", 10, 25, seeds_max=10)] == [20, 30, 35]


def test_reference_client_breaks_nothing_and_every_call_is_counted():
    result = play_block(Block(sut="reference", start=0, stop=40))
    assert result.scenarios == 40
    assert result.calls == sum(len(draw(seed).callers) for seed in range(40))
    assert (result.broken, result.faults) == (0, ())
    assert not any(one.failed or one.examples for one in result.clauses.values())
    assert result.clauses[CLAUSE].exercised["simulated"] > 0
    assert all(one.exercised for one in result.clauses.values())


def test_broken_client_is_found_with_the_smallest_scenario_of_each_kind():
    result = play_block(Block(sut=broken(CLAUSE), start=0, stop=60))
    assert result.clauses[CLAUSE].failed["simulated"] >= result.broken > 0
    examples = result.clauses[CLAUSE].examples
    kinds = [one.failure.identity for one in examples]
    assert len(kinds) == len(set(kinds)) <= EXAMPLES_KEPT
    assert all(one.planned.scenario == draw(one.planned.number) for one in examples)
    orders = [one.order for one in examples]
    assert orders == sorted(orders)


def test_same_block_gives_the_same_bytes_and_another_seed_others():
    first, again = (play_block(Block(sut="reference", start=3, stop=6, digest=True)) for _ in "12")
    assert first == again
    assert len(first.sha256) == 64
    other = play_block(Block(sut="reference", start=4, stop=7, digest=True))
    assert other.sha256 != first.sha256


def test_scenario_that_cannot_be_judged_is_our_fault_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
):
    def draw_or_raise(seed: int):
        if seed % 2:
            raise ValueError("odd")
        return draw(seed)

    monkeypatch.setattr(block_module, "draw", draw_or_raise)
    result = play_block(Block(sut="reference", start=0, stop=2 * FAULTS_KEPT + 8))
    assert result.scenarios == FAULTS_KEPT + 4
    assert len(result.faults) == FAULTS_KEPT
    assert result.faults[0].seed == 1
    assert result.faults[0].owner is Owner.HARNESS
    assert result.faults[0].text == "ValueError: odd"


def test_failure_that_is_not_the_client_s_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    ours = Outcome(1, (Failure(kind="we said it wrong", owner=Owner.HARNESS),))
    monkeypatch.setattr(checks, "judge", lambda _: {CLAUSE: ours})
    result = play_block(Block(sut="reference", start=0, stop=1))
    assert result.broken == 0
    assert not any(one.failed for one in result.clauses.values())
    assert result.faults[0].text == f"{CLAUSE}: we said it wrong"


def test_only_clients_of_our_own_parts_are_played():
    assert simulable("reference")
    assert simulable(broken(CLAUSE))
    assert not simulable("chromium")
    assert player("reference").hello.name == "reference"
    for name in ("chromium", "mutant:nobody", "reference:2"):
        with pytest.raises(NoSuchClient, match="reference and mutant"):
            player(name)
