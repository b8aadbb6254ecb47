"""``report.sarif``: rules are clauses, results are failures. Format: SARIF 2.1.0 (OASIS).

For code scanning pages and editors. Locations point into the traces, for ringproof judges
behaviour and has never seen the client's source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from ringproof.report.failure_cards import source_of
from ringproof.report.ladder.rungs import rungs
from ringproof.report.printable import clipped, visible
from ringproof.report.status import findings_of, run_status
from ringproof.report.wording import (
    finding_path,
    replay_command,
    replays,
    sentences,
    trace_path,
)
from ringproof.results import ClauseVerdict, FirstFailure, RunFinished
from ringproof.verdict import Verdict
from ringproof.version import VERSION

NAME = "report.sarif"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

LEVELS = {Verdict.FAIL: "error", Verdict.WARN: "warning", Verdict.KNOWN: "note"}
"""Verdicts that are results, and how severe they are."""

TEXT_MAX = 1_000
"""Characters of a message; viewers cut at about as many."""

STEPS_MAX = 60
"""Of the ladder, up to the first wrong event: a result is a hint, the trace is the evidence."""


def render(finished: RunFinished, sut: str) -> bytes:
    """Return the log of a run; ``sut`` is what ``--sut`` was given."""
    rules = [_rule(verdict) for verdict in finished.verdicts]
    results = [
        result
        for index, verdict in enumerate(finished.verdicts)
        if verdict.verdict in LEVELS
        for result in _results(verdict, index, finished, sut)
    ]
    run = {
        "tool": {"driver": {"name": "ringproof", "version": VERSION, "rules": rules}},
        "automationDetails": {"id": f"ringproof/{_line(sut)}/"},
        "invocations": [_invocation(finished)],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {
            "status": finished.status,
            "mode": finished.mode,
            "seed": finished.seed,
            "sut": {} if finished.sut is None else msgspec.to_builtins(finished.sut),
        },
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _rule(verdict: ClauseVerdict) -> dict[str, Any]:
    source = source_of(verdict.id)
    help_uri = {"helpUri": source.href} if source and source.href else {}
    cited = f" ({source.text})" if source and source.text else ""
    return {
        "id": verdict.id,
        "shortDescription": {"text": _line(verdict.statement)},
        "help": {"text": _line(f"{verdict.statement}{cited}")},
        **help_uri,
        "defaultConfiguration": {"level": "error" if verdict.level == "M" else "warning"},
        "properties": {
            "verdict": verdict.verdict.value,
            "exercised": verdict.exercised,
            "failed": verdict.failed,
            "tags": ["signalwire", verdict.family],
        },
    }


def _results(
    verdict: ClauseVerdict, index: int, finished: RunFinished, sut: str
) -> Iterator[dict[str, Any]]:
    """Yield one result for each finding of an exploring run, or one where there is none."""
    findings = findings_of(finished, verdict.id)
    if not findings:
        message = verdict.reason or verdict.statement
        first = verdict.first_failure
        evidence = {} if first is None else _evidence(first, trace_path(verdict.id), sut)
        yield _result(verdict, index, message, verdict.id) | evidence
    for one in findings:
        message = f"{one.first.failure.message} ({replays(one)})"
        evidence = _evidence(one.first, finding_path(one), sut)
        yield _result(verdict, index, message, f"{verdict.id} {one.shape}") | evidence


def _result(verdict: ClauseVerdict, index: int, message: str, identity: str) -> dict[str, Any]:
    known = verdict.verdict is Verdict.KNOWN
    reason = "; ".join(one.entry.reason for one in verdict.entry_statuses) or verdict.reason
    suppressed = {"suppressions": [{"kind": "external", "justification": _line(reason)}]}
    return {
        "ruleId": verdict.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": LEVELS[verdict.verdict],
        "message": {"text": _line(message)},
        "partialFingerprints": {"clause/v1": hashlib.sha256(identity.encode()).hexdigest()},
        **(suppressed if known else {}),
    }


def _evidence(first: FirstFailure, trace: str, sut: str) -> dict[str, Any]:
    return {
        "locations": [_location(trace, max(first.failure.entry, -1))],
        "codeFlows": [{"threadFlows": [{"locations": _steps(trace, first)}]}],
        "properties": {
            "scenario": [visible(sentence) for sentence in sentences(first.scenario)],
            "replay": replay_command(first, sut),
            "owner": first.failure.owner.value,
        },
    }


def _location(trace: str, entry: int, text: str = "") -> dict[str, Any]:
    """Point at a trace entry; line 1 of the file is its header, for what is missing."""
    message = {"message": {"text": text}} if text else {}
    region = {"startLine": entry + 2}
    return {"physicalLocation": {"artifactLocation": {"uri": trace}, "region": region}, **message}


def _steps(trace: str, first: FirstFailure) -> list[dict[str, Any]]:
    ladder = rungs(first.trace, first.failure)
    until = next((at + 1 for at, rung in enumerate(ladder) if rung.wrong), len(ladder))
    return [
        {
            "location": _location(
                trace, rung.entry, _line(f"{rung.at_ms} ms, {rung.parties}: {rung.text}")
            ),
            "importance": "essential" if rung.wrong else "important",
        }
        for rung in ladder[max(0, until - STEPS_MAX) : until]
    ]


def _invocation(finished: RunFinished) -> dict[str, Any]:
    state, sentence = run_status(finished)
    sound = state not in ("incomplete", "fault")
    notes = [f"fault of the {one.owner}: {one.text}" for one in finished.faults]
    notes += [] if state in ("passed", "failed") else [f"{state}: {sentence}"]
    return {
        "executionSuccessful": sound,
        "exitCode": finished.exit_code,
        "exitCodeDescription": sentence,
        "toolExecutionNotifications": [
            {"level": "warning" if sound else "error", "message": {"text": _line(text)}}
            for text in notes
        ],
    }


def _line(text: str) -> str:
    return visible(clipped(text, TEXT_MAX))
