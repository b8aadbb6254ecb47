"""Lays a ladder out for drawing: where each line and label goes. Pure; the template writes SVG.

Across, everything is in per cent, so that one drawing fits a phone and a wide screen; down, in
pixels. Labels are kept short enough for a phone; the whole text stands in the table below.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.report.ladder import elided
from harness.report.printable import clipped, printable
from harness.report.rungs import APP, CALLER, LIFELINES, Kind, Rung, excerpt, rungs
from harness.trace import Trace
from harness.verdict import Failure

RUNGS_MAX = 160
"""Drawn of one ladder; the trace file has them all."""

LIFELINE_X = (2, 34, 66, 98)
LABEL_COLUMNS = 50
"""Of a label: what fits beside the times on a screen 400 px wide."""

TOLD_MAX = 400
"""Characters of a rung in the table."""

TOP_PX = 40
ROW_PX = 28
NOTE_PX = 20
"""Between rungs; remarks have no line below them."""


class Label(NamedTuple):
    """Where a text stands: ``x`` in per cent, and which end of it is there."""

    x: float
    anchor: str


class Row(NamedTuple):
    """One rung, placed; or a gap where rungs were left out."""

    y: int
    kind: Kind | str
    time: str
    label: str
    told: str
    parties: str
    where: Label
    start: int = 0
    end: int = 0
    """Of the arrow, in per cent; equal where there is none."""
    wrong: bool = False

    @property
    def headed(self) -> bool:
        """Whether it is an arrow."""
        return self.start != self.end

    @property
    def onward(self) -> bool:
        """Whether the arrow points to the right."""
        return self.end > self.start


class Drawing(NamedTuple):
    """A whole ladder."""

    rows: list[Row]
    height: int
    lifelines: tuple[tuple[str, int, str], ...]
    """Name, place in per cent, anchor of its heading."""
    description: str
    missing: str
    """What was expected and never came; empty when an event is wrong."""


def draw(trace: Trace, failure: Failure) -> Drawing:
    """Place every rung of a failure's ladder, the first wrong one marked."""
    ladder = rungs(trace, failure)
    rows = list(_rows(ladder))
    missing = printable(clipped(failure.message, TOLD_MAX)) if failure.entry < 0 else ""
    bottom = (rows[-1].y if rows else TOP_PX) + (64 if missing else 34)
    anchors = ("start", "middle", "middle", "end")
    return Drawing(
        rows=rows,
        height=bottom,
        lifelines=tuple(zip(LIFELINES, LIFELINE_X, anchors, strict=True)),
        description=_described(ladder, missing),
        missing=missing,
    )


def _rows(ladder: list[Rung]) -> Iterator[Row]:
    y = TOP_PX
    shown = 0
    for skipped, run in excerpt(ladder, RUNGS_MAX):
        shown += skipped + len(run)
        if skipped:
            y += ROW_PX
            yield _gap(y, skipped)
        for rung in run:
            y += ROW_PX if rung.way != "-" else NOTE_PX
            yield _row(y, rung)
            y += ROW_PX - 10 if rung.wrong else 0
    if shown < len(ladder):
        yield _gap(y + ROW_PX, len(ladder) - shown)


def _row(y: int, rung: Rung) -> Row:
    left, right = LIFELINE_X[rung.gap : rung.gap + 2]
    ends = {">": (left, right), "<": (right, left), "-": (0, 0)}[rung.way]
    told = printable(clipped(rung.text, TOLD_MAX))
    label = elided(rung.text, LABEL_COLUMNS)
    where = _label(rung.gap)
    return Row(y, rung.kind, rung.at_ms, label, told, rung.parties, where, *ends, rung.wrong)


def _label(gap: int) -> Label:
    """Return where labels of a gap stand: the outer ones grow inwards, so that none is cut off."""
    if gap == CALLER:
        return Label(LIFELINE_X[0] + 1, "start")
    if gap == APP:
        return Label(LIFELINE_X[-1] - 1, "end")
    return Label((LIFELINE_X[1] + LIFELINE_X[2]) / 2, "middle")


def _gap(y: int, number: int) -> Row:
    text = f"… {number} rows left out: the trace has them …"
    return Row(y, "gap", "", text, text, "", Label(50, "middle"))


def _described(ladder: list[Rung], missing: str) -> str:
    """Say what the drawing shows to whoever cannot see it; the table below has every row."""
    wrong = next((rung for rung in ladder if rung.wrong), None)
    told = f"{len(ladder)} events between caller, server, SDK and app, in order of time."
    if wrong is not None:
        what = printable(clipped(wrong.text, TOLD_MAX))
        return f"{told} First wrong event, at {wrong.at_ms} ms, {wrong.parties}: {what}."
    return f"{told} Missing at the end: {missing}" if missing else told
