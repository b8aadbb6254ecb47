"""Get the browser SDK under test: a published npm package, or a local build.

The package is used exactly as published: unpacked, never patched, no install script run. It lives
in a per-user cache outside any repository. No registry is named here: npm's own settings decide.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from ringproof import disk
from ringproof.adapters.protocol import AdapterError

NAME = "@signalwire/js"
DEFAULT_VERSION = "4.0.0-beta.12"
BUNDLE = Path("dist") / "browser.mjs"
"""What a page loads; every 4.x package carries it."""
BUNDLE_OF_3 = Path("dist") / "index.umd.js"

PREFIX = "/ringproof-sdk"
"""Where pages of the stand-in look for the package."""

RECORD = "record.json"
"""Holds a digest of the unpacked files, so that an edited copy is noticed."""
LIMIT_BYTES = 256 * 1024 * 1024
"""The most that one package may expand to; the SDK needs 8 MB."""

_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")
_TAG = re.compile(r"[A-Za-z][0-9A-Za-z._-]*")

TIMEOUT_S = 180
"""Of one call of npm."""

_UNKNOWN = {"ETARGET", "E404"}
_UNREACHABLE = {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTCACHED"}


_ROOM_BYTES = 16 * 1024 * 1024
"""Twice what the SDK takes on disk."""
_UNWRITABLE = {"EACCES", "EDQUOT", "ENOSPC", "ENOTDIR", "EPERM", "EROFS"}
_HINTS = ("complete log of this run", "--loglevel=verbose", "Log files were not written")


class PackageError(AdapterError):
    """A package is not available; the message ends with what to do."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """An SDK on disk."""

    name: str
    version: str
    folder: Path
    """Holds ``package.json``."""
    entry: str = BUNDLE.as_posix()
    """The file that is loaded, relative to ``folder``."""
    needs: dict[str, str] = {}
    """Packages it does not bring along, with the range of versions that it accepts of each."""


Entry = Callable[[Mapping[str, Any]], str]
"""From a package's manifest the file to load, relative to the package."""


def for_pages(manifest: Mapping[str, Any]) -> str:
    """Return the file that holds the package and all it needs, for a page."""
    return (BUNDLE_OF_3 if str(manifest.get("version", "")).startswith("3.") else BUNDLE).as_posix()


def for_node(manifest: Mapping[str, Any]) -> str:
    """Return the file that ``import "<the package>"`` loads in Node."""
    exports = manifest.get("exports")
    target = exports.get(".", exports) if isinstance(exports, dict) else exports
    while isinstance(target, dict):
        conditions = ("node", "import", "module", "default")
        target = next((target[key] for key in target if key in conditions), None)
    return str(target or manifest.get("module") or manifest.get("main") or "index.js")


def find(choice: str = "", *, entry: Entry = for_pages) -> Package:
    """Return the package that ``choice`` names.

    ``choice`` is a version (``4.0.0-beta.12``), a tag of the registry (``latest``), a folder, an
    archive as ``npm pack`` makes it, or empty for the default version. Whatever has a slash, or is
    a folder here, is a folder. ``entry`` says which file will be loaded. Raises ``PackageError``.
    """
    choice = choice or DEFAULT_VERSION
    if choice.endswith((".tgz", ".tar.gz")):
        return archived(Path(choice), entry=entry)
    if "/" in choice or os.sep in choice or choice.startswith(".") or Path(choice).is_dir():
        return local(Path(choice), entry=entry)
    return published(choice, entry=entry)


def mounts(package: Package) -> dict[str, Path]:
    """Return what the stand-in must serve so that its pages find the package."""
    return {PREFIX: package.folder}


