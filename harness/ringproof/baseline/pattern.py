"""The text of a failure as a baseline writes it: with marks for what differs from call to call.

``*`` stands for one word (an id, a number), ``**`` for any text, also none; everything else for
itself, and the pattern for the whole message. A pattern between slashes, ``/…/``, is a regular
expression that is searched for. Pure.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

MESSAGE_MAX = 4_000
"""Characters of a message that are looked at: a client may put any text into its errors."""

PATTERN_MAX = 2_000


class PatternError(ValueError):
    """The text is no pattern; the message says why."""


def fits(pattern: str, message: str) -> bool:
    """Say whether a failure's message is the one that the pattern means.

    Raises ``PatternError`` for what is no pattern; the loader has let none through.
    """
    return _compiled(pattern)(message[:MESSAGE_MAX]) is not None


def check(pattern: str) -> None:
    """Raise ``PatternError`` for a pattern that cannot be read, or that would fit everything."""
    if len(pattern) > PATTERN_MAX:
        raise PatternError(f"longer than {PATTERN_MAX} characters")
    if (
        not pattern.strip("* ")
        or fits(pattern, "")
        or all(fits(pattern, text) for text in _ANYTHING)
    ):
        raise PatternError("fits every failure, so it says nothing about this one")


_ANYTHING = ("a", "the other", "0: expected 1, 2; saw 'x'")
"""Texts that no pattern with a meaning fits all of."""


_Match = Callable[[str], re.Match[str] | None]


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> _Match:
    if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/"):
        try:
            return re.compile(pattern[1:-1], re.DOTALL).search
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"no regular expression: {error}") from error
    return _marked(pattern)


def _marked(pattern: str) -> _Match:
    """Compile a text with marks.

    What stands between two marks is looked for where it comes first, and never again further on
    (``(?>…)``): a pattern with many marks costs no more for that, whatever the message is.
    """
    first, *rest = [_words(part) for part in pattern.split("**")]
    if not rest:
        return re.compile(first).fullmatch
    *between, last = rest
    middle = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{first}{middle}.*{last}", re.DOTALL).fullmatch


def _words(part: str) -> str:
    first, *rest = [re.escape(text) for text in part.split("*")]
    if not rest:
        return first
    *between, last = rest
    middle = "".join(rf"(?>\S+?{text})" for text in between)
    return rf"{first}{middle}\S+?{last}"


# -- what differs ----------------------------------------------------------------------------

PARTICULARS = re.compile(
    r"(?P<quoted>(?<!\w)(?:'[^']*'|\"[^\"]*\")(?!\w))"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?<![A-Za-z])[A-Za-z]+-\d+\b|\b(?=[a-f]*\d)[0-9a-f]{8,}\b|\d+(?:\.\d+)?"
)
"""What may differ between two failures of one kind: quoted texts, ids and numbers."""

SPELLED_MAX = 400
"""Characters of a message that a pattern repeats; the rest is anything."""

WORDLESS = r"/\A[^,;:]+\Z/"
"""Stands for a message that is nothing but particulars, so that marks alone would be left of it."""


def split(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fixed parts of a message, and between them its particulars; ``*`` for a number.

    There is one fixed part more than there are particulars. Quoted texts stay as they are: they
    may be the very reason of the failure, and what tells it from another.
    """
    fixed, particulars, start = [], [], 0
    for found in PARTICULARS.finditer(message):
        fixed.append(message[start : found.start()])
        particulars.append(found[0] if found["quoted"] else "*")
        start = found.end()
    return (*fixed, message[start:]), tuple(particulars)


def join(fixed: tuple[str, ...], particulars: tuple[str, ...]) -> str:
    """Return the pattern of a split message; its particulars may hold marks.

    It fits every message that was split into these parts. What has to be left out, of an overlong
    or undecodable text, is a mark too.
    """
    pieces = [_unmarked(fixed[0])]
    for particular, part in zip(particulars, fixed[1:], strict=True):
        pieces += [_unmarked(particular), _unmarked(part)]
    text = "".join(pieces)
    text = re.sub(r"\*{2,}", "**", text)
    if len(text) > SPELLED_MAX:
        text = f"{text[:SPELLED_MAX].rstrip('*')}**"
    if not text.strip("* "):
        return WORDLESS
    # What looks like a regular expression has to begin with something else.
    return f"**{text[1:]}" if text.startswith("/") else text


def _unmarked(text: str) -> str:
    """Leave out what TOML cannot hold: half characters."""
    return re.sub("[\ud800-\udfff]+", "**", text)
