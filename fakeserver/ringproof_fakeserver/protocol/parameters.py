"""What a parameter of a request may be, and the code of the refusal of anything else. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeGuard

import msgspec

from ringproof_fakeserver.protocol.errors import Problem

MOST_ITEMS = 1_000
"""Of any list among the parameters."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of value. ``requirement`` ends the sentence "it must be …"."""

    code: str
    requirement: str
    accepts: Callable[[Any], bool]


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a command."""

    name: str
    kind: Kind
    required: bool = False


def problems(parameters: Collection[Parameter], given: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the parameters that were given, in the order of the table."""
    found: list[Problem] = []
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is None:
            if parameter.required:
                found.append(missing(parameter.name))
        elif not parameter.kind.accepts(value):
            kind, name = parameter.kind, parameter.name
            found.append(Problem(kind.code, f"{name} must be {kind.requirement}", name))
    return found


def missing(attribute: str) -> Problem:
    """Return the problem of a required parameter that is absent."""
    return Problem("missing_required_parameter", "Required parameter is missing", attribute)


def is_strings(value: object) -> TypeGuard[list[str]]:
    """Whether this is a list of strings, and not a long one."""
    return (
        isinstance(value, list)
        and len(value) <= MOST_ITEMS
        and all(isinstance(item, str) for item in value)
    )


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def is_url(value: object) -> TypeGuard[str]:
    """Whether this is an HTTP URL. Loopback is allowed here, which the live service refuses."""
    return _is_text(value) and value.startswith(("http://", "https://"))


def number(low: float, high: float = math.inf) -> Kind:
    """Return the kind of numbers from ``low`` to ``high``."""
    requirement = (
        f"a number of at least {low:g}" if high == math.inf else _between("a number", low, high)
    )
    return Kind(
        "invalid_parameter", requirement, lambda value: _is_number(value) and low <= value <= high
    )


def above_zero(high: float) -> Kind:
    """Return the kind of numbers above 0, up to ``high``."""
    return Kind(
        "invalid_parameter",
        f"a number above 0, {high:g} at most",
        lambda value: _is_number(value) and 0 < value <= high,
    )


def integer(low: int, high: int) -> Kind:
    """Return the kind of whole numbers from ``low`` to ``high``."""
    return Kind(
        "invalid_parameter",
        _between("an integer", low, high),
        lambda value: _is_number(value) and isinstance(value, int) and low <= value <= high,
    )


def _between(what: str, low: float, high: float) -> str:
    return f"{what} from {low:g} to {high:g}"


def one_of(*names: str) -> Kind:
    """Return the kind of these strings."""
    return Kind(
        "invalid_parameter",
        f"one of {', '.join(names)}",
        lambda value: isinstance(value, str) and value in names,
    )


def text_like(pattern: str, requirement: str) -> Kind:
    """Return the kind of strings that match a regular expression as a whole."""
    compiled = re.compile(pattern)
    return Kind(
        "invalid_parameter",
        requirement,
        lambda value: _is_text(value) and compiled.fullmatch(value) is not None,
    )


TEXT = Kind("not_a_string", "a string", _is_text)
NAME = Kind(
    "not_a_string", "a string that is not empty", lambda value: _is_text(value) and bool(value)
)
BOOLEAN = Kind("not_a_boolean", "true or false", lambda value: isinstance(value, bool))
OBJECT = Kind("not_a_hash", "an object", lambda value: isinstance(value, dict))
TEXTS = Kind("not_an_array_of_strings", "an array of strings", is_strings)
URL = Kind("not_an_http_url", "a valid http or https url", is_url)
WEBSOCKET_URL = text_like(r"wss://\S+", "a wss url")


def each(name: str, parameters: Collection[Parameter], value: object) -> list[Problem]:
    """Return what is wrong inside an object; attributes are written as ``name.attribute``."""
    if not isinstance(value, dict):
        return [Problem("not_a_hash", f"{name} must be an object", name)]
    return [
        msgspec.structs.replace(problem, attribute=f"{name}.{problem.attribute}")
        for problem in problems(parameters, value)
    ]
