"""``traces/*.jsonl`` and ``events.jsonl``: the evidence, for people and for ``ringproof judge``."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from io import RawIOBase
from pathlib import Path
from typing import Any

import msgspec

from ringproof import results
from ringproof.report import atomic
from ringproof.report.wording import finding_path, slug, trace_path
from ringproof.trace import Trace

FAULTS_KEPT = 10
"""Traces of scenarios that could not be judged; more of them have the same cause."""

FAULT = "fault-"
"""How the names of such traces begin."""

EVENTS = "events.jsonl"

NAMES: dict[type[results.RunEvent], str] = {
    results.RunStarted: "run_started",
    results.PartStarted: "part_started",
    results.BlockPlayed: "swept",
    results.Reducing: "reducing",
    results.Searching: "searching",
}
"""In ``events.jsonl``, of the events that are written as they are."""


class TraceFiles:
    """Writes the trace of every first failure, of scenarios with a fault, and of all on request."""

    def __init__(self, folder: Path, *, keep_all: bool = False) -> None:
        self._folder = folder
        self._keep_all = keep_all
        self._faults = 0
        self._written: dict[str, Trace] = {}
        for stale in (folder / "traces").glob("*.jsonl"):
            stale.unlink()

    def record(self, event: results.AnyRunEvent) -> None:
        """Add a run event."""
        match event:
            case results.ScenarioFinished() if event.fault and self._faults < FAULTS_KEPT:
                name = f"{FAULT}{self._faults}-{slug(event.planned.label)}"
                self._write(f"traces/{name}.jsonl", event.trace)
                self._faults += 1
            case results.ScenarioFinished(planned=planned) if self._keep_all:
                kind = "simulated" if planned.mode == "simulated" else "all"
                self._write(f"traces/{kind}-{slug(planned.label)}.jsonl", event.trace)
            case (results.RunFinished() as run) | results.Snapshot(so_far=run):
                for verdict in run.verdicts:
                    self._write_once(trace_path(verdict.id), verdict.first_failure)
                for finding in run.explored.findings if run.explored is not None else ():
                    self._write_once(finding_path(finding), finding.first)
            case _:
                pass

    def _write_once(self, path: str, first: results.FirstFailure | None) -> None:
        if first is not None and self._written.get(path) is not first.trace:
            self._write(path, first.trace)
            self._written[path] = first.trace

    def _write(self, path: str, trace: Trace) -> None:
        atomic.write(self._folder / path, trace.dumps())


class EventFile:
    """Writes every run event as one JSON line, as it happens; traces have their own files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Without a buffer: one that cannot be written would fail again when it is closed.
        self._file: RawIOBase | None = (folder / EVENTS).open("wb", buffering=0)

    def record(self, event: results.AnyRunEvent) -> None:
        """Add a run event; the last one closes the file. Raises ``OSError``."""
        if self._file is None or isinstance(event, results.Snapshot):
            return
        left = memoryview(msgspec.json.encode(line(event)) + b"\n")
        while left:  # a write to a disk that is nearly full takes a part
            left = left[self._file.write(left) or 0 :]
        if isinstance(event, results.RunFinished):
            self.close()

    def close(self) -> None:
        """Close the file of a run that has no end; may be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None


def line(event: results.AnyRunEvent) -> dict[str, Any]:
    """Return an event as ``events.jsonl`` has it. A ``Snapshot`` is not written."""
    match event:
        case results.ScenarioStarted():
            return {"event": "scenario_started", **_planned(event)}
        case results.ScenarioFinished():
            return {
                "event": "scenario_finished",
                **_planned(event),
                "duration_ms": event.duration_ms,
                "exercised": sum(outcome.exercised > 0 for outcome in event.outcomes.values()),
                "failed": [id for id, outcome in event.outcomes.items() if outcome.failures],
                "fault": None if event.fault is None else msgspec.to_builtins(event.fault),
            }
        case results.RunFinished():
            return {
                "event": "run_finished",
                "status": event.status,
                "exit": event.exit_code,
                "duration_s": event.duration_s,
                "verdicts": {verdict.id: verdict.verdict.value for verdict in event.verdicts},
            }
        case _:
            return {"event": NAMES[type(event)], **msgspec.structs.asdict(event)}


def _planned(event: results.ScenarioStarted | results.ScenarioFinished) -> dict[str, Any]:
    planned = event.planned
    return {
        "scenario": planned.label,
        "mode": planned.mode,
        "real_media": planned.real_media,
        "replay": planned.scenario.replay(),
    }


# -- of the shards of a run --------------------------------------------------------------------

_LAST = b'{"event":"run_finished"'


def merge_events(folders: Iterable[Path], finished: results.RunFinished, out: Path) -> None:
    """Write one ``events.jsonl``: the events of every shard, in their order, and the whole's end.

    Each line but the last names its ``shard``, counted from 1. A shard without such a file is
    left out. Raises ``OSError``.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / EVENTS).open("wb") as merged:
        for number, folder in enumerate(folders, start=1):
            if not (folder / EVENTS).exists():
                continue
            with (folder / EVENTS).open("rb") as events:
                for event in events:
                    # The last line of a killed run may be half a line.
                    if event.endswith(b"}\n") and not event.startswith(_LAST):
                        merged.write(b'{"shard":%d,' % number + event[1:])
        merged.write(msgspec.json.encode(line(finished)) + b"\n")


def copy_traces(folders: Iterable[Path], finished: results.RunFinished, out: Path) -> None:
    """Copy the traces that are no clause's first failure. Raises ``OSError``."""
    first = {Path(trace_path(verdict.id)).name for verdict in finished.verdicts}
    (out / "traces").mkdir(parents=True, exist_ok=True)
    for number, folder in enumerate(folders, start=1):
        for trace in sorted((folder / "traces").glob("*.jsonl")):
            if trace.name not in first:
                name = trace.name
                if name.startswith(FAULT):  # every shard counts its own from 0
                    name = f"{FAULT}{number}-{name.removeprefix(FAULT)}"
                shutil.copyfile(trace, out / "traces" / name)
