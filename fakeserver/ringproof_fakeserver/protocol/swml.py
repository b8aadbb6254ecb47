"""SWML: documents parsed into steps, and the run of one document on a caller's leg. Pure.

Only what the guide's dial needs is run: ``answer``, ``play``, ``sleep``, ``hangup``. Any other
verb ends the script with the documented code for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
"""Every documented verb (rest.md 5.1)."""

VERSION = "1.0.0"
LIMIT_STEPS = 10_000
LIMIT_SLEEP_MS = 2**31 - 1
SPEECH_MS_PER_CHARACTER = 60
"""Silence played for each character of ``say:`` (about 1,000 characters a minute)."""
RING_MS = 2_000
"""Silence played for one ring."""


class ScriptError(Exception):
    """A document that cannot be run; ``code`` is the documented one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def _invalid(message: str) -> ScriptError:
    return ScriptError("relay_script_method_parameter_invalid_value", message)


class Step(msgspec.Struct, frozen=True):
    """One verb with its arguments, normalised."""

    verb: str
    arguments: dict[str, Any] = {}


class Script(msgspec.Struct, frozen=True):
    """A parsed document."""

    main: tuple[Step, ...] = ()


class Play(msgspec.Struct, frozen=True):
    """Play these URLs, then ask for the next cue."""

    urls: tuple[str, ...]


class Wait(msgspec.Struct, frozen=True):
    """Wait, then ask for the next cue; ``delay_ms`` None waits until the call ends."""

    verb: str
    delay_ms: int | None
    note: str = ""


class Finish(msgspec.Struct, frozen=True):
    """Hang up: the script is over; ``note`` is the error that ended it, if one did."""

    verb: str
    reason: str
    note: str = ""


Cue = Play | Wait | Finish


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
    return Script(_steps(sections["main"]))


def _decoded(text: str | bytes) -> object:
    try:
        return json_text.read(text)
    except json_text.JsonError as not_json:
        try:
            return yaml_text.read(text if isinstance(text, str) else text.decode())
        except (yaml_text.YamlError, UnicodeError) as error:
            problem = f"the text is neither JSON ({not_json}) nor YAML ({error})"
            raise ScriptError("not_json_or_yaml", problem) from error


def _steps(main: object) -> tuple[Step, ...]:
    if isinstance(main, dict):
        main = [main]
    if not isinstance(main, list):
        raise ScriptError("relay_script_element_wrong_type", "sections.main must be an array")
    if len(main) > LIMIT_STEPS:
        raise ScriptError("relay_script_element_invalid_value", f"more than {LIMIT_STEPS} steps")
    return tuple(_step(element, number) for number, element in enumerate(main))


def _step(element: object, number: int) -> Step:
    if isinstance(element, str):
        return Step(element)
    if not isinstance(element, dict) or len(element) != 1:
        raise ScriptError(
            "relay_script_element_wrong_type",
            f"sections.main[{number}] must be an object with one key, the verb",
        )
    [(verb, arguments)] = element.items()
    return Step(str(verb), _arguments(str(verb), arguments))


def _arguments(verb: str, arguments: object) -> dict[str, Any]:
    """Normalise the shorthands of rest.md 5.1 to one object of arguments."""
    if isinstance(arguments, dict):
        return arguments
    if arguments is None:
        return {}
    if isinstance(arguments, list) and all(isinstance(item, dict) for item in arguments):
        return {key: value for item in arguments for key, value in item.items()}
    name = {"play": "url", "sleep": "duration", "hangup": "reason"}.get(verb, "value")
    return {name: arguments}


def run(script: Script) -> Iterator[Cue]:
    """Yield what to do; ask for the next cue once one was performed, until a ``Finish``."""
    for step in script.main:
        try:
            yield from _cues(step)
        except ScriptError as error:
            yield Finish(step.verb, "error", str(error))
            return
    yield Finish("", "hangup")


def _cues(step: Step) -> list[Cue]:
    match step.verb:
        case "answer":
            return []  # The leg was answered before the script began.
        case "play":
            return _play(step.arguments)
        case "sleep":
            return [_sleep(step.arguments)]
        case "hangup":
            reason = step.arguments.get("reason", "hangup")
            if reason not in ("hangup", "busy", "decline"):
                raise _invalid(f"hangup.reason: hangup, busy or decline, not {_short(reason)}")
            return [Finish("hangup", reason)]
        case verb if verb in VERBS:
            raise ScriptError("relay_script_method_execute_failed", f"{verb} is not run here")
        case verb:
            raise ScriptError("relay_script_method_undefined", f"{verb} is no verb")


def _play(arguments: dict[str, Any]) -> list[Cue]:
    if ("url" in arguments) == ("urls" in arguments):
        problem = "play takes either url or urls"
        if "url" in arguments:
            raise ScriptError("relay_script_method_parameter_conflict", problem)
        raise ScriptError("relay_script_method_parameter_missing", problem)
    urls = [arguments["url"]] if "url" in arguments else arguments["urls"]
    if not isinstance(urls, list) or not urls:
        raise _invalid("play.urls: a list")
    cues: list[Cue] = []
    for url in urls:
        cue = _sound(url)
        if isinstance(cue, Play) and cues and isinstance(cues[-1], Play):
            cues[-1] = Play((*cues[-1].urls, *cue.urls))
        else:
            cues.append(cue)
    return cues


def _sound(url: object) -> Play | Wait:
    """Read one URL of ``play`` (rest.md 5.3)."""
    if isinstance(url, str):
        scheme, _, rest = url.partition(":")
        rest = rest.removeprefix(" ")
        if scheme in ("http", "https") and rest.startswith("//"):
            return Play((url,))
        if scheme == "silence":
            return Wait("play", _milliseconds(rest, url))
        if scheme == "say":
            return Wait("play", len(rest) * SPEECH_MS_PER_CHARACTER, f"silence instead of {url}")
        if scheme == "ring":
            seconds, _, country = rest.rpartition(":")
            country = country.removeprefix(" ")
            if len(country) == 2 and country.isascii() and country.isalpha():
                delay_ms = _milliseconds(seconds.strip(), url) if seconds else RING_MS
                return Wait("play", delay_ms, f"silence instead of {url}")
    raise _invalid(f"play.url: http(s)://, silence:, say: or ring:, not {_short(url)}")


def _milliseconds(seconds: str, url: str) -> int:
    if len(seconds) > 9 or not re.fullmatch(r"\d+\.?\d*|\.\d+", seconds, re.ASCII):
        raise _invalid(f"play.url: {_short(url)}")
    return round(float(seconds) * 1000)


def _sleep(arguments: dict[str, Any]) -> Wait:
    duration = arguments.get("duration")
    if duration is None:
        raise ScriptError("relay_script_method_parameter_missing", "sleep.duration is missing")
    if isinstance(duration, bool) or not isinstance(duration, int):
        duration = -2
    if not -1 <= duration <= LIMIT_SLEEP_MS:
        raise _invalid("sleep.duration: milliseconds, or -1 for ever")
    return Wait("sleep", None if duration == -1 else duration)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
