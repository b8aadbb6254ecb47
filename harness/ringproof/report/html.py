"""``report.html``: the run on one page that works offline, with a ladder for every failure."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from ringproof.baseline import wording as baseline_wording
from ringproof.report import page
from ringproof.report.failure_cards import TEXT_MAX, failure_cards
from ringproof.report.printable import clipped
from ringproof.report.status import EXIT_WORDS, run_status, tally
from ringproof.results import ClauseVerdict, Explored, RunFinished, describe_left_out
from ringproof.verdict import Verdict
from ringproof.version import VERSION

NAME = "report.html"

OPEN_MAX = 3
"""Failures shown unfolded; of more, only the first."""

UNEXERCISED_MAX = 12
"""Clauses not exercised up to which their families are open; more of them mean a small run."""


class Family(NamedTuple):
    """One family of clauses, which can be folded."""

    name: str
    counts: list[tuple[Verdict, int]]
    clauses: list[ClauseVerdict]
    open: bool


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the page of a run; ``sut`` is what ``--sut`` was given.

    ``drawn`` is False for a run that still goes on: its failures are not reduced yet, and drawing
    them again and again would take time away from what is being measured.
    """
    cards = failure_cards(finished, sut, drawn=drawn)
    state, sentence = run_status(finished)
    return page.render(
        "report.html.j2",
        subject=_subject(finished, sut),
        state=state,
        headline=f"{sentence} · exit {finished.exit_code}",
        facts=_facts(finished, sut),
        tally=tally(one.verdict for one in finished.verdicts),
        families=_families(finished.verdicts),
        anchors={card.verdict.id: card.anchor for card in cards},
        cards=cards,
        opened=len(cards) <= OPEN_MAX,
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
    baseline = finished.baseline
    pairs = [
        ("client", _subject(finished, sut)),
        ("asked for as", f"--sut {sut}"),
        ("driven by", " ".join(filter(None, (info.carrier, info.language))) if info else ""),
        ("runs in", info.runtime if info else ""),
        ("mode", finished.mode.replace("+", " + ")),
        ("seed", str(finished.seed)),
        ("scenarios", f"{counts.run} ({kinds}{media})"),
        ("left out", describe_left_out(finished.left_out).removeprefix("left out, ")),
        ("explored", "" if explored is None else _explored(explored)),
        ("shard", "" if shard is None else f"{shard.number} of {shard.of}"),
        ("calls", str(counts.calls)),
        ("took", f"{finished.duration_s:.1f} s"),
        ("status", finished.status),
        ("exit code", f"{code}: {EXIT_WORDS.get(code, 'unknown')}"),
        ("ringproof", VERSION),
        *finished.environment.items(),
        ("baseline", "" if baseline is None else baseline_wording.summary(baseline)),
    ]
    return [pair for pair in pairs if pair[1]]


def _explored(explored: Explored) -> str:
    unexamined = f", {explored.unexamined} not looked into" if explored.unexamined else ""
    return f"{explored.walks} walks, {len(explored.findings)} findings{unexamined}"


def _families(verdicts: tuple[ClauseVerdict, ...]) -> list[Family]:
    opening = {Verdict.FAIL, Verdict.WARN, Verdict.FIXED}
    if sum(one.verdict is Verdict.NOT_EXERCISED for one in verdicts) <= UNEXERCISED_MAX:
        opening.add(Verdict.NOT_EXERCISED)
    families = []
    for family, group in groupby(verdicts, key=lambda one: one.family):
        clauses = list(group)
        counts = tally(one.verdict for one in clauses)
        families.append(Family(family, counts, clauses, any(word in opening for word, _ in counts)))
    return families
