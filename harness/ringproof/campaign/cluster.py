"""Plays blocks on a dask.distributed cluster that is there.

Dask moves blocks of workers that die to others; what each block brings depends on the block alone.
Imported by nothing at start-up: dask takes a second to import.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import distributed

from ringproof.campaign.findings import play_and_reduce
from ringproof.campaign.folder import fingerprint
from ringproof.campaign.plan import CampaignError, ClusterDeadlines, Plan
from ringproof.triage.block import Block

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD = 4
"""Blocks handed out for each worker thread: enough that none waits, few enough to stop soon."""


@contextlib.contextmanager
def connected(scheduler: str, plan: Plan) -> Iterator[Client]:
    """Yield a client of the scheduler.

    Raises ``CampaignError`` when the scheduler is not there, or its workers run other sources.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with _attached(scheduler, plan.deadlines) as client:
        _check_sources(client, plan)
        yield client


def _attached(scheduler: str, deadlines: ClusterDeadlines) -> Client:
    try:
        return distributed.Client(scheduler, timeout=deadlines.answers_s)
    except (OSError, TimeoutError, ValueError) as error:
        reason = type(error).__name__
    # What is left of that client takes dask's own lock when it is collected. If that happened in
    # the thread that the next client starts, both would wait for ever: so it is collected here.
    gc.collect()
    raise CampaignError(
        f"no scheduler answers at {scheduler!r} ({reason}): start one with "
        "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
    )


def _check_sources(client: Client, plan: Plan) -> None:
    try:
        client.wait_for_workers(1, timeout=plan.deadlines.workers_s)
    except TimeoutError as error:
        raise CampaignError(
            f"the scheduler has no workers: start some with `dask worker "
            f"{client.scheduler.address} --nthreads 1`"
        ) from error
    for address, theirs in client.run(fingerprint, on_error="return").items():
        if theirs != plan.sources:
            raise CampaignError(
                f"the worker at {address} has another ringproof than this machine, or none: "
                f"install the same version there ({theirs!s:.80})"
            )


def threads(client: Client) -> int:
    """Return how many blocks the cluster can play at once."""
    return sum(client.nthreads().values())


def played(client: Client, blocks: Iterable[Block], deadlines: ClusterDeadlines) -> Iterator[bytes]:
    """Play blocks and yield each result as soon as it is there, in no particular order.

    Raises ``CampaignError`` when no worker is left, and what a block itself raised.
    """
    waiting = deque(blocks)
    running: set[Future] = set()
    last_seen_s = time.monotonic()
    while waiting or running:
        room = AHEAD * max(1, threads(client)) - len(running)
        batch = [waiting.popleft() for _ in range(min(room, len(waiting)))]
        running.update(client.submit(play_and_reduce, block, pure=False) for block in batch)
        for future in _finished(running, deadlines.look_every_s):
            running.discard(future)
            yield future.result()
        if threads(client):
            last_seen_s = time.monotonic()
        elif time.monotonic() - last_seen_s > deadlines.workers_s:
            text = f"the cluster has been without workers for {deadlines.workers_s:.0f} s"
            raise CampaignError(text)


def _finished(running: set[Future], within_s: float) -> set[Future]:
    try:
        done: set[Future] = distributed.wait(
            running, timeout=within_s, return_when="FIRST_COMPLETED"
        ).done
    except TimeoutError:
        return set()
    return done
