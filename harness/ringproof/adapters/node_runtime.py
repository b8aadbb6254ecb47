"""Installs what the SDK needs beside itself to run in Node: a WebSocket, WebRTC, its dependencies.

The versions are pinned by a lock file in this package, without any address. They live in the
per-user cache, never in the SDK's own folder; what that folder brings along is used first.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL

from ringproof.adapters import npm
from ringproof.adapters.npm import Package, PackageError, Wanted, appearing, cache_folder

JAVASCRIPT = Path(__file__).parent / "javascript"
LOCKED = JAVASCRIPT / "runtime"
MANIFEST = "package.json"
LOCK = "package-lock.json"

_OF_A_REPOSITORY = ("workspace:", "catalog:", "link:", "portal:", "file:")
"""Ranges that mean something only beside the package's own repository."""

NODE_FLOOR = (18, 20)
"""The oldest Node the adapter was tested with; it needs `module.register` and a global `fetch`."""
NODE_WITHIN_S = 30


def command(package: Package) -> list[str]:
    """Return the command line of an adapter that drives ``package`` in Node, over stdio.

    ``NODE_EXTRA_CA_CERTS`` must name the stand-in's authority when it is started. Installs what is
    missing. Raises ``PackageError``.
    """
    if package.version.startswith("3."):
        raise PackageError(
            f"{package.name} {package.version} runs in a page only: "
            f"use `--sut v3:{package.version}`, or a 4.x version here"
        )
    shell = JAVASCRIPT / "node.mjs"
    return [program(), str(shell), str(package.folder), package.entry, str(find(package))]


def program() -> str:
    """Return the path of a Node that is new enough. Raises ``PackageError``."""
    node = shutil.which("node")
    floor = ".".join(map(str, NODE_FLOOR))
    if node is None:
        raise PackageError(f"node is not on PATH: install Node.js {floor} or newer, with npm")
    try:
        stdout = subprocess.run(
            [node, "--version"],
            capture_output=True,
            text=True,
            timeout=NODE_WITHIN_S,
            stdin=DEVNULL,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageError(f"{node} does not run ({error}): install Node.js again") from error
    version = re.match(r"v(\d+)\.(\d+)", stdout)
    if version is None:
        raise PackageError(f"{node} --version says {stdout[:50]!r}: install Node.js again")
    if (int(version[1]), int(version[2])) < NODE_FLOOR:
        raise PackageError(f"{node} is {stdout.strip()}, too old: install Node.js {floor} or newer")
    return node


def find(package: Package) -> Path:
    """Return a folder whose ``node_modules`` holds what ``package`` lacks to run in Node.

    Installed through npm the first time, from the cache ever after. Raises ``PackageError``.
    """
    manifest, lock = _recipe(package)
    kind = f"{manifest}{lock}{sys.platform} {platform.machine()}"
    final = cache_folder() / "npm" / "runtimes" / hashlib.sha256(kind.encode()).hexdigest()[:32]
    if not final.is_dir():
        with appearing(final) as folder:
            _install(manifest, lock, folder, package)
    return final


def _recipe(package: Package) -> tuple[str, str]:
    """Return the manifest and lock to install from; the lock is empty where we have none."""
    manifest = (LOCKED / MANIFEST).read_text(encoding="utf-8")
    ours = json.loads(manifest)
    # Where Node looks for what the package imports.
    above = [folder / "node_modules" for folder in (package.folder, *package.folder.parents)]
    lacks = {
        name: range
        for name, range in package.needs.items()
        if not any((folder / name).is_dir() for folder in above)
    }
    for name, range in lacks.items():
        if range.startswith(_OF_A_REPOSITORY):
            raise PackageError(
                f"{package.name} needs {name} ({range}), which only its own repository has: "
                f"install there, so that {package.folder / 'node_modules' / name} exists, or give "
                "the archive that `pnpm pack` makes"
            )
    if all(ours["dependencies"].get(name) == range for name, range in lacks.items()):
        return manifest, (LOCKED / LOCK).read_text(encoding="utf-8")
    # The ranges that the SDK declares go before ours.
    ours["dependencies"] |= lacks
    return json.dumps(ours, sort_keys=True), ""


def _install(manifest: str, lock: str, folder: Path, package: Package) -> None:
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    if lock:
        (folder / LOCK).write_text(lock, encoding="utf-8")
    wanted = Wanted(
        what=f"what {package.name} {package.version} needs in Node",
        instead="run it in a page with `--sut chromium`",
        unknown=f"see the dependencies in {package.folder / MANIFEST}",
    )
    arguments = ["ci"] if lock else ["install", "--omit-lockfile-registry-resolved=true"]
    npm.run([*arguments, "--no-audit", "--no-fund"], folder, wanted)
    # npm reports success on a disk that filled up meanwhile, and leaves empty files.
    npm.check_space(folder)
