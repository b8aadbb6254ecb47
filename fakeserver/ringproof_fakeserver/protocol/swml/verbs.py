"""Arguments of single verbs, read once their places are filled."""

from __future__ import annotations

import re
from typing import Any

from ringproof_fakeserver.protocol import operation, redaction
from ringproof_fakeserver.protocol.swml.cues import (
    Connect,
    Cue,
    Finish,
    Play,
    Record,
    Request,
    Target,
    Wait,
)
from ringproof_fakeserver.protocol.swml.document import ScriptError, missing, wrong_value

LIMIT_SLEEP_MS = 2**31 - 1
LIMIT_URLS = 1_000
LIMIT_TARGETS = 100
SPEECH_MS_PER_CHARACTER = 60
"""Silence played for each character of ``say:`` (about 1,000 characters a minute)."""
RING_MS = 2_000
"""How long one ring lasts."""
CONNECT_S = 60

Arguments = dict[str, Any]


def hangup(arguments: Arguments) -> Finish:
    """Read ``hangup``."""
    reason = arguments.get("reason", "hangup")
    if reason not in ("hangup", "busy", "decline"):
        raise wrong_value(f"hangup.reason: hangup, busy or decline, not {short(reason)}")
    return Finish("hangup", reason)


def sleep(arguments: Arguments) -> Wait:
    """Read ``sleep``."""
    duration = arguments.get("duration")
    if duration is None:
        raise missing("sleep.duration is missing")
    if isinstance(duration, bool) or not isinstance(duration, int):
        duration = -2
    if not -1 <= duration <= LIMIT_SLEEP_MS:
        raise wrong_value("sleep.duration: milliseconds, or -1 for ever")
    return Wait("sleep", None if duration == -1 else duration)


def play(arguments: Arguments, speech: bool) -> list[Cue]:
    """Read ``play``; files in a row are one playback."""
    if ("url" in arguments) == ("urls" in arguments):
        problem = "play takes either url or urls"
        if "url" in arguments:
            raise ScriptError("relay_script_method_parameter_conflict", problem)
        raise missing(problem)
    urls = [arguments["url"]] if "url" in arguments else arguments["urls"]
    if not isinstance(urls, list) or not urls:
        raise wrong_value("play.urls: a list")
    if len(urls) > LIMIT_URLS:
        raise wrong_value(f"play.urls: no more than {LIMIT_URLS}")
    volume_db = number(arguments, "volume", -40, 40, 0)
    cues: list[Cue] = []
    files: list[str] = []
    for url in urls:
        cue = _sound(url, speech)
        if isinstance(cue, str):
            files.append(cue)
            continue
        if files:
            cues.append(Play(tuple(files), volume_db))
            files = []
        cues.append(cue)
    return [*cues, Play(tuple(files), volume_db)] if files else cues


def _sound(url: object, speech: bool) -> str | Wait:
    """Read one URL of ``play``: what is played to its end, or a tone and its time."""
    if isinstance(url, str):
        scheme, _, rest = url.partition(":")
        rest = rest.removeprefix(" ")
        if scheme in ("http", "https") and rest.startswith("//"):
            return url
        if scheme == "silence":
            delay_ms = _milliseconds(rest, url)
            return Wait("play", delay_ms, sound=f"silence:{delay_ms / 1000:.3f}")
        if scheme == "say":
            if speech:
                return f"say:{rest}"
            return Wait("play", len(rest) * SPEECH_MS_PER_CHARACTER, f"silence instead of {url}")
        if scheme == "ring":
            seconds, _, country = rest.rpartition(":")
            country = country.removeprefix(" ")
            if len(country) == 2 and country.isascii() and country.isalpha():
                delay_ms = _milliseconds(seconds.strip(), url) if seconds else RING_MS
                sound = f"ring:{delay_ms / 1000:.3f}:{country.lower()}"
                return Wait("play", delay_ms, f"{url} for {delay_ms} ms", sound)
    raise wrong_value(f"play.url: http(s)://, silence:, say: or ring:, not {short(url)}")


def _milliseconds(seconds: str, url: str) -> int:
    if len(seconds) > 9 or not re.fullmatch(r"\d+\.?\d*|\.\d+", seconds, re.ASCII):
        raise wrong_value(f"play.url: {short(url)}")
    return round(float(seconds) * 1000)


def digits(arguments: Arguments) -> str:
    """Read ``send_digits``."""
    text = arguments.get("digits")
    if text is None:
        raise missing("send_digits.digits is missing")
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not re.fullmatch(r"[0-9A-Da-d*#wW]{1,1000}", text):
        raise wrong_value("send_digits.digits: 0-9, A-D, *, #, w and W")
    return text


