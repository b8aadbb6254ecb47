"""Judges a trace with commands that may or may not have been carried out.

An adapter that replies ``definite: false`` does not know which. So the trace is judged with the
command and without it, and a result counts only if both agree. Anything else is not exercised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ringproof.checks.check import CheckResult
from ringproof.checks.history import build
from ringproof.checks.records import CallRecord, History, Record
from ringproof.trace import (
    AnyEntry,
    Calls,
    Commanded,
    Complete,
    Emitted,
    Received,
    Replied,
    Settled,
    Status,
    Stream,
    Trace,
)
from ringproof.verdict import Failure, Outcome

ALONE_MAX: Final = 8
"""Up to so many commands are also left out one by one; more are left out all together only."""

RunChecks = Callable[[History], Iterator[tuple[str, Record, CheckResult]]]
"""Yields (clause, what was looked at, result)."""


def judge(history: History, run_checks: RunChecks) -> dict[str, Outcome]:
    """Judge a trace whose ``history.indefinite_ids`` is not empty."""
    others = [_results(build(trace), run_checks) for trace in _without(history)]
    agreed: dict[str, list[Failure | bool]] = {}
    for (clause, name), result in _results(history, run_checks).items():
        results = agreed.setdefault(clause, [])
        elsewhere = [other.get((clause, name)) for other in others]
        if result is not None and all(type(one) is type(result) for one in elsewhere):
            results.append(result)
    return {
        clause: Outcome(len(results), tuple(one for one in results if isinstance(one, Failure)))
        for clause, results in agreed.items()
    }


def _results(history: History, run_checks: RunChecks) -> dict[tuple[str, str], CheckResult]:
    return {
        (clause, f"{one.session.id} {one.id}" if isinstance(one, CallRecord) else one.id): result
        for clause, one, result in run_checks(history)
    }


def _without(history: History) -> list[Trace]:
    """Return the trace as it would be if the indefinite commands had never been given."""
    ids, trace = history.indefinite_ids, history.trace
    alone = [[id] for id in ids] if 1 < len(ids) <= ALONE_MAX else []
    return [
        Trace(trace.header, [entry for entry in trace if _command_of(entry) not in left_out])
        for left_out in (ids, *alone)
    ]


def _command_of(entry: AnyEntry) -> str:
    """Return the command that an entry belongs to; empty if none."""
    if isinstance(entry, Commanded | Replied):
        return entry.id
    if isinstance(entry, Emitted):
        event = entry.event
        if isinstance(event, Received | Settled):
            return event.id
        if isinstance(event, Calls | Status | Stream | Complete):
            return event.observer
    return ""
