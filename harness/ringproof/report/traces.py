"""``traces/*.jsonl`` and ``events.jsonl``: the evidence, for people and for ``ringproof judge``."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import msgspec

from ringproof.report import atomic
from ringproof.report.findings import finding_path
from ringproof.report.wording import slug, trace_path
from ringproof.results import (
    AnyRunEvent,
    BlockPlayed,
    ClauseVerdict,
    Finding,
    PartStarted,
    Reducing,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Searching,
    Snapshot,
)
from ringproof.trace import Trace

FAULTS_KEPT = 10
"""Traces of scenarios that could not be judged; more of them have the same cause."""

EVENTS = "events.jsonl"


class TraceFiles:
    """Writes the trace of every first failure, of dead scenarios, and of all on request."""

    def __init__(self, folder: Path, *, keep_all: bool = False) -> None:
        self._folder = folder
        self._keep_all = keep_all
        self._faults = 0
        self._written: dict[str, Trace] = {}
        for stale in (folder / "traces").glob("*.jsonl"):
            stale.unlink()

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        match event:
            case ScenarioFinished(fault=fault) if fault is not None and self._faults < FAULTS_KEPT:
                self._write(f"traces/fault-{self._faults}-{slug(event.planned.label)}.jsonl", event)
                self._faults += 1
            case ScenarioFinished(planned=planned) if self._keep_all:
                kind = "simulated" if planned.mode == "simulated" else "all"
                self._write(f"traces/{kind}-{slug(planned.label)}.jsonl", event)
            case (RunFinished() as run) | Snapshot(so_far=run):
                self._write_first(run.verdicts)
                self._write_found(run.explored.findings if run.explored is not None else ())
            case _:
                pass

    def _write_first(self, verdicts: tuple[ClauseVerdict, ...]) -> None:
        for verdict in verdicts:
            first = verdict.first_failure
            if first is not None and self._written.get(verdict.id) is not first.trace:
                atomic.write(self._folder / trace_path(verdict.id), first.trace.dumps())
                self._written[verdict.id] = first.trace

    def _write_found(self, found: tuple[Finding, ...]) -> None:
        for finding in found:
            path, trace = finding_path(finding), finding.first.trace
            if self._written.get(path) is not trace:
                atomic.write(self._folder / path, trace.dumps())
                self._written[path] = trace

    def _write(self, name: str, event: ScenarioFinished) -> None:
        atomic.write(self._folder / name, event.trace.dumps())


class EventFile:
    """Writes every run event as one JSON line, as it happens; traces have their own files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] | None = (folder / EVENTS).open("wb")

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event; the last one closes the file."""
        if self._file is None or isinstance(event, Snapshot):
            return
        self._file.write(msgspec.json.encode(line(event)) + b"\n")
        if isinstance(event, RunFinished):
            self.close()
        else:
            self._file.flush()

    def close(self) -> None:
        """Close the file of a run that has no end; may be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


def line(event: AnyRunEvent) -> dict[str, Any]:
    """Return what ``events.jsonl`` says of an event; ``Snapshot`` is no event of the run's own."""
    match event:
        case RunStarted():
            return {
                "event": "run_started",
                "sut": msgspec.to_builtins(event.sut),
                "mode": event.mode,
                "seed": event.seed,
                "scenarios": event.scenarios,
            }
        case PartStarted():
            return {"event": "part_started", "mode": event.mode, "scenarios": event.scenarios}
        case BlockPlayed():
            return {"event": "swept", **msgspec.structs.asdict(event)}
        case ScenarioStarted():
            return {"event": "scenario_started", **_planned(event)}
        case ScenarioFinished():
            return {
                "event": "scenario_finished",
                **_planned(event),
                "duration_ms": event.duration_ms,
                "exercised": sum(outcome.exercised > 0 for outcome in event.outcomes.values()),
                "failed": [id for id, outcome in event.outcomes.items() if outcome.failures],
                "fault": None if event.fault is None else msgspec.to_builtins(event.fault),
            }
        case Reducing():
            found = {"clause": event.clause, "steps": event.steps, "tried": event.tried}
            return {"event": "reducing", **found}
        case Searching():
            return {"event": "searching", **msgspec.structs.asdict(event)}
        case Snapshot(so_far=so_far):
            return {**line(so_far), "event": "so_far"}
        case RunFinished():
            return {
                "event": "run_finished",
                "status": event.status,
                "exit": event.exit_code,
                "duration_s": event.duration_s,
                "verdicts": {verdict.id: verdict.verdict.value for verdict in event.verdicts},
            }


def _planned(event: ScenarioStarted | ScenarioFinished) -> dict[str, Any]:
    planned = event.planned
    return {
        "scenario": planned.label,
        "mode": planned.mode,
        "real_media": planned.real_media,
        "replay": planned.scenario.replay(),
    }
