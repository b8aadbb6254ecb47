"""A system under test (SUT), not started yet: how to drive it, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ringproof.adapters.manifest import Skip
from ringproof.adapters.protocol import Adapter
from ringproof.simulation.player import simulable
from ringproof_fakeserver.protocol.exchange import Exchange

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server
    from ringproof_fakeserver.rest.context import RestContext


class SutError(ValueError):
    """A name means no SUT; the message says which names there are."""


class StaleSkip(SutError):
    """A manifest skips a clause, and the skip has expired."""


class Reach(msgspec.Struct, frozen=True):
    """Where clients find the stand-in; see the fields of these names in ``Config``."""

    host: str = "127.0.0.1"
    public_name: str | None = None
    port: int = 0


LOOPBACK = Reach()
"""For clients on this machine alone."""


class Sut(msgspec.Struct, frozen=True, kw_only=True):
    """One system under test, not started yet."""

    name: str
    """What ``--sut`` was given."""
    make: Callable[[Server], Adapter]
    """Builds an adapter for a running server; called again when an adapter has died."""
    exchange: type[Exchange] = Exchange
    """The platform to play it against; a mutant may bring one of its own."""
    rest: type[RestContext] | None = None
    """The same for its REST routes; None: the usual ones."""
    mounts: Mapping[str, Path] = {}
    """What the server must serve for it: URL prefix to folder."""
    reach: Reach = LOOPBACK
    """How the server is reached; all but the default is for a SUT on another machine."""
    always_real: bool = False
    """Its media always crosses sockets; otherwise the plan chooses per scenario."""
    media_by_caps: bool = False
    """Its hello, not the plan, says whether its media is real."""
    event_workers: int = 16
    """Scenarios with event-model media that are played side by side. They are nearly all waiting;
    more workers than this only queue for one core."""
    real_workers: int = 2
    """Scenarios with real media that are played side by side: two peers in one process keep a core
    busy while they connect."""
    skips: tuple[Skip, ...] = ()
    """Clauses that its manifest excludes from judging."""

    @property
    def simulable(self) -> bool:
        """Whether it plays in virtual time too."""
        return simulable(self.name)
