"""Walks: every rule occurs, failures become short programs, and a seed always draws the same."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from hypothesis.stateful import run_state_machine_as_test

from ringproof_scenarios.faults import AnyFault, Cut
from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED
from ringproof_scenarios.generate.walks import (
    CALLERS_MAX,
    Counterexample,
    draw_walks,
    machine,
    walking,
)
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    ReadUser,
    Reject,
    Scenario,
    from_replay,
    validate,
)
from ringproof_scenarios.program import from_program


@pytest.fixture(scope="module")
def many() -> list[Scenario]:
    return list(draw_walks(300, 1, bounds=SIMULATED))


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
        seen["six callers"] += len(scenario.callers) == CALLERS_MAX
        seen["two devices"] += scenario.devices == 2
        seen["expiry"] += any(isinstance(f, Cut) and not f.resume for f in scenario.faults)
        seen["too late"] += any(action.on == "gone" for action in scenario.actions)
        seen["crossing"] += any(
            isinstance(action, Answer | Reject)
            and abs(action.after_ms - (scenario.callers[action.call].patience_ms or -99)) < 10
            for action in scenario.actions
        )
    # What a client tells of its user does not depend on what else happens.
    expected = {*get_args(AnyAction), *get_args(AnyFault)} - {ReadUser}
    assert not {what for what in expected if not seen[what]}
    assert not {what for what, count in seen.items() if count < 3}


def test_network_walks_lose_no_reply():
    for scenario in draw_walks(100, 1, bounds=NETWORK):
        assert all(fault.frame in ("invite", "bye") for fault in scenario.faults if _is_drop(fault))


def _is_drop(fault: AnyFault) -> bool:
    return type(fault).__name__ == "Drop"


def test_a_longer_draw_begins_like_a_shorter_one():
    few, several = draw_walks(12, 3), draw_walks(60, 3)
    assert len(several) == len(set(several)) == 60
    assert several[:12] == few


def test_seed_and_bounds_decide():
    assert draw_walks(10, 1) != draw_walks(10, 2)
    assert draw_walks(10, 1) != draw_walks(10, 1, bounds=SIMULATED)
    assert draw_walks(0, 1) == ()


def test_counterexample_is_shrunk_to_a_program_and_a_replay_string():
    """The bug: two calls of which the second is declined."""

    def play(scenario: Scenario) -> dict[str, str]:
        declined = {action.call for action in scenario.actions if isinstance(action, Reject)}
        return {"list/no-pick": "broken"} if 1 in declined else {}

    with pytest.raises(Counterexample) as raised:
        run_state_machine_as_test(machine(play), settings=walking(max_examples=300))
    smallest = raised.value
    assert smallest.failures == {"list/no-pick": "broken"}
    assert len(smallest.scenario.callers) == 2
    assert [type(action) for action in smallest.scenario.actions] == [Reject]
    assert smallest.scenario.faults == ()
    text = str(smallest)
    assert "# list/no-pick: broken" in text
    program, replay = text.strip().splitlines()[1], text.strip().splitlines()[-1]
    assert from_program(program) == smallest.scenario
    assert from_replay(replay.removeprefix("ringproof replay ")) == smallest.scenario


def test_walk_without_a_call_is_not_played():
    play = machine(lambda scenario: {"never": "called"})
    empty = play()
    assert empty.scenario() is None
    empty.teardown()
