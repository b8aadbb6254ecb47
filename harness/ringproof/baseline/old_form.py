"""What to say of an entry of the first form of baselines, whose texts were searched in sentences.

It says which fields are needed now, as far as that can be guessed; it reads nothing into a run.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
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
_POINTS: Final = ("answer-reply", "bye-reply", "invite", "bye", "answer")


def recognised(raw: Mapping[str, Any]) -> bool:
    """Say whether an entry, as TOML holds it, is of the old form."""
    shape = raw.get("shape")
    return isinstance(raw.get("failure"), str) or isinstance(shape, str | list)


def advice(raw: Mapping[str, Any]) -> str:
    """Return what to write in its place."""
    lines = []
    if isinstance(failure := raw.get("failure"), str):
        lines.append(f"failure = {_failure(str(raw.get('clause')), failure)}")
    shape = raw.get("shape", [])
    words = [shape] if isinstance(shape, str) else shape if isinstance(shape, list) else []
    if fields := _shape([str(word) for word in words]):
        lines.append(f"shape = {{ {', '.join(fields)} }}")
    return (
        "failure and shape are fields now, not texts (docs/baselines.md; the baseline.toml of a "
        f"run has the exact failure). Write: {'; '.join(lines)}"
    )


def _failure(clause: str, text: str) -> str:
    sentences = failure_wording.WORDING.get(clause, {})
    close = difflib.get_close_matches(text, sentences.values(), n=1, cutoff=0.3)
    kind = next((kind for kind, sentence in sentences.items() if sentence in close), "…")
    seen = text.rpartition("; saw ")[2] if "; saw " in text and "*" not in text else ""
    fields = f", seen = {json.dumps(seen.split(', '))}" if seen else ""
    return f"{{ kind = {json.dumps(kind)}{fields} }}"


def _shape(words: list[str]) -> list[str]:
    fields, lists = [], {"actions": list[str](), "faults": list[str]()}
    for text in words:
        denied, plain = text.startswith("not "), text.removeprefix("not ")
        name, equals, value = plain.partition("=")
        count, _, what = plain.partition(" ")
        if equals:
            fields.append(f'"platform.{name}" = {value.lower()}')
        elif count.isdigit() and what in ("callers", "devices", "faults"):
            fields.append(f"{what} = {count}")
        else:
            key, name = _name(plain)
            lists[key].append(f"not {name}" if denied else name)
    return fields + [f"{key} = {json.dumps(names)}" for key, names in lists.items() if names]


def _name(text: str) -> tuple[str, str]:
    for words, action in _ACTIONS.items():
        if words in text:
            return "actions", action
    fault = next((fault for words, fault in _FAULTS.items() if words in text), "…")
    point = next((point for point in _POINTS if f"the {point} " in text), "…")
    return "faults", f"{fault}-{point}"
