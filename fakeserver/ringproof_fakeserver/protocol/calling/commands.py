"""The commands of the calling API and their parameters, in one table.

``dial`` and ``update`` have shapes that exclude each other: modules of their own read them.
"""

from __future__ import annotations

import msgspec

from ringproof_fakeserver.protocol.parameters import (
    BOOLEAN,
    NAME,
    OBJECT,
    TEXT,
    URL,
    WEBSOCKET_URL,
    Kind,
    Parameter,
    above_zero,
    integer,
    number,
    one_of,
    text_like,
)

END_REASONS = ("hangup", "cancel", "busy", "noAnswer", "decline", "error")
MOST_LOOPS = 1_000_000
LONGEST_S = 86_400
VOLUME = number(-40, 40)
"""Decibels."""
DURATION = above_zero(LONGEST_S)
"""Seconds."""

# fmt: off
RING_COUNTRIES = frozenset({
    "au", "be", "ca", "cn", "cy", "cz", "de", "dk", "dz", "eg", "es", "fi", "fr", "hu", "il", "in",
    "jp", "ko", "pk", "pl", "ro", "rs", "ru", "sa", "tr", "uk", "us", "at", "bg", "br", "ch", "cl",
    "ee", "gr", "it", "lt", "mx", "my", "nl", "no", "nz", "ph", "pt", "se", "sg", "th", "za", "tw",
    "ve", "bong",
})
# fmt: on

_LIST = Kind("must_be_array_of_objects", "a list of objects", lambda value: isinstance(value, list))
_ACTION = Kind(
    "invalid_parameter",
    "the text stop or an object with one action",
    lambda value: value == "stop" or (isinstance(value, dict) and len(value) == 1),
)
_TYPED = Kind(
    "invalid_parameter",
    "an object with a type",
    lambda value: isinstance(value, dict) and isinstance(value.get("type"), str),
)


class Command(msgspec.Struct, frozen=True):
    """One command that acts on a call. ``ringing``: also on one that nobody has answered yet."""

    parameters: tuple[Parameter, ...] = ()
    performed: bool = False
    """Whether the stand-in carries it out; else the reply says that it does not."""
    ringing: bool = False


def _p(name: str, kind: Kind) -> Parameter:
    return Parameter(name, kind)


def _required(name: str, kind: Kind) -> Parameter:
    return Parameter(name, kind, required=True)


_CONTROL = _required("control_id", NAME)
_STATUS = _p("status_url", URL)
_ON_CONTROL = Command((_CONTROL,))
_PERFORMED_ON_CONTROL = Command((_CONTROL,), performed=True)

PLAY_ITEMS: dict[str, tuple[Parameter, ...]] = {
    "audio": (_required("url", URL),),
    "tts": (
        _required("text", NAME),
        _p("language", TEXT),
        _p("gender", one_of("male", "female")),
        _p("voice", TEXT),
    ),
    "silence": (_required("duration", DURATION),),
    "ringtone": (_required("name", one_of(*sorted(RING_COUNTRIES))), _p("duration", DURATION)),
}
"""Type of an item of ``play`` → the parameters inside its ``params``."""

RECORD_AUDIO = (
    _p("beep", BOOLEAN),
    _p("format", one_of("mp3", "wav", "mp4")),
    _p("stereo", BOOLEAN),
    _p("direction", one_of("listen", "speak", "both")),
    _p("initial_timeout", number(0, LONGEST_S)),
    _p("end_silence_timeout", number(0, LONGEST_S)),
    _p("max_length", number(0, LONGEST_S)),
    _p("terminators", text_like(r"[0-9#*]*", "digits, # and *")),
    _p("input_sensitivity", number(0, 100)),
)
"""Parameters of ``record.audio``."""

COLLECT_DIGITS = (
    _required("max", integer(1, 255)),
    _p("terminators", text_like(r"[0-9#*A-Da-d]*", "digits, # and *")),
    _p("digit_timeout", number(0, LONGEST_S)),
)
"""Parameters of ``collect.digits``."""

