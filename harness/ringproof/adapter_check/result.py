"""What can come out of one check of an adapter. No I/O."""

from __future__ import annotations

import enum

import msgspec


class Outcome(enum.StrEnum):
    """``NOT_JUDGED`` is never a success: something that the check needs is missing."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_JUDGED = "NOT_JUDGED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of one check."""

    check: str
    """Kebab-case path: ``protocol/hello``."""
    outcome: Outcome
    text: str = ""
    """What was seen, empty for a pass."""
    advice: str = ""
    """What to do about it, empty for a pass."""


class Unmet(Exception):
    """The adapter did not do what the check demands; the message says what it did."""


class NotJudged(Exception):
    """The check cannot be made; the message says what it needs."""


class NotApplicable(Exception):
    """The adapter does not claim what the check is about; the message says what it claims."""
