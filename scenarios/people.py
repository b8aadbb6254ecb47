"""Strategies for who calls: names of every sort, addresses, and what a dial says."""

from __future__ import annotations

import functools

import hypothesis.strategies as st

from scenarios.bounds import NETWORK, Bounds
from scenarios.model import AUDIO, AUDIO_VIDEO, Caller

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
)

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
"""Spelled out, so that a seed means the same under every version of Python's Unicode tables."""


@functools.cache
def names() -> st.SearchStrategy[str | None]:
    """Display names: none, placeholders, markup, real names of many scripts, any text, long."""
    # Not st.text(): that one writes a cache of character classes into the working directory.
    any_text = st.lists(st.sampled_from(ALPHABET), max_size=30).map("".join)
    return st.one_of(
        st.just("Alice"),
        st.none(),
        st.sampled_from((None, "_undef_", "")),
        st.sampled_from(SPECIAL_NAMES),
        st.deferred(lambda: st.sampled_from(_real_names())),
        st.deferred(lambda: st.sampled_from(_real_names())),
        any_text,
        st.builds(lambda text, times: text * times, any_text, st.sampled_from((20, 60))),
    )


@functools.cache
def _real_names() -> tuple[str, ...]:
    # Imported here: it takes a quarter of a second, and only generated names need it.
    from faker import Faker

    found: list[str] = []
    for locale in LOCALES:
        person = Faker(locale)
        person.seed_instance(0)
        found += [person.name() for _ in range(4)]
    return tuple(found)


@functools.cache
def delays(most_ms: int) -> st.SearchStrategy[int]:
    """Delays up to ``most_ms``, half of them so short that they collide."""
    short = tuple(delay_ms for delay_ms in (0, 0, 1, 5, 10, 20, 40) if delay_ms <= most_ms)
    return st.one_of(st.sampled_from(short), st.integers(0, most_ms))


@functools.cache
def callers(bounds: Bounds = NETWORK) -> st.SearchStrategy[Caller]:
    """Callers as they dial: who, when, to which address, offering what. No patience, no talk."""
    others = st.integers(0, 999).map("/private/user-{}".format)
    return st.builds(
        Caller,
        address=st.one_of(st.sampled_from(ADDRESSES), others),
        name=names(),
        at_ms=delays(bounds.dial_ms),
        alias=st.sampled_from((0, 0, 0, 1)),
        media=st.sampled_from((AUDIO, AUDIO, AUDIO_VIDEO)),
    )
