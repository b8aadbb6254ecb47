"""From the name that ``--sut`` takes (``reference``, ``chromium:4.0.0``) to a ``Sut``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof import extras
from ringproof.adapters.protocol import Adapter, AdapterError
from ringproof.suts import external
from ringproof.suts.sut import Sut, SutError

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

KINDS = (
    "reference",
    "node[:VERSION|:DIR]",
    "chromium[:VERSION|:DIR]",
    "v3[:VERSION|:DIR]",
    "mutant:NAME",
    "adapter.toml",
    "'COMMAND LINE'",
)

BROWSER_WORKERS = 3
"""Each worker is one or two pages with real media on two cores."""
V3_WORKERS = 2
"""3.30.0 answers one offer some 300 times a second when its app asks for video beyond it;
a third page that does so leaves Chromium no time to open another."""
NODE_WORKERS = 4
"""Each worker is one or two connections of real media in one process."""

V3_VERSION = "3.30.0"
"""The last version of the generation before 4, in Chromium."""


def find(name: str) -> Sut:
    """Return the SUT of that name. Raises ``SutError``, or ``AdapterError`` if it is missing."""
    kind, _, choice = name.partition(":")
    if kind == "reference" and not choice:
        return _reference()
    if kind == "mutant":
        return _mutant(choice)
    if kind == "chromium":
        return _chromium(name, choice, workers=BROWSER_WORKERS)
    if kind == "v3":
        return _chromium(name, choice or V3_VERSION, workers=V3_WORKERS)
    if kind == "node":
        return _node(name, choice)
    if (sut := external.find(name)) is not None:
        return sut
    raise SutError(f"unknown SUT {name!r}: there is {', '.join(KINDS)}")


def _reference() -> Sut:
    from ringproof.adapters.in_process import InProcessAdapter

    return Sut(name="reference", make=lambda _: InProcessAdapter())


def _mutant(choice: str) -> Sut:
    from ringproof import mutants
    from ringproof.adapters.in_process import InProcessAdapter

    mutant = mutants.find(choice)
    if mutant is None:
        known = ", ".join(mutant.name for mutant in mutants.all())
        raise SutError(f"there is no mutant {choice!r}: there is {known}")
    name, factory = f"mutant:{choice}", mutant.factory
    return Sut(
        name=name,
        make=lambda _: InProcessAdapter(factory, name=name),
        exchange=mutant.exchange,
    )


def _chromium(name: str, choice: str, *, workers: int) -> Sut:
    extras.require("playwright", extra="browser", purpose=f"--sut {name}", error=AdapterError)
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
    from ringproof.adapters.remote import RemoteAdapter

    argv = node_runtime.command(npm.find(choice, entry=npm.for_node))

    def make(server: Server) -> Adapter:
        trusted = {"NODE_EXTRA_CA_CERTS": str(server.ca_file)}
        return RemoteAdapter(Program(argv=argv, env=trusted, name=name))

    return Sut(
        name=name,
        make=make,
        always_real=True,
        event_workers=0,
        real_workers=NODE_WORKERS,
    )
