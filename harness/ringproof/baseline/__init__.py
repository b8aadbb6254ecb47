"""Baselines: known failures that a run may have, each for its stated reason and no other.

``load`` reads the files, ``select`` picks what speaks of one SUT, a ``Watch`` holds every failure
against it, ``judge`` speaks the verdict, and ``entry`` writes what somebody may paste.
"""

from __future__ import annotations

from ringproof.baseline.entries import Baseline, BaselineError, Known, load
from ringproof.baseline.identity import identity, names
from ringproof.baseline.kinds import Kind, Kinds
from ringproof.baseline.matching import KnownFailures, Met, Watch
from ringproof.baseline.status import OUTDATED, Result, Seen, Standing, State, judge, select
from ringproof.baseline.writing import document, entry

__all__ = [
    "OUTDATED",
    "Baseline",
    "BaselineError",
    "Kind",
    "Kinds",
    "Known",
    "KnownFailures",
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
