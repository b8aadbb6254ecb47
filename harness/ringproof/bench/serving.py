"""How long ``ringproof serve`` takes to answer its first request, and what it then weighs."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from ringproof.bench.simulated import BenchError

GONE_WITHIN_S = 5.0
REQUEST_WITHIN_S = 5.0
COMMAND = "import sys; from ringproof.cli import main; sys.exit(main())"
_URL = re.compile(rb"http://127\.0\.0\.1:\d+")


class Started(NamedTuple):
    """A server that has answered once."""

    seconds: float
    resident_mb: float | None
    """None where the system does not tell."""


def start(state_dir: Path) -> Started:
    """Start the command, ask it for one thing, and end it.

    ``state_dir`` keeps the certificates: the very first start makes them and takes longer.
    """
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "serve", "--port", "0", "--http-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_STATE_HOME": str(state_dir)},
    )
    with process:
        try:
            url = _announced(process)
            _ask(url)
            seconds = time.perf_counter() - started_s
            return Started(seconds, _resident_mb(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(GONE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _announced(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None, "it was asked for"
    for line in process.stdout:
        found = _URL.search(line)
        if line.startswith(b"serving ") and found:
            return found.group().decode()
    raise BenchError("ringproof serve ended before it served")


def _ask(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{url}/api/fabric/addresses", timeout=REQUEST_WITHIN_S)
    except urllib.error.HTTPError as error:
        if error.code != 401:  # without credentials that is the answer
            raise BenchError(f"ringproof serve answered {error.code}") from error
    except (OSError, ssl.SSLError) as error:
        raise BenchError(f"ringproof serve did not answer: {error}") from error


def _resident_mb(pid: int) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(found.group(1)) / 1000 if found else None
