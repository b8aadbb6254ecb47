"""``report.html``: the run on one page that works offline, with a ladder for every failure."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from ringproof.baseline import wording as held
from ringproof.report import page
from ringproof.report.cards import TEXT_MAX, cards
from ringproof.report.printable import clipped
from ringproof.report.status import EXIT_WORDS, run_status, tally
from ringproof.results import ClauseVerdict, Explored, RunFinished
from ringproof.verdict import Verdict
from ringproof.version import VERSION

NAME = "report.html"

OPEN_MAX = 3
"""Failures shown unfolded; of more, only the first."""

UNHEARD_MAX = 12
"""Clauses not exercised whose families are unfolded; more of them are a run of a few scenarios."""


class Part(NamedTuple):
    """One family of clauses: a fold of the table."""

    name: str
    counts: list[tuple[Verdict, int]]
    clauses: list[ClauseVerdict]
    open: bool


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the page of a run; ``sut`` is what ``--sut`` was given.

    ``drawn`` is False for a run that still goes on: its failures are not reduced yet, and drawing
    them again and again would take time away from what is being measured.
    """
    told = cards(finished, sut, drawn=drawn)
    stands = run_status(finished)
    return page.render(
        "report.html.j2",
        subject=_subject(finished, sut),
        state=stands.state,
        headline=f"{stands.sentence} · exit {finished.exit_code}",
        facts=_facts(finished, sut),
        tally=tally(finished.verdicts),
        parts=_parts(finished.verdicts),
        anchors={card.verdict.id: card.anchor for card in told},
        cards=told,
        opened=len(told) <= OPEN_MAX,
        faults=[(one, clipped(one.text, TEXT_MAX)) for one in finished.faults],
        complete=finished.status == "complete",
    )


def _subject(finished: RunFinished, sut: str) -> str:
    info = finished.sut
    return sut if info is None else f"{info.name} {info.version}".rstrip()


def _facts(finished: RunFinished, sut: str) -> list[tuple[str, str]]:
    counts, info = finished.counts, finished.sut
    kinds = f"{counts.catalogue} from the catalogue, {counts.generated} generated"
    media = f", {counts.real_media} with real media" if counts.real_media else ""
    code, explored, shard = finished.exit_code, finished.explored, finished.shard
    pairs = [
        ("client", _subject(finished, sut)),
        ("asked for as", f"--sut {sut}"),
        ("driven by", " ".join(filter(None, (info.carrier, info.language))) if info else ""),
        ("runs in", info.runtime if info else ""),
        ("mode", finished.mode.replace("+", " + ")),
        ("seed", str(finished.seed)),
        ("scenarios", f"{counts.run} ({kinds}{media})"),
        ("left out", finished.left_out.removeprefix("left out, ")),
        ("explored", "" if explored is None else _explored(explored)),
        ("shard", "" if shard is None else f"{shard.number} of {shard.of}"),
        ("calls", str(counts.calls)),
        ("took", f"{finished.duration_s:.1f} s"),
        ("status", finished.status),
        ("exit code", f"{code}: {EXIT_WORDS.get(code, 'unknown')}"),
        ("ringproof", VERSION),
        *finished.environment.items(),
        ("baseline", "" if finished.baseline is None else held.summary(finished.baseline)),
    ]
    return [pair for pair in pairs if pair[1]]


def _explored(explored: Explored) -> str:
    told = f"{explored.walks} walks, {len(explored.findings)} findings"
    return told + (f", {explored.unexamined} not looked into" if explored.unexamined else "")


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
