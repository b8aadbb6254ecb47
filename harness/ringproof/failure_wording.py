"""The message of a failure: its fields, rendered by the sentences of ``failure_wording.toml``.

Pure, but for reading that table once. Nothing reads the sentences: rewording one changes no
verdict, no baseline and no finding.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

QUOTED_MAX: Final = 60
"""Characters of a value that a sentence quotes."""

WORDING: Final[dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
"""Clause → kind of failure → sentence, a format string over the failure's fields."""


def kinds(clause: str) -> tuple[str, ...]:
    """Return the kinds in which the clause may fail."""
    return tuple(WORDING.get(clause, ()))


def render(
    kind: str, expected: Sequence[str], seen: Sequence[str], args: Mapping[str, object]
) -> str:
    """Return the sentence; of an unknown kind, as another version may report it, its fields."""
    template = next((one[kind] for one in WORDING.values() if kind in one), None)
    if template is None:
        parts = [f"expected {_words(expected)}"] if expected else []
        parts += [f"saw {_words(seen)}"] if seen else []
        return f"{kind}: {'; '.join(parts)}" if parts else kind
    try:
        fields = {**args, "expected": expected, "seen": seen}
        return _Formatter().vformat(template, (), fields)
    except (TypeError, ValueError):  # fields of another version, or edited by hand
        return f"{kind}: {dict(args)}"


class _Formatter(string.Formatter):
    """Shows each field as the format after its colon says; ``…`` for one that is missing."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        return kwargs.get(str(key), "…")

    def format_field(self, value: object, format_spec: str) -> str:
        return _FORMATS[format_spec](value)


def _words(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def _quoted(value: object) -> str:
    text = repr(value)
    length = len(text)
    return text if length <= QUOTED_MAX else f"{text[:QUOTED_MAX]}… ({length} characters)"


def _count(calls: object) -> str:
    return f"{calls} call{'' if calls == 1 else 's'}"


def _last(seen: Sequence[str]) -> str:
    status = _words(seen)
    return "had just been listed" if status == "nothing" else f"was {status}"


_CHANGES = {
    "answer": "the platform received an answer",
    "bye": "the platform received a bye",
    "unlisted": "it left the list",
}
"""What happens to a call besides a new status."""


def _change(seen: Sequence[str]) -> str:
    return _CHANGES.get(what := _words(seen), f"it went to {what}")


def _changes(fields: Sequence[Sequence[object]]) -> str:
    return "; ".join(
        f"{field} changed from {_quoted(before)} to {_quoted(after)}"
        for field, before, after in fields
    )


_FORMATS: Final[dict[str, Callable[[Any], str]]] = {
    "": _words,
    "quoted": _quoted,
    "count": _count,
    "last": _last,
    "change": _change,
    "changes": _changes,
    "plus": "+".join,
    "streams": "; ".join,
    "and": " and ".join,
    "none-of": lambda kinds: " and ".join(f"no {kind}" for kind in kinds),
}
