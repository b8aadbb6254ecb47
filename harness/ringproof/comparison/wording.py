"""Tells a comparison: as text, as Markdown for a job page, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringproof.comparison.rules import Comparison, Finding, Kind
from ringproof.report.markdown import escaped, fenced
from ringproof.report.printable import printable
from ringproof.report.reading import Report

HEADINGS = {
    Kind.WORSE: "Worse",
    Kind.STOPPED: "No longer checked, or less",
    Kind.BETTER: "Better",
    Kind.NOTE: "Good to know",
}

REPLAYS_MAX = 25
"""In Markdown: job pages hold a megabyte."""


def text(comparison: Comparison) -> str:
    """Return the comparison for a terminal, without a final newline."""
    lines = [_plan(comparison)]
    for kind, heading in HEADINGS.items():
        findings = comparison.of(kind)
        lines += ["", f"{heading.upper()} ({len(findings)})"] if findings else []
        for finding in findings:
            lines.append(f"  {_line(finding)}")
            lines += [f"    {finding.replay}"] if finding.replay else []
    return "\n".join([*(printable(line) for line in lines), "", summary(comparison)])


def markdown(comparison: Comparison, old: Report, new: Report) -> str:
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
        findings = comparison.of(kind)
        if findings:
            lines += ["", f"### {heading}", ""]
            lines += [f"* {escaped(_line(finding))}" for finding in findings]
            lines += _replays(findings)
    return "\n".join(lines) + "\n"


def document(comparison: Comparison, old: Report, new: Report) -> dict[str, Any]:
    """Return the comparison as a JSON document."""
    return {
        "exit": comparison.exit_code,
        "same_plan": comparison.same_plan,
        "old": _side(old),
        "new": _side(new),
        **{kind.value: [_found(one) for one in comparison.of(kind)] for kind in Kind},
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


def _plan(comparison: Comparison) -> str:
    if comparison.same_plan:
        return "the same scenarios by the same ringproof: in virtual time every count has to be met"
    return "not the same scenarios: counts may vary as chance lets them"


def _line(finding: Finding) -> str:
    return f"{finding.clause}: {finding.text}" if finding.clause else finding.text


def _replays(findings: Sequence[Finding]) -> list[str]:
    lines = [finding.replay for finding in findings if finding.replay][:REPLAYS_MAX]
    return ["", *fenced("\n".join(lines))] if lines else []


def _who(report: Report) -> str:
    return f"{report.sut.name} {report.sut.version}".strip()


def _side(report: Report) -> dict[str, Any]:
    return {
        "ringproof": report.ringproof,
        "sut": report.sut.name,
        "version": report.sut.version,
        "mode": report.mode,
        "seed": report.seed,
        "fingerprint": report.fingerprint,
        "status": report.status,
        "exit": report.exit,
    }


def _found(finding: Finding) -> dict[str, str]:
    return {
        "clause": finding.clause,
        "rule": finding.rule.value,
        "text": finding.text,
        "replay": finding.replay,
    }
