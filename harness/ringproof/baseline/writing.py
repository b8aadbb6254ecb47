"""Writes entries, ready to paste: valid TOML that loads again and matches its failures.

Pure. Texts of a client may contain anything, so all but plain characters are escaped.
"""

from __future__ import annotations

import glob
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

from ringproof.baseline.kinds import FailureKind, kind_of
from ringproof.baseline.names import Named, identity
from ringproof.verdict import Failure, Verdict

REASON_MAX = 200
"""Characters of a failure's message that are the reason, until somebody writes a better one."""

ARG_MAX = 400
"""Characters of a particular that are written; ``*`` matches the rest."""


class _First(Protocol):
    @property
    def failure(self) -> Failure: ...


class _Failed(Protocol):
    """A ``ClauseVerdict`` of a run's last event, as far as it is needed here."""

    @property
    def id(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def variants(self) -> Sequence[str]: ...
    @property
    def kinds(self) -> Sequence[FailureKind]: ...
    @property
    def kinds_left_out(self) -> int: ...
    @property
    def first_failure(self) -> _First | None: ...


def entry(verdict: _Failed, sut: str, info: Named | None = None) -> str:
    """Return the entries that excuse a clause's failures as they were in this run, in TOML.

    One ``[[known]]`` for each kind of failure that no entry describes yet; empty for a clause that
    does not fail, or whose failures are all known. ``sut`` is the value of ``--sut``. With
    ``info``, the SUT's own description, the entry applies to that version only.
    """
    if verdict.verdict not in (Verdict.FAIL, Verdict.WARN):
        return ""
    kinds = list(verdict.kinds)
    if not kinds and verdict.first_failure is not None:
        kinds = [kind_of(verdict.first_failure.failure)]
    name = identity(sut, info)
    texts = [_table(verdict, kind, name) for kind in kinds]
    if verdict.kinds_left_out:
        texts.append(
            f"# {verdict.kinds_left_out} more failures, of other kinds: run again with these "
            "entries in the baseline\n"
        )
    return "\n".join(texts)


def document(verdicts: Iterable[_Failed], sut: str, info: Named | None = None) -> str:
    """Return a whole file: the entries of all clauses that fail; a comment alone when none does."""
    entries = [text for verdict in verdicts if (text := entry(verdict, sut, info))]
    head = (
        "# Failures of this run that no baseline describes. Move those to be accepted into a file\n"
        "# of your own, say why, and give it to `ringproof run --baseline FILE`.\n"
        if entries
        else "# Nothing failed in this run that a baseline does not describe.\n"
    )
    return "\n".join([head, *entries])


def _table(verdict: _Failed, kind: FailureKind, name: str) -> str:
    lines = [
        "[[known]]",
        f"sut = {string(glob.escape(name))}",
        f"clause = {string(verdict.id)}",
        f"reason = {string(kind.message[:REASON_MAX].strip() or 'seen to fail')}",
        f"failure = {_failure(kind)}",
        *("# " + "".join(map(_escaped, sentence)) for sentence in verdict.variants),
        '# issue = "https://…"',
    ]
    return "\n".join(lines) + "\n"


def _failure(kind: FailureKind) -> str:
    fields = [f"kind = {string(kind.kind)}"]
    for name, words in (("expected", kind.expected), ("seen", kind.seen)):
        if words:
            fields.append(f"{name} = [{', '.join(map(string, words))}]")
    args = [f"{_key(name)} = {string(_pattern(str(arg)))}" for name, arg in kind.args.items()]
    if args:
        fields.append(f"args = {{ {', '.join(args)} }}")
    return f"{{ {', '.join(fields)} }}"


def _key(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else string(name)


def _pattern(text: str) -> str:
    """Return a short pattern for the text without surrogates, which TOML cannot contain."""
    text = "".join("*" if 0xD800 <= ord(char) <= 0xDFFF else char for char in text)
    return text if len(text) <= ARG_MAX else f"{text[:ARG_MAX]}*"


def string(text: str) -> str:
    """Write the text as a TOML string on one line, safe to print on any terminal.

    Surrogates, which TOML cannot contain, are replaced by ``?``.
    """
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable() and unicodedata.bidirectional(char) not in ("R", "AL", "AN"):
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "?"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
