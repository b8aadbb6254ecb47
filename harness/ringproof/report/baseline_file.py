"""``baseline.toml``: entries for what failed in this run and no baseline describes."""

from __future__ import annotations

from ringproof import baseline
from ringproof.results import RunFinished

NAME = "baseline.toml"


def render(finished: RunFinished, sut: str) -> bytes:
    """Return the file, UTF-8; ``sut`` is what ``--sut`` was given. Comments alone for no entry."""
    return baseline.document(finished.verdicts, sut, finished.sut).encode()