def record_call(arguments: Arguments, control: str) -> Record:
    """Read ``record_call``; ``control`` is the id where the script gives none."""
    terminators = arguments.get("terminators", "")
    if not isinstance(terminators, str) or not re.fullmatch(r"[0-9#*]*", terminators):
        raise wrong_value("record_call.terminators: digits, # and *")
    longest_s = number(arguments, "max_length", 0, 86_400, 0)
    return Record(
        text(arguments, "control_id", control),
        operation.Record(round(longest_s * 1000), terminators),
        url(arguments, "status_url"),
    )


def request(arguments: Arguments) -> Request:
    """Read ``request``."""
    address, method = url(arguments, "url"), arguments.get("method")
    if address is None or method is None:
        raise missing("request needs url and method")
    if method not in ("GET", "POST", "PUT", "DELETE"):
        raise wrong_value("request.method: GET, POST, PUT or DELETE")
    headers = arguments.get("headers", {})
    if not isinstance(headers, dict) or len(headers) > 64:
        raise wrong_value("request.headers: an object")
    named = {
        str(name): str(value)
        for name, value in headers.items()
        if re.fullmatch(r"[\w-]{1,128}", name, re.ASCII) and re.fullmatch(r"[ -~]*", str(value))
    }
    if len(named) < len(headers):
        raise wrong_value("request.headers: names and values of plain text")
    return Request(address, method, named, arguments.get("body"))


def connect(arguments: Arguments) -> Connect:
    """Read ``connect``: one ``to``, or ``serial``, ``parallel`` or ``serial_parallel`` lists."""
    ways = [way for way in ("to", "serial", "parallel", "serial_parallel") if way in arguments]
    if len(ways) != 1:
        problem = "connect takes one of to, serial, parallel and serial_parallel"
        if ways:
            raise ScriptError("relay_script_method_parameter_conflict", problem)
        raise missing(problem)
    value = arguments[ways[0]]
    match ways[0]:
        case "to":
            groups = [[{"to": value}]]
        case "serial":
            groups = [[each] for each in _list(value, "connect.serial")]
        case "parallel":
            groups = [_list(value, "connect.parallel")]
        case _:
            groups = [
                _list(each, "connect.serial_parallel")
                for each in _list(value, "connect.serial_parallel")
            ]
    if sum(map(len, groups)) > LIMIT_TARGETS:
        raise wrong_value(f"connect: no more than {LIMIT_TARGETS} targets")
    return Connect(tuple(tuple(_target(each, arguments) for each in group) for group in groups))


def is_destination(value: object) -> bool:
    """Whether a text can be an address, a SIP URI or a number that a leg is connected to."""
    if not isinstance(value, str):
        return False
    return value.startswith(("/", "+")) or value.lower().startswith(("sip:", "sips:"))


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise wrong_value(f"{name}: a list")
    return value


def _target(target: object, shared: Arguments) -> Target:
    """Read one target; what it does not say, the verb may say for all."""
    if not isinstance(target, dict) or not isinstance(target.get("to"), str) or not target["to"]:
        raise wrong_value("connect.to: an address")
    both = {**shared, **target}
    timeout_s = number(both, "timeout", 1, 600, CONNECT_S)
    return Target(
        target["to"],
        text(both, "from", None),
        text(both, "from_name", None),
        round(timeout_s * 1000),
        url(both, "call_state_url"),
        _events(both.get("call_state_events")),
    )


def _events(names: object) -> tuple[str, ...]:
    """Read ``call_state_events``; unknown names are ignored, as in a dial."""
    if names is None:
        return ("ended",)
    if not isinstance(names, list) or len(names) > 100:
        raise wrong_value("connect.call_state_events: a list")
    return tuple(name for name in ("created", "ringing", "answered", "ended") if name in names)


def number(arguments: Arguments, name: str, low: float, high: float, default: float) -> float:
    """Read an optional number."""
    value = arguments.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise wrong_value(f"{name}: a number from {low:g} to {high:g}, not {short(value)}")
    return value  # type: ignore[no-any-return]  # checked above


def text(arguments: Arguments, name: str, default: Any) -> Any:  # noqa: ANN401 - str, or the default
    """Read an optional text."""
    value = arguments.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise wrong_value(f"{name}: a text, not {short(value)}")
    return value


def url(arguments: Arguments, name: str) -> str | None:
    """Read an optional HTTP URL."""
    value: str | None = text(arguments, name, None)
    if value is not None and not value.startswith(("http://", "https://")):
        raise wrong_value(f"{name}: an http or https URL, not {short(value)}")
    return value


def short(value: object) -> str:
    """Return a value as errors show it."""
    shown = redaction.without_credentials(repr(value))
    return shown if len(shown) <= 80 else shown[:79] + "…"
