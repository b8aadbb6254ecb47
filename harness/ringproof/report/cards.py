"""What a page tells of a clause that does not hold: all that it takes to mend it. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from ringproof import baseline
from ringproof.baseline import wording as held
from ringproof.report.findings import finding_path
from ringproof.report.ladder.drawing import Drawing, draw
from ringproof.report.printable import clipped
from ringproof.report.wording import replay_command, sentences, slug, trace_path
from ringproof.results import ClauseVerdict, Finding, FirstFailure, RunFinished
from ringproof.verdict import Verdict
from ringproof_scenarios import ledger

RAW_MAX = 3_000
"""Characters of the first wrong entry, raw."""

TEXT_MAX = 4_000
"""Characters of any message: clients may say more than anybody reads."""

LADDERS_MAX = 150
"""Of one page: some 15 kB each."""

WAYS_MAX = 30
"""Distinct failures of one clause that are told; report.json has them all."""

LINK = re.compile(r"https://[^\s]+")

ORDER = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.FIXED: 2, Verdict.KNOWN: 3}
"""What is told, and first what breaks a MUST."""


class Source(NamedTuple):
    """Where the documentation says it."""

    href: str
    """Empty when the ledger has no link."""
    text: str


class Way(NamedTuple):
    """One way in which a clause fails."""

    message: str
    certainty: str
    """Of a finding: how sure it is, and how much it explains; empty of a failure as it came."""
    variants: tuple[str, ...]
    sentences: list[str]
    how: str
    label: str
    replay: str
    raw: str
    """The first wrong entry as the trace holds it; empty when something is missing."""
    trace: str
    drawing: Drawing | None


class Card(NamedTuple):
    """One clause that does not hold."""

    anchor: str
    verdict: ClauseVerdict
    source: Source | None
    reason: str
    ways: list[Way]
    more: int
    """Ways that are left out."""
    entry: str
    """For a baseline, ready to paste; empty when every failure is known already."""
    entry_statuses: list[str]
    """How the baseline's entries for the clause stand."""


def cards(finished: RunFinished, sut: str, *, drawn: bool) -> list[Card]:
    """Return a card for each clause to explain, the gravest first."""
    told = [one for one in finished.verdicts if one.first_failure or one.verdict in ORDER]
    told.sort(key=lambda one: ORDER.get(one.verdict, len(ORDER)))
    shown: list[Card] = []
    for one in told:
        room = LADDERS_MAX - sum(len(card.ways) for card in shown) if drawn else 0
        shown.append(_card(one, finished, sut, room=room))
    return shown


@functools.cache
def source_of(clause: str) -> Source | None:
    """Return where the documentation states a clause; None for one the ledger does not know."""
    row = next((row for row in ledger.load() if row.id == clause), None)
    if row is None:
        return None
    href, _, section = row.source.partition(" § ")
    return Source(href if LINK.fullmatch(href) else "", f"§ {section}" if section else "")


def _card(verdict: ClauseVerdict, finished: RunFinished, sut: str, *, room: int) -> Card:
    found = [] if finished.explored is None else finished.explored.findings
    ways = [one for one in found if one.clause == verdict.id]
    told = list(_ways(verdict, ways[:WAYS_MAX], sut, room=room))
    return Card(
        anchor=f"failure-{slug(verdict.id)}",
        verdict=verdict,
        source=source_of(verdict.id),
        reason=clipped(verdict.reason, TEXT_MAX),
        ways=told,
        more=max(0, len(ways) - len(told)),
        entry=baseline.entry(verdict, sut, finished.sut),
        entry_statuses=[
            f"{held.describe(one)}. {one.entry.reason}" for one in verdict.entry_statuses
        ],
    )


def _ways(verdict: ClauseVerdict, found: list[Finding], sut: str, *, room: int) -> Iterator[Way]:
    """Yield what a card tells, ladders for the first ``room`` of it."""
    for number, one in enumerate(found):
        scenarios = f"{one.scenarios} scenario{'s' * (one.scenarios != 1)} of this run"
        certainty = f"{one.certainty}; explains {scenarios}"
        path, drawn = finding_path(one), number < room
        yield _way(one.first, sut, path, one.variants, certainty, drawn=drawn)
    first = verdict.first_failure
    if not found and first is not None:
        yield _way(first, sut, trace_path(verdict.id), verdict.variants, drawn=room > 0)


def _way(
    first: FirstFailure,
    sut: str,
    trace: str,
    variants: tuple[str, ...],
    certainty: str = "",
    *,
    drawn: bool,
) -> Way:
    return Way(
        message=clipped(first.failure.message, TEXT_MAX),
        certainty=certainty,
        variants=variants,
        sentences=sentences(first.scenario),
        how=_how(first),
        label=first.label,
        replay=replay_command(first, sut),
        raw=_raw(first),
        trace=trace,
        drawing=draw(first.trace, first.failure) if drawn else None,
    )


def _raw(first: FirstFailure) -> str:
    at = first.failure.entry
    if not 0 <= at < len(first.trace):
        return ""
    told: dict[str, Any] = msgspec.to_builtins(first.trace.entries[at])
    return clipped(msgspec.json.format(msgspec.json.encode(told), indent=2).decode(), RAW_MAX)


def _how(first: FirstFailure) -> str:
    where = "in virtual time" if first.mode == "simulated" else "over the network"
    media = " with real media" if first.real_media else ""
    steps = len(first.scenario.steps)
    return f"{steps} step{'s' * (steps != 1)}, played {where}{media}, made smaller from"
