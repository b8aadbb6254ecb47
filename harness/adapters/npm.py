"""Get the browser SDK under test: a published npm package, or a folder that somebody built.

The package is used exactly as published: unpacked, never patched, no install script run. It lives
in a per-user cache outside any repository. No registry is named here: npm's own settings decide.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

import msgspec

from harness.adapters.protocol import AdapterError

DEFAULT_NAME = "@signalwire/js"
DEFAULT_VERSION = "4.0.0-beta.12"
BUNDLE = Path("dist") / "browser.mjs"
"""What a page loads; every 4.x package carries it."""

PREFIX = "/ringproof-sdk"
"""Where pages of the stand-in look for the package."""

RECORD = "record.json"
NPM_TIMEOUT_S = 180
LIMIT_BYTES = 256 * 1024 * 1024
"""What one package may expand to; the SDK needs 8 MB."""

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")
_TAG = re.compile(r"[A-Za-z][0-9A-Za-z._-]*")


class PackageError(AdapterError):
    """The SDK cannot be had; the message ends with what to do."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An SDK on disk."""

    name: str
    version: str
    folder: Path
    """Holds ``package.json`` and ``dist/browser.mjs``."""
    integrity: str = ""
    """``sha512-…`` of the published archive, as npm states it; empty for a local folder."""


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """What we know about a cached package, written beside it."""

    name: str
    version: str
    integrity: str
    tree: str
    """Digest of the unpacked files, so that a patched copy is noticed."""


def find(choice: str = "", *, cache: Path | None = None) -> Package:
    """Return the package that ``choice`` names.

    ``choice`` is a version (``4.0.0-beta.12``), a tag of the registry (``latest``), a folder, or
    empty for the default version. Whatever has a slash, or is a folder here, is a folder. Raises
    ``PackageError``.
    """
    if not choice:
        return published(DEFAULT_VERSION, cache=cache)
    if "/" in choice or os.sep in choice or choice.startswith(".") or Path(choice).is_dir():
        return local(Path(choice))
    return published(choice, cache=cache)


def mounts(package: Package) -> dict[str, Path]:
    """Return what the stand-in must serve so that its pages find the package."""
    return {PREFIX: package.folder}


def local(folder: Path) -> Package:
    """Return the package in ``folder``: unpacked from an archive, or built there.

    Raises ``PackageError`` when it has no ``package.json`` or no browser bundle.
    """
    folder = folder.expanduser().resolve()
    try:
        manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise PackageError(
            f"{folder} holds no package.json: name the folder that npm pack would pack"
        ) from error
    except ValueError as error:
        raise PackageError(f"{folder / 'package.json'} is not JSON: {error}") from error
    if not (folder / BUNDLE).is_file():
        raise PackageError(f"{folder} has no {BUNDLE.as_posix()}: build the package first")
    return Package(
        name=str(manifest.get("name", folder.name)),
        version=str(manifest.get("version", "0.0.0")),
        folder=folder,
    )


def published(version: str, *, name: str = DEFAULT_NAME, cache: Path | None = None) -> Package:
    """Return the published package, from the cache or else through npm.

    Safe when several processes ask at once: each unpacks aside, one rename wins. Raises
    ``PackageError``.
    """
    exact = _VERSION.fullmatch(version) is not None
    if not exact and not _TAG.fullmatch(version):
        raise PackageError(f"{version!r} is no version of {name}: give one like {DEFAULT_VERSION}")
    shelf = (cache_folder() if cache is None else cache) / "npm" / name
    if exact and (shelf / version).is_dir():
        return _cached(shelf / version)
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shelf, prefix=".new-") as scratch:
        return _fetch(name, version, shelf, Path(scratch))


def cache_folder() -> Path:
    """Return the per-user cache folder; it need not exist."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    root = Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".cache"
    return root / "ringproof"


def _cached(entry: Path) -> Package:
    record = msgspec.json.decode((entry / RECORD).read_bytes(), type=_Record)
    folder = entry / "package"
    if _digest(folder) != record.tree:
        raise PackageError(
            f"{folder} is not what npm delivered: somebody edited it. Delete {entry} and run again"
        )
    return Package(
        name=record.name, version=record.version, folder=folder, integrity=record.integrity
    )


def _fetch(name: str, version: str, shelf: Path, scratch: Path) -> Package:
    archive, told = _pack(name, version, scratch)
    integrity = told["integrity"]
    if _integrity(archive) != integrity:
        raise PackageError(f"{archive.name} is damaged (integrity differs): run again")
    entry = scratch / "entry"
    _unpack(archive, entry / "package")
    local(entry / "package")
    record = _Record(
        name=told["name"],
        version=told["version"],
        integrity=integrity,
        tree=_digest(entry / "package"),
    )
    (entry / RECORD).write_bytes(msgspec.json.encode(record))
    final = shelf / record.version
    try:
        entry.rename(final)
    except OSError:
        # Another process was faster; what it put there is the same package or _cached says so.
        if not final.is_dir():
            raise
    return _cached(final)


def _pack(name: str, version: str, scratch: Path) -> tuple[Path, dict[str, str]]:
    """Let npm fetch the archive; returns it and npm's own word about it."""
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(
            f"npm is not on PATH, and {name} {version} is not in {cache_folder()}: "
            "install Node.js with npm, or name a folder that holds the package"
        )
    argv = [npm, "pack", f"{name}@{version}", "--json", "--ignore-scripts", "--prefer-offline"]
    try:
        done = subprocess.run(
            [*argv, "--pack-destination", str(scratch)],
            cwd=scratch,
            capture_output=True,
            text=True,
            timeout=NPM_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(
            f"npm had not delivered {name} {version} after {NPM_TIMEOUT_S} s: try again on line, "
            "or name a folder that holds the package"
        ) from error
    if done.returncode:
        raise _refusal(name, version, done.stdout, done.stderr)
    try:
        told = json.loads(done.stdout)[0]
        return scratch / told["filename"], {key: str(told[key]) for key in _TOLD}
    except (ValueError, LookupError, TypeError) as error:
        raise PackageError(
            f"npm pack said nothing we understand about {name}@{version}: update npm"
        ) from error


_TOLD = ("name", "version", "integrity")
_UNKNOWN = {"ETARGET", "E404"}
_UNREACHABLE = {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTCACHED"}


def _refusal(name: str, version: str, stdout: str, stderr: str) -> PackageError:
    found = re.search(r"\bcode\"?:? \"?(\w+)", stdout + stderr)
    code = found[1] if found else ""
    if code in _UNKNOWN:
        return PackageError(f"npm knows no {name} {version}: ask `npm view {name} versions`")
    if code in _UNREACHABLE:
        return PackageError(
            f"npm cannot reach its registry ({code}) and {name} {version} is not cached: "
            "go on line once, or name a folder that holds the package"
        )
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "no message")
    return PackageError(f"npm pack {name}@{version} failed: {last.strip()}")


def _unpack(archive: Path, folder: Path) -> None:
    """Write the regular files below ``package/``; links and paths that lead outside are refused."""
    total = 0
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            if member.isdir():
                continue
            path = PurePosixPath(member.name)
            total += member.size
            if not member.isfile() or path.is_absolute() or ".." in path.parts:
                raise PackageError(f"{archive.name} holds {member.name}, which no package should")
            if total > LIMIT_BYTES:
                raise PackageError(f"{archive.name} expands to more than {LIMIT_BYTES} bytes")
            target = folder.joinpath(*path.parts[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None, "a regular file has content"
            target.write_bytes(content.read())


def _integrity(archive: Path) -> str:
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return "sha512-" + base64.b64encode(digest).decode()


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
