"""What one check of an adapter came to. No I/O."""

from __future__ import annotations

import enum

import msgspec


class Result(enum.StrEnum):
    """``NOT_JUDGED`` is never good news: something that the check needs is not there."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_JUDGED = "NOT_JUDGED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one check."""

    check: str
    """Kebab-case path: ``protocol/hello``."""
    result: Result
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
