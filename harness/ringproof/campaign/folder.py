"""A campaign's folder: every finished block as one line, so that a killed campaign loses nothing.

``blocks.jsonl`` starts with a line that says what the blocks belong to: the client, and a
fingerprint of ringproof's own sources. Blocks of another client or of other sources are not taken
up again. Each line is written in one piece; a torn last line, of a machine that lost its power, is
dropped.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

import ringproof
import ringproof_fakeserver
import ringproof_scenarios
from ringproof import disk
from ringproof.campaign.findings import ReducedBlock, read
from ringproof.triage.block import Block
from ringproof.version import VERSION

NAME = "blocks.jsonl"


class CampaignError(RuntimeError):
    """The campaign cannot go on; the message says what to do."""


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    ringproof: str
    sut: str
    sources: str


class CampaignFolder:
    """Finished blocks on disk, by their first and last seed."""

    def __init__(self, path: Path, sut: str, sources: str) -> None:
        """``sources`` is the ``fingerprint`` that blocks belong to.

        This and all methods raise ``CampaignError`` when the folder cannot be read or written.
        """
        self.path = path
        self._file = path / NAME
        self._head = _Head(ringproof=VERSION, sut=sut, sources=sources)
        self.stale = False
        """What lay here belonged to another client or to other sources, and was dropped."""
        with self._reachable():
            self._done = self._load()

    def done(self, block: Block) -> ReducedBlock | None:
        """Return what an earlier campaign made of a block; None when it was not played yet."""
        known = self._done.get((block.start, block.stop))
        lacking = known is not None and block.digest and not known.result.sha256
        return None if lacking else known

    def add(self, line: bytes) -> ReducedBlock:
        """Keep what ``play_and_reduce`` returned: it is on disk when this returns."""
        reduced = read(line)
        self._done[reduced.result.start, reduced.result.stop] = reduced
        left = memoryview(line + b"\n")
        with self._reachable(), self._file.open("ab", buffering=0) as file:
            while left:  # a write to a disk that is nearly full takes a part
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        return reduced

    def clear(self) -> None:
        """Forget all blocks."""
        self._done = {}
        with self._reachable():
            self._begin(b"")

    @contextlib.contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            text = disk.sentence(error, f"--dir {self.path}", "choose another --dir")
            raise CampaignError(text) from error

    def _load(self) -> dict[tuple[int, int], ReducedBlock]:
        try:
            head, *lines = self._file.read_bytes().split(b"\n")
            known = msgspec.json.decode(head, type=_Head)
        except FileNotFoundError:
            self._begin(b"")
            return {}
        except msgspec.DecodeError:
            known = None
        if known != self._head:
            self.stale = True
            self._begin(b"")
            return {}
        done: dict[tuple[int, int], ReducedBlock] = {}
        whole = []
        for line in lines:
            try:
                reduced = read(line)
            except msgspec.DecodeError:
                continue
            whole.append(line + b"\n")
            done[reduced.result.start, reduced.result.stop] = reduced
        if len(whole) != len(lines) - 1 or lines[-1]:
            self._begin(b"".join(whole))
        return done

    def _begin(self, blocks: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._head) + b"\n" + blocks)
        fresh.replace(self._file)


@functools.cache
def fingerprint() -> str:
    """Return a hash of all sources that a result depends on."""
    digest = hashlib.sha256()
    for package in (ringproof_fakeserver, ringproof, ringproof_scenarios):
        root = Path(package.__path__[0])
        for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".toml")):
            digest.update(f"{package.__name__}/{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
