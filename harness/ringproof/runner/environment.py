"""Where a run takes place, as far as that can change its result."""

from __future__ import annotations

import datetime
import os
import platform


def environment() -> dict[str, str]:
    """Return name → value, for people: interpreter, system, machine, and when the run began."""
    # Not `platform.platform()`, which reads binaries, nor `processor()`, which starts a program.
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()}",
        "machine": f"{platform.machine()}, {os.cpu_count() or 'an unknown number of'} CPUs",
        "begun": datetime.datetime.now(datetime.UTC).isoformat(sep=" ", timespec="seconds"),
    }
