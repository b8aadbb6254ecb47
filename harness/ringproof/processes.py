"""Worker processes on this machine: Ctrl-C does not reach them, and they end with their parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import resource_tracker
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Let the processes started in this block ignore Ctrl-C.

    It reaches the whole process group; the parent gets it after the block, and stops its workers.
    """
    # Starting the tracker later would let interrupts through in the thread that starts a worker.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def submitted(
    work: Callable[[Item], Result], items: Sequence[Item], processes: int
) -> Iterator[list[Future[Result]]]:
    """Yield what ``work`` will have made of each item, by processes started here.

    ``items`` are not empty. What has not been begun when the block is left is left undone.
    Results raise ``BrokenProcessPool`` once one of the processes was killed.
    """
    # Not forked: this process may have threads, and its open files are nobody else's business.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(processes, len(items)), mp_context=context, initializer=_end_with_parent
    )
    try:
        with interrupts_blocked():
            futures = [pool.submit(work, item) for item in items]
        yield futures
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "workers are started by a process of ours"

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
