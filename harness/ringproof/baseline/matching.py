"""Holds failures against a baseline, scenario by scenario, and counts what was met. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof.baseline import pattern
from ringproof.baseline import shape as words
from ringproof.baseline.entries import BaselineEntry
from ringproof.verdict import Failure
from ringproof_scenarios.model import Scenario


class KnownFailures(msgspec.Struct, frozen=True):
    """The entries that speak of one SUT, on one day."""

    entries: tuple[BaselineEntry, ...] = ()
    expired: frozenset[int] = frozenset()
    """Indices of those that excuse nothing any more."""

    def __bool__(self) -> bool:
        return bool(self.entries)

    def covers(self, clause: str, failure: Failure, scenario: Scenario) -> bool:
        """Say whether a failure of the clause is excused."""
        return any(index not in self.expired for index in self._matching(clause, failure, scenario))

    def _matching(self, clause: str, failure: Failure, scenario: Scenario) -> list[int]:
        return [
            index
            for index, entry in enumerate(self.entries)
            if entry.clause == clause
            and (not entry.failure or pattern.fits(entry.failure, failure.message))
            and words.fits(entry.shape, scenario)
        ]


class EntryCounts(msgspec.Struct):
    """How often the clause of an entry was exercised in its scenarios, and how often it failed."""

    exercised: int = 0
    matched: int = 0


class KnownFailureMatcher:
    """Counts, over many scenarios, what each entry met."""

    def __init__(self, known_failures: KnownFailures) -> None:
        self.known_failures = known_failures
        self.met = [EntryCounts() for _ in known_failures.entries]
        self._clauses = frozenset(entry.clause for entry in known_failures.entries)

    def note(
        self, clause: str, scenario: Scenario, exercised: int, failures: Sequence[Failure]
    ) -> list[bool]:
        """Take in a clause's outcome in one scenario; returns which failures are excused."""
        if clause not in self._clauses:
            return [False] * len(failures)
        excused = [False] * len(failures)
        for index, entry in enumerate(self.known_failures.entries):
            if entry.clause != clause or not words.fits(entry.shape, scenario):
                continue
            self.met[index].exercised += max(exercised, len(failures))
            for number, failure in enumerate(failures):
                if not entry.failure or pattern.fits(entry.failure, failure.message):
                    self.met[index].matched += 1
                    excused[number] |= index not in self.known_failures.expired
        return excused

    def merge(self, met: Iterable[EntryCounts]) -> None:
        """Take in what was counted elsewhere with the same excuses."""
        for own, other in zip(self.met, met, strict=True):
            own.exercised += other.exercised
            own.matched += other.matched
