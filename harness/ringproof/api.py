"""Runs for programs: what ``ringproof run`` does, as a function."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ringproof.commands.run import make_plan
from ringproof.results import Emit, RunFinished
from ringproof.runner.run import run as play


def run(
    sut: str = "reference",
    *,
    network: bool | None = None,
    examples: int | None = None,
    seed: int = 0,
    only: Sequence[str] = (),
    jobs: int | None = None,
    baseline: Sequence[str] = (),
    strict: bool = False,
    reduce: bool = True,
    explore_minutes: float | None = None,
    emit: Emit | None = None,
) -> RunFinished:
    """Play scenarios against a client and return the verdicts, once the run is over.

    The parameters are the options of ``ringproof run``, with the same defaults. ``network`` is
    True for real sockets only, False for virtual time only, and None for all that the SUT can do.
    ``explore_minutes`` is None without ``--explore``. ``emit`` is called with every run event.
    No report is written. Raises ``Stop`` where the command would end with a message, and
    ``RuntimeError`` inside a running event loop.
    """
    plan = make_plan(
        sut,
        network=network,
        examples=examples,
        seed=seed,
        only=tuple(only),
        jobs=jobs,
        baseline=tuple(baseline),
        strict=strict,
        reduce=reduce,
        explore_minutes=explore_minutes,
    )
    return asyncio.run(play(plan, emit or (lambda event: None)))
