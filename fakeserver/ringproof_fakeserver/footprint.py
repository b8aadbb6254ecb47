"""What a server holds at a moment: after whatever its peers did, this returns to where it was."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

_PROCESS = Path("/proc/self")


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one server, and of the process it runs in."""

    connections: int
    """TCP connections, whatever they turn into."""
    sockets: int
    """WebSockets of signalling that are open."""
    sessions: int
    """Sessions that have a socket."""
    calls: int
    """Calls that have not ended."""
    legs: int
    """Media legs."""
    timers: int
    """Timers that run."""
    tasks: int
    """asyncio tasks of the whole event loop."""
    descriptors: int | None
    """File descriptors of the whole process; None where the system does not list them."""
    resident_kb: int | None
    """Memory of the whole process; None where the system does not say."""

    def counts(self) -> dict[str, int]:
        """Return everything that is counted and not measured, by name."""
        fields: dict[str, int | None] = msgspec.structs.asdict(self)
        return {
            name: value
            for name, value in fields.items()
            if name != "resident_kb" and value is not None
        }


def descriptors() -> int | None:
    """Return how many file descriptors of the process are open."""
    try:
        # One more is open while the folder is listed.
        return len(list((_PROCESS / "fd").iterdir())) - 1
    except OSError:
        return None


def resident_kb() -> int | None:
    """Return how much memory of the process is resident."""
    try:
        status = (_PROCESS / "status").read_text()
    except OSError:
        return None
    resident = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(resident.group(1)) if resident else None
