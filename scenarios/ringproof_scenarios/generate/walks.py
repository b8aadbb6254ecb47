"""Walks of the explorer, drawn ahead of being played: who plays has no say in where they lead."""

from __future__ import annotations

from collections.abc import Mapping

from ringproof_scenarios.generate.bounds import NETWORK, Bounds
from ringproof_scenarios.generate.explorer import explore
from ringproof_scenarios.model import Scenario

_BATCH = 50
_BATCHES_MAX = 1_000_000


def draw_walks(count: int, seed: int, *, bounds: Bounds = NETWORK) -> tuple[Scenario, ...]:
    """Return ``count`` distinct scenarios, always the same for the same arguments.

    The first of a longer draw are those of a shorter one. ``seed`` is any integer.
    """
    found: dict[Scenario, None] = {}

    def take(scenario: Scenario) -> Mapping[str, str]:
        found[scenario] = None
        return {}

    attempt = 0
    while len(found) < count:
        # Batches of one size, each with a seed of its own, so that the count changes nothing.
        explore(take, examples=_BATCH, seed=seed * _BATCHES_MAX + attempt, bounds=bounds)
        attempt += 1
        assert attempt < _BATCHES_MAX, "there are no new walks any more"
    return tuple(found)[:count]
