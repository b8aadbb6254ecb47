"""SWML documents, parsed into sections of steps."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol import json_text, yaml_text

# fmt: off
VERBS = frozenset({
    "answer", "ai", "ai_sidecar", "amazon_bedrock", "cond", "connect", "denoise", "enter_queue",
    "execute", "goto", "label", "live_transcribe", "live_translate", "hangup", "join_room",
    "join_conference", "play", "prompt", "receive_fax", "record", "record_call", "request",
    "return", "send_digits", "send_fax", "send_sms", "set", "sleep", "sip_refer", "stop_denoise",
    "stop_record_call", "stop_stream", "stop_tap", "stream", "switch", "tap", "transcribe",
    "transcribe_stop", "transfer", "unset", "pay", "detect_machine", "user_event",
})
# fmt: on
"""Every documented verb."""

VERSION = "1.0.0"
LIMIT_STEPS = 10_000


class ScriptError(Exception):
    """A document that cannot be run; ``code`` is the documented one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def wrong_value(message: str) -> ScriptError:
    """Return the error of an argument with a wrong value."""
    return ScriptError("relay_script_method_parameter_invalid_value", message)


def missing(message: str) -> ScriptError:
    """Return the error of an argument that is absent."""
    return ScriptError("relay_script_method_parameter_missing", message)


class Step(msgspec.Struct, frozen=True):
    """One verb with its arguments, normalised."""

    verb: str
    arguments: dict[str, Any] = {}


class Script(msgspec.Struct, frozen=True):
    """A parsed document."""

    main: tuple[Step, ...] = ()
    others: dict[str, tuple[Step, ...]] = {}
    """The other sections, by name."""

    def section(self, name: str) -> tuple[Step, ...] | None:
        """Return the steps of a section, or None."""
        return self.main if name == "main" else self.others.get(name)


def parse(document: object) -> Script:
    """Read an SWML document: an object, or its text as JSON or YAML. Raises ``ScriptError``.

    ``sections`` may be left out where the document is its ``main`` alone. The documented shorthands
    become full steps. Verbs and their arguments are checked when they are reached, as on the
    platform.
    """
    if isinstance(document, str | bytes):
        document = _decoded(document)
    if not isinstance(document, dict):
        raise ScriptError("not_json_or_yaml", "an SWML document is an object")
    version = document.get("version", VERSION)
    if version != VERSION:
        raise ScriptError("relay_script_version_invalid", f"version must be {VERSION!r}")
    sections = document.get("sections")
    if sections is None and "main" in document:
        sections = {"main": document["main"]}
    if sections is None:
        raise ScriptError("relay_script_sections_missing", "sections is missing")
    if not isinstance(sections, dict):
        raise ScriptError("relay_script_element_wrong_type", "sections must be an object")
    if "main" not in sections:
        raise ScriptError("relay_script_main_section_missing", "sections.main is missing")
    others = {
        str(name): steps(section, f"sections.{name}")
        for name, section in sections.items()
        if name != "main"
    }
    return Script(steps(sections["main"], "sections.main"), others)


def _decoded(text: str | bytes) -> object:
    try:
        return json_text.read(text)
    except json_text.JsonError as not_json:
        try:
            return yaml_text.read(text if isinstance(text, str) else text.decode())
        except (yaml_text.YamlError, UnicodeError) as error:
            problem = f"the text is neither JSON ({not_json}) nor YAML ({error})"
            raise ScriptError("not_json_or_yaml", problem) from error


def steps(section: object, where: str) -> tuple[Step, ...]:
    """Read a list of steps; ``where`` names it in errors. Raises ``ScriptError``."""
    if isinstance(section, dict):
        section = [section]
    if not isinstance(section, list):
        raise ScriptError("relay_script_element_wrong_type", f"{where} must be an array")
    if len(section) > LIMIT_STEPS:
        raise ScriptError("relay_script_element_invalid_value", f"more than {LIMIT_STEPS} steps")
    return tuple(_step(element, f"{where}[{number}]") for number, element in enumerate(section))


def _step(element: object, where: str) -> Step:
    if isinstance(element, str):
        return Step(element)
    if not isinstance(element, dict) or len(element) != 1:
        raise ScriptError(
            "relay_script_element_wrong_type",
            f"{where} must be an object with one key, the verb",
        )
    [(verb, arguments)] = element.items()
    return Step(str(verb), _arguments(str(verb), arguments))


def _arguments(verb: str, arguments: object) -> dict[str, Any]:
    """Normalise the documented shorthands to one object of arguments."""
    if isinstance(arguments, dict):
        return arguments
    if arguments is None:
        return {}
    if not isinstance(arguments, list) or verb == "cond":
        return {_SHORTHANDS.get(verb, "value"): arguments}
    if all(isinstance(item, dict) for item in arguments):
        return {key: value for item in arguments for key, value in item.items()}
    return {_SHORTHANDS.get(verb, "value"): arguments}


_SHORTHANDS = {
    "play": "url",
    "sleep": "duration",
    "hangup": "reason",
    "execute": "dest",
    "transfer": "dest",
    "goto": "label",
    "connect": "to",
    "send_digits": "digits",
}
"""Verb → the argument that its value alone stands for; ``value`` for any other."""
