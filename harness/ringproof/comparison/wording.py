"""A comparison as text, as Markdown for a job page, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringproof.comparison.rules import Change, Comparison, Kind, Rule
from ringproof.report.document import Document
from ringproof.report.markdown import escaped, fenced
from ringproof.report.printable import printable
from ringproof.results import Mode

HEADINGS = {
    Kind.WORSE: "Worse",
    Kind.STOPPED: "No longer checked, or less",
    Kind.BETTER: "Better",
    Kind.NOTE: "Good to know",
}

WHERE: dict[Mode | None, str] = {"simulated": "in virtual time", "network": "over the network"}

REPLAYS_MAX = 25
"""In Markdown: job pages hold a megabyte."""


def text(comparison: Comparison) -> str:
    """Return the comparison for a terminal, without a final newline."""
    lines = [_plan(comparison)]
    for kind, heading in HEADINGS.items():
        changes = comparison.of(kind)
        lines += ["", f"{heading.upper()} ({len(changes)})"] if changes else []
        for change in changes:
            lines.append(f"  {_line(change)}")
            lines += [f"    {change.replay}"] if change.replay else []
    return "\n".join([*(printable(line) for line in lines), "", summary(comparison)])


def markdown(comparison: Comparison, old: Document, new: Document) -> str:
    """Return the comparison as half a page of Markdown."""
    red = comparison.exit_code != 0
    lines = [
        f"## {'RED' if red else 'GREEN'}: {escaped(_who(new))} compared with {escaped(_who(old))}",
        "",
        escaped(summary(comparison)),
        "",
        escaped(_plan(comparison)),
    ]
    for kind, heading in HEADINGS.items():
        changes = comparison.of(kind)
        if changes:
            lines += ["", f"### {heading}", ""]
            lines += [f"* {escaped(_line(change))}" for change in changes]
            lines += _replays(changes)
    return "\n".join(lines) + "\n"


def document(comparison: Comparison, old: Document, new: Document) -> dict[str, Any]:
    """Return the comparison as a JSON document."""
    return {
        "exit": comparison.exit_code,
        "same_plan": comparison.same_plan,
        "old": _side(old),
        "new": _side(new),
        **{kind.value: [_as_json(one) for one in comparison.of(kind)] for kind in Kind},
    }


def summary(comparison: Comparison) -> str:
    """Say the comparison in one line."""
    worse, stopped, better = (
        len(comparison.of(kind)) for kind in (Kind.WORSE, Kind.STOPPED, Kind.BETTER)
    )
    return (
        f"{worse} worse, {stopped} no longer checked or less, {better} better, "
        f"exit {comparison.exit_code}"
    )


def describe(change: Change) -> str:
    """Say a change in words, without the clause."""
    before, after, where = change.before, change.after, WHERE.get(change.mode)
    match change.rule:
        case Rule.VERDICT:
            return f"was {before}; {_now(change)}"
        case Rule.NEW_CLAUSE:
            return f"not in the old report; {_now(change)}"
        case Rule.VANISHED:
            return f"was {before}, and is not in the new report"
        case Rule.NOT_JUDGED:
            return f"was {before}, {_now(change)}"
        case Rule.FEWER_EXERCISED:
            return f"exercised {after} times {where}, {before} times before"
        case Rule.LEVEL:
            return f"was level {before}, is level {after} now"
        case Rule.INCOMPLETE:
            return "the new run is incomplete"
        case Rule.PART:
            return f"nothing is played {where} any more"
        case Rule.FEWER_SCENARIOS if change.subject == "real_media":
            return f"scenarios with real media: {after} instead of {before}"
        case Rule.FEWER_SCENARIOS:
            return f"{change.subject} scenarios {where}: {after} instead of {before}"
        case Rule.FAULTS:
            return f"{after} faults of the {change.subject}, the first: {change.detail}"
        case Rule.EXPLANATION:
            return f"{change.subject}: {before or 'unknown'} before, {after or 'unknown'} now"


def _now(change: Change) -> str:
    clause = change.now
    assert clause is not None, "changes of a verdict have the clause"
    judged = change.rule is not Rule.NOT_JUDGED
    counts = f" ({clause.failed} of {clause.exercised} failed)" if judged else ""
    return f"is {clause.verdict} now{counts}" + (f": {clause.reason}" if clause.reason else "")


def _plan(comparison: Comparison) -> str:
    if comparison.same_plan:
        return "the same scenarios by the same ringproof: in virtual time every count has to match"
    return "not the same scenarios: counts may vary by chance"


def _line(change: Change) -> str:
    return f"{change.clause}: {describe(change)}" if change.clause else describe(change)


def _replays(changes: Sequence[Change]) -> list[str]:
    lines = [change.replay for change in changes if change.replay][:REPLAYS_MAX]
    return ["", *fenced("\n".join(lines))] if lines else []


def _who(report: Document) -> str:
    return f"{report.sut.name} {report.sut.version}".strip()


def _side(report: Document) -> dict[str, Any]:
    return {
        "ringproof": report.ringproof,
        "sut": report.sut.name,
        "version": report.sut.version,
        "mode": report.mode,
        "seed": report.seed,
        "fingerprint": report.fingerprint,
        "status": report.status,
        "exit": report.exit_code,
    }


def _as_json(change: Change) -> dict[str, str]:
    return {
        "clause": change.clause,
        "rule": change.rule.value,
        "text": describe(change),
        "replay": change.replay,
    }
