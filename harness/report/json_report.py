"""``report.json``, format 1: what other tools read. Written at the start as ``incomplete``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from harness.report import atomic
from harness.report.replaying import replay_command, sentences, trace_path
from harness.runner.events import AnyRunEvent, ClauseVerdict, FirstFailure, RunFinished, RunStarted
from harness.version import VERSION

FORMAT = 1
NAME = "report.json"


class JsonReport:
    """Keeps ``report.json`` of one run true at every moment: killed runs stay ``incomplete``."""

    def __init__(self, folder: Path, sut: str) -> None:
        self._path = folder / NAME
        self._sut = sut
        self._write({"ringproof": VERSION, "format": FORMAT, "status": "incomplete"})

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        if isinstance(event, RunStarted):
            head = {"ringproof": VERSION, "format": FORMAT, "status": "incomplete"}
            self._write({**head, "mode": event.mode, "seed": event.seed, "sut": _sut(event.sut)})
        elif isinstance(event, RunFinished):
            self._write(render(event, self._sut))

    def _write(self, document: dict[str, Any]) -> None:
        atomic.write(self._path, encode(document))


def encode(document: dict[str, Any]) -> bytes:
    """Write a document as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def render(finished: RunFinished, sut: str) -> dict[str, Any]:
    """Return the document of a finished run; ``sut`` is what ``--sut`` was given."""
    return {
        "ringproof": VERSION,
        "format": FORMAT,
        "status": finished.status,
        "mode": finished.mode,
        "seed": finished.seed,
        "duration_s": finished.duration_s,
        "exit": finished.exit_code,
        "sut": _sut(finished.sut) if finished.sut else {"name": sut},
        "scenarios": msgspec.to_builtins(finished.counts),
        "parts": msgspec.to_builtins(finished.parts),
        "clauses": [_clause(verdict, sut) for verdict in finished.verdicts],
        "faults": msgspec.to_builtins(finished.faults),
    }


def _sut(info: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(info)
    return found


def _clause(verdict: ClauseVerdict, sut: str) -> dict[str, Any]:
    first = verdict.first_failure
    return {
        "id": verdict.id,
        "level": verdict.level,
        "statement": verdict.statement,
        "verdict": verdict.verdict.value,
        "exercised": verdict.exercised,
        "failed": verdict.failed,
        "simulated": {
            "exercised": verdict.simulated_exercised,
            "failed": verdict.simulated_failed,
        },
        "network": {
            "exercised": verdict.exercised - verdict.simulated_exercised,
            "failed": verdict.failed - verdict.simulated_failed,
        },
        "reason": verdict.reason,
        "variants": list(verdict.variants),
        "first_failure": None if first is None else _failure(verdict.id, first, sut),
    }


def _failure(clause: str, first: FirstFailure, sut: str) -> dict[str, Any]:
    return {
        "scenario": msgspec.to_builtins(first.scenario),
        "steps": len(first.scenario.steps),
        "sentences": sentences(first.scenario),
        "message": first.failure.message,
        "replay": replay_command(first, sut),
        "trace": trace_path(clause),
        "owner": first.failure.owner.value,
        "reduced_from": first.label,
        "real_media": first.real_media,
        "mode": first.mode,
    }
