"""Walks: what they can come to, that they shrink to short programs, and that a seed is a run."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from hypothesis.stateful import run_state_machine_as_test

from ringproof_scenarios.faults import AnyFault, Cut
from ringproof_scenarios.generate import explorer
from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED
from ringproof_scenarios.generate.explorer import Counterexample, explore, machine, walking
from ringproof_scenarios.model import Answer, AnyAction, Reject, Scenario, from_replay, validate
from ringproof_scenarios.program import from_program


def walks(count: int, seed: int = 1, bounds=SIMULATED) -> list[Scenario]:
    found: list[Scenario] = []

    def play(scenario: Scenario) -> dict[str, str]:
        found.append(scenario)
        return {}

    explore(play, examples=count, seed=seed, bounds=bounds)
    return found


@pytest.fixture(scope="module")
def many() -> list[Scenario]:
    return walks(300)


def test_walks_are_valid_and_round_trip(many):
    for scenario in many:
        assert from_replay(validate(scenario).replay()) == scenario
        assert from_program(repr(scenario)) == scenario


def test_every_rule_leads_somewhere(many):
    seen: Counter[object] = Counter()
    for scenario in many:
        seen.update({type(action) for action in scenario.actions})
        seen.update({type(fault) for fault in scenario.faults})
        seen["same caller twice"] += len({c.address for c in scenario.callers}) < len(
            scenario.callers
        )
        seen["six callers"] += len(scenario.callers) == explorer.CALLERS_MAX
        seen["two devices"] += scenario.devices == 2
        seen["expiry"] += any(isinstance(f, Cut) and not f.resume for f in scenario.faults)
        seen["too late"] += any(action.on == "gone" for action in scenario.actions)
        seen["crossing"] += any(
            isinstance(action, Answer | Reject)
            and abs(action.after_ms - (scenario.callers[action.call].patience_ms or -99)) < 10
            for action in scenario.actions
        )
    expected = {*get_args(AnyAction), *get_args(AnyFault)}
    assert not {what for what in expected if not seen[what]}
    assert not {what for what, count in seen.items() if count < 3}


def test_network_walks_hold_nothing_that_only_a_simulation_can_do():
    for scenario in walks(100, bounds=NETWORK):
        assert not any(fault.simulated_only for fault in scenario.faults)
        assert all(fault.frame in ("invite", "bye") for fault in scenario.faults if _is_drop(fault))


def _is_drop(fault: AnyFault) -> bool:
    return type(fault).__name__ == "Drop"


def test_a_seed_is_a_run():
    assert walks(40, seed=3) == walks(40, seed=3)
    assert walks(40, seed=3) != walks(40, seed=4)


def test_counterexample_is_shrunk_to_a_program_and_a_replay_string():
    """The bug: two calls of which the second is declined."""

    def play(scenario: Scenario) -> dict[str, str]:
        declined = {action.call for action in scenario.actions if isinstance(action, Reject)}
        return {"list/no-pick": "broken"} if 1 in declined else {}

    with pytest.raises(Counterexample) as raised:
        run_state_machine_as_test(machine(play), settings=walking(max_examples=300))
    found = raised.value
    assert found.failures == {"list/no-pick": "broken"}
    assert len(found.scenario.callers) == 2
    assert [type(action) for action in found.scenario.actions] == [Reject]
    assert found.scenario.faults == ()
    text = str(found)
    assert "# list/no-pick: broken" in text
    program, replay = text.strip().splitlines()[1], text.strip().splitlines()[-1]
    assert from_program(program) == found.scenario
    assert from_replay(replay.removeprefix("ringproof replay ")) == found.scenario


def test_walk_without_a_call_is_not_played():
    play = machine(lambda scenario: {"never": "called"})
    empty = play()
    assert empty.scenario() is None
    empty.teardown()
