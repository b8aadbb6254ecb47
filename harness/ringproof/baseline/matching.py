"""Compares failures with a baseline, scenario by scenario, and counts what each entry met. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

import msgspec

from ringproof.baseline.entries import BaselineEntry, FailureFields
from ringproof.baseline.shape import fits as fits_shape
from ringproof.verdict import Arg, Failure
from ringproof_scenarios.model import Scenario


def fits(fields: FailureFields | None, failure: Failure) -> bool:
    """Say whether a failure has all the fields that an entry gives."""
    if fields is None:
        return True
    args = failure.args
    return (
        fields.kind == failure.kind
        and fields.expected in (None, failure.expected)
        and fields.seen in (None, failure.seen)
        and all(name in args and _fits_arg(one, args[name]) for name, one in fields.args.items())
    )


def _fits_arg(given: Arg, value: Arg) -> bool:
    if isinstance(given, str) and isinstance(value, str):
        return fits_text(given, value)
    return given == value


def fits_text(pattern: str, text: str) -> bool:
    """Say whether a text matches the pattern, in which ``*`` matches any text, also none."""
    return fnmatch.fnmatchcase(text, re.sub(r"[?[]", r"[\g<0>]", pattern))


class KnownFailures(msgspec.Struct, frozen=True):
    """The entries for one SUT, on one day."""

    entries: tuple[BaselineEntry, ...] = ()
    expired: frozenset[int] = frozenset()
    """Indices of the expired entries, which excuse nothing."""

    def __bool__(self) -> bool:
        return bool(self.entries)

    def covers(self, clause: str, failure: Failure, scenario: Scenario) -> bool:
        """Say whether an entry that has not expired describes the failure."""
        return any(
            entry.clause == clause
            and index not in self.expired
            and fits(entry.failure, failure)
            and fits_shape(entry.shape, scenario)
            for index, entry in enumerate(self.entries)
        )


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
        """Count a clause's outcome in one scenario; return which of the failures are excused."""
        excused = [False] * len(failures)
        if clause not in self._clauses:
            return excused
        for index, entry in enumerate(self.known_failures.entries):
            if entry.clause != clause or not fits_shape(entry.shape, scenario):
                continue
            self.met[index].exercised += max(exercised, len(failures))
            for number, failure in enumerate(failures):
                if fits(entry.failure, failure):
                    self.met[index].matched += 1
                    excused[number] |= index not in self.known_failures.expired
        return excused

    def merge(self, met: Iterable[EntryCounts]) -> None:
        """Add what was counted elsewhere with the same entries."""
        for own, other in zip(self.met, met, strict=True):
            own.exercised += other.exercised
            own.matched += other.matched
