"""Judges a trace in which nobody knows whether some command was carried out.

An adapter that says ``definite: false`` says that it may have happened all the same. Then both are
considered, the trace with the command and the trace without it, and a check has found something
only where it finds the same in both. Everything else is unknown: neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.history import build
from ringproof.checks.records import History, OriginRecord, SessionRecord
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
"""Up to so many commands each is doubted by itself, too; beyond it only all of them together."""

Subject = CallRecord | SessionRecord | OriginRecord
Finder = Callable[[History], Iterator[tuple[str, Subject, Failure | bool | None]]]
"""Yields (clause, what was looked at, what was found)."""


def judge(history: History, find: Finder) -> dict[str, Outcome]:
    """Judge a trace whose ``history.doubtful`` is not empty."""
    others = [_findings(build(world), find) for world in _without(history)]
    agreed: dict[str, list[Failure | bool]] = {}
    for (clause, name), found in _findings(history, find).items():
        known = agreed.setdefault(clause, [])
        elsewhere = [other.get((clause, name)) for other in others]
        if found is not None and all(type(one) is type(found) for one in elsewhere):
            known.append(found)
    return {
        clause: Outcome(len(found), tuple(one for one in found if isinstance(one, Failure)))
        for clause, found in agreed.items()
    }


def _findings(history: History, find: Finder) -> dict[tuple[str, str], Failure | bool | None]:
    return {(clause, _name(subject)): found for clause, subject, found in find(history)}


def _name(subject: Subject) -> str:
    return f"{subject.session.id} {subject.id}" if isinstance(subject, CallRecord) else subject.id


def _without(history: History) -> list[Trace]:
    """Return the trace as it would be if the doubtful commands had never been given."""
    ids = history.doubtful
    worlds: list[Sequence[str]] = [ids]
    if 1 < len(ids) <= ALONE_MAX:
        worlds += [[id] for id in ids]
    trace = history.trace
    return [
        Trace(trace.header, [entry for entry in trace if _command_of(entry) not in world])
        for world in worlds
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
