"""Waiting for a process of its own to come so far."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable

LOOK_EVERY_S = 0.05


def until(
    reached: Callable[[], bool], process: subprocess.Popen[bytes], said: Callable[[], object]
) -> None:
    """Return once ``reached``; fail with what the process ``said`` when it ends before."""
    while not reached():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_EVERY_S)
            raise AssertionError(f"the process ended: {said()}")
