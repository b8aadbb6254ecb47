"""Random choices, as composers make them: one interface for Hypothesis and a plain PRNG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")

_SHORT_MS = (0, 0, 1, 5, 10, 20, 40)


class Dice(Protocol):
    """Makes every choice of a scenario. Equal dice compose equal scenarios."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of ``options``, a tuple or a string; the first is the simplest."""

    def between(self, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``, both included; ``low`` is the simplest."""


def delay_ms(dice: Dice, most_ms: int) -> int:
    """Draw a delay of 0 to ``most_ms``; half of them are so short that events collide."""
    if dice.pick(_COIN):
        return dice.between(0, most_ms)
    return min(dice.pick(_SHORT_MS), most_ms)


_COIN = (False, True)
