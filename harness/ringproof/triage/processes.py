"""Worker processes on this machine: out of reach of Ctrl-C, which is for their parent."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], processes: int
) -> Iterator[Result]:
    """Yield what ``work`` makes of each item as soon as it is there, in no particular order.

    Raises what ``work`` raised; the rest is then left undone.
    """
    # Not forked: this process may have threads, and its open files are nobody else's business.
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(processes, mp_context=context)
    try:
        with interrupts_held_back():
            futures = [pool.submit(work, item) for item in items]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)
