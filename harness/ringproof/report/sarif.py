"""``report.sarif``: rules are clauses, results are failures. Format: SARIF 2.1.0 (OASIS).

For code scanning pages and editors. Locations point into the traces, for ringproof judges
behaviour and has never seen the client's source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ringproof.report.failure_cards import source_of
from ringproof.report.ladder.rungs import rungs
from ringproof.report.printable import clipped, visible
from ringproof.report.status import run_status
from ringproof.report.wording import ShownFailure, replays, shown_failures
from ringproof.results import ClauseVerdict, RunFinished
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
    failures: Sequence[ShownFailure | None] = shown_failures(verdict, finished, sut)
    for shown in failures or [None]:
        message, identity = verdict.reason or verdict.statement, verdict.id
        if shown is not None and (finding := shown.finding) is not None:
            message = f"{shown.first.failure.message} ({replays(finding)})"
            identity = f"{verdict.id} {finding.shape}"
        evidence = {} if shown is None else _evidence(shown)
        yield _result(verdict, index, message, identity) | evidence


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


def _evidence(shown: ShownFailure) -> dict[str, Any]:
    failure = shown.first.failure
    return {
        "locations": [_location(shown.trace, max(failure.entry, -1))],
        "codeFlows": [{"threadFlows": [{"locations": _steps(shown)}]}],
        "properties": {
            "scenario": list(map(visible, shown.sentences)),
            "replay": shown.replay,
            "owner": failure.owner.value,
        },
    }


def _location(trace: str, entry: int, text: str = "") -> dict[str, Any]:
    """Point at a trace entry; line 1 of the file is its header, for what is missing."""
    message = {"message": {"text": text}} if text else {}
    region = {"startLine": entry + 2}
    return {"physicalLocation": {"artifactLocation": {"uri": trace}, "region": region}, **message}


def _steps(shown: ShownFailure) -> list[dict[str, Any]]:
    ladder = rungs(shown.first.trace, shown.first.failure)
    until = next((at + 1 for at, rung in enumerate(ladder) if rung.wrong), len(ladder))
    return [
        {
            "location": _location(
                shown.trace, rung.entry, _line(f"{rung.at_ms} ms, {rung.parties}: {rung.text}")
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
