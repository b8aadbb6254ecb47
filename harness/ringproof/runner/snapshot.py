"""Emits from time to time how a run stands, so that reports are there if it is killed."""

from __future__ import annotations

import time
from collections.abc import Callable

from ringproof.results import (
    AnyRunEvent,
    BlockPlayed,
    Emit,
    RunFinished,
    ScenarioFinished,
    Searching,
    Snapshot,
)

EVERY_S = 2.0
"""Between two of them, at least."""

SHARE = 0.02
"""Of the run's time at most; a snapshot that takes long is made less often."""


class SnapshotEmitter:
    """Passes run events on, and adds a ``Snapshot`` when one is due."""

    def __init__(
        self,
        emit: Emit,
        so_far: Callable[[], RunFinished],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emit = emit
        self._so_far = so_far
        self._now = now
        self._due_s = now() + EVERY_S

    def __call__(self, event: AnyRunEvent) -> None:
        """Pass an event on."""
        self._emit(event)
        started_s = self._now()
        if (
            isinstance(event, (ScenarioFinished, BlockPlayed, Searching))
            and started_s >= self._due_s
        ):
            self._emit(Snapshot(so_far=self._so_far()))
            ended_s = self._now()
            self._due_s = ended_s + max(EVERY_S, (ended_s - started_s) / SHARE)
