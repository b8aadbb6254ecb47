"""What an exploring run found: for the terminal, for ``report.json``, and where the traces lie."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ringproof.report.ladder.text import ladder, printable
from ringproof.report.wording import replay_command, replays, sentences, slug
from ringproof.results import Explored, Finding, Searching

HASH_DIGITS = 6
"""Enough to tell the shapes of one clause apart."""


def finding_path(finding: Finding) -> str:
    """Return where the trace of a finding lies, below the report folder: the same in every run."""
    digest = hashlib.sha256(finding.shape.encode()).hexdigest()
    return f"traces/finding-{slug(finding.clause)}-{digest[:HASH_DIGITS]}.jsonl"


def document(explored: Explored, sut: str) -> dict[str, Any]:
    """Return what ``report.json`` adds; ``sut`` is what ``--sut`` was given."""
    return {
        "explored": {
            "walks": explored.walks,
            "within_s": explored.within_s,
            "unexamined": explored.unexamined,
        },
        "findings": [_finding(finding, sut) for finding in explored.findings],
    }


def _finding(finding: Finding, sut: str) -> dict[str, Any]:
    first = finding.first
    return {
        "clause": finding.clause,
        "level": finding.level,
        "shape": finding.shape,
        "steps": len(first.scenario.steps),
        "sentences": sentences(first.scenario),
        "message": first.failure.message,
        "replay": replay_command(first, sut),
        "trace": finding_path(finding),
        "confirmed": finding.confirmed,
        "replays": {"failed": finding.failed, "played": finding.replays},
        "scenarios": finding.scenarios,
        "variants": list(finding.variants),
        "scenario": msgspec.to_builtins(first.scenario),
        "reduced_from": first.label,
        "mode": first.mode,
    }


def progress(event: Searching) -> str:
    """Say how the search stands, for a progress bar."""
    return (
        f"{event.findings} findings, {event.waiting} failures to look into, "
        f"{event.left_s} s left at most"
    )


def show(console: Console, explored: Explored, sut: str) -> None:
    """Print every finding with its ladder, those that fail every time first."""
    sure = [one for one in explored.findings if one.confirmed]
    others = [one for one in explored.findings if not one.confirmed]
    for number, finding in enumerate(sure, 1):
        _show(console, f"Finding {number} of {len(sure)}", finding, sut)
    for number, finding in enumerate(others, 1):
        _show(console, f"Not every time {number} of {len(others)}", finding, sut)
    console.print()
    console.print(Text(summary(explored)), soft_wrap=True)
    for number, finding in enumerate(explored.findings, 1):
        _raw(console, f"{number:4}  {printable(finding.clause):32} {replays(finding)}")
        for sentence in sentences(finding.first.scenario):
            _raw(console, f"        {printable(sentence)}")


def summary(explored: Explored) -> str:
    """Say the exploration in one line."""
    sure = sum(one.confirmed for one in explored.findings)
    said = [f"{explored.walks} walks", f"{sure} findings that fail every time"]
    if others := len(explored.findings) - sure:
        said.append(f"{others} that do not")
    if explored.unexamined:
        said.append(f"{explored.unexamined} failures there was no time to look into")
    return "Explored: " + ", ".join(said)


def _show(console: Console, heading: str, finding: Finding, sut: str) -> None:
    first = finding.first
    style = "bold red" if finding.level == "M" else "yellow"
    console.print()
    console.print(Text(printable(f"{heading}: {finding.clause}"), style=style))
    explains = f"{replays(finding)}; explains {finding.scenarios} of the scenarios played"
    lines = [finding.statement, first.failure.message, explains, *finding.variants, ""]
    lines += [f"  {sentence}" for sentence in sentences(first.scenario)]
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=True)
    _raw(console, f"\n  {printable(replay_command(first, sut))}")
    _raw(console, f"  {finding_path(finding)}\n")
    _raw(console, ladder(first.trace, first.failure))


def _raw(console: Console, text: str) -> None:
    """Print lines as they are: no wrapping, so that a shell line can be copied whole."""
    console.print(Text(text), soft_wrap=True, no_wrap=True, crop=False, overflow="ignore")
