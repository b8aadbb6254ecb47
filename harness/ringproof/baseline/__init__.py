"""Baselines: known failures that a run may have, each for its stated reason and no other.

``load`` reads the files, ``select`` picks the entries for one SUT, a ``KnownFailureMatcher``
compares every failure with them, ``judge`` gives the verdict, and ``entry`` writes what somebody
may paste.
"""

from __future__ import annotations

from ringproof.baseline.entries import (
    Baseline,
    BaselineEntry,
    BaselineError,
    FailureFields,
    load,
)
from ringproof.baseline.kinds import FailureKind, FailureKinds
from ringproof.baseline.matching import EntryCounts, KnownFailureMatcher, KnownFailures
from ringproof.baseline.names import identity, names
from ringproof.baseline.status import (
    OUTDATED,
    BaselineResult,
    ClauseCounts,
    EntryState,
    EntryStatus,
    judge,
    select,
)
from ringproof.baseline.writing import document, entry

__all__ = [
    "OUTDATED",
    "Baseline",
    "BaselineEntry",
    "BaselineError",
    "BaselineResult",
    "ClauseCounts",
    "EntryCounts",
    "EntryState",
    "EntryStatus",
    "FailureFields",
    "FailureKind",
    "FailureKinds",
    "KnownFailureMatcher",
    "KnownFailures",
    "document",
    "entry",
    "identity",
    "judge",
    "load",
    "names",
    "select",
]
