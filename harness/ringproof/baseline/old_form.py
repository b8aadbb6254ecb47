"""Refuses entries of the first form, whose texts were searched in sentences, with what to write.

The advice says which fields are needed now, as far as that can be guessed.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ringproof import failure_wording

_ACTIONS: Final = {
    "answers": "answer",
    "declines": "reject",
    "hangs up": "hangup",
    "subscribes late": "observe",
    "vanishes": "vanish",
}
_FAULTS: Final = {
    "is lost": "drop",
    "ms late": "delay",
    "comes twice": "duplicate",
    "comes after the next": "reorder",
    "refuses the": "refuse",
    "never hears the": "ignore",
}
_POINTS: Final = {
    f"the {point} ": point for point in ("answer-reply", "bye-reply", "invite", "bye", "answer")
}


def advice(raw: Mapping[str, Any]) -> str:
    """Return what to write in place of an entry (a TOML table); empty if it has today's form."""
    failure, shape = raw.get("failure"), raw.get("shape", {})
    texts = [shape] if isinstance(shape, str) else shape
    lines = []
    if isinstance(failure, str):
        lines.append(f"failure = {_failure(str(raw.get('clause')), failure)}")
    if isinstance(texts, list):
        lines.append(f"shape = {{ {', '.join(_shape(map(str, texts)))} }}")
    if not lines:
        return ""
    return (
        "failure and shape are fields now, not texts (docs/baselines.md; the baseline.toml of a "
        f"run has the exact failure). Write: {'; '.join(lines)}"
    )


def _failure(clause: str, text: str) -> str:
    kinds = {sentence: kind for kind, sentence in failure_wording.WORDING.get(clause, {}).items()}
    seen = text.rpartition("; saw ")[2] if "; saw " in text and "*" not in text else ""
    fields = f", seen = {json.dumps(seen.split(', '))}" if seen else ""
    close = difflib.get_close_matches(text, kinds, n=1, cutoff=0.3)
    return f"{{ kind = {json.dumps(kinds[close[0]] if close else '…')}{fields} }}"


def _shape(texts: Iterable[str]) -> list[str]:
    fields, lists = [], {"actions": list[str](), "faults": list[str]()}
    for text in texts:
        plain = text.removeprefix("not ")
        denial = text.removesuffix(plain)
        name, equals, value = plain.partition("=")
        count, _, what = plain.partition(" ")
        if equals:
            fields.append(f'"platform.{name}" = {value.lower()}')
        elif count.isdigit() and what in ("callers", "devices", "faults"):
            fields.append(f"{what} = {count}")
        elif action := _meaning(_ACTIONS, plain):
            lists["actions"].append(denial + action)
        else:
            fault, point = _meaning(_FAULTS, plain) or "…", _meaning(_POINTS, plain) or "…"
            lists["faults"].append(f"{denial}{fault}-{point}")
    return fields + [f"{key} = {json.dumps(names)}" for key, names in lists.items() if names]


def _meaning(table: Mapping[str, str], text: str) -> str:
    return next((name for words, name in table.items() if words in text), "")
