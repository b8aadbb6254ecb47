"""Runs npm; an error says what to do when it is missing or fails.

No registry is named here: npm's own settings decide. No install script of any package is run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from ringproof.adapters.protocol import AdapterError

TIMEOUT_S = 180

_UNKNOWN = {"ETARGET", "E404"}
_UNREACHABLE = {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENOTCACHED"}


class PackageError(AdapterError):
    """A package is not available; the message ends with what to do."""


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
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(
            f"npm had not delivered {wanted.what} after {timeout_s:g} s: "
            f"try again on line, or {wanted.instead}"
        ) from error
    if done.returncode:
        raise _refusal(wanted, arguments[0], done.stdout, done.stderr)
    return done.stdout


def _refusal(wanted: Wanted, word: str, stdout: str, stderr: str) -> PackageError:
    match = re.search(r"\bcode\"?:? \"?(\w+)", stdout + stderr)
    code = match[1] if match else ""
    if code in _UNKNOWN:
        return PackageError(f"npm knows no {wanted.what}: {wanted.unknown}")
    if code in _UNREACHABLE:
        return PackageError(
            f"npm cannot reach its registry ({code}) and {wanted.what} is not cached: "
            f"go on line once, or {wanted.instead}"
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    # npm ends with the path of its own log, which says nothing here.
    messages = [line for line in lines if "complete log of this run" not in line]
    last = messages[-1] if messages else "no message"
    return PackageError(f"npm {word} of {wanted.what} failed: {last}")
