"""Prints the SHA-256 of the traces of a set of scenarios: a program, run by many interpreters.

``python -m tests.harness.simulation.digests ORDER PART PARTS`` plays every PARTS-th scenario from
PART on, in an order shuffled by ORDER (0: as they come), and prints ``number digest`` lines.
"""

from __future__ import annotations

import hashlib
import random
import sys

from ringproof.bench.mix import mixed
from ringproof.simulation.player import simulate
from ringproof.trace import Trace
from ringproof_scenarios import catalogue
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Scenario

DRAWN = 60
MIXED = 12


def scenarios() -> tuple[Scenario, ...]:
    """Return the set: the catalogue, drawn scenarios, and crowds of up to six callers."""
    return (
        *catalogue.all(),
        *[draw(seed) for seed in range(DRAWN)],
        *[mixed(seed) for seed in range(MIXED)],
    )


def digests(order: int = 0, part: int = 0, parts: int = 1) -> dict[int, str]:
    """Play and hash; by the scenario's place in the set, whatever the order."""
    numbered = list(enumerate(scenarios()))[part::parts]
    if order:
        random.Random(order).shuffle(numbered)
    return {number: digest(simulate(scenario, seed=number % 3)) for number, scenario in numbered}


def digest(trace: Trace) -> str:
    """Hash the entries; the header names an installed version, which other Pythons may lack."""
    return hashlib.sha256(trace.dumps().partition(b"\n")[2]).hexdigest()


if __name__ == "__main__":
    for number, shown in sorted(digests(*map(int, sys.argv[1:])).items()):
        print(number, shown)  # noqa: T201 - this is a program
