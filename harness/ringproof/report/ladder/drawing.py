"""Lays a ladder out for drawing: where each line and label goes. Pure; the template writes SVG.

Across, everything is in per cent, so that one drawing fits a phone and a wide screen; down, in
pixels. Labels are kept short enough for a phone; the whole text is in the table below.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from ringproof.report.ladder.rungs import LIFELINES, Kind, Rung, excerpt, rungs
from ringproof.report.ladder.text import elided
from ringproof.report.printable import clipped, printable
from ringproof.trace import Trace
from ringproof.verdict import Failure

RUNGS_MAX = 160
"""Drawn of one ladder; the trace file has them all."""

LIFELINE_X = (2, 34, 66, 98)
LABEL_COLUMNS = 50
"""Of a label: what fits beside the times on a screen 400 px wide."""

TEXT_MAX = 400
"""Characters of a rung in the table."""

TOP_PX = 28
ROW_PX = 28
NOTE_PX = 20
"""Between rungs; remarks have no line below them."""

LINE_PX = 15
LINES_MAX = 4
"""Of what was expected, below the first wrong event."""


class Label(NamedTuple):
    """Where a text is placed: ``x`` in per cent, and which end of it is there."""

    x: float
    anchor: str


MIDDLE = Label(50, "middle")
LABELS = (Label(LIFELINE_X[0] + 1, "start"), MIDDLE, Label(LIFELINE_X[-1] - 1, "end"))
"""Of each gap: the outer ones grow inwards, so that none is cut off."""


class Row(NamedTuple):
    """One rung, placed; or a gap where rungs were left out."""

    y: int
    kind: Kind | str
    time: str
    label: str
    text: str
    """For the table: the label, not shortened."""
    parties: str
    where: Label
    start: int = 0
    end: int = 0
    """Of the arrow, in per cent; equal where there is none."""
    notes: tuple[tuple[int, str], ...] = ()
    """Of the first wrong event: what was expected, line by line, each with its place."""

    @property
    def wrong(self) -> bool:
        """Whether it is the first wrong event, or what never came."""
        return bool(self.notes)

    @property
    def depth(self) -> int:
        """Height of the band behind a wrong one, in pixels."""
        return self.notes[-1][0] - self.y + 24 if self.notes else 0


class Drawing(NamedTuple):
    """A whole ladder."""

    rows: list[Row]
    height: int
    lifelines: tuple[tuple[str, int, str], ...]
    """Name, place in per cent, anchor of its heading."""
    description: str


def draw(trace: Trace, failure: Failure) -> Drawing:
    """Place every rung of a failure's ladder; the first wrong one with what was expected.

    Where nothing is wrong but something is missing, a last row has that.
    """
    ladder = rungs(trace, failure)
    rows = list(_rows(ladder, failure))
    last = rows[-1] if rows else None
    anchors = ("start", "middle", "middle", "end")
    return Drawing(
        rows=rows,
        height=TOP_PX if last is None else last.y + max(last.depth, 18),
        lifelines=tuple(zip(LIFELINES, LIFELINE_X, anchors, strict=True)),
        description=_described(ladder, failure),
    )


def _rows(ladder: list[Rung], failure: Failure) -> Iterator[Row]:
    y = TOP_PX
    shown = 0
    for skipped, run in excerpt(ladder, RUNGS_MAX):
        shown += skipped + len(run)
        if skipped:
            y += ROW_PX
            yield _gap(y, skipped)
        for rung in run:
            y += ROW_PX if rung.way != "-" else NOTE_PX
            row = _row(y, rung, failure.message)
            yield row
            y += max(0, row.depth - ROW_PX + 4)
    if shown < len(ladder):
        y += ROW_PX
        yield _gap(y, len(ladder) - shown)
    if failure.entry < 0:
        y += ROW_PX + 6
        text, notes = _shown(failure.message), _notes(y + LINE_PX + 3, failure.message)
        yield Row(y, "missing", "", "missing at the end", text, "", MIDDLE, notes=notes)


def _row(y: int, rung: Rung, message: str) -> Row:
    left, right = LIFELINE_X[rung.gap : rung.gap + 2]
    ends = {">": (left, right), "<": (right, left), "-": (0, 0)}[rung.way]
    text = _shown(rung.text)
    label = elided(rung.text, LABEL_COLUMNS)
    notes = _notes(y + 20, f"first wrong event: {message}") if rung.wrong else ()
    return Row(y, rung.kind, rung.at_ms, label, text, rung.parties, LABELS[rung.gap], *ends, notes)


def _notes(y: int, message: str) -> tuple[tuple[int, str], ...]:
    lines = textwrap.wrap(_shown(message), LABEL_COLUMNS, max_lines=LINES_MAX, placeholder=" …")
    return tuple((y + number * LINE_PX, line) for number, line in enumerate(lines))


def _gap(y: int, number: int) -> Row:
    text = f"… {number} rows left out: the trace has them …"
    return Row(y, "gap", "", text, text, "", MIDDLE)


def _described(ladder: list[Rung], failure: Failure) -> str:
    """Describe the drawing for a screen reader; the table below has every row."""
    events = f"{len(ladder)} events between caller, server, SDK and app, in order of time."
    message = _shown(failure.message)
    wrong = next((rung for rung in ladder if rung.wrong), None)
    if wrong is None:
        return f"{events} Missing at the end: {message}"
    what = _shown(wrong.text)
    return f"{events} First wrong event, at {wrong.at_ms} ms, {wrong.parties}: {what}. {message}"


def _shown(text: str) -> str:
    return printable(clipped(text, TEXT_MAX).replace("\n", " "))
