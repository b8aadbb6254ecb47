"""Failures of one clause counted by their identity, with what their particulars agree in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ringproof.verdict import Arg, Failure, FailureContent, FailureIdentity

KINDS_MAX = 8
"""Kinds of failure counted for one clause; a clause that fails in more ways has one cause."""


class FailureKind(FailureContent, frozen=True, kw_only=True, omit_defaults=True):
    """Failures of one clause with the same identity.

    Their ``args`` are the texts that were the same in all of them, with ``*`` for words with a
    digit: ids and numbers differ from run to run. The message has ``…`` for what differs.
    """

    count: int = 1


class FailureKinds:
    """The kinds of one clause's failures, the first ``KINDS_MAX`` of them."""

    def __init__(self) -> None:
        self._known: dict[FailureIdentity, FailureKind] = {}
        self.more = 0
        """Failures of further kinds."""

    def __iter__(self) -> Iterator[FailureKind]:
        """Yield the most frequent first, in the same order however they were merged."""
        return iter(sorted(self._known.values(), key=lambda one: (-one.count, repr(one.identity))))

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
