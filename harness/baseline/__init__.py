"""Baselines: known failures that a run may have, each for its stated reason and no other.

``load`` reads the files, ``select`` picks what speaks of one SUT, a ``Watch`` holds every failure
against it, ``judge`` speaks the verdict, and ``entry`` writes what somebody may paste.
"""

from __future__ import annotations

from harness.baseline.entries import Baseline, BaselineError, Known, load
from harness.baseline.identity import identity, names
from harness.baseline.kinds import Kind, Kinds
from harness.baseline.matching import Excuses, Met, Watch
from harness.baseline.standing import OUTDATED, Result, Seen, Standing, State, judge, select
from harness.baseline.writing import document, entry

__all__ = [
    "OUTDATED",
    "Baseline",
    "BaselineError",
    "Excuses",
    "Kind",
    "Kinds",
    "Known",
    "Met",
    "Result",
    "Seen",
    "Standing",
    "State",
    "Watch",
    "document",
    "entry",
    "identity",
    "judge",
    "load",
    "names",
    "select",
]
