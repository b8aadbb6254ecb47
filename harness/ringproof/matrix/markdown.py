"""``matrix.md``: the clauses on which clients differ, for the job page of a CI."""

from __future__ import annotations

from collections.abc import Iterator

from ringproof.matrix.differences import Difference
from ringproof.matrix.document import MatrixDocument, headline
from ringproof.report.markdown import escaped, fenced
from ringproof.report.wording import UNCERTAIN, counted

NAME = "matrix.md"

DIFFERENCES_MAX = 25
"""Shown in full: job pages hold a megabyte."""


def render(matrix: MatrixDocument) -> bytes:
    """Return the matrix as Markdown in UTF-8."""
    lines = [f"## ringproof matrix: {escaped(headline(matrix))}", ""]
    lines += [*_clients(matrix), *_table(matrix)]
    for difference in matrix.differences[:DIFFERENCES_MAX]:
        lines += _section(difference)
    left = len(matrix.differences) - DIFFERENCES_MAX
    lines += [f"… and {left} more: see `matrix.html`.", ""] if left > 0 else []
    return ("\n".join(lines).rstrip() + "\n").encode()


def _clients(matrix: MatrixDocument) -> Iterator[str]:
    yield "| client | scenarios | exit | differs from the first on |"
    yield "|---|---|---|---|"
    for one in matrix.suts:
        error = f": {escaped(one.error)}" if one.error else ""
        clauses = f"{counted(one.differences, 'clause')}, first {escaped(one.first_difference)}"
        differing = clauses if one.differences else ""
        yield (
            f"| {escaped(one.option)} | {one.scenarios} | {one.exit_code}{error} | {differing} |"
        )
    yield ""


def _table(matrix: MatrixDocument) -> Iterator[str]:
    differing = [clause for clause in matrix.clauses if clause.differs]
    if not differing:
        return
    options = [client.option for client in matrix.suts]
    yield f"| clause | {' | '.join(map(escaped, options))} |"
    yield f"|---|{'---|' * len(options)}"
    for clause in differing:
        cells = [clause.cells.get(option) for option in options]
        words = [
            "" if cell is None else f"{escaped(cell.verdict)} {cell.failed}/{cell.exercised}"
            for cell in cells
        ]
        yield f"| {escaped(clause.id)} | {' | '.join(words)} |"
    yield from ("", "Beside each verdict: how often it failed, of how often it was exercised.", "")


def _section(difference: Difference) -> Iterator[str]:
    yield from (f"### {escaped(difference.id)}", "", escaped(difference.statement), "")
    if difference.because:
        yield from (difference.because, "")
    for one in difference.scenarios:
        fails, passes = (", ".join(map(escaped, side)) for side in (one.fails, one.passes))
        yield from (f"Fails: **{fails}**. Does not fail: **{passes}**.", "")
        if one.certainty in UNCERTAIN:
            yield from (f"The failure {escaped(UNCERTAIN[one.certainty])}.", "")
        yield from (f"1. {escaped(sentence)}" for sentence in one.sentences)
        replays = "\n".join(one.replay[option] for option in (one.fails[0], one.passes[0]))
        yield from ("", escaped(one.message), "", *fenced(replays), "")
    for pair in difference.unexplained:
        fails, passes = escaped(pair.fails), escaped(pair.passes)
        yield from (f"No scenario was found that {fails} fails and {passes} does not.", "")
