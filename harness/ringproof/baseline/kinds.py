"""Failures of one clause counted by their identity, with what their particulars agree in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ringproof import failure_wording
from ringproof.verdict import Arg, Failure, FailureIdentity

KINDS_MAX = 8
"""Kinds of failure counted for one clause; a clause that fails in more ways has one cause."""


class FailureKind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Failures of one clause with the same identity."""

    kind: str
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    args: dict[str, Arg] = {}
    """Texts that were the same in all of them, with ``*`` for words that hold a digit: ids and
    numbers differ from run to run."""
    count: int = 1

    @property
    def identity(self) -> FailureIdentity:
        """What the failures have in common."""
        return FailureIdentity(self.kind, self.expected, self.seen)

    @property
    def message(self) -> str:
        """The sentence of these failures, with ``…`` for what differs."""
        return failure_wording.render(self.kind, self.expected, self.seen, self.args)


class FailureKinds:
    """The kinds of one clause's failures, the first ``KINDS_MAX`` of them."""

    def __init__(self) -> None:
        self._known: dict[FailureIdentity, FailureKind] = {}
        self.more = 0
        """Failures of further kinds."""

    def __iter__(self) -> Iterator[FailureKind]:
        return iter(self._known.values())

    def note(self, failure: Failure) -> None:
        """Count one failure."""
        self.merge([kind_of(failure)])

    def merge(self, kinds: Iterable[FailureKind], more: int = 0) -> None:
        """Add what was counted elsewhere."""
        self.more += more
        for kind in kinds:
            known = self._known.get(kind.identity)
            if known is not None:
                args = {name: arg for name, arg in known.args.items() if kind.args.get(name) == arg}
                count = known.count + kind.count
                self._known[kind.identity] = msgspec.structs.replace(known, args=args, count=count)
            elif len(self._known) < KINDS_MAX:
                self._known[kind.identity] = kind
            else:
                self.more += kind.count


def kind_of(failure: Failure) -> FailureKind:
    """Return the kind of a single failure."""
    args: dict[str, Arg] = {
        name: _without_numbers(arg)
        for name, arg in failure.args.items()
        if isinstance(arg, str) and not name.endswith("_id")
    }
    return FailureKind(kind=failure.kind, expected=failure.expected, seen=failure.seen, args=args)


def _without_numbers(text: str) -> str:
    words = text.split(" ")
    return " ".join("*" if any(map(str.isdigit, word)) else word for word in words)
