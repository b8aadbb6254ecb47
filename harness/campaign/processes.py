"""How worker processes are started: out of reach of Ctrl-C, which is for their parent."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from multiprocessing import resource_tracker


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Let the processes started in this block never hear Ctrl-C.

    It reaches the whole process group; the parent hears it after the block, and stops its workers.
    """
    # Starting the tracker later would let interrupts through in the thread that starts a worker.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