def local(folder: Path, *, entry: Entry = for_pages) -> Package:
    """Return the package in ``folder``: unpacked from an archive, or built there.

    Raises ``PackageError`` when it has no ``package.json``, or not the file to be loaded.
    """
    folder = folder.expanduser().resolve()
    try:
        manifest = json.loads((folder / "package.json").read_text(encoding="utf-8-sig"))
    except OSError as error:
        text = f"{folder} holds no package.json: name the folder that npm pack would pack"
        raise PackageError(text) from error
    except ValueError as error:
        raise PackageError(f"{folder / 'package.json'} is not JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise PackageError(f"{folder / 'package.json'} describes no package")
    file = entry(manifest).removeprefix("./")
    if not (folder / file).is_file():
        raise PackageError(f"{folder} has no {file}: build the package first")
    return Package(
        name=str(manifest.get("name", folder.name)),
        version=str(manifest.get("version", "0.0.0")),
        folder=folder,
        entry=file,
        needs=_needs(manifest),
    )


def _needs(manifest: Mapping[str, Any]) -> dict[str, str]:
    optional = manifest.get("peerDependenciesMeta") or {}
    peers = manifest.get("peerDependencies") or {}
    must = {name: range for name, range in peers.items() if not optional.get(name)}
    return {**must, **(manifest.get("dependencies") or {})}


def published(version: str, *, entry: Entry = for_pages) -> Package:
    """Return the published package, from the cache or else through npm. Raises ``PackageError``."""
    exact = _VERSION.fullmatch(version) is not None
    if not exact and not _TAG.fullmatch(version):
        raise PackageError(f"{version!r} is no version of {NAME}: give one like {DEFAULT_VERSION}")
    versions = cache_folder() / "npm" / NAME
    if exact and (versions / version).is_dir():
        return _cached(versions / version, entry)
    try:
        with tempfile.TemporaryDirectory(prefix="ringproof-npm-") as scratch:
            archive, packed = _pack(version, Path(scratch))
            if _integrity(archive) != packed["integrity"]:
                raise PackageError(f"{archive.name} is damaged (integrity differs): run again")
            return _unpacked(archive, versions / packed["version"], entry)
    except OSError as error:
        place = "packages cannot be fetched"
        raise PackageError(disk.sentence(error, place, "set TMPDIR to another folder")) from error


def archived(archive: Path, *, entry: Entry = for_pages) -> Package:
    """Return the package in ``archive``, unpacked into the cache. Raises ``PackageError``."""
    archive = archive.expanduser()
    try:
        digest = hashlib.sha512(archive.read_bytes()).hexdigest()
    except OSError as error:
        raise PackageError(f"{archive} cannot be read: {error.strerror}") from error
    final = cache_folder() / "npm" / "archives" / digest[:32]
    if final.is_dir():
        return _cached(final, entry)
    return _unpacked(archive, final, entry)


@contextlib.contextmanager
def appearing(final: Path) -> Iterator[Path]:
    """Yield a folder to fill, which is then renamed to ``final``.

    Several processes may do so at once: the first one wins, and the others' folders are removed.
    Raises ``PackageError`` when the cache cannot be written.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=final.parent, prefix=".new-") as scratch:
            fresh = Path(scratch) / "entry"
            fresh.mkdir()
            yield fresh
            try:
                fresh.rename(final)
            except OSError:
                if not final.is_dir():
                    raise
    except OSError as error:
        raise PackageError(
            f"packages cannot be kept: {error.filename or final}: {error.strerror}; "
            "set XDG_CACHE_HOME to a folder that can be written"
        ) from error


def cache_folder() -> Path:
    """Return the per-user cache folder; it need not exist."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    root = Path(chosen) if Path(chosen).is_absolute() else Path(os.path.expanduser("~")) / ".cache"
    return root / "ringproof"


def _cached(folder: Path, entry: Entry) -> Package:
    package = folder / "package"
    if _digest(package) != json.loads((folder / RECORD).read_text())["tree"]:
        raise PackageError(
            f"{package} is not as it was delivered: somebody edited it. "
            f"Delete {folder} and run again"
        )
    return local(package, entry=entry)


def _unpacked(archive: Path, final: Path, entry: Entry) -> Package:
    with appearing(final) as folder:
        _unpack(archive, folder / "package")
        local(folder / "package", entry=entry)
        (folder / RECORD).write_text(json.dumps({"tree": _digest(folder / "package")}))
    return _cached(final, entry)


def _pack(version: str, scratch: Path) -> tuple[Path, dict[str, str]]:
    """Let npm fetch the archive; return it, with its version and integrity as npm states them."""
    wanted = Wanted(
        what=f"{NAME} {version}",
        instead="name a folder that holds the package",
        unknown=f"ask `npm view {NAME} versions`",
    )
    arguments = ["pack", f"{NAME}@{version}", "--json", "--pack-destination", str(scratch)]
    try:
        packed = json.loads(run(arguments, scratch, wanted))[0]
        stated = {key: str(packed[key]) for key in ("version", "integrity")}
        return scratch / packed["filename"], stated
    except (ValueError, LookupError, TypeError) as error:
        text = f"npm pack printed nothing we understand about {NAME}@{version}: update npm"
        raise PackageError(text) from error


def _unpack(archive: Path, folder: Path) -> None:
    """Write the regular files below ``package/``; links and paths that lead outside are refused."""
    total = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.isdir():
                    continue
                path = PurePosixPath(member.name)
                total += member.size
                if not member.isfile() or path.is_absolute() or ".." in path.parts:
                    raise PackageError(f"{archive.name} holds {member.name}, which is not allowed")
                if total > LIMIT_BYTES:
                    raise PackageError(f"{archive.name} expands to more than {LIMIT_BYTES} bytes")
                target = folder.joinpath(*path.parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None, "a regular file has content"
                target.write_bytes(content.read())
    except tarfile.TarError as error:
        raise PackageError(f"{archive} is no archive as npm pack makes it: {error}") from error


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


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What npm is to deliver, in the words that an error message needs."""

    what: str
    """``@signalwire/js 4.0.0``."""
    instead: str
    """What the reader can do without npm."""
    unknown: str
    """What the reader can do when the registry does not know it."""


def run(arguments: list[str], folder: Path, wanted: Wanted, *, timeout_s: float = TIMEOUT_S) -> str:
    """Return what ``npm <arguments>`` prints, run in ``folder``.

    Raises ``PackageError`` when npm is missing, fails or hangs.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(
            f"npm is not on PATH, and {wanted.what} is not in the cache: "
            f"install Node.js with npm, or {wanted.instead}"
        )
    # This may take a minute, and happens once.
    sys.stderr.write(f"ringproof: npm fetches {wanted.what}\n")
    try:
        done = subprocess.run(
            [npm, *arguments, "--ignore-scripts", "--prefer-offline"],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",  # whatever the locale is: Node writes nothing else
            errors="replace",
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(
            f"npm had not delivered {wanted.what} after {timeout_s:g} s: "
            f"try again on line, or {wanted.instead}"
        ) from error
    if done.returncode:
        raise _refusal(wanted, arguments[0], done.stdout, done.stderr, folder)
    return done.stdout


def check_space(folder: Path) -> None:
    """Raise ``OSError`` when an SDK would not fit into ``folder``."""
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(_ROOM_BYTES))


def _unwritable(code: str, wanted: Wanted, folder: Path) -> PackageError:
    """Find out which of the places that npm writes to is the one. They may be on several disks."""
    try:
        check_space(folder)
    except OSError as error:
        of_ours = folder.is_relative_to(cache_folder())
        variable = "XDG_CACHE_HOME" if of_ours else "TMPDIR"
        return PackageError(
            f"npm cannot write {folder}: {error.strerror}: set {variable} to a folder that can be "
            f"written, or {wanted.instead}"
        )
    return PackageError(
        f"npm cannot write its cache ({code}): set npm_config_cache to a folder that can be "
        f"written, or {wanted.instead}"
    )


def _refusal(wanted: Wanted, command: str, stdout: str, stderr: str, folder: Path) -> PackageError:
    match = re.search(r"\bcode\"?:? \"?(\w+)", stdout + stderr)
    code = match[1] if match else ""
    if code in _UNKNOWN:
        return PackageError(f"npm knows no {wanted.what}: {wanted.unknown}")
    if code in _UNREACHABLE:
        return PackageError(
            f"npm cannot reach its registry ({code}) and {wanted.what} is not cached: "
            f"go on line once, or {wanted.instead}"
        )
    if code in _UNWRITABLE:
        return _unwritable(code, wanted, folder)
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    # npm ends with hints about its own logs, which do not help here.
    messages = [line for line in lines if not any(hint in line for hint in _HINTS)]
    last = messages[-1] if messages else "no message"
    return PackageError(f"npm {command} of {wanted.what} failed: {last}")
