"""Conditions of SWML: a small part of JavaScript, read and computed here. No ``eval``.

Numbers, texts, true, false, null, paths of variables, parentheses, and the operators
``! * / % + - < <= > >= == != === !== && ||``. There are no calls, assignments or loops, so
computing ends after as many steps as the text has tokens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ringproof_fakeserver.protocol.swml.document import ScriptError

LIMIT_CHARACTERS = 1_024
LIMIT_DEPTH = 32
LIMIT_TEXT = 64 * 1024
LONGEST_INTEGER = 15
"""Digits of the integers that JavaScript knows exactly; a longer one is rounded."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^'\\]*'|\"[^\"\\]*\")"
    r"|(?P<path>[A-Za-z_]\w*(?:\.\w+|\[\d{1,4}\])*)"
    r"|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!()]))",
    re.ASCII,
)
_POWERS = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "===", "!=="), 3),
    **dict.fromkeys(("<", "<=", ">", ">="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": None}

Lookup = Callable[[str], Any]


def evaluate(text: str, lookup: Lookup) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of an expression; ``lookup`` that of a path, None if it is not set.

    Raises ``ScriptError`` (``relay_script_js_eval_error``).
    """
    if len(text) > LIMIT_CHARACTERS:
        raise _error(f"more than {LIMIT_CHARACTERS} characters")
    reader = _Reader(_tokens(text), lookup)
    value = reader.expression(0, 0)
    if reader.peek() != ("", ""):
        raise _error(f"{reader.peek()[1]!r} is unexpected")
    return value


def truth(value: object) -> bool:
    """Return whether JavaScript takes a value for true."""
    return True if isinstance(value, dict | list) else bool(value)


def _error(problem: str) -> ScriptError:
    return ScriptError("relay_script_js_eval_error", problem)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _error(f"{text[position : position + 20]!r} cannot be read")
        assert match.lastgroup is not None
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Reader:
    """Reads tokens and computes on the way; both sides of && and || are always computed."""

    def __init__(self, tokens: list[tuple[str, str]], lookup: Lookup) -> None:
        self._tokens = tokens
        self._lookup = lookup
        self._position = 0

    def peek(self) -> tuple[str, str]:
        """Return the next token; two empty texts at the end."""
        at_end = self._position >= len(self._tokens)
        return ("", "") if at_end else self._tokens[self._position]

    def expression(self, power: int, depth: int) -> Any:  # noqa: ANN401
        """Read operators that bind tighter than ``power``."""
        if depth > LIMIT_DEPTH:
            raise _error(f"more than {LIMIT_DEPTH} levels")
        left = self._operand(depth)
        while True:
            kind, sign = self.peek()
            if kind != "sign" or _POWERS.get(sign, 0) <= power:
                return left
            self._position += 1
            right = self.expression(_POWERS[sign], depth + 1)
            left = _binary(sign, left, right)

    def _operand(self, depth: int) -> Any:  # noqa: ANN401
        if depth > LIMIT_DEPTH:
            raise _error(f"more than {LIMIT_DEPTH} levels")
        kind, text = self.peek()
        self._position += 1
        match kind, text:
            case "number", _:
                is_float = "." in text or len(text) > LONGEST_INTEGER
                return float(text) if is_float else int(text)
            case "text", _:
                return text[1:-1]
            case "path", _:
                return _CONSTANTS[text] if text in _CONSTANTS else self._lookup(text)
            case "sign", "!":
                return not truth(self._operand(depth + 1))
            case "sign", "-":
                return -_number(self._operand(depth + 1))
            case "sign", "(":
                value = self.expression(0, depth + 1)
                if self.peek() != ("sign", ")"):
                    raise _error("a parenthesis is not closed")
                self._position += 1
                return value
        raise _error(f"{text!r} is unexpected" if text else "it ends too early")


def _binary(sign: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    match sign:
        case "||":
            return left if truth(left) else right
        case "&&":
            return right if truth(left) else left
        case "===" | "!==":
            same = type(left) is type(right) or (_is_number(left) and _is_number(right))
            return (same and left == right) is (sign == "===")
        case "==" | "!=":
            return _loosely_equal(left, right) is (sign == "==")
        case "+" if isinstance(left, str) or isinstance(right, str):
            joined = as_text(left) + as_text(right)
            if len(joined) > LIMIT_TEXT:
                raise _error(f"a text of more than {LIMIT_TEXT} characters")
            return joined
        case "<" | "<=" | ">" | ">=":
            if isinstance(left, str) and isinstance(right, str):
                return _compare(sign, left, right)
            return _compare(sign, _number(left), _number(right))
        case _:
            return _calculate(sign, _number(left), _number(right))


def _compare(sign: str, left: Any, right: Any) -> bool:  # noqa: ANN401
    match sign:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)


def _calculate(sign: str, left: float, right: float) -> float:
    match sign:
        case "+":
            result: float = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = left / right if right else math.nan
        case _:
            result = math.fmod(left, right) if right and math.isfinite(left) else math.nan
    is_whole = math.isfinite(result) and result == int(result) and abs(result) < 2**53
    return int(result) if is_whole else float(result)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object) -> float:
    """Return a value as JavaScript's ``Number`` does; NaN for what is none."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and len(value) <= LIMIT_CHARACTERS:
        try:
            return float(value.strip() or "0")
        except ValueError:
            return math.nan
    return math.nan


def _loosely_equal(left: object, right: object) -> bool:
    if left is None or right is None:
        return left is right
    if type(left) is type(right) or isinstance(left, dict | list) or isinstance(right, dict | list):
        return left == right
    return _number(left) == _number(right)


def as_text(value: object) -> str:
    """Return a value as it stands in a text; objects and lists have none of their own."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case dict() | list():
            return "[object]"
        case _:
            return str(value)
