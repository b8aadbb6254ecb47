"""Walks against simulated clients: the reference holds, and broken ones are found."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from ringproof import mutants
from ringproof.checks import judge
from ringproof.client.parts import REFERENCE, ClientParts
from ringproof.simulation.player import simulate
from ringproof_scenarios.generate.walks import Counterexample, Play, machine, walking
from ringproof_scenarios.model import Scenario, from_replay


def judged(parts: ClientParts = REFERENCE) -> Play:
    def play(scenario: Scenario) -> dict[str, str]:
        outcomes = judge(simulate(scenario, parts))
        return {
            clause: outcome.failures[0].message
            for clause, outcome in outcomes.items()
            if outcome.failures
        }

    return play


TestReference = machine(judged()).TestCase
"""Uses the profile of the suite: 50 walks, or thousands with ``make deep``."""


@pytest.mark.parametrize(
    "name",
    [
        "list-dedupes-by-caller",
        pytest.param("outcome-reject-hangs-up", marks=pytest.mark.long),
        "resume-duplicates-calls",
    ],
)
def test_broken_client_is_found_and_its_counterexample_fails_again(name):
    mutant = mutants.find(name)
    play = judged(mutant.parts)
    with pytest.raises(Counterexample) as raised:
        run_state_machine_as_test(machine(play), settings=walking(max_examples=1_000))
    replay = str(raised.value).strip().splitlines()[-1].removeprefix("ringproof replay ")
    again = from_replay(replay)
    assert play(again) == raised.value.failures
    assert len(again.callers) + len(again.actions) + len(again.faults) <= 4
