"""Scenarios from a plain PRNG, one a seed: for campaigns, where Hypothesis would be the ceiling.

The same composer as for the strategies, so the same kinds of scenarios with the same weights.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from ringproof_scenarios.generate.bounds import SIMULATED, Bounds
from ringproof_scenarios.generate.composer import compose
from ringproof_scenarios.model import SEED_MAX, Scenario

T = TypeVar("T")


class _Random:
    """Dice from ``random.Random.random``, the one method whose numbers no Python version changed.

    It is also the fastest: ``choice`` and ``randint`` take five times as long.
    """

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._random() * len(options))]

    def between(self, low: int, high: int) -> int:
        return low + int(self._random() * (high - low + 1))


def draw(seed: int, *, bounds: Bounds = SIMULATED) -> Scenario:
    """Return the scenario of a seed: any integer, and always the same scenario for it.

    The seed is also that of the simulation's own draws, so one number stands for a whole run.
    """
    return compose(_Random(seed), bounds, seed=seed % (SEED_MAX + 1))
