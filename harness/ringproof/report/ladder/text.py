"""A trace as a ladder in text: caller, server, SDK and app side by side, times in ms.

Plain text: no colour, no markup, control characters spelled out.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from ringproof.report.ladder.rungs import LIFELINES, Rung, rungs
from ringproof.report.printable import printable
from ringproof.trace import Trace
from ringproof.verdict import Failure

__all__ = ["ladder", "printable"]

GAPS = (32, 40, 42)
"""Columns between the four lifelines."""


def ladder(trace: Trace, failure: Failure | None = None) -> str:
    """Draw the trace; the failure's first wrong entry is marked with ``=>`` at the margin.

    A failure without an entry (something is missing) is printed below the last row.
    """
    heads = [name.ljust(gap + 1) for name, gap in zip(LIFELINES, (*GAPS, 0), strict=True)]
    lines = [f"   {'ms':>9} {''.join(heads)}", _row(None)]
    for rung in rungs(trace, failure):
        lines.append(_row(rung))
        if rung.wrong and failure is not None:
            lines.append(f"   ^ {printable(failure.message)}")
    if failure is not None and failure.entry < 0:
        lines.append(f"=> missing: {printable(failure.message)}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _row(rung: Rung | None) -> str:
    time, wrong = ("", False) if rung is None else (rung.at_ms, rung.wrong)
    line = ("=> " if wrong else "   ") + f"{time:>9} │"
    for index, width in enumerate(GAPS):
        inside = _arrow(rung, width) if rung is not None and rung.gap == index else " " * width
        line += inside + "│"
    return line


def _arrow(rung: Rung, width: int) -> str:
    room = width - 6
    text = elided(rung.text, room)
    if rung.way == "-":
        return set_cell_size(f"  · {text}", width)
    body = f" {text} "
    fill = "─" * (width - 3 - cell_len(body))
    return f"──{body}{fill}▶" if rung.way == ">" else f"◀──{body}{fill}"


def elided(text: str, room: int) -> str:
    """Return ``text`` spelled out, in at most ``room`` columns."""
    shown = printable(text[: room * 4])
    return shown if cell_len(shown) <= room else f"{set_cell_size(shown, room - 1)}…"
