"""The clause ledger: ``clauses.toml`` read, validated and looked up.

A row is one statement of the guide. It has either a check (``ringproof.checks``) or a reason why no
check judges it.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Literal

import msgspec

from ringproof_fakeserver.protocol.platform import Platform

FORMAT = 1
ID_PATTERN = re.compile(r"[a-z]+/[a-z]+(-[a-z]+)*")

CAPABILITIES = (
    *("display_name", "rtp", "sdp", "devices", "observe", "session.vanish", "unload"),
    *("session.devices", "open_outcome", "reattach"),
    *("session.return", "session.offline", "session.online", "session.token"),
    *("automatic", "user", "device_choice", "content"),
    *("list", "status", "streams", "default_media", "errors"),
    *("call.hold", "call.unhold", "call.restart_ice", "call.dial", "call.transfer"),
)
"""What a row may require of the SUT, as its adapter declares in ``hello``; ``devices`` means more
than one session at once."""

EVIDENCE = tuple(
    [f"sut:{tag}" for tag in ("registered", "calls", "reread", "status", "getter", "stream")]
    + [f"sut:{tag}" for tag in ("complete", "media", "devices", "command", "settled", "error")]
    + ["sut:issue", "sut:user", "sut:sources"]
    + [
        f"platform:{tag}"
        for tag in ("frame", "session", "call", "dialog", "transfer", "lookup", "media", "script")
    ]
    + ["harness:rest", "harness:callback"]
)
"""Trace entries that may show a clause: tags of ``ringproof.trace`` (the harness's own entries too)
and of the platform's journal."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement of the documentation."""

    id: str
    level: Literal["M", "S"]
    """``"M"``: must. ``"S"``: should."""
    statement: str
    source: str
    """Link to the page, then ``§`` and the section."""
    observed_by: tuple[str, ...] = ()
    """Trace entries that show it; empty for excluded rows."""
    requires: tuple[str, ...] = ()
    """Capabilities without which the row does not apply to a SUT."""
    variants: tuple[str, ...] = ()
    """Fields of ``Platform`` on which the verdict may depend."""
    excluded: str = ""
    """Why no check judges it; empty for rows with a check."""

    @property
    def family(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]


class LedgerError(ValueError):
    """The ledger is invalid; the message names the row and what would be right."""


class Ledger(msgspec.Struct, frozen=True):
    """All rows, in the order of the guide."""

    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def checked(self) -> tuple[Row, ...]:
        """The rows that need a check."""
        return tuple(row for row in self.rows if not row.excluded)

    def row(self, id: str) -> Row:
        """Return the row of that id. Raises ``LedgerError`` that suggests the nearest id."""
        rows = {row.id: row for row in self.rows}
        if id not in rows:
            raise LedgerError(f"there is no clause {id!r}{_nearest(id, rows)}")
        return rows[id]


@functools.cache
def load() -> Ledger:
    """Return the ledger that ships with ringproof. Raises ``LedgerError``."""
    file = resources.files("ringproof_scenarios") / "clauses.toml"
    return parse(file.read_text(encoding="utf-8"))


def parse(text: str) -> Ledger:
    """Read a ledger. Raises ``LedgerError``."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"not TOML: {error}") from error
    _require_known("the ledger: unknown key", document, ("format", "pages", "clause"))
    if document.get("format") != FORMAT:
        raise LedgerError(f"format {document.get('format')!r}: this ringproof reads {FORMAT}")
    try:
        pages = msgspec.convert(document.get("pages", {}), dict[str, str])
        clauses = msgspec.convert(document.get("clause", []), list[dict[str, Any]])
    except msgspec.ValidationError as error:
        raise LedgerError(f"the ledger: {error}") from error
    rows: dict[str, Row] = {}
    for number, raw in enumerate(clauses, start=1):
        row = _row(number, raw, pages)
        if row.id in rows:
            raise LedgerError(f"clause {row.id}: the id occurs twice; ids are unique")
        rows[row.id] = row
    return Ledger(tuple(rows.values()))


def _row(number: int, raw: Mapping[str, Any], pages: Mapping[str, str]) -> Row:
    where = f"clause {raw.get('id', f'number {number}')}"
    _require_known(f"{where}: unknown key", raw, Row.__struct_fields__)
    try:
        row = msgspec.convert(raw, Row)
    except msgspec.ValidationError as error:
        raise LedgerError(f"{where}: {error}") from error
    if not ID_PATTERN.fullmatch(row.id):
        raise LedgerError(f"{where}: an id is family/words-in-kebab-case")
    if not row.statement.strip():
        raise LedgerError(f"{where}: the statement is empty")
    _require_known(f"{where}: observed_by has unknown", row.observed_by, EVIDENCE)
    _require_known(f"{where}: requires has unknown", row.requires, CAPABILITIES)
    _require_known(f"{where}: variants has unknown", row.variants, Platform.__struct_fields__)
    if bool(row.excluded) == bool(row.observed_by):
        raise LedgerError(f"{where}: either observed_by or excluded, with a reason; not both")
    return msgspec.structs.replace(row, source=_link(where, row.source, pages))


def _link(where: str, source: str, pages: Mapping[str, str]) -> str:
    page, sign, section = source.partition(" § ")
    if not sign or not section.strip():
        raise LedgerError(f'{where}: source is "page § section"')
    if page not in pages:
        raise LedgerError(f"{where}: no page {page!r} in [pages]{_nearest(page, pages)}")
    return f"{pages[page]} § {section}"


def _require_known(what: str, words: Iterable[str], known: tuple[str, ...]) -> None:
    for word in words:
        if word not in known:
            raise LedgerError(f"{what} {word!r}{_nearest(word, known)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
