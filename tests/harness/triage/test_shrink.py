from __future__ import annotations

import msgspec
import pytest

from ringproof.simulation.player import player
from ringproof.triage.shrink import failing, played, shrink
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Answer, Caller, Observe, Scenario
from ringproof_scenarios.reduction import size
from tests.harness.campaign.clients import broken

CLAUSE = "status/answer-order"
LARGE = Scenario(
    callers=(Caller(talk_ms=700), Caller(at_ms=30, patience_ms=40), Caller(at_ms=900)),
    actions=(Answer(after_ms=12), Observe(on="connected"), Answer(call=2, after_ms=15)),
    devices=2,
    seed=99,
)


def test_large_scenario_becomes_one_call_that_is_answered():
    steps: list[int] = []
    found = shrink(
        LARGE, CLAUSE, player(broken(CLAUSE)), notice=lambda one: steps.append(len(one.steps))
    )
    assert found is not None
    assert len(found.scenario.callers) == 1
    assert any(isinstance(action, Answer) for action in found.scenario.actions)
    assert found.scenario.seed == 0
    assert found.trace.header.scenario == found.scenario
    assert steps == sorted(steps, reverse=True)


def test_shrinking_is_a_function_of_its_arguments():
    client = player(broken(CLAUSE))
    found = [shrink(LARGE, CLAUSE, client) for _ in range(2)]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].scenario == found[1].scenario
    assert found[0].trace.dumps() == found[1].trace.dumps()


def test_scenario_that_holds_is_not_shrunk():
    assert shrink(LARGE, CLAUSE, player("reference")) is None
    assert failing(LARGE, CLAUSE, player("reference")) is None


def test_without_tries_the_scenario_stays_as_it_is():
    found = shrink(LARGE, CLAUSE, player(broken(CLAUSE)), tries=0)
    assert found is not None
    assert msgspec.structs.replace(found.scenario, seed=99) == LARGE


def test_candidate_that_cannot_be_played_shows_nothing(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("stuck")

    monkeypatch.setattr("ringproof.simulation.player.simulate", refuse)
    assert played(LARGE, player("reference")) is None
    assert failing(LARGE, CLAUSE, player("reference")) is None


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_whatever_fails_fails_again_when_small(seed: int):
    client = player(broken(CLAUSE))
    scenario = draw(seed)
    found = shrink(scenario, CLAUSE, client, tries=60)
    if failing(scenario, CLAUSE, client) is None:
        assert found is None
    else:
        assert found is not None
        assert size(found.scenario) <= size(scenario)
        assert failing(found.scenario, CLAUSE, client) is not None
