"""``report.html``: the run on one page that works offline, with a ladder for every failure."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from harness import baseline
from harness.report import held, page
from harness.report.drawing import Drawing, draw
from harness.report.printable import clipped
from harness.report.replaying import replay_command, sentences, slug, trace_path
from harness.report.standing import EXIT_WORDS, standing, tally
from harness.runner.events import ClauseVerdict, FirstFailure, RunFinished
from harness.verdict import Verdict
from harness.version import VERSION
from scenarios import ledger

NAME = "report.html"

RAW_MAX = 3_000
"""Characters of the first wrong entry, raw."""

TEXT_MAX = 4_000
"""Characters of any message or fault: clients may say more than anybody reads."""

OPEN_MAX = 3
"""Failures shown unfolded; of more, only the first."""

UNHEARD_MAX = 12
"""Clauses not exercised whose families are unfolded; more of them are a run of a few scenarios."""

GUESSED_LINK = re.compile(r"https://[^\s]+")


class Source(NamedTuple):
    """Where the documentation says it."""

    href: str
    text: str


class Part(NamedTuple):
    """One family of clauses: a fold of the table."""

    name: str
    counts: list[tuple[Verdict, int]]
    clauses: list[ClauseVerdict]
    open: bool


class Card(NamedTuple):
    """One failure, told so that somebody can mend it."""

    anchor: str
    verdict: ClauseVerdict
    source: Source | None
    message: str
    raw: str
    sentences: list[str]
    how: str
    replay: str
    trace: str
    entry: str
    """For a baseline, ready to paste; empty when every failure is known already."""
    standings: list[str]
    drawing: Drawing | None


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the page of a run; ``sut`` is what ``--sut`` was given.

    ``drawn`` is False for a run that still goes on: its failures are not reduced yet, and drawing
    them again and again would take time away from what is being measured.
    """
    cards = [_card(one, finished, sut, drawn=drawn) for one in _failing(finished.verdicts)]
    stands = standing(finished)
    return page.render(
        "report.html.j2",
        subject=_subject(finished, sut),
        state=stands.state,
        headline=f"{stands.sentence} · exit {finished.exit_code}",
        facts=_facts(finished, sut),
        tally=tally(finished.verdicts),
        parts=_parts(finished.verdicts),
        anchors={card.verdict.id: card.anchor for card in cards},
        cards=cards,
        opened=len(cards) <= OPEN_MAX,
        faults=[(one, clipped(one.text, TEXT_MAX)) for one in finished.faults],
        complete=finished.status == "complete",
    )


def source_of(clause: str) -> Source | None:
    """Return where the documentation states a clause; None for one the ledger does not know."""
    try:
        written = ledger.load().row(clause).source
    except ledger.LedgerError:
        return None
    href, _, section = written.partition(" § ")
    return Source(href if GUESSED_LINK.fullmatch(href) else "", f"§ {section}" if section else "")


def _subject(finished: RunFinished, sut: str) -> str:
    info = finished.sut
    return sut if info is None else f"{info.name} {info.version}".rstrip()


def _facts(finished: RunFinished, sut: str) -> list[tuple[str, str]]:
    counts, info = finished.counts, finished.sut
    kinds = f"{counts.catalogue} from the catalogue, {counts.generated} generated"
    media = f", {counts.real_media} with real media" if counts.real_media else ""
    code = finished.exit_code
    pairs = [
        ("client", _subject(finished, sut)),
        ("asked for as", f"--sut {sut}"),
        ("driven by", " ".join(filter(None, (info.carrier, info.language))) if info else ""),
        ("runs in", info.runtime if info else ""),
        ("mode", finished.mode.replace("+", " + ")),
        ("seed", str(finished.seed)),
        ("scenarios", f"{counts.run} ({kinds}{media})"),
        ("calls", str(counts.calls)),
        ("took", f"{finished.duration_s:.1f} s"),
        ("status", finished.status),
        ("exit code", f"{code}: {EXIT_WORDS.get(code, 'unknown')}"),
        ("ringproof", VERSION),
        *finished.environment.items(),
        ("baseline", "" if finished.baseline is None else held.summary(finished.baseline)),
    ]
    return [pair for pair in pairs if pair[1]]


def _parts(verdicts: tuple[ClauseVerdict, ...]) -> list[Part]:
    told = {Verdict.FAIL, Verdict.WARN, Verdict.FIXED}
    if sum(one.verdict is Verdict.NOT_EXERCISED for one in verdicts) <= UNHEARD_MAX:
        told.add(Verdict.NOT_EXERCISED)
    parts = []
    for family, found in groupby(verdicts, key=lambda one: one.family):
        clauses = list(found)
        counts = tally(tuple(clauses))
        parts.append(Part(family, counts, clauses, any(word in told for word, _ in counts)))
    return parts


def _failing(verdicts: tuple[ClauseVerdict, ...]) -> list[ClauseVerdict]:
    """Return the clauses to explain: what breaks a MUST first, what was known already last."""
    order = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.FIXED: 2, Verdict.KNOWN: 3}
    found = [one for one in verdicts if one.first_failure is not None or one.verdict in order]
    return sorted(found, key=lambda one: order.get(one.verdict, 4))


def _card(verdict: ClauseVerdict, finished: RunFinished, sut: str, *, drawn: bool) -> Card:
    first = verdict.first_failure
    told = verdict.reason if first is None else first.failure.message
    return Card(
        anchor=f"failure-{slug(verdict.id)}",
        verdict=verdict,
        source=source_of(verdict.id),
        message=clipped(told, TEXT_MAX),
        raw="" if first is None else _raw(first),
        sentences=[] if first is None else sentences(first.scenario),
        how="" if first is None else _how(first),
        replay="" if first is None else replay_command(first, sut),
        trace="" if first is None else trace_path(verdict.id),
        entry=baseline.entry(verdict, sut, finished.sut),
        standings=[f"{held.describe(one)}. {one.entry.reason}" for one in verdict.standings],
        drawing=draw(first.trace, first.failure) if first is not None and drawn else None,
    )


def _raw(first: FirstFailure) -> str:
    """Return the first wrong entry as the trace holds it; empty when something is missing."""
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
