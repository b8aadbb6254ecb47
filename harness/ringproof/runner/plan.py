"""What a run is asked to do, decided before it starts."""

from __future__ import annotations

import datetime

import msgspec

from ringproof.accounting.selection import Selection
from ringproof.baseline import Baseline
from ringproof.play.deadlines import DEADLINES, Deadlines
from ringproof.suts.sut import Sut
from ringproof.triage.clause_reduction import SEARCHING_WITHIN_S, Hints


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a run needs to know before it starts."""

    sut: Sut
    selection: Selection
    seed: int
    jobs: int | None = None
    """Workers side by side at most; None is the SUT's own number."""
    strict: bool = False
    """A SHOULD that fails makes the exit status red too."""
    reduce: bool = True
    """Make failing scenarios smaller after the run; known failures stay as they are."""
    baseline: Baseline | None = None
    """Known failures."""
    today: datetime.date | None = None
    """The day on which entries of the baseline expire or do not; None is the machine's own."""
    reduce_within_s: float = SEARCHING_WITHIN_S
    """Time for the search for smaller failing scenarios over the network."""
    hints: Hints = {}
    """Small scenarios that broke clauses of other clients, to be tried before that search."""
    explore_within_s: float | None = None
    """Look for every distinct failure and end within this time; None shows one of each clause."""
    deadlines: Deadlines = DEADLINES
    """How long a scenario over the network waits for what it waits for."""
