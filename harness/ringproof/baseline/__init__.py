"""Baselines: known failures that a run may have, each for its stated reason and no other.

``load`` reads the files, ``select`` picks the entries for one SUT, a ``KnownFailureMatcher``
compares every failure with them, ``judge`` gives the verdict, and ``entry`` writes what somebody
may paste.
"""

from __future__ import annotations

from ringproof.baseline.entries import Baseline, BaselineEntry, BaselineError, FailureFields, load
from ringproof.baseline.kinds import FailureKind, FailureKinds
from ringproof.baseline.matching import EntryCounts, KnownFailureMatcher, KnownFailures
from ringproof.baseline.names import names
from ringproof.baseline.status import (
    BaselineResult,
    ClauseCounts,
    EntryState,
    EntryStatus,
    judge,
    select,
)
from ringproof.baseline.writing import document, entry

__all__ = ["Baseline", "BaselineEntry", "BaselineError", "BaselineResult", "ClauseCounts"]
__all__ += ["EntryCounts", "EntryState", "EntryStatus", "FailureFields", "FailureKind"]
__all__ += ["FailureKinds", "KnownFailureMatcher", "KnownFailures", "document", "entry", "judge"]
__all__ += ["load", "names", "select"]
