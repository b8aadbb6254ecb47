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
    """A package cannot be had; the message ends with what to do."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What npm is sent for, in the words that an error message needs."""

    wanted: str
    """What it is to deliver: ``@signalwire/js 4.0.0``."""
    instead: str
    """What the reader can do without npm."""
    unknown: str
    """What the reader can do when the registry does not know it."""


def run(words: list[str], folder: Path, errand: Errand, *, timeout_s: float = TIMEOUT_S) -> str:
    """Return what ``npm <words>`` prints, run in ``folder``.

    Raises ``PackageError`` when npm is missing, fails or hangs.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise PackageError(
            f"npm is not on PATH, and {errand.wanted} is not in the cache: "
            f"install Node.js with npm, or {errand.instead}"
        )
    # This may take a minute, and happens once.
    sys.stderr.write(f"ringproof: npm fetches {errand.wanted}\n")
    try:
        done = subprocess.run(
            [npm, *words, "--ignore-scripts", "--prefer-offline"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(
            f"npm had not delivered {errand.wanted} after {timeout_s:g} s: "
            f"try again on line, or {errand.instead}"
        ) from error
    if done.returncode:
        raise _refusal(errand, words[0], done.stdout, done.stderr)
    return done.stdout


def _refusal(errand: Errand, word: str, stdout: str, stderr: str) -> PackageError:
    match = re.search(r"\bcode\"?:? \"?(\w+)", stdout + stderr)
    code = match[1] if match else ""
    if code in _UNKNOWN:
        return PackageError(f"npm knows no {errand.wanted}: {errand.unknown}")
    if code in _UNREACHABLE:
        return PackageError(
            f"npm cannot reach its registry ({code}) and {errand.wanted} is not cached: "
            f"go on line once, or {errand.instead}"
        )
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    # npm ends with the path of its own log, which says nothing here.
    said = [line for line in lines if "complete log of this run" not in line]
    last = said[-1] if said else "no message"
    return PackageError(f"npm {word} of {errand.wanted} failed: {last}")
