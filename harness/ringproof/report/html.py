"""``report.html``: the run on one page that works offline, with a ladder for every failure."""

from __future__ import annotations

from itertools import groupby

from ringproof.baseline import wording as baseline_wording
from ringproof.report import page
from ringproof.report.failure_cards import TEXT_MAX, failure_cards
from ringproof.report.printable import clipped
from ringproof.report.status import exit_text, run_status, tally
from ringproof.results import RunFinished, describe_left_out
from ringproof.verdict import Verdict
from ringproof.version import VERSION

NAME = "report.html"

OPEN_MAX = 3
"""Failures shown unfolded; of more, only the first."""

UNEXERCISED_MAX = 12
"""Clauses not exercised up to which their families are open; more of them mean a small run."""


def render(finished: RunFinished, sut: str, *, drawn: bool = True) -> bytes:
    """Return the page of a run; ``sut`` is what ``--sut`` was given.

    ``drawn`` is False for a run that still goes on: its failures are not reduced yet, and drawing
    them again and again would take time away from what is being measured.
    """
    cards = failure_cards(finished, sut, drawn=drawn)
    state, sentence = run_status(finished)
    verdicts = finished.verdicts
    counts = tally(one.verdict for one in verdicts)
    unfolded = {Verdict.FAIL, Verdict.WARN, Verdict.FIXED}
    if dict(counts).get(Verdict.NOT_EXERCISED, 0) <= UNEXERCISED_MAX:
        unfolded.add(Verdict.NOT_EXERCISED)
    return page.render(
        "report.html.j2",
        subject=subject(finished, sut),
        state=state,
        headline=f"{sentence} · exit {finished.exit_code}",
        facts=_facts(finished, sut),
        tally=counts,
        families=[(name, list(group)) for name, group in groupby(verdicts, lambda it: it.family)],
        tally_of=lambda clauses: tally(one.verdict for one in clauses),
        unfolded=unfolded,
        anchors={card.verdict.id: card.anchor for card in cards},
        cards=cards,
        opened=len(cards) <= OPEN_MAX,
        faults=[(one, clipped(one.text, TEXT_MAX)) for one in finished.faults],
        complete=finished.status == "complete",
    )


def subject(finished: RunFinished, sut: str) -> str:
    """Return name and version of the client; what ``--sut`` was given when it said no hello."""
    info = finished.sut
    return sut if info is None else f"{info.name} {info.version}".rstrip()


def _facts(finished: RunFinished, sut: str) -> list[tuple[str, str]]:
    counts, info = finished.counts, finished.sut
    kinds = f"{counts.catalogue} from the catalogue, {counts.generated} generated"
    media = f", {counts.real_media} with real media" if counts.real_media else ""
    shard, baseline, walks = finished.shard, finished.baseline, ""
    if (explored := finished.explored) is not None:
        unexamined = f", {explored.unexamined} not looked into" if explored.unexamined else ""
        walks = f"{explored.walks} walks, {len(explored.findings)} findings{unexamined}"
    pairs = [
        ("client", subject(finished, sut)),
        ("asked for as", f"--sut {sut}"),
        ("driven by", " ".join(filter(None, (info.carrier, info.language))) if info else ""),
        ("runs in", info.runtime if info else ""),
        ("mode", finished.mode.replace("+", " + ")),
        ("seed", str(finished.seed)),
        ("scenarios", f"{counts.run} ({kinds}{media})"),
        ("left out", describe_left_out(finished.left_out).removeprefix("left out, ")),
        ("explored", walks),
        ("shard", "" if shard is None else f"{shard.number} of {shard.of}"),
        ("calls", str(counts.calls)),
        ("took", f"{finished.duration_s:.1f} s"),
        ("status", finished.status),
        ("exit code", exit_text(finished.exit_code)),
        ("ringproof", VERSION),
        *finished.environment.items(),
        ("baseline", "" if baseline is None else baseline_wording.summary(baseline)),
    ]
    return [pair for pair in pairs if pair[1]]
