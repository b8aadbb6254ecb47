"""The cards of a page, one for each clause that does not hold: all it takes to fix it. Pure."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import msgspec

from ringproof import baseline
from ringproof.baseline.wording import describe
from ringproof.report.ladder.drawing import Drawing, draw
from ringproof.report.printable import clipped
from ringproof.report.wording import ShownFailure, counted, replays, shown_failures, slug
from ringproof.results import ClauseVerdict, FirstFailure, RunFinished
from ringproof.verdict import Verdict
from ringproof_scenarios import ledger

RAW_MAX = 3_000
"""Characters of the first wrong entry, raw."""

TEXT_MAX = 4_000
"""Characters of any message: clients may say more than anybody reads."""

LADDERS_MAX = 150
"""Of one page: some 15 kB each."""

WAYS_MAX = 30
"""Distinct failures of one clause that are shown; report.json has them all."""

LINK = re.compile(r"https://[^\s]+")

ORDER = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.FIXED: 2, Verdict.KNOWN: 3}
"""Verdicts that have a card, what breaks a MUST first."""


class Source(NamedTuple):
    """The place in the documentation."""

    href: str
    """Empty when the ledger has no link."""
    text: str


class Way(NamedTuple):
    """One way in which a clause fails."""

    shown: ShownFailure
    message: str
    certainty: str
    """Of a finding: how sure it is, and how much it explains; empty for a first failure."""
    how: str
    """How it was played."""
    raw: str
    """The first wrong entry as the trace holds it; empty when something is missing."""
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
    """The state of each baseline entry for the clause, in words."""


def failure_cards(finished: RunFinished, sut: str, *, drawn: bool) -> list[Card]:
    """Return a card for each clause to explain, a broken MUST first."""
    verdicts = [one for one in finished.verdicts if one.first_failure or one.verdict in ORDER]
    verdicts.sort(key=lambda one: ORDER.get(one.verdict, len(ORDER)))
    cards: list[Card] = []
    ladders = LADDERS_MAX if drawn else 0
    for verdict in verdicts:
        failures = shown_failures(verdict, finished, sut)
        ways = [_way(one, drawn=at < ladders) for at, one in enumerate(failures[:WAYS_MAX])]
        ladders -= len(ways)
        card = Card(
            anchor=f"failure-{slug(verdict.id)}",
            verdict=verdict,
            source=source_of(verdict.id),
            reason=clipped(verdict.reason, TEXT_MAX),
            ways=ways,
            more=max(0, len(failures) - WAYS_MAX),
            entry=baseline.entry(verdict, sut, finished.sut),
            entry_statuses=[f"{describe(it)}. {it.entry.reason}" for it in verdict.entry_statuses],
        )
        cards.append(card)
    return cards


@functools.cache
def source_of(clause: str) -> Source | None:
    """Return where the documentation states a clause; None for one the ledger does not know."""
    row = next((row for row in ledger.load() if row.id == clause), None)
    if row is None:
        return None
    href, _, section = row.source.partition(" § ")
    return Source(href if LINK.fullmatch(href) else "", f"§ {section}" if section else "")


def _way(shown: ShownFailure, *, drawn: bool) -> Way:
    first, finding, certainty = shown.first, shown.finding, ""
    if finding is not None:
        explained = counted(finding.scenarios, "scenario")
        certainty = f"{replays(finding)}; explains {explained} of this run"
    where = "in virtual time" if first.mode == "simulated" else "over the network"
    media = " with real media" if first.real_media else ""
    return Way(
        shown=shown,
        message=clipped(first.failure.message, TEXT_MAX),
        certainty=certainty,
        how=f"{counted(len(first.scenario.steps), 'step')}, played {where}{media}, reduced from",
        raw=_raw(first),
        drawing=draw(first.trace, first.failure) if drawn else None,
    )


def _raw(first: FirstFailure) -> str:
    at = first.failure.entry
    if not 0 <= at < len(first.trace):
        return ""
    entry = msgspec.json.encode(first.trace.entries[at])
    return clipped(msgspec.json.format(entry, indent=2).decode(), RAW_MAX)
