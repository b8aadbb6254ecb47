from __future__ import annotations

import msgspec
import pytest

from ringproof.simulation.player import player
from ringproof.triage.reproduce import Limits, shrink_in_virtual_time
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Answer, Caller, Observe, Scenario
from ringproof_scenarios.reduction import size
from tests.harness.campaign.clients import broken, fails

CLAUSE = "status/answer-order"
NO_TRIES, FEW_TRIES = Limits(tries=0, coarse=False), Limits(tries=60, coarse=False)
LARGE = Scenario(
    callers=(Caller(talk_ms=700), Caller(at_ms=30, patience_ms=40), Caller(at_ms=900)),
    actions=(Answer(after_ms=12), Observe(on="connected"), Answer(call=2, after_ms=15)),
    devices=2,
    seed=99,
)


def test_large_scenario_becomes_one_call_that_is_answered():
    proof = shrink_in_virtual_time(LARGE, CLAUSE, player(broken(CLAUSE)))
    assert proof is not None
    assert len(proof.scenario.callers) == 1
    assert any(isinstance(action, Answer) for action in proof.scenario.actions)
    assert proof.scenario.seed == 0
    assert proof.trace.header.scenario == proof.scenario


def test_shrinking_is_a_function_of_its_arguments():
    client = player(broken(CLAUSE))
    proofs = [shrink_in_virtual_time(LARGE, CLAUSE, client) for _ in range(2)]
    assert proofs[0] is not None
    assert proofs[1] is not None
    assert proofs[0].scenario == proofs[1].scenario
    assert proofs[0].trace.dumps() == proofs[1].trace.dumps()


def test_scenario_that_passes_is_not_shrunk():
    assert shrink_in_virtual_time(LARGE, CLAUSE, player("reference")) is None


def test_without_tries_the_scenario_stays_as_it_is():
    proof = shrink_in_virtual_time(LARGE, CLAUSE, player(broken(CLAUSE)), limits=NO_TRIES)
    assert proof is not None
    assert msgspec.structs.replace(proof.scenario, seed=99) == LARGE


def test_candidate_that_cannot_be_played_shows_nothing(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("stuck")

    monkeypatch.setattr("ringproof.simulation.player.simulate", refuse)
    assert shrink_in_virtual_time(LARGE, CLAUSE, player(broken(CLAUSE))) is None


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_whatever_fails_fails_again_when_small(seed: int):
    sut, scenario = broken(CLAUSE), draw(seed)
    proof = shrink_in_virtual_time(scenario, CLAUSE, player(sut), limits=FEW_TRIES)
    if not fails(scenario, CLAUSE, sut):
        assert proof is None
    else:
        assert proof is not None
        assert size(proof.scenario) <= size(scenario)
        assert fails(proof.scenario, CLAUSE, sut)
