"""Scenarios from a plain PRNG: valid, varied, and the same for a seed wherever it is drawn."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED
from ringproof_scenarios.generate.seeded import Random, draw
from ringproof_scenarios.model import (
    from_replay,
    validate,
)
from ringproof_scenarios.waiting import waiting_ms

SEEDS = range(600)


@pytest.mark.parametrize("bounds", [NETWORK, SIMULATED])
def test_every_scenario_is_valid_and_bounded(bounds):
    for seed in SEEDS:
        scenario = validate(draw(seed, bounds=bounds))
        assert waiting_ms(scenario) <= bounds.waiting_ms
        assert from_replay(scenario.replay()) == scenario


def test_seed_determines_the_whole_run():
    drawn = [draw(seed) for seed in SEEDS]
    assert [scenario.seed for scenario in drawn] == list(SEEDS)
    assert drawn == [draw(seed) for seed in SEEDS]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("seed", [-1, 2**80])
def test_any_integer_is_a_seed(seed):
    assert validate(draw(seed)) == draw(seed)


def test_numbers_are_those_of_every_python():
    """Only ``random.random()`` is asked: no version of Python has changed what it returns."""
    dice = Random(7)
    assert [dice.between(0, 999) for _ in range(5)] == [323, 150, 650, 72, 535]
    assert [dice.pick("abcdef") for _ in range(6)] == list("cadaca")


def test_drawing_by_seed_never_imports_hypothesis():
    """It takes half a second, and a campaign starts many processes."""
    program = (
        "import sys\n"
        "from ringproof_scenarios.generate.seeded import draw\n"
        "for seed in range(200): draw(seed)\n"
        "sys.exit('hypothesis' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
