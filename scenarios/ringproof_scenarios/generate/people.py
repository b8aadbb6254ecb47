"""Callers: names of every kind, addresses, and what they offer."""

from __future__ import annotations

import functools

from ringproof_scenarios import origins
from ringproof_scenarios.generate.bounds import Bounds
from ringproof_scenarios.generate.dice import Dice, delay_ms
from ringproof_scenarios.model import AUDIO, AUDIO_VIDEO, Caller
from ringproof_scenarios.origins import Origin

LOCALES = ("ar_AA", "de_DE", "el_GR", "fr_FR", "he_IL", "hi_IN", "ja_JP", "ko_KR", "ru_RU", "zh_CN")

SPECIAL_NAMES = (
    "",
    " ",
    "_undef_",
    "_UNDEF_",
    "undefined",
    "null",
    "0",
    "<script>alert(1)</script>",
    "Tom & Jerry <tj@example.com>",
    'say "hi"\\n',
    "אבגד hello",
    "\u202egnihtemos",
    "👨‍👩‍👧‍👦",
    "e\u0301",
    "line\none",
)

ADDRESSES = (
    "/private/alice",
    "/private/alice",
    "/private/bob",
    "/private/carol",
    "/public/reception",
    "+15551234567",
    "sip:dave@sip.example.com",
    *[""] * 7,
)
"""In place of an empty one, one of a thousand others is drawn."""

TEXT_MAX = 30
"""Characters of a drawn text, before it is repeated."""

_BLOCKS = (
    (0x20, 0x7E),  # ASCII
    (0xA1, 0x17F),  # Latin with diacritics
    (0x300, 0x30F),  # combining accents
    (0x3B1, 0x3C9),  # Greek
    (0x410, 0x44F),  # Cyrillic
    (0x5D0, 0x5EA),  # Hebrew
    (0x620, 0x64A),  # Arabic
    (0x904, 0x939),  # Devanagari
    (0x200B, 0x200F),  # joiners and direction marks
    (0x3041, 0x3096),  # Hiragana
    (0x4E00, 0x4E40),  # Han
    (0x1F600, 0x1F64F),  # emoji, outside the basic plane
)
ALPHABET = "".join(chr(code) for first, last in _BLOCKS for code in range(first, last + 1))
"""Listed, so that a seed means the same under every version of Python's Unicode tables."""


def name(dice: Dice) -> str | None:
    """Draw a display name: none, placeholder, markup, a real one of any script, any text, long."""
    match dice.pick(_NAME_KINDS):
        case "plain":
            return "Alice"
        case "none":
            return dice.pick((None, None, "_undef_", ""))
        case "special":
            return dice.pick(SPECIAL_NAMES)
        case "real":
            return dice.pick(_real_names())
        case "text":
            return _text(dice)
        case _:
            return _text(dice) * dice.pick((20, 60))


_NAME_KINDS = ("plain", "none", "none", "special", "real", "real", "text", "long")


def _text(dice: Dice) -> str:
    return "".join([dice.pick(ALPHABET) for _ in range(dice.between(0, TEXT_MAX))])


@functools.cache
def _real_names() -> tuple[str, ...]:
    # Imported here: it takes a quarter of a second, and only generated names need it.
    from faker import Faker

    names: list[str] = []
    for locale in LOCALES:
        person = Faker(locale)
        person.seed_instance(0)
        names += [person.name() for _ in range(4)]
    return tuple(names)


def caller(
    dice: Dice, bounds: Bounds, *, patience_ms: int | None = None, talk_ms: int | None = None
) -> Caller:
    """Draw a caller: address, name, time of the dial, address dialled, media offered."""
    address = dice.pick(ADDRESSES)
    address = address or f"/private/user-{dice.between(0, 999)}"
    called, origin = name(dice), dice.pick(_ORIGINS)
    if origin == "browser":
        address, called = f"/private/user-{dice.between(0, 999)}", called or "Alice"
    elif origin == "pstn":
        address = f"+1555{dice.between(0, 9_999_999):07}"
    elif origin == "sip":
        address, called = f"softphone-{dice.between(0, 999)}", origins.sayable(called)
    return Caller(
        address=address,
        name=called,
        origin=origin,
        at_ms=delay_ms(dice, bounds.dial_ms),
        alias=dice.pick(_ALIASES),
        media=AUDIO if origin == "sip" else dice.pick(_MEDIA),
        patience_ms=patience_ms,
        talk_ms=talk_ms,
    )


_ORIGINS: tuple[Origin, ...] = (*("rest",) * 6, "browser", "pstn", "sip")
_ALIASES = (0, 0, 0, 1)
_MEDIA = (AUDIO, AUDIO, AUDIO_VIDEO)
