"""Outcomes of checks and the verdicts made of them: one per clause, never a silent green."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

import msgspec


class Verdict(enum.StrEnum):
    """What the run says about one clause."""

    PASS = "PASS"
    FAIL = "FAIL"
    """A MUST is broken."""
    WARN = "WARN"
    """A SHOULD is broken."""
    NOT_EXERCISED = "NOT_EXERCISED"
    """The clause's precondition never occurred."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """The SUT did not declare the capability the clause speaks of, or the row is excluded."""
    KNOWN = "KNOWN"
    FIXED = "FIXED"


class Owner(enum.StrEnum):
    """Whose fault a failure is."""

    SUT = "sut"
    ADAPTER = "adapter"
    HARNESS = "harness"
    ENVIRONMENT = "environment"


_PARTICULAR = (
    # What the SUT or a caller said, as Python quotes it.
    (re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""), "…"),
    # Ids: UUIDs and other long runs of hexadecimal digits.
    (re.compile(r"\b[0-9a-f]{8}(?:-?[0-9a-f]{4,}){1,4}\b"), "…"),
    (re.compile(r"\d+"), "N"),
    (re.compile(r"\bN ([a-z]+?)s?\b"), r"N \1s"),
)
"""What is particular to one failure, and what stands for it; numbers make their noun a plural."""


class FailureIdentity(msgspec.Struct, frozen=True):
    """What failures of one kind have in common; two failures of a clause differ by nothing else."""

    kind: str
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place in a trace where a clause does not hold."""

    message: str
    """What was expected and what was seen, in one or two sentences."""
    entry: int = -1
    """Index of the first wrong trace entry; -1 when something is missing, not wrong."""
    dialog: str = ""
    owner: Owner = Owner.SUT

    @property
    def identity(self) -> FailureIdentity:
        """The failure without what is particular to it."""
        message = self.message
        for particular, general in _PARTICULAR:
            message = particular.sub(general, message)
        return FailureIdentity(message)


class Outcome(msgspec.Struct, frozen=True):
    """What one check found in one trace."""

    exercised: int = 0
    """How often the clause's precondition occurred."""
    failures: tuple[Failure, ...] = ()


def decide(level: str, outcomes: Iterable[Outcome]) -> tuple[Verdict, int, int]:
    """Fold the outcomes of one clause into (verdict, exercised, failed).

    ``level`` is ``"M"`` (must) or ``"S"`` (should).
    """
    exercised = failed = 0
    for outcome in outcomes:
        exercised += outcome.exercised
        failed += len(outcome.failures)
    if failed:
        return (Verdict.FAIL if level == "M" else Verdict.WARN), exercised, failed
    return (Verdict.PASS if exercised else Verdict.NOT_EXERCISED), exercised, failed
