"""SIPp, the load generator in C++: calls a second between its own two ends on this machine.

Installed with Debian's package ``sip-tester``; where it is missing, figures have no such peer.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ringproof.bench.simulated import BenchError

HOST = "127.0.0.1"
WITHIN_S = 10
"""SIPp's own time limit: it then drops calls that wait for a lost packet to be sent again."""

GRACE_S = 3
"""How much longer it may take to exit before it is killed."""

SETTLED_CALLS = 0.25
"""Share of the calls after which a rate counts: before, buffers take what nobody answers."""


class Load(NamedTuple):
    """One run."""

    calls_per_second: float
    failed: int
    retransmissions: int


def program() -> str | None:
    """Return where it is installed, or None."""
    return shutil.which("sipp")


def load(folder: Path, asked_rate: int, calls: int) -> Load:
    """Ask for calls at a rate; return the best average since the start, as its statistics say."""
    statistics = folder / "uac.csv"
    port = _free_port()
    # In sessions of their own: SIPp changes the settings of its terminal, which would stop a
    # benchmark that runs in the background of a shell.
    with _answering(port):
        options = (
            f"-i {HOST} -p {_free_port()} -r {asked_rate} -m {calls} -d 0 -l 5000 -nd -nostdin "
            f"-trace_stat -fd 1 -timeout {WITHIN_S}s"
        )
        # Failed calls set its exit status; the figure reports them. Overloaded, it may wait for
        # calls that never end: what it completed until then is in its file.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [*f"sipp -sn uac {HOST}:{port} {options} -stf".split(), str(statistics)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                check=False,
                timeout=WITHIN_S + GRACE_S,
            )
    return read(statistics, calls)


def read(statistics: Path, calls: int) -> Load:
    """Read the file that it leaves behind, one row a second. Raises ``BenchError``."""
    try:
        with statistics.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        # Moments read "date<TAB>time<TAB>Unix seconds".
        moments = [_seconds(row["CurrentTime"]) - _seconds(row["StartTime"]) for row in rows]
        successes = [int(row["SuccessfulCall(C)"]) for row in rows]
        last = rows[-1]
        failed, repeated = int(last["FailedCall(C)"]), int(last["Retransmissions(C)"])
    except (OSError, LookupError, ValueError, TypeError) as error:
        raise BenchError(f"sipp left no statistics that can be read: {error}") from error
    rates = [
        done / elapsed_s
        for done, elapsed_s in zip(successes, moments, strict=True)
        if elapsed_s > 0 and done >= SETTLED_CALLS * calls
    ]
    if not rates:
        raise BenchError(f"sipp completed {successes[-1]} of {calls} calls")
    return Load(max(rates), failed, repeated)


@contextlib.contextmanager
def _answering(port: int) -> Iterator[None]:
    process = subprocess.Popen(
        ["sipp", "-sn", "uas", "-i", HOST, "-p", str(port), "-nd", "-nostdin"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        try:
            yield
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _seconds(moment: str) -> float:
    return float(moment.split("\t")[2])
