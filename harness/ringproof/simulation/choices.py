"""Every choice that a simulation makes by chance, drawn from one seed and remembered by name."""

from __future__ import annotations

import random


class Draws:
    """Random numbers with names. Two runs of one seed agree up to their first differing entry."""

    __slots__ = ("_note", "_random", "made")

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random
        self.made: list[tuple[str, int]] = []
        """(name of the choice point, what was drawn), in order; as many as a run has steps."""
        self._note = self.made.append

    def between(self, name: str, low: int, high: int) -> int:
        """Draw an integer from ``low`` to ``high``, both included."""
        # One multiplication: randint takes six times as long, and each frame needs a draw.
        value = low + int(self._random() * (high - low + 1))
        self._note((name, value))
        return value


def divergence(left: Draws, right: Draws) -> str:
    """Say at which choice point two runs part; empty when they do not."""
    for number, (one, other) in enumerate(zip(left.made, right.made, strict=False)):
        if one != other:
            return f"draw {number}: {one[0]}={one[1]} against {other[0]}={other[1]}"
    if len(left.made) != len(right.made):
        return f"{len(left.made)} draws against {len(right.made)}"
    return ""
