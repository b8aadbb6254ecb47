"""The variables of a running script, and what ``${…}`` and ``%{…}`` stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringproof_fakeserver.protocol.swml.document import ScriptError
from ringproof_fakeserver.protocol.swml.expression import as_text, evaluate

LIMIT_TEXT = 64 * 1024
LIMIT_NODES = 10_000
"""Values inside one variable or argument: a few that hold each other would have any number."""
LIMIT_DEPTH = 32
LIMIT_VARIABLES = 1_000

_PLACE = re.compile(r"[$%]\{([^{}]*)\}")
_PATH = re.compile(r"\s*[A-Za-z_]\w*(?:\.\w+|\[\d{1,4}\])*\s*", re.ASCII)
_PARTS = re.compile(r"\w+", re.ASCII)
_INDEX = re.compile(r"\d{1,9}", re.ASCII)


class Scope:
    """Variables by scope. Without a scope in its path one is sought in vars, envs and call."""

    def __init__(
        self,
        call: Mapping[str, Any] | None = None,
        envs: Mapping[str, Any] | None = None,
        *,
        speech: bool = False,
        requests: bool = False,
    ) -> None:
        self.vars: dict[str, Any] = {}
        self.params: dict[str, Any] = {}
        self.call = dict(call or {})
        self.envs = dict(envs or {})
        self.speech = speech
        """Whether ``say:`` is played; else silence takes its place."""
        self.requests = requests
        """Whether ``request`` is carried out."""

    def lookup(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a path, as ``vars.order.items[0]``; None if there is none."""
        first, *rest = _PARTS.findall(path) or [""]
        scopes = {"vars": self.vars, "params": self.params, "envs": self.envs, "call": self.call}
        if first in scopes:
            return _inside(scopes[first], rest)
        for scope in (self.vars, self.envs, self.call):
            if first in scope:
                return _inside(scope[first], rest)
        return None

    def set(self, name: str, value: object) -> None:
        """Set a variable. Raises ``ScriptError`` when it is too large, or one too many."""
        if len(self.vars) >= LIMIT_VARIABLES and name not in self.vars:
            raise _too_large(f"more than {LIMIT_VARIABLES} variables")
        _weigh(value)
        self.vars[name] = value

    def filled(self, value: Any, depth: int = 0) -> Any:  # noqa: ANN401
        """Return an argument with all its places filled. Raises ``ScriptError``.

        A text that is one place alone becomes that value, of whatever type.
        """
        if depth > LIMIT_DEPTH:
            raise ScriptError("relay_script_nested_too_deep", f"more than {LIMIT_DEPTH} levels")
        match value:
            case str():
                return self._text(value)
            case dict():
                filled = {key: self.filled(inner, depth + 1) for key, inner in value.items()}
            case list():
                return [self.filled(inner, depth + 1) for inner in value]
            case _:
                return value
        _weigh(filled)
        return filled

    def _text(self, text: str) -> Any:  # noqa: ANN401
        if "{" not in text:
            return text
        whole = _PLACE.fullmatch(text)
        if whole is not None:
            value = self._value(whole[1])
            return "" if value is None else value
        length, parts, end = 0, [], 0
        for place in _PLACE.finditer(text):
            parts += [text[end : place.start()], as_text(self._value(place[1]))]
            end = place.end()
            length += len(parts[-2]) + len(parts[-1])
            if length > LIMIT_TEXT:
                raise _too_large(f"a text of more than {LIMIT_TEXT} characters")
        return "".join([*parts, text[end:]])

    def _value(self, body: str) -> Any:  # noqa: ANN401
        if _PATH.fullmatch(body):
            return self.lookup(body.strip())
        return evaluate(body, self.lookup)


def _inside(value: Any, parts: list[str]) -> Any:  # noqa: ANN401
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and _INDEX.fullmatch(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _weigh(value: object) -> None:
    """Refuse a value that holds too many others, counting each as often as it would be written."""
    waiting, nodes = [value], 0
    while waiting:
        inner = waiting.pop()
        nodes += 1 + (len(inner) // 256 if isinstance(inner, str) else 0)
        if nodes > LIMIT_NODES:
            raise _too_large(f"a value that holds more than {LIMIT_NODES} others")
        if isinstance(inner, dict):
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)


def _too_large(problem: str) -> ScriptError:
    return ScriptError("relay_script_element_invalid_value", problem)
