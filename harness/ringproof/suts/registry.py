"""Names of things under test (``reference``, ``chromium:4.0.0``) and how to drive each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ringproof.adapters.manifest import Skip
from ringproof.adapters.protocol import Adapter
from ringproof_fakeserver.protocol.exchange import Exchange

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

REFERENCE_LANES = 16
"""Event-model scenarios are nearly all waiting; more workers than this only queue for one core."""
REAL_LANES = 2
"""Media is the scarce resource: two peers in one process keep a core busy while they connect."""
BROWSER_LANES = 3
"""Each worker is one or two pages with real media on two cores."""
SPINNING_LANES = 2
"""3.30.0 answers one offer some 300 times a second when its app asks for video beyond it;
a third page that does so, and Chromium has no time left to open another."""
DEFAULT_OF_3 = "3.30.0"
"""The last version of the generation before 4, in Chromium."""
NODE_LANES = 4
"""Each worker is one or two connections of real media in one process."""

KINDS = (
    "reference",
    "node[:VERSION|:DIR]",
    "chromium[:VERSION|:DIR]",
    "v3[:VERSION|:DIR]",
    "mutant:NAME",
    "adapter.toml",
    "'COMMAND LINE'",
)


class SutError(ValueError):
    """There is no such thing to test; the message says what there is."""


class StaleSkip(SutError):
    """A manifest asks not to judge a clause, and the day on which that ended has passed."""


class Sut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing under test, not started yet."""

    name: str
    make: Callable[[Server], Adapter]
    """Builds an adapter for a server that runs; called again when an adapter has died."""
    exchange: type[Exchange] = Exchange
    """The platform to play it against; a mutant may bring one of its own."""
    mounts: Mapping[str, Path] = {}
    """What the server must serve for it: URL prefix to folder."""
    always_real: bool = False
    """Its media always crosses sockets; otherwise the plan chooses per scenario."""
    event_workers: int = REFERENCE_LANES
    real_workers: int = REAL_LANES
    media_by_caps: bool = False
    """Whether its media is real is for its hello to say, and not for the plan."""
    skips: tuple[Skip, ...] = ()
    """Clauses that are not judged, by its manifest."""


def find(name: str) -> Sut:
    """Return the SUT of that name. Raises ``SutError``, or ``AdapterError`` if it is not there."""
    kind, _, choice = name.partition(":")
    if kind == "reference" and not choice:
        return _reference()
    if kind == "mutant":
        return _mutant(choice)
    if kind == "chromium":
        return _chromium(name, choice)
    if kind == "v3":
        return _chromium(name, choice or DEFAULT_OF_3, workers=SPINNING_LANES)
    if kind == "node":
        return _node(name, choice)
    from ringproof.suts import external

    if (found := external.find(name)) is not None:
        return found
    raise SutError(f"unknown SUT {name!r}: there is {', '.join(KINDS)}")


def _reference() -> Sut:
    from ringproof.adapters.in_process import InProcessAdapter

    return Sut(name="reference", make=lambda _: InProcessAdapter())


def _mutant(choice: str) -> Sut:
    from ringproof import mutants
    from ringproof.adapters.in_process import InProcessAdapter

    found = mutants.find(choice)
    if found is None:
        known = ", ".join(mutant.name for mutant in mutants.all())
        raise SutError(f"there is no mutant {choice!r}: there is {known}")
    factory = found.factory
    return Sut(
        name=f"mutant:{choice}",
        make=lambda _: InProcessAdapter(factory, name=f"mutant:{choice}"),
        exchange=found.exchange,
    )


def _chromium(name: str, choice: str, *, workers: int = BROWSER_LANES) -> Sut:
    from ringproof.adapters import browser, npm

    package = npm.find(choice)
    return Sut(
        name=name,
        make=lambda server: browser.BrowserAdapter(server.origin, package),
        mounts=browser.mounts(package),
        always_real=True,
        event_workers=0,
        real_workers=workers,
    )


def _node(name: str, choice: str) -> Sut:
    from ringproof.adapters import node_runtime, npm
    from ringproof.adapters.process import Program
    from ringproof.adapters.transports.pipes import ChildProcessAdapter

    argv = node_runtime.command(npm.find(choice, entry=npm.for_node))

    def make(server: Server) -> Adapter:
        trusted = {"NODE_EXTRA_CA_CERTS": str(server.ca_file)}
        return ChildProcessAdapter(Program(argv=argv, env=trusted, name=name))

    return Sut(
        name=name,
        make=make,
        always_real=True,
        event_workers=0,
        real_workers=NODE_LANES,
    )
