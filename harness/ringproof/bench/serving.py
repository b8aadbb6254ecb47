"""How long ``ringproof serve`` takes to answer its first request, and its memory after that."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from ringproof.bench.simulated import BenchError

GONE_WITHIN_S = 5.0
REQUEST_WITHIN_S = 5.0
COMMAND = "import sys; from ringproof.cli import main; sys.exit(main())"
_URL = re.compile(rb"http://127\.0\.0\.1:\d+")


class Started(NamedTuple):
    """A server that has answered once."""

    seconds: float
    resident_mb: float | None
    """None where the system does not report it."""


def start(state_dir: Path) -> Started:
    """Start the command, send it one request, and end it.

    ``state_dir`` keeps the certificates: the very first start makes them and takes longer.
    """
    client = httpx.Client(trust_env=False, timeout=REQUEST_WITHIN_S)
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "serve", "--port", "0", "--http-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_STATE_HOME": str(state_dir)},
    )
    with client, process:
        try:
            _request(client, _url(process))
            seconds = time.perf_counter() - started_s
            return Started(seconds, _resident_mb(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(GONE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None, "opened with a pipe"
    for line in process.stdout:
        url = _URL.search(line)
        if line.startswith(b"serving ") and url:
            return url.group().decode()
    raise BenchError("ringproof serve ended before it served")


def _request(client: httpx.Client, url: str) -> None:
    try:
        status = client.get(f"{url}/api/fabric/addresses").status_code
    except httpx.HTTPError as error:
        raise BenchError(f"ringproof serve did not answer: {error}") from error
    if status != 401:  # it asks for credentials
        raise BenchError(f"ringproof serve answered {status}")


def _resident_mb(pid: int) -> float | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    resident = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(resident.group(1)) / 1000 if resident else None
