"""The published schema and the structs that decode messages allow the same, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringproof.adapters import manifest as manifests
from ringproof.adapters import schema, wire
from ringproof.adapters.protocol import Command

DOCUMENT = json.loads(schema.FILE.read_bytes())
DEFINITIONS: dict[str, Any] = DOCUMENT["$defs"]

# A float without a fraction is an integer to JSON Schema and none to us: the document says so.
STRICT = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=STRICT)

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-9.5, max_value=9.5).filter(
        lambda number: not number.is_integer()
    ),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just({"code": "x-1"}),
)

CODES = ["unsupported", "timeout", "x-mine"]
PATTERNS = {r"^probe\.": st.just("probe.1"), "^(unsupp": st.sampled_from(CODES)}


def accepted(name: str, message: object) -> bool:
    validator = Validator({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS})
    return bool(validator.is_valid(message))


def valid(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Make values that a part of the schema allows, after the few keywords that it uses."""
    if "$ref" in part:
        return valid(DEFINITIONS[part["$ref"].rpartition("/")[2]])
    if "anyOf" in part:
        return st.one_of([valid(choice) for choice in part["anyOf"]])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if "pattern" in part:
        return next(made for start, made in PATTERNS.items() if part["pattern"].startswith(start))
    match part.get("type"):
        case "object":
            return members(part)
        case "array":
            return st.lists(valid(part["items"]), max_size=2)
        case "string":
            return st.text(min_size=part.get("minLength", 0), max_size=9)
        case "integer":
            return st.integers(part.get("minimum", -(2**40)), 2**40)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    assert part == {}, f"a keyword that this test does not know: {part}"
    return JUNK


