"""Plays blocks on a dask.distributed cluster: one of this machine's cores, or one that is there.

Dask moves blocks of workers that die to others; what each block brings depends on the block alone.
Imported by nothing at start-up: dask takes a second to import.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import dask
import distributed

from ringproof.campaign import ClusterError
from ringproof.campaign.findings import play_and_reduce
from ringproof.campaign.folder import fingerprint
from ringproof.triage.block import Block
from ringproof.triage.processes import interrupts_blocked

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 4
"""Blocks handed out for each worker thread: enough that none waits, few enough to stop soon."""

ANSWERS_WITHIN_S = 20
"""A scheduler that does not answer for so long is not there."""

WORKERS_WITHIN_S = 60
"""How long a cluster may be without any worker."""

LOOK_EVERY_S = 1.0

DEATHS_MAX = 10
"""Workers that a block may take along before it is held to kill them: dask's own limit is 3, but on
a busy machine the out-of-memory killer takes whoever is near."""

_SETTINGS: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": DEATHS_MAX,
    "distributed.scheduler.dashboard.status.task-stream-length": 10,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}


@contextlib.contextmanager
def connected(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Yield a client: of a cluster of ``workers`` processes of ours, or of a scheduler's address.

    Raises ``ClusterError`` when the scheduler is not there, or its workers run other sources.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(_SETTINGS), contextlib.ExitStack() as stack:
        if scheduler is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ringproof-"))
            with interrupts_blocked():
                cluster = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    worker_dashboard_address=None,
                    local_directory=folder,
                    silence_logs=logging.CRITICAL,
                )
            yield stack.enter_context(distributed.Client(stack.enter_context(cluster)))
        else:
            client = stack.enter_context(_attached(scheduler))
            _check_sources(client)
            yield client


def _attached(scheduler: str) -> Client:
    try:
        return distributed.Client(scheduler, timeout=ANSWERS_WITHIN_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {scheduler!r} ({type(error).__name__}): start one with "
            "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
        ) from error


def _check_sources(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN_S)
    except TimeoutError as error:
        raise ClusterError(
            f"the scheduler has no workers: start some with `dask worker "
            f"{client.scheduler.address} --nthreads 1`"
        ) from error
    for address, theirs in client.run(fingerprint, on_error="return").items():
        if theirs != _own_sources():
            raise ClusterError(
                f"the worker at {address} has another ringproof than this machine, or none: "
                f"install the same version there ({theirs!s:.80})"
            )


def _own_sources() -> str:
    return fingerprint()


def threads(client: Client) -> int:
    """Return how many blocks the cluster can play at once."""
    return sum(client.nthreads().values())


def played(client: Client, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Play blocks and yield each result as soon as it is there, in no particular order.

    Raises ``ClusterError`` when no worker is left, and what a block itself raised.
    """
    waiting = deque(blocks)
    running: set[Future] = set()
    last_seen_s = time.monotonic()
    while waiting or running:
        room = AHEAD * max(1, threads(client)) - len(running)
        batch = [waiting.popleft() for _ in range(min(room, len(waiting)))]
        running.update(client.submit(play_and_reduce, block, pure=False) for block in batch)
        for future in _finished(running):
            running.discard(future)
            yield future.result()
        if threads(client):
            last_seen_s = time.monotonic()
        elif time.monotonic() - last_seen_s > WORKERS_WITHIN_S:
            raise ClusterError(f"the cluster has been without workers for {WORKERS_WITHIN_S} s")


def _finished(running: set[Future]) -> set[Future]:
    try:
        done: set[Future] = distributed.wait(
            running, timeout=LOOK_EVERY_S, return_when="FIRST_COMPLETED"
        ).done
    except TimeoutError:
        return set()
    return done
