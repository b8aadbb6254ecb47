"""One scenario for each seed, from a plain PRNG: Hypothesis would be too slow for campaigns.

The composer is that of the strategies, so the kinds of scenarios and their weights are the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from ringproof_scenarios.generate.bounds import SIMULATED, Bounds
from ringproof_scenarios.generate.composer import compose
from ringproof_scenarios.model import SEED_MAX, Scenario

T = TypeVar("T")


class Random:
    """Choices by ``random.Random.random``, the one method whose numbers no Python version changed.

    It is also the fastest: ``choice`` and ``randint`` take five times as long.
    """

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def pick(self, options: Sequence[T]) -> T:
        """See ``Dice``."""
        return options[int(self._random() * len(options))]

    def between(self, low: int, high: int) -> int:
        """See ``Dice``."""
        return low + int(self._random() * (high - low + 1))


def draw(seed: int, *, bounds: Bounds = SIMULATED) -> Scenario:
    """Return the scenario of a seed, which is any integer: always the same scenario for it.

    The simulation draws its latencies from the same seed, so the seed determines a whole run.
    """
    return compose(Random(seed), bounds, seed=seed % (SEED_MAX + 1))