COMMANDS: dict[str, Command] = {
    "calling.end": Command((_p("reason", one_of(*END_REASONS)),), performed=True, ringing=True),
    "calling.disconnect": Command(performed=True),
    "calling.transfer": Command(
        (
            _required(
                "dest",
                Kind(
                    "invalid_parameter",
                    "a text or an SWML object",
                    lambda value: isinstance(value, str | dict) and value != "",
                ),
            ),
        ),
        performed=True,
    ),
    "calling.play": Command(
        (
            _CONTROL,
            _required("play", _LIST),
            _p("volume", VOLUME),
            _p("direction", one_of("listen", "speak", "both")),
            _p("loop", integer(0, MOST_LOOPS)),
            _p("language", TEXT),
            _p("voice", TEXT),
            _p("gender", one_of("male", "female")),
            _STATUS,
        ),
        performed=True,
    ),
    "calling.play.pause": _PERFORMED_ON_CONTROL,
    "calling.play.resume": _PERFORMED_ON_CONTROL,
    "calling.play.stop": _PERFORMED_ON_CONTROL,
    "calling.play.volume": Command((_CONTROL, _required("volume", VOLUME)), performed=True),
    "calling.record": Command(
        (_CONTROL, _p("record", OBJECT), _p("audio", OBJECT), _STATUS),
        performed=True,
    ),
    "calling.record.pause": Command(
        (_CONTROL, _p("behavior", one_of("skip", "silence"))), performed=True
    ),
    "calling.record.resume": _PERFORMED_ON_CONTROL,
    "calling.record.stop": _PERFORMED_ON_CONTROL,
    "calling.collect": Command(
        (
            _CONTROL,
            _p("initial_timeout", number(0, LONGEST_S)),
            _p("digits", OBJECT),
            _p("speech", OBJECT),
            _p("continuous", BOOLEAN),
            _p("partial_results", BOOLEAN),
            _p("send_start_of_input", BOOLEAN),
            _p("start_input_timers", BOOLEAN),
            _STATUS,
        ),
        performed=True,
    ),
    "calling.collect.stop": _PERFORMED_ON_CONTROL,
    "calling.collect.start_input_timers": _PERFORMED_ON_CONTROL,
    "calling.detect": Command(
        (_CONTROL, _required("detect", _TYPED), _p("timeout", number(0, LONGEST_S)), _STATUS)
    ),
    "calling.detect.stop": _ON_CONTROL,
    "calling.tap": Command(
        (_CONTROL, _required("tap", _TYPED), _required("device", _TYPED), _STATUS)
    ),
    "calling.tap.stop": _ON_CONTROL,
    "calling.transcribe": Command((_CONTROL, _STATUS)),
    "calling.transcribe.stop": _ON_CONTROL,
    "calling.stream": Command(
        (
            _CONTROL,
            _required("url", WEBSOCKET_URL),
            _p("name", TEXT),
            _p("codec", TEXT),
            _p("track", one_of("inbound_track", "outbound_track", "both_tracks")),
            _p("authorization_bearer_token", TEXT),
            _p("custom_parameters", OBJECT),
            _STATUS,
            _p("status_url_method", one_of("GET", "POST")),
        )
    ),
    "calling.stream.stop": _ON_CONTROL,
    "calling.denoise": Command(),
    "calling.denoise.stop": Command(),
    "calling.live_transcribe": Command((_required("action", _ACTION),)),
    "calling.live_translate": Command((_required("action", _ACTION), _STATUS)),
    "calling.ai_hold": Command(
        (_p("timeout", text_like(r"[0-9]{1,9}", "a number as a text")), _p("prompt", TEXT))
    ),
    "calling.ai_unhold": Command((_p("prompt", TEXT),)),
    "calling.ai_message": Command(
        (
            _p("role", one_of("system", "user", "assistant")),
            _p("message_text", TEXT),
            _p("reset", OBJECT),
            _p("global_data", OBJECT),
        )
    ),
    "calling.ai.stop": Command((_p("control_id", TEXT),)),
    "calling.ai_sidecar": Command(),
    "calling.ai_sidecar.poke": Command((_required("text", NAME),)),
    "calling.ai_sidecar.ask": Command((_required("text", NAME),)),
    "calling.ai_sidecar.stop": Command(),
    "calling.ai_sidecar.status": Command(),
    "calling.send_fax.stop": _ON_CONTROL,
    "calling.receive_fax.stop": _ON_CONTROL,
    "calling.refer": Command((_required("device", _TYPED), _STATUS)),
    "calling.user_event": Command((_required("event", OBJECT),), performed=True),
}
"""Every documented command but ``dial`` and ``update``. "Not performed" has its row in
``fidelity.toml``."""

NOT_PERFORMED = tuple(name for name, command in COMMANDS.items() if not command.performed)
