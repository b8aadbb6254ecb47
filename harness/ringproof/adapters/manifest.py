"""``adapter.toml``: how a client is started, what its statuses mean, and what not to ask of it.

Every mistake in it is reported with file, line and key. Source: docs/adapter-protocol.md.
"""

from __future__ import annotations

import datetime
import difflib
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ringproof.adapters.process import Program
from ringproof.adapters.protocol import PROTOCOL
from ringproof.checks.statuses import DOCUMENTED
from ringproof_scenarios import ledger
from ringproof_scenarios.text_file import EncodingError, decoded

SUFFIX = ".toml"


class ManifestError(ValueError):
    """The manifest is wrong; the message names file, line and key."""


class Skip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause that is not judged until a day, with the reason."""

    clause: str
    reason: Annotated[str, Meta(min_length=1)]
    issue: Annotated[str, Meta(pattern="^https?://")]
    """Where it is being dealt with."""
    expires: datetime.date
    """The last day on which it applies."""

    def expired(self, today: datetime.date) -> bool:
        """Return whether nobody has renewed it."""
        return self.expires < today


class Narrowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Capabilities, less than the adapter declares; None leaves them as declared."""

    media: Literal["none", "sdp", "rtp"] | None = None
    sessions: Annotated[int, Meta(ge=1)] | None = None
    ops: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    """Of the SDK, not of the adapter: these may also be more."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``adapter.toml``."""

    command: tuple[str, ...]
    """What to start, in the manifest's own folder and without a shell."""
    carrier: Literal["stdio", "ws"] = "stdio"
    protocol: Literal[1] = PROTOCOL  # type: ignore[assignment]
    name: str = ""
    """What errors call it; empty for the program's own name."""
    status: Mapping[str, str] = {}
    """The SDK's name of a status → ours; a name that is missing here stays as it is."""
    caps: Narrowed = Narrowed()
    environment: Mapping[str, str] = {}
    skip: tuple[Skip, ...] = ()
    folder: Path = Path()
    """Where the manifest lies; not written in it."""

    @property
    def program(self) -> Program:
        """What to start."""
        return Program(
            argv=self.command,
            cwd=self.folder.resolve(),
            env=self.environment,
            name=self.name,
            carrier=self.carrier,
        )


def load(path: Path) -> Manifest:
    """Read a manifest. Raises ``ManifestError``."""
    try:
        # Line ends as TOML wants them, whatever editor wrote them.
        text = decoded(path.read_bytes()).replace("\r\n", "\n")
    except (OSError, EncodingError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ManifestError(f"{path}: cannot be read: {reason}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: {error}") from error
    return _Reader(path, text).read(table)


class _Reader:
    """Turns the table of one file into a manifest, or raises an error with file, line and key."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def read(self, table: dict[str, Any]) -> Manifest:
        known = [name for name in Manifest.__struct_fields__ if name != "folder"]
        for key in table:
            if key not in known:
                raise self._wrong(key, f"is no key of a manifest{_nearest(key, known)}")
        command = table.get("command")
        try:
            if isinstance(command, str):
                table["command"] = shlex.split(command)
            manifest = msgspec.convert(table, Manifest)
        except msgspec.ValidationError as error:
            text, _, where = str(error).partition(" - at `$")
            raise self._wrong(where.rstrip("`").lstrip("."), text) from error
        except ValueError as error:
            raise self._wrong("command", f"{error}: {command!r}") from error
        self._check(manifest)
        return msgspec.structs.replace(manifest, folder=self._path.parent)

    def _check(self, manifest: Manifest) -> None:
        if not manifest.command or not manifest.command[0]:
            raise self._wrong("command", "is empty: name the program to start")
        for theirs, ours in manifest.status.items():
            if ours not in DOCUMENTED:
                text = f"{ours!r} is no documented status{_nearest(ours, DOCUMENTED)}"
                raise self._wrong(f"status.{theirs}", text)
        for number, skip in enumerate(manifest.skip):
            try:
                ledger.load().row(skip.clause)
            except ledger.LedgerError as error:
                raise self._wrong(f"skip[{number}].clause", str(error)) from error

    def _wrong(self, key: str, text: str) -> ManifestError:
        line = self._line_of(key)
        where = f"{self._path}:{line}" if line else str(self._path)
        return ManifestError(f"{where}: {key or 'the file'}: {text}")

    def _line_of(self, key: str) -> int:
        """Find the line where a key such as ``skip[1].clause`` is set, or its table begins."""
        key = key.removesuffix("[...]")
        table, nearest = "", 0
        count: Counter[str] = Counter()
        for number, line in enumerate(self._lines, start=1):
            if header := _HEADER.match(line):
                table = header["name"]
                if line.lstrip().startswith("[["):
                    table = f"{table}[{count[header['name']]}]"
                    count[header["name"]] += 1
                nearest = number if f"{key}.".startswith(f"{table}.") else nearest
            elif entry := _ENTRY.match(line):
                path = f"{table}.{entry['name']}" if table else entry["name"]
                if path == key:
                    return number
        return nearest


_HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]")
_ENTRY = re.compile(r"\s*[\"']?(?P<name>[^=\"']+?)[\"']?\s*=")


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {near[0]!r}?" if near else f": there is {', '.join(sorted(known))}"
