"""Kinds of failure: messages that differ in particulars only, counted and merged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ringproof.baseline import pattern
from ringproof.verdict import Failure

KINDS_MAX = 8
"""Kinds of failure told apart for one clause; a clause that fails in more ways has one cause."""


class FailureKind(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of one clause whose messages say the same."""

    fixed: tuple[str, ...]
    particulars: tuple[str, ...]
    """What stands between the fixed parts; ``*`` for numbers and ids, ``'**'`` for quoted texts
    that were not the same in all of them."""
    count: int = 1

    @property
    def pattern(self) -> str:
        """The text for a baseline that fits all of them."""
        return pattern.join(self.fixed, self.particulars)


class FailureKinds:
    """The kinds of one clause's failures, the first ``KINDS_MAX`` of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], FailureKind] = {}
        self.more = 0
        """Failures of further kinds."""

    def __iter__(self) -> Iterator[FailureKind]:
        return iter(self._known.values())

    def note(self, failure: Failure) -> None:
        """Take in one failure."""
        self.merge([kind_of(failure)])

    def merge(self, kinds: Iterable[FailureKind], more: int = 0) -> None:
        """Take in what was gathered elsewhere."""
        self.more += more
        for kind in kinds:
            known = self._known.get(kind.fixed)
            if known is not None:
                self._known[kind.fixed] = _merged(known, kind)
            elif len(self._known) < KINDS_MAX:
                self._known[kind.fixed] = kind
            else:
                self.more += kind.count


def kind_of(failure: Failure) -> FailureKind:
    """Return the kind of a single failure."""
    fixed, particulars = pattern.split(failure.message)
    return FailureKind(fixed=fixed, particulars=particulars)


def _merged(one: FailureKind, other: FailureKind) -> FailureKind:
    pairs = zip(one.particulars, other.particulars, strict=True)
    particulars = tuple([a if a == b else _either(a, b) for a, b in pairs])
    return FailureKind(fixed=one.fixed, particulars=particulars, count=one.count + other.count)


def _either(one: str, other: str) -> str:
    same_marks = one[0] == other[0] and one[0] in "'\""
    return f"{one[0]}**{one[0]}" if same_marks else "**"
