"""In which scenarios an entry applies: conditions on fields of a scenario, all of them. Pure.

``callers``, ``devices`` and ``platform.FIELD`` take a value, numbers also ``{min = …, max = …}``.
``actions`` and ``faults`` take a list of names that the scenario has to contain, or with ``not …``
must not contain; or, like ``callers``, a number.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias, get_args

import msgspec

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import AnyFault, Frame, Request
from ringproof_scenarios.model import AnyAction, Scenario

Condition: TypeAlias = bool | int | str | list[str] | dict[str, int]
Shape: TypeAlias = Mapping[str, Condition]
"""Field → condition; empty for every scenario."""

NOT: Final = "not "
PLATFORM: Final = "platform."


class ShapeError(ValueError):
    """The shape makes no sense; the message names the field and what would be right."""


def _tag(struct: type[msgspec.Struct]) -> str:
    return str(struct.__struct_config__.tag)


def _fault_names() -> Iterator[str]:
    points = {"frame": get_args(Frame), "request": get_args(Request)}
    for fault in get_args(AnyFault):
        yield _tag(fault)
        for field in points.keys() & set(fault.__struct_fields__):
            yield from (f"{_tag(fault)}-{point}" for point in points[field])


ACTIONS: Final = tuple(_tag(action) for action in get_args(AnyAction))
FAULTS: Final = tuple(sorted(_fault_names()))
"""Faults by their tag, of any frame or request, and by tag and frame or request."""

_LISTS: Final = {"actions": ACTIONS, "faults": FAULTS}
_VARIANTS: Final = {
    f"{PLATFORM}{name}": type(getattr(Platform(), name)) for name in Platform.__struct_fields__
}
_FIELDS: Final = ("callers", "devices", *_LISTS, *_VARIANTS)


def parse(raw: Mapping[str, Any]) -> dict[str, Condition]:
    """Check a table of TOML; the fields of the platform may be a table of their own.

    Raises ``ShapeError``.
    """
    flat = {key: value for key, value in raw.items() if key != "platform"}
    platform = raw.get("platform", {})
    if not isinstance(platform, dict):
        raise ShapeError(f"platform has fields: {', '.join(_VARIANTS)}")
    flat |= {f"{PLATFORM}{name}": value for name, value in platform.items()}
    return {key: _condition(key, value) for key, value in flat.items()}


def _condition(key: str, value: object) -> Condition:
    if key not in _FIELDS:
        raise ShapeError(f"unknown field {key!r}; {suggestion(key, _FIELDS)}")
    if key in _LISTS and isinstance(value, list):
        for name in value:
            if not isinstance(name, str) or name.removeprefix(NOT) not in _LISTS[key]:
                hint = suggestion(str(name).removeprefix(NOT), _LISTS[key])
                raise ShapeError(f"{key}: unknown {name!r}; {hint}")
        if value:
            return sorted(set(value))
        raise ShapeError(f"{key} is empty; write {key} = 0 for scenarios without any")
    if _VARIANTS.get(key) is bool:
        if isinstance(value, bool):
            return value
        raise ShapeError(f"{key} has to be true or false")
    if _VARIANTS.get(key) is str:
        if isinstance(value, str):
            return value
        raise ShapeError(f"{key} has to be a word")
    if type(value) is int:
        return value
    if (
        isinstance(value, dict)
        and value.keys() <= {"min", "max"}
        and {type(bound) for bound in value.values()} == {int}
    ):
        return value
    names = " or a list of names" if key in _LISTS else ""
    raise ShapeError(f"{key} has to be a number, {{ min = …, max = … }}{names}")


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """Return the name that was probably meant, or else all names."""
    known = tuple(known)
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known)}"


def fits(shape: Shape, scenario: Scenario) -> bool:
    """Say whether all conditions hold in the scenario."""
    return all(_holds(key, condition, scenario) for key, condition in shape.items())


def _holds(key: str, condition: Condition, scenario: Scenario) -> bool:
    if isinstance(condition, list):
        names = set(_names(key, scenario))
        return all((one.removeprefix(NOT) in names) is not one.startswith(NOT) for one in condition)
    value = _value(key, scenario)
    if isinstance(condition, dict) and isinstance(value, int):
        return condition.get("min", value) <= value <= condition.get("max", value)
    return value == condition


def _value(key: str, scenario: Scenario) -> int | str:
    if key.startswith(PLATFORM):
        value = getattr(scenario.platform, key.removeprefix(PLATFORM))
        return value if isinstance(value, str) else int(value)
    value = getattr(scenario, key)
    return value if isinstance(value, int) else len(value)


def _names(key: str, scenario: Scenario) -> Iterator[str]:
    if key == "actions":
        yield from (_tag(type(action)) for action in scenario.actions)
        return
    for fault in scenario.faults:
        tag = _tag(type(fault))
        yield tag
        yield f"{tag}-{getattr(fault, 'frame', getattr(fault, 'request', ''))}"