def members(part: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    made = {key: valid(value) for key, value in part.get("properties", {}).items()}
    required = {key: made.pop(key) for key in part.get("required", ())}
    return st.fixed_dictionaries(required, optional=made)


@st.composite
def spoilt(draw: st.DrawFn, part: dict[str, Any]) -> object:
    """Make a valid message and then change, take away or add a member, on any level."""
    message = draw(valid(part))
    place = message
    while True:
        deeper = [value for value in place.values() if isinstance(value, dict) and value]
        if not deeper or draw(st.booleans()):
            break
        place = deeper[0]
    key = draw(st.sampled_from([*place, "re", "ok", "error", "ev", "more"]))
    if key in place and draw(st.booleans()):
        del place[key]
    else:
        place[key] = draw(JUNK)
    return message


def either(*names: str) -> st.SearchStrategy[Any]:
    parts = [DEFINITIONS[name] for name in names]
    return st.one_of([st.one_of(valid(part), spoilt(part)) for part in parts])


def decodes(message: object) -> bool:
    try:
        wire.decode(json.dumps(message))
    except msgspec.DecodeError:
        return False
    return True


def test_file_is_fresh():
    assert schema.FILE.read_bytes() == schema.encoded(), "run python -m ringproof.adapters.schema"
    jsonschema.Draft202012Validator.check_schema(DOCUMENT)


@given(st.one_of(either("Ok", "Refused", "Event"), JUNK))
@example({"re": "1", "ok": {}, "error": {"code": "x-1"}})
@example({"re": "1", "ok": {}, "error": 5})
@example({"re": "1", "ev": "log", "s": "s", "n": 0, "level": "", "text": ""})
@example({"re": None, "ok": {}})
def test_what_an_adapter_may_say_is_what_is_decoded(message: object):
    assert accepted("Message", message) is decodes(message)


@given(either("HelloOk"))
def test_a_greeting_is_taken_when_the_schema_allows_it(message: object):
    try:
        msgspec.convert(message, wire.HelloOk)
    except msgspec.ValidationError:
        assert not accepted("HelloOk", message)
    else:
        assert accepted("HelloOk", message)


@given(either(*[kind.__name__ for kind in wire.COMMANDS.values()]))
def test_commands_are_checked_by_the_same_schema(message: dict[str, Any]):
    try:
        msgspec.convert(message, wire.AnyCommand)
    except msgspec.ValidationError:
        assert not accepted("Command", message) or str(message.get("op")).startswith("probe.")
    else:
        assert accepted("Command", message)


COMPLETE: dict[str, Any] = {
    "s": "s",
    "of": "earlier",
    "c": "c",
    "token": "t",
    "what": "status",
    "ms": 1,
    "to": "/private/alice",
    "destination": "/private/bob",
    "media": {"audio": True},
    "devices": {"microphone": 1},
}


@pytest.mark.parametrize("op", [*wire.COMMANDS, "probe.1"])
def test_every_command_that_is_sent_fits_the_schema(op: str):
    line = wire.encode(Command(id="1", op=op, **COMPLETE))
    sent = json.loads(line)
    assert accepted("Command", sent), sent
    assert sent["op"] == op
    kind = DEFINITIONS[wire.COMMANDS.get(op, wire.Probe).__name__]
    assert sent.keys() == kind["properties"].keys(), "nothing is sent that is not described"


@pytest.mark.parametrize(
    ("command", "blame"),
    [
        (Command(id="1", op="dance"), "wrong dance: Expected `str` matching"),
        (Command(id="1", op="sync"), r"wrong sync: Expected `str` of length >= 1 - at `\$.s`"),
        (Command(id="1", op="call.answer", s="s"), r"at `\$.c`"),
        (Command(id="1", op="observe", s="s", c="c", what="mood"), "Invalid enum value 'mood'"),
        (Command(id="1", op="session.open", s="s"), r"at `\$.token`"),
        (Command(id="1", op="bye", deadline_ms=0), ">= 1"),
    ],
)
def test_a_wrong_command_is_our_own_fault_and_never_sent(command: Command, blame: str):
    with pytest.raises(wire.WrongCommand, match=blame):
        wire.encode(command)


def test_media_that_is_not_chosen_is_not_mentioned():
    silent = json.loads(wire.encode(Command(id="1", op="call.answer", s="s", c="c")))
    assert "media" not in silent
    chosen = Command(id="1", op="call.answer", s="s", c="c", media={})
    assert json.loads(wire.encode(chosen))["media"] == {}


def test_hello_offers_our_version_and_says_who_asks():
    hello = json.loads(wire.encode(Command(id="1", op="hello")))
    assert hello["protocols"] == [1]
    assert hello["harness"].startswith("ringproof ")


PAGE = (Path(__file__).parents[3] / "docs/adapter-protocol.md").read_text()


def said(arrow: str) -> list[dict[str, Any]]:
    """Return the messages of the page's transcript that go one way."""
    transcript = PAGE.split("```")[3]
    lines = re.sub(r"\n {5}(?=\S)", "", transcript).splitlines()
    return [json.loads(line[1:]) for line in lines if line.startswith(arrow)]


def test_transcript_of_the_page_fits_the_schema():
    commands, messages = said("→"), said("←")
    assert len(commands) == 7
    for command in commands:
        assert accepted("Command", command), command
    for message in messages:
        assert accepted("Message", message), message
    assert accepted("HelloOk", messages[0]["ok"])
    numbers = [message["n"] for message in messages if "n" in message]
    assert numbers == list(range(len(numbers)))


def test_page_names_everything_there_is():
    events = [one["properties"]["ev"]["enum"][0] for one in DEFINITIONS.values() if is_event(one)]
    codes = DEFINITIONS["Wrong"]["properties"]["code"]["pattern"].strip("^$()").split("|")
    features = DEFINITIONS["Caps"]["properties"]
    lacks = features["lacks"]["items"]["enum"]
    for word in [*wire.COMMANDS, *events, *codes[:-1], *features, *lacks]:
        assert f"`{word}`" in PAGE or f"`caps.{word}`" in PAGE, word
    for name, one in DEFINITIONS.items():
        if is_event(one) or name in {kind.__name__ for kind in wire.COMMANDS.values()}:
            for member in one["properties"]:
                assert f"`{member}" in PAGE, f"{name}.{member}"


def is_event(part: dict[str, Any]) -> bool:
    return "ev" in part.get("properties", {})


def test_manifest_of_the_page_is_one(tmp_path: Path):
    path = tmp_path / "adapter.toml"
    path.write_text(PAGE.split("```toml")[1].split("```")[0])
    assert manifests.load(path).skip[0].clause == "status/late-subscriber"
