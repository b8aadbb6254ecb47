"""From the name that ``--sut`` takes (``reference``, ``chromium:4.0.0``) to a ``Sut``."""

from __future__ import annotations

import datetime
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ringproof import extras
from ringproof.adapters import manifest as manifests
from ringproof.adapters.declared import DeclaredAdapter
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.manifest import Manifest, ManifestError
from ringproof.adapters.process import Program
from ringproof.adapters.protocol import Adapter, AdapterError, Limits
from ringproof.adapters.remote import RemoteAdapter
from ringproof.suts import any_browser
from ringproof.suts.sut import StaleSkip, Sut, SutError

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

KINDS = (
    "reference",
    "node[:VERSION|:DIR]",
    "chromium[:VERSION|:DIR]",
    "firefox[:VERSION|:DIR]",
    "firefox:playwright[:VERSION|:DIR]",
    "webkit:playwright[:VERSION|:DIR]",
    "browser:'COMMAND {url}'",
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
EXTERNAL_EVENT_WORKERS = 8
"""Event-model scenarios are nearly all waiting, but one process has to follow all of them."""
EXTERNAL_REAL_WORKERS = 3
"""Two ends of real media on two cores."""

V3_VERSION = "3.30.0"
"""The last version of the generation before 4, in Chromium."""

ENGINES = ("firefox", "webkit")
PLAYWRIGHT = "playwright"
BROWSER = "browser"
ATTACH = "attach"
ATTACHED_WITHIN_S = 600.0
"""For a person to start a process. Source: docs/adapter-protocol.md."""


def find(name: str) -> Sut:
    """Return the SUT of that name.

    Raises ``SutError``, ``StaleSkip`` for a manifest with a skip that has expired, ``AdapterError``
    if the SUT is not installed.
    """
    kind, _, choice = name.partition(":")
    if name == "reference":
        return Sut(name=name, make=lambda _: InProcessAdapter())
    if kind == "mutant":
        return _mutant(choice)
    if kind == "chromium":
        return _chromium(name, choice, workers=BROWSER_WORKERS)
    if kind in ENGINES and choice.partition(":")[0] == PLAYWRIGHT:
        return _engine(name, kind, choice.partition(":")[2])
    if kind == "firefox":
        return _firefox(name, choice)
    if kind == BROWSER:
        return any_browser.started(name, choice)
    if kind == "v3":
        return _chromium(name, choice or V3_VERSION, workers=V3_WORKERS)
    if kind == "node":
        return _node(name, choice)
    if kind == ATTACH and choice.partition(":")[0] == BROWSER:
        return any_browser.waited_for(name, choice.partition(":")[2])
    if kind == ATTACH:
        return _attached(name, _manifest(Path(choice)) if choice else Manifest(command=(ATTACH,)))
    if name.endswith(manifests.SUFFIX):
        return _external(name, _manifest(Path(name)))
    return _external(name, Manifest(command=_command_line(name)))


def attached(sut: str) -> str:
    """Return the name of the SUT that is waited for, not started (``--attach``)."""
    if sut == "reference":  # the default of --sut
        return ATTACH
    if sut.endswith(manifests.SUFFIX):
        return f"{ATTACH}:{sut}"
    if sut.partition(":")[0] == BROWSER and "{" not in sut:
        return f"{ATTACH}:{sut}"
    raise SutError(
        "--attach waits for a process of yours: give no --sut but adapter.toml or "
        f"browser[:SDK]: {sut}"
    )


def trust(server: Server) -> Mapping[str, str]:
    """Return the environment that names our certificate authority: Node reads it at its start."""
    ca_file = str(server.ca_file)
    return {"RINGPROOF_CA_FILE": ca_file, "NODE_EXTRA_CA_CERTS": ca_file}


def _mutant(choice: str) -> Sut:
    from ringproof import mutants

    mutant = mutants.find(choice)
    if mutant is None:
        known = ", ".join(mutant.name for mutant in mutants.all())
        raise SutError(f"there is no mutant {choice!r}: there is {known}")
    name, factory = f"mutant:{choice}", mutant.factory
    return Sut(
        name=name,
        make=lambda _: InProcessAdapter(factory, name=name),
        exchange=mutant.exchange,
        rest=mutant.rest,
    )


def _chromium(name: str, choice: str, *, workers: int) -> Sut:
    extras.require("playwright", extra="browser", purpose=f"--sut {name}", error=AdapterError)
    from ringproof.adapters import browser, npm

    package = npm.find(choice)
    return any_browser.in_pages(
        name,
        package,
        lambda server: browser.BrowserAdapter(server.origin, package),
        workers=workers,
    )


def _engine(name: str, engine: str, choice: str) -> Sut:
    """Return one of Playwright's own engines."""
    extras.require("playwright", extra="browser", purpose=f"--sut {name}", error=AdapterError)
    from ringproof.adapters import npm
    from ringproof.adapters.playwright_engine import PlaywrightEngine

    package = npm.find(choice)
    return any_browser.in_pages(name, package, lambda server: PlaywrightEngine(server, engine))


def _firefox(name: str, choice: str) -> Sut:
    from ringproof.adapters import firefox, npm

    package = npm.find(choice)
    firefox.executable()
    return any_browser.in_pages(name, package, firefox.FirefoxAdapter)


def _node(name: str, choice: str) -> Sut:
    from ringproof.adapters import node_runtime, npm

    argv = node_runtime.command(npm.find(choice, entry=npm.for_node))

    def make(server: Server) -> Adapter:
        return RemoteAdapter(Program(argv=argv, env=trust(server), name=name))

    return Sut(name=name, make=make, always_real=True, event_workers=0, real_workers=NODE_WORKERS)


def _external(name: str, manifest: Manifest) -> Sut:
    def make(server: Server) -> Adapter:
        program = manifest.program
        trusting = msgspec.structs.replace(program, env={**trust(server), **program.env})
        return DeclaredAdapter(RemoteAdapter(trusting), manifest)

    return Sut(
        name=name,
        make=make,
        media_by_caps=True,
        skips=manifest.skip,
        event_workers=EXTERNAL_EVENT_WORKERS,
        real_workers=EXTERNAL_REAL_WORKERS,
    )


def _attached(name: str, manifest: Manifest) -> Sut:
    def make(_: Server) -> Adapter:
        limits = Limits(dialled_within_s=ATTACHED_WITHIN_S)
        inner = RemoteAdapter(_print_url, who=manifest.name or "the adapter", limits=limits)
        return DeclaredAdapter(inner, manifest)

    one_worker = {"event_workers": 1, "real_workers": 1}
    return msgspec.structs.replace(_external(name, manifest), make=make, **one_worker)


def _command_line(name: str) -> tuple[str, ...]:
    """Return the words of a command line. Raises ``SutError`` if the name is no command line."""
    try:
        words = shlex.split(name)
    except ValueError as error:
        raise SutError(f"--sut {name!r}: {error}") from error
    if not words or shutil.which(words[0]) is None:
        if len(words) < 2 and "/" not in name:
            raise SutError(f"unknown SUT {name!r}: there is {', '.join(KINDS)}")
        raise SutError(f"--sut {name!r}: there is no program {words[0]!r} to start")
    return tuple(words)


def _manifest(path: Path) -> Manifest:
    try:
        manifest = manifests.load(path)
    except ManifestError as error:
        raise SutError(str(error)) from error
    today = datetime.date.today()
    if stale := [skip for skip in manifest.skip if skip.expired(today)]:
        listed = ", ".join(f"{skip.clause} ({skip.expires}, {skip.issue})" for skip in stale)
        raise StaleSkip(f"{path}: skips have expired: {listed}. Remove or renew them")
    return manifest


async def _print_url(url: str) -> None:
    sys.stderr.write(f"waiting for an adapter to dial\n\n    {url}\n\nCtrl-C gives up.\n")
    sys.stderr.flush()
