"""SUTs that are not ours: a command line, a manifest, or a process that dials by itself."""

from __future__ import annotations

import datetime
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ringproof.accounting.capabilities import expired
from ringproof.adapters import manifest as manifests
from ringproof.adapters.declared import DeclaredAdapter, adapter
from ringproof.adapters.limits import Limits
from ringproof.adapters.manifest import Manifest, ManifestError
from ringproof.adapters.protocol import Adapter
from ringproof.adapters.remote import RemoteAdapter
from ringproof.suts.sut import StaleSkip, Sut, SutError

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

EVENT_WORKERS = 8
"""Event-model scenarios are nearly all waiting, but one process has to follow all of them."""
REAL_WORKERS = 3
"""Two ends of real media on two cores."""

ATTACH = "attach"
ATTACHED_WITHIN_S = 600.0
"""For a person to start a process."""


def find(name: str) -> Sut | None:
    """Return the SUT that a manifest or a command line names; None when it is neither.

    Raises ``SutError``, ``StaleSkip`` for a manifest with a skip that has expired.
    """
    kind, _, path = name.partition(":")
    if kind == ATTACH:
        manifest = _manifest(Path(path)) if path else Manifest(command=(ATTACH,))
        return _sut(name, manifest, attached=True)
    if name.endswith(manifests.SUFFIX):
        return _sut(name, _manifest(Path(name)))
    words = _words(name)
    if len(words) < 2 and "/" not in name and (not words or shutil.which(words[0]) is None):
        return None
    if shutil.which(words[0]) is None:
        raise SutError(f"--sut {name!r}: there is no program {words[0]!r} to start")
    return _sut(name, Manifest(command=tuple(words)))


def attached(sut: str) -> str:
    """Return the name of the SUT that is waited for, not started (``--attach``)."""
    if sut == "reference":  # what is meant when nothing is said
        return ATTACH
    if sut.endswith(manifests.SUFFIX):
        return f"{ATTACH}:{sut}"
    raise SutError(f"--attach waits for a process of yours: give no --sut but adapter.toml: {sut}")


def _words(name: str) -> list[str]:
    try:
        return shlex.split(name)
    except ValueError as error:
        raise SutError(f"--sut {name!r}: {error}") from error


def _manifest(path: Path) -> Manifest:
    try:
        manifest = manifests.load(path)
    except ManifestError as error:
        raise SutError(str(error)) from error
    stale = expired(manifest.skip, datetime.date.today())
    if stale:
        listed = ", ".join(f"{skip.clause} ({skip.expires}, {skip.issue})" for skip in stale)
        raise StaleSkip(f"{path}: skips have expired: {listed}. Remove or renew them")
    return manifest


def _sut(name: str, manifest: Manifest, *, attached: bool = False) -> Sut:
    def make(server: Server) -> Adapter:
        if attached:
            who = manifest.name or "the adapter"
            limits = Limits(dialled_within_s=ATTACHED_WITHIN_S)
            return DeclaredAdapter(RemoteAdapter(_invite, who=who, limits=limits), manifest)
        environment = {**trust(server), **manifest.environment}
        return adapter(msgspec.structs.replace(manifest, environment=environment))

    return Sut(
        name=name,
        make=make,
        media_by_caps=True,
        skips=manifest.skip,
        event_workers=1 if attached else EVENT_WORKERS,
        real_workers=1 if attached else REAL_WORKERS,
    )


def trust(server: Server) -> Mapping[str, str]:
    """Return the environment that names our certificate authority: Node reads it at its start."""
    ca_file = str(server.ca_file)
    return {"RINGPROOF_CA_FILE": ca_file, "NODE_EXTRA_CA_CERTS": ca_file}


async def _invite(url: str) -> None:
    sys.stderr.write(f"waiting for an adapter to dial\n\n    {url}\n\nCtrl-C gives up.\n")
    sys.stderr.flush()
