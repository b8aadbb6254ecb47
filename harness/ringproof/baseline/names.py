"""The names of a SUT in a baseline. Pure."""

from __future__ import annotations

import re
from typing import Protocol

_VERSIONED = re.compile(r"(chromium|node|v3)(:.*)?", re.DOTALL)
"""What ``--sut`` may be given with a version, a folder, or neither."""

_OWN = re.compile(r"reference|mutant:.*", re.DOTALL)
"""Ringproof's own clients, whose version is ringproof's."""


class Named(Protocol):
    """A SUT as it describes itself."""

    @property
    def name(self) -> str:
        """As in ``@signalwire/js``."""

    @property
    def version(self) -> str:
        """As in ``4.0.0-beta.12``."""


def identity(sut: str, info: Named | None) -> str:
    """Return the name for an entry: what ``--sut`` was given, with the version that it meant.

    A client with an adapter of its own is ``name@version``, as the path of the adapter may differ
    from machine to machine. ``info`` is None for a SUT that never sent a hello.
    """
    versioned = _VERSIONED.fullmatch(sut)
    if info is None or _OWN.fullmatch(sut):
        return sut
    return f"{versioned[1]}:{info.version}" if versioned else f"{info.name}@{info.version}"


def names(sut: str, info: Named) -> tuple[str, ...]:
    """Return every name that an entry may use: its identity, ``name@version``, and ``--sut``."""
    return tuple(dict.fromkeys((identity(sut, info), f"{info.name}@{info.version}", sut)))
