"""Baseline files: known failures in TOML, read strictly.

An entry that its author got wrong would hide failures. So unknown keys, clauses, kinds of failure
and fields of scenarios are errors that name the file and the number of the entry.
"""

from __future__ import annotations

import datetime
import fnmatch
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ringproof import failure_wording
from ringproof.baseline import old_form, shipped
from ringproof.baseline.shape import Condition, ShapeError, suggestion
from ringproof.baseline.shape import parse as parse_shape
from ringproof.verdict import Arg
from ringproof_scenarios import ledger
from ringproof_scenarios.text_file import EncodingError, decoded

SIZE_MAX_BYTES = 1024 * 1024
TEXT_MAX = 2_000
"""Characters of any text of an entry."""

_LINK = re.compile(r"https?://[^\s\"'<>]+")


class BaselineError(ValueError):
    """The file is no baseline; the message names the file, the entry, and what would be right."""


class FailureFields(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which failures an entry describes: those that have every field that is given."""

    kind: str
    expected: tuple[str, ...] | None = None
    """None for whatever was expected; the same for ``seen``."""
    seen: tuple[str, ...] | None = None
    args: dict[str, Arg] = {}
    """Particulars that have to be equal; in a text, ``*`` matches any text."""


class BaselineEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One known failure."""

    sut: str
    """A name, with ``*`` and ``?`` as in file names: ``chromium:4.0.0-beta.12``, ``node:4.*``."""
    clause: str
    reason: str
    """What was observed, for whoever reads the report."""
    failure: FailureFields | None = None
    """None for every failure of the clause."""
    shape: dict[str, Condition] = {}
    """Conditions on the scenario (``ringproof/baseline/shape.py``)."""
    issue: str = ""
    """Link to where it is tracked."""
    expires: datetime.date | None = None
    """The last day on which it applies; None for no end."""
    sometimes: bool = False
    """A race: a run in which it is not seen does not mean that it is gone."""
    file: str = ""
    number: int = 0
    """Which entry of the file it is, from 1."""

    def __hash__(self) -> int:  # its tables cannot be hashed
        return hash((self.sut, self.clause, self.reason, self.file, self.number))

    @property
    def where(self) -> str:
        """The file and the number of the entry, for messages."""
        return f"{self.file}: entry {self.number}"


KEYS = tuple(name for name in BaselineEntry.__struct_fields__ if name not in ("file", "number"))


class Baseline(msgspec.Struct, frozen=True):
    """All entries of all files that a run was given."""

    files: tuple[str, ...] = ()
    entries: tuple[BaselineEntry, ...] = ()

    def of(self, names: Collection[str]) -> tuple[BaselineEntry, ...]:
        """Return the entries for a SUT that goes by any of ``names``."""
        return tuple(
            entry
            for entry in self.entries
            if any(fnmatch.fnmatchcase(name, entry.sut) for name in names)
        )


def load(paths: Iterable[Path]) -> Baseline:
    """Read baseline files, of which no two may have the same entry. Raises ``BaselineError``."""
    files, entries = [], []
    for path in paths:
        name = shipped.label(path)
        files.append(name)
        entries += parse(_text(path), name)
    _reject_duplicates(entries)
    return Baseline(tuple(files), tuple(entries))


def parse(text: str, file: str) -> list[BaselineEntry]:
    """Read one file's text; ``file`` is its name for messages. Raises ``BaselineError``."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise BaselineError(f"{file}: not TOML: {error}") from error
    _reject_unknown(file, document, ("known",))
    tables = document.get("known", [])
    if not isinstance(tables, list) or not all(isinstance(raw, dict) for raw in tables):
        raise BaselineError(f"{file}: known has to be an array of tables, [[known]] above each")
    entries = [_entry(file, number, raw) for number, raw in enumerate(tables, start=1)]
    _reject_duplicates(entries)
    return entries


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX_BYTES + 1)
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    if len(data) > SIZE_MAX_BYTES:
        raise BaselineError(f"{path}: larger than {SIZE_MAX_BYTES} bytes")
    try:
        return decoded(data)
    except EncodingError as error:
        raise BaselineError(f"{path}: {error}") from error


def _entry(file: str, number: int, raw: Mapping[str, Any]) -> BaselineEntry:
    clause = raw.get("clause")
    where = f"{file}: entry {number}" + (f" ({clause})" if isinstance(clause, str) else "")
    _reject_unknown(where, raw, KEYS)
    if advice := old_form.advice(raw):
        raise BaselineError(f"{where}: {advice}")
    if "expires" in raw and type(raw["expires"]) is not datetime.date:
        raise BaselineError(f"{where}: expires has to be a date without quotes, as in 2027-01-31")
    if isinstance(failure := raw.get("failure"), dict):
        _reject_unknown(f"{where}: failure", failure, FailureFields.__struct_fields__)
    fields = {**raw, "file": file, "number": number}
    try:
        if isinstance(shape := raw.get("shape"), dict):
            fields["shape"] = parse_shape(shape)
        entry = msgspec.convert(fields, BaselineEntry, builtin_types=(datetime.date,))
    except ShapeError as error:
        raise BaselineError(f"{where}: shape: {error}") from error
    except msgspec.ValidationError as error:
        raise BaselineError(f"{where}: {error}") from error
    _reject_unsound(where, entry)
    return entry


def _reject_unsound(where: str, entry: BaselineEntry) -> None:
    """Raise ``BaselineError`` for an entry that matches nothing, or more than was meant."""
    for key in ("sut", "clause", "reason"):
        if not getattr(entry, key).strip():
            raise BaselineError(f"{where}: {key} is empty")
    args = entry.failure.args.values() if entry.failure is not None else ()
    texts = (entry.sut, entry.reason, entry.issue, *args)
    if any(isinstance(text, str) and len(text) > TEXT_MAX for text in texts):
        raise BaselineError(f"{where}: a text is longer than {TEXT_MAX} characters")
    try:
        row = ledger.load().row(entry.clause)
    except ledger.LedgerError as error:
        raise BaselineError(f"{where}: {error}") from error
    if row.excluded:
        raise BaselineError(f"{where}: no check judges this clause: {row.excluded}")
    if entry.failure is not None:
        kind, kinds = entry.failure.kind, failure_wording.kinds(entry.clause)
        if kind not in kinds:
            raise BaselineError(f"{where}: unknown kind {kind!r}; {suggestion(kind, kinds)}")
    elif not entry.shape:
        raise BaselineError(
            f"{where}: give failure (its kind) or shape (in which scenarios): an entry without "
            "either would excuse whatever else breaks the clause"
        )
    if entry.issue and not _LINK.fullmatch(entry.issue):
        raise BaselineError(f"{where}: issue has to be a link, https://…")
    if entry.sometimes and entry.expires is None:
        raise BaselineError(
            f"{where}: sometimes needs expires: no single run shows that a race is gone, so "
            "somebody has to look at it again"
        )


def _reject_unknown(where: str, raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in raw:
        if key not in known:
            raise BaselineError(f"{where}: unknown key {key!r}; {suggestion(key, known)}")


def _reject_duplicates(entries: Iterable[BaselineEntry]) -> None:
    first: dict[tuple[str, str, bytes], BaselineEntry] = {}
    for entry in entries:
        what = msgspec.json.encode((entry.failure, entry.shape), order="sorted")
        known = first.setdefault((entry.sut, entry.clause, what), entry)
        if known is not entry:
            raise BaselineError(f"{entry.where} ({entry.clause}) is the same as {known.where}")
