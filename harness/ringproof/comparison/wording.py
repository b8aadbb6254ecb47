"""A comparison as text, as Markdown for a job page, and as JSON. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

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

TEXTS = {
    Rule.VERDICT: "was {before}; {now}",
    Rule.NEW_CLAUSE: "not in the old report; {now}",
    Rule.VANISHED: "was {before}, and is not in the new report",
    Rule.NOT_JUDGED: "was {before}, {now}",
    Rule.FEWER_EXERCISED: "exercised {after} times {where}, {before} times before",
    Rule.LEVEL: "was level {before}, is level {after} now",
    Rule.INCOMPLETE: "the new run is incomplete",
    Rule.PART: "nothing is played {where} any more",
    Rule.FEWER_SCENARIOS: "{subject} scenarios {where}: {after} instead of {before}",
    Rule.FAULTS: "{after} faults of the {subject}, the first: {detail}",
    Rule.EXPLANATION: "{subject}: {before} before, {after} now",
}
"""Change in words; ``{now}`` is the verdict in the new report."""

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
    colour = "RED" if comparison.exit_code else "GREEN"
    newer, older = escaped(new.sut.title), escaped(old.sut.title)
    lines = [
        f"## {colour}: {newer} compared with {older}",
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
            replays = [change.replay for change in changes if change.replay]
            lines += ["", *fenced("\n".join(replays[:REPLAYS_MAX]))] if replays else []
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
    """Return the comparison in one line."""
    worse, stopped, better, _ = (len(comparison.of(kind)) for kind in Kind)
    counts = f"{worse} worse, {stopped} no longer checked or less, {better} better"
    return f"{counts}, exit {comparison.exit_code}"


def describe(change: Change) -> str:
    """Return a change in words, without the clause."""
    if change.subject == "real_media":
        return f"scenarios with real media: {change.after} instead of {change.before}"
    where, now = WHERE.get(change.mode), _now(change)
    return TEXTS[change.rule].format(**msgspec.structs.asdict(change) | {"now": now}, where=where)


def _now(change: Change) -> str:
    clause = change.now
    if clause is None:
        return ""
    judged = change.rule is not Rule.NOT_JUDGED
    counts = f" ({clause.failed} of {clause.exercised} failed)" if judged else ""
    return f"is {clause.verdict} now{counts}" + (f": {clause.reason}" if clause.reason else "")


def _plan(comparison: Comparison) -> str:
    if comparison.same_plan:
        return "the same scenarios by the same ringproof: in virtual time every count has to match"
    return "not the same scenarios: counts may vary by chance"


def _line(change: Change) -> str:
    return f"{change.clause}: {describe(change)}" if change.clause else describe(change)


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
