"""``report.json``, format 1: what other tools read."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof.baseline import BaselineResult, EntryStatus, FailureKind
from ringproof.report import findings
from ringproof.report.wording import replay_command, sentences, trace_path
from ringproof.results import ClauseVerdict, FirstFailure, RunFinished
from ringproof.version import VERSION

FORMAT = 1
NAME = "report.json"


def encode(document: dict[str, Any]) -> bytes:
    """Write a document as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def render(finished: RunFinished, sut: str) -> dict[str, Any]:
    """Return the document of a run, finished or not; ``sut`` is what ``--sut`` was given."""
    return {
        "ringproof": VERSION,
        "format": FORMAT,
        "status": finished.status,
        "mode": finished.mode,
        "seed": finished.seed,
        "duration_s": finished.duration_s,
        "exit": finished.exit_code,
        "strict": finished.strict,
        "sut": {**(_sut(finished.sut) if finished.sut else {"name": sut}), "option": sut},
        "fingerprint": finished.fingerprint,
        "shard": msgspec.to_builtins(finished.shard),
        "whole": finished.whole,
        "scenarios": msgspec.to_builtins(finished.counts),
        "parts": msgspec.to_builtins(finished.parts),
        "environment": finished.environment,
        "left_out": finished.left_out,
        "clauses": [_clause(verdict, sut) for verdict in finished.verdicts],
        "faults": msgspec.to_builtins(finished.faults),
        "baseline": None if finished.baseline is None else _baseline(finished.baseline),
        **({} if finished.explored is None else findings.document(finished.explored, sut)),
    }


def _baseline(result: BaselineResult) -> dict[str, Any]:
    return {
        "files": list(result.files),
        "entries": [_entry_status(entry_status) for entry_status in result.entry_statuses],
        "other_suts": result.other_suts,
        "other_clauses": result.other_clauses,
    }


def _entry_status(entry_status: EntryStatus) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(entry_status.entry),
        "state": entry_status.state.value,
        "exercised": entry_status.exercised,
        "matched": entry_status.matched,
    }


def _kind(kind: FailureKind) -> dict[str, Any]:
    return {"failure": kind.message, **msgspec.to_builtins(kind)}


def _sut(info: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(info)
    return found


def _clause(verdict: ClauseVerdict, sut: str) -> dict[str, Any]:
    first = verdict.first_failure
    under = {"played_under": verdict.played_under} if verdict.played_under else {}
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
        "excused": verdict.excused,
        "kinds": [_kind(kind) for kind in verdict.kinds],
        "kinds_left_out": verdict.kinds_left_out,
        **under,
        "first_failure": None if first is None else _failure(verdict.id, first, sut),
    }


def _failure(clause: str, first: FirstFailure, sut: str) -> dict[str, Any]:
    return {
        "scenario": msgspec.to_builtins(first.scenario),
        "steps": len(first.scenario.steps),
        "sentences": sentences(first.scenario),
        "message": first.failure.message,
        "kind": first.failure.kind,
        "expected": list(first.failure.expected),
        "seen": list(first.failure.seen),
        "args": first.failure.args,
        "replay": replay_command(first, sut),
        "trace": trace_path(clause),
        "owner": first.failure.owner.value,
        "entry": first.failure.entry,
        "dialog": first.failure.dialog,
        "reduced_from": first.label,
        "real_media": first.real_media,
        "mode": first.mode,
    }
