"""The shape of a reduced scenario: its canonical form, in which times and names do not count.

Two failures of one clause are one finding when their reduced scenarios have the same shape. The
canonical form is the scenario's JSON, in which

* a catalogue name, the seed of the delays and every default are left out;
* a duration that is not its default reads ``later``, or 0 where it is 0;
* a caller's address is gone; callers who share theirs with others say ``same_caller``;
* a display name is of a kind: ``none``, ``placeholder``, ``empty``, ``markup``, ``other``;
* callers, each with what happens to its call, stand in the order of their own canonical forms, and
  what happens to calls stands in the order of the calls.

All other fields are part of the shape, also those that scenarios get later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from ringproof_scenarios.model import Scenario

Json = dict[str, Any]

_MARKUP = frozenset("<>&\"'\\`")


def shape(scenario: Scenario) -> str:
    """Return the canonical form, one line; equal for scenarios that differ in detail only."""
    document: Json = _canonical(msgspec.to_builtins(scenario))
    for particular in ("name", "seed"):
        document.pop(particular, None)
    shared = Counter(caller.address for caller in scenario.callers)
    callers: list[Json] = document["callers"]
    for caller, fields in zip(scenario.callers, callers, strict=True):
        fields.pop("address", None)
        if shared[caller.address] > 1:
            fields["same_caller"] = True
        if "name" in fields:
            fields["name"] = name_kind(caller.name)
    order = sorted(range(len(callers)), key=lambda number: _text(_call(document, number)))
    place = {number: index for index, number in enumerate(order)}
    document["callers"] = [callers[number] for number in order]
    for key, steps in _steps(document).items():
        moved = [_moved(step, place) for step in steps]
        document[key] = sorted(moved, key=lambda step: int(step.get("call", 0)))
    return _text(document)


def _canonical(value: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {name: _canonical(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if key.endswith("_ms") and value:
        return "later"
    return value


def _call(document: Json, number: int) -> Json:
    """Return one caller with what happens to its call, without its number."""
    call: Json = {"caller": document["callers"][number]}
    for key, steps in _steps(document).items():
        own = [step for step in steps if step.get("call", 0) == number]
        call[key] = [{name: step[name] for name in step if name != "call"} for step in own]
    return call


def _steps(document: Json) -> dict[str, list[Json]]:
    """Return the lists whose items each speak of one call."""
    return {
        key: value
        for key, value in document.items()
        if key != "callers" and isinstance(value, list) and all(isinstance(s, dict) for s in value)
    }


def _moved(step: Json, place: Mapping[int, int]) -> Json:
    number = step.get("call", 0)
    call = place.get(number, number)
    rest = {name: value for name, value in step.items() if name != "call"}
    return {**rest, "call": call} if call else rest


def name_kind(name: str | None) -> str:
    """Return what sort of display name it is; None is no name at all."""
    if name is None:
        return "none"
    if name.lower() == "_undef_":
        return "placeholder"
    if not name.strip():
        return "empty"
    return "markup" if _MARKUP & set(name) else "other"


def _text(value: Json) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
