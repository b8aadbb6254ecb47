"""What ``play``, ``record`` and ``collect`` ask for, read from their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringproof_fakeserver.protocol.calling.commands import (
    COLLECT_DIGITS,
    PLAY_ITEMS,
    RECORD_AUDIO,
)
from ringproof_fakeserver.protocol.errors import Problem, invalid, refusal, unprocessable
from ringproof_fakeserver.protocol.operation import Collect, Operation, Play, Record
from ringproof_fakeserver.protocol.parameters import MOST_ITEMS, each, missing

DIGIT_TIMEOUT_S = 5.0
"""Default: that of the same operation in the RELAY documentation."""
INITIAL_TIMEOUT_S = 4.0
"""The same, for the first digit."""


def read(command: str, params: Mapping[str, Any]) -> Operation:
    """Return the operation that a command starts. Raises ``RefusalError`` (422, and 400)."""
    match command:
        case "calling.play":
            return _play(params)
        case "calling.record":
            return _record(params)
        case _:
            return _collect(params)


def _play(params: Mapping[str, Any]) -> Play:
    items = params["play"]
    if not 0 < len(items) <= MOST_ITEMS:
        raise invalid("invalid_parameter", f"play must have 1 to {MOST_ITEMS} items", "play")
    problems = [problem for item in items for problem in _item_problems(item)]
    if problems:
        raise unprocessable(*problems[:20])
    urls = tuple(_url(item["type"], item["params"]) for item in items)
    return Play(
        urls, params.get("volume") or 0.0, 1 if params.get("loop") is None else params["loop"]
    )


def _item_problems(item: object) -> list[Problem]:
    if not isinstance(item, dict):
        return [Problem("must_be_array_of_objects", "play must be a list of objects", "play")]
    kind = item.get("type")
    parameters = PLAY_ITEMS.get(kind) if isinstance(kind, str) else None
    if parameters is None:
        message = f"type must be one of {', '.join(PLAY_ITEMS)}"
        return [Problem("invalid_parameter", message, "play.type")]
    return each("play.params", parameters, item.get("params"))


def _url(kind: str, params: Mapping[str, Any]) -> str:
    """Return an item as the ``play`` verb of SWML would name it."""
    match kind:
        case "audio":
            return str(params["url"])
        case "tts":
            return f"say:{params['text']}"
        case "silence":
            return f"silence:{params['duration']:.3f}"
        case _:
            # Without a duration it rings until it is stopped: no ring tone outlives a day.
            return f"ring:{params.get('duration', 86_400):.3f}:{params['name']}"


def _record(params: Mapping[str, Any]) -> Record:
    # The API description has the settings in ``record``, the server SDK for Python beside it.
    record = params.get("record", params)
    audio = record.get("audio")
    if audio is None:
        name = "record" if record is params else "record.audio"
        raise unprocessable(missing(name))
    problems = each("record.audio", RECORD_AUDIO, audio)
    if problems:
        raise unprocessable(*problems)
    terminators = audio.get("terminators")
    return Record(
        longest_ms=round((audio.get("max_length") or 0) * 1000),
        terminators="#" if terminators is None else terminators,
    )


def _collect(params: Mapping[str, Any]) -> Collect:
    digits = params.get("digits")
    if digits is None and params.get("speech") is None:
        raise refusal(400)  # documented as 400, unlike every other missing parameter
    if digits is None:
        message = "collecting speech is not simulated by this stand-in: give digits"
        raise invalid("invalid_parameter", message, "speech")
    problems = each("digits", COLLECT_DIGITS, digits)
    if problems:
        raise unprocessable(*problems)
    timeout_s = digits.get("digit_timeout")
    initial_s = params.get("initial_timeout")
    return Collect(
        most=digits["max"],
        terminators=(digits.get("terminators") or "").upper(),
        digit_timeout_ms=round((DIGIT_TIMEOUT_S if timeout_s is None else timeout_s) * 1000),
        initial_timeout_ms=round((INITIAL_TIMEOUT_S if initial_s is None else initial_s) * 1000),
        continuous=bool(params.get("continuous")),
        partial=bool(params.get("partial_results")),
        timers=params.get("start_input_timers") is not False,
    )
