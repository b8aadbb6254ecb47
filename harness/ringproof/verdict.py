"""Outcomes of checks, and the verdicts that follow: one per clause."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from ringproof import failure_wording


class Verdict(enum.StrEnum):
    """The result of a run for one clause."""

    PASS = "PASS"
    FAIL = "FAIL"
    """A MUST is broken."""
    WARN = "WARN"
    """A SHOULD is broken."""
    NOT_EXERCISED = "NOT_EXERCISED"
    """The clause's precondition never occurred."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """The SUT did not declare the capability that the clause requires, or the row is excluded."""
    KNOWN = "KNOWN"
    FIXED = "FIXED"


class Owner(enum.StrEnum):
    """Whose fault a failure is."""

    SUT = "sut"
    ADAPTER = "adapter"
    HARNESS = "harness"
    ENVIRONMENT = "environment"


Arg = str | int | bool | None | list[Any]
"""A particular of a failure, as a JSON value."""


class FailureIdentity(msgspec.Struct, frozen=True):
    """What makes two failures of a clause the same failure, whatever they differ in besides."""

    kind: str
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


class FailureContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The kind and the particulars of a failure, from which its message is made."""

    kind: str
    """Which rule of which clause was broken: a key of ``failure_wording.WORDING``."""
    expected: tuple[str, ...] = ()
    """What was expected, in words of a closed vocabulary: statuses, media kinds, sides, …"""
    seen: tuple[str, ...] = ()
    """What was seen, likewise."""
    args: dict[str, Arg] = {}
    """Particulars by name: ids, counts, times, names, error texts."""

    @property
    def identity(self) -> FailureIdentity:
        """The failure without its particulars."""
        return FailureIdentity(self.kind, self.expected, self.seen)

    @property
    def message(self) -> str:
        """What was expected and what was seen, in one or two sentences for a reader."""
        return failure_wording.render(self.kind, self.expected, self.seen, self.args)


class Failure(FailureContent, frozen=True, kw_only=True, omit_defaults=True):
    """One place in a trace where a clause is broken."""

    entry: int = -1
    """Index of the first wrong trace entry; -1 when something is missing, not wrong."""
    dialog: str = ""
    owner: Owner = Owner.SUT


class Outcome(msgspec.Struct, frozen=True):
    """The result of one check on one trace."""

    exercised: int = 0
    """How often the clause's precondition occurred."""
    failures: tuple[Failure, ...] = ()


def decide(level: str, exercised: int, failed: int) -> Verdict:
    """Return the verdict on a clause from its counts; ``level`` is ``"M"`` (must) or ``"S"``."""
    if failed:
        return Verdict.FAIL if level == "M" else Verdict.WARN
    return Verdict.PASS if exercised else Verdict.NOT_EXERCISED
