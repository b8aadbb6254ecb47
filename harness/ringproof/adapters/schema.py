"""The published JSON Schema of the adapter protocol, made from the structs that decode it.

``python -m ringproof.adapters.schema`` writes it anew beside this file. A test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from ringproof.adapters import wire
from ringproof.adapters.protocol import PROTOCOL
from ringproof.trace import AnySutEvent

FILE = Path(__file__).parent / "adapter-protocol.schema.json"


def document() -> dict[str, Any]:
    """Return the schema: the harness sends a ``Command``, an adapter a ``Message``."""
    kinds: list[Any] = [wire.AnyCommand, wire.Probe, wire.Ok, wire.Refused, AnySutEvent]
    (commands, probe, ok, refused, events, hello), components = msgspec.json.schema_components(
        [*kinds, wire.HelloOk], ref_template="#/$defs/{name}"
    )
    definitions: dict[str, Any] = {
        "Command": {
            "description": "What the harness sends, by `op`.",
            "anyOf": [*commands["anyOf"], probe],
        },
        "Message": {
            "description": "What an adapter sends: a reply when it has `re`, else an event.",
            "if": {"type": "object", "required": ["re"]},
            "then": {"oneOf": [ok, refused]},
            "else": {"$ref": "#/$defs/Event"},
        },
        "Event": {
            "description": "What happened in the client, by `ev`.",
            "anyOf": events["anyOf"],
        },
    }
    definitions |= {name: _tidied(part) for name, part in components.items()}
    definitions["Ok"]["not"] = {"required": ["error"]}
    definitions["Refused"]["not"] = {"required": ["ok"]}
    assert hello == {"$ref": "#/$defs/HelloOk"}, "docs and adapters refer to it by this name"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"ringproof adapter protocol, version {PROTOCOL}",
        "description": _TITLE,
        "oneOf": [{"$ref": "#/$defs/Command"}, {"$ref": "#/$defs/Message"}],
        "$defs": definitions,
    }


def encoded() -> bytes:
    """Return the text of the file."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


_TITLE = (
    "One JSON object a line. The harness sends #/$defs/Command, the adapter #/$defs/Message; the "
    "`ok` of the reply to `hello` is #/$defs/HelloOk. Integers are written without a fraction. "
    "Unknown extra members are ignored, in both directions."
)


def _tidied(part: dict[str, Any]) -> dict[str, Any]:
    """Return a definition without the name that it goes by anyway, its text on one line."""
    kept = {key: value for key, value in part.items() if key != "title"}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return kept


if __name__ == "__main__":
    FILE.write_bytes(encoded())
    sys.stdout.write(f"wrote {FILE}\n")
