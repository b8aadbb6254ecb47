"""YAML texts that anybody may have written, read within bounds. Pure.

The parser behind ``yaml`` recurses in C while it builds values: 100,000 nested lists end the whole
process. So the events of a text, which need no recursion, are counted before any value is built.
"""

from __future__ import annotations

import functools
import math

from ringproof_fakeserver.protocol.json_text import INTEGERS

LIMIT_DEPTH = 64
LIMIT_NODES = 100_000

_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")
)


class YamlError(ValueError):
    """The text is no YAML document, or goes beyond the bounds; the message says which."""


def read(text: str) -> object:
    """Return the value of a YAML 1.1 document, built of JSON's types; dates stay strings.

    Keys are texts, as in JSON; integers beyond 64 bits become floats, as in JavaScript. Aliases
    and tags beyond JSON's types are refused: a few aliases expand to any size. Raises
    ``YamlError``.
    """
    import yaml  # late: most scripts are JSON objects

    try:
        _check(text)
        return _as_json(yaml.load(text, _loader()))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise YamlError(" ".join(str(error).split())) from error


def _check(text: str) -> None:
    import yaml

    depth = nodes = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise YamlError("aliases are not understood here: write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _TAGS:
            raise YamlError(f"the tag {tag[:80]!r} is not understood here")
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > LIMIT_DEPTH or nodes > LIMIT_NODES:
            limits = f"{LIMIT_DEPTH} levels or {LIMIT_NODES} values"
            raise YamlError(f"the document has more than {limits}")


def _as_json(value: object) -> object:
    """Return a value with texts as keys, and integers that can be written as JSON."""
    match value:
        case dict():
            return {_key(key): _as_json(inner) for key, inner in value.items()}
        case list():
            return [_as_json(inner) for inner in value]
        case int() if value not in INTEGERS:
            try:
                return float(value)
            except OverflowError:
                return math.inf if value > 0 else -math.inf
        case _:
            return value


def _key(key: object) -> str:
    """Return a key as a JSON text has it: 1 is the key of one, true that of ``yes``."""
    match _as_json(key):
        case bool(given):
            return "true" if given else "false"
        case None:
            return "null"
        case given:
            return str(given)


@functools.cache
def _loader() -> type:
    """Return the safe loader without dates, which JSON does not have."""
    import yaml

    class Loader(yaml.CSafeLoader):  # type: ignore[misc] # it has no annotations
        yaml_implicit_resolvers = {  # noqa: RUF012 (so it is in the base class)
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
            for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader
