"""``matrix.html``: all clients on one page that works offline, and where they differ."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import NamedTuple

from ringproof import exit_codes
from ringproof.matrix.columns import NOT_PLAYED, Row
from ringproof.matrix.differences import Difference
from ringproof.matrix.document import MatrixDocument, headline
from ringproof.report import page
from ringproof.report.failure_cards import Source, source_of
from ringproof.report.status import exit_text, tally
from ringproof.report.wording import UNCERTAIN, counted, slug
from ringproof.verdict import Verdict
from ringproof.version import VERSION

NAME = "matrix.html"

STATES = {
    exit_codes.AS_EXPECTED: "passed",
    exit_codes.SUT_FAILS: "failed",
    exit_codes.NOTHING_JUDGED: "unexercised",
    exit_codes.STALE_BASELINE: "stale",
    exit_codes.INTERRUPTED: "incomplete",
}
"""Exit status → the state in the masthead; any other is a fault."""

OPEN_MAX = 4
"""Differences shown unfolded."""

FILTERS = ("DIFFERS", "AGREES", "FAIL", "WARN", "NOT_EXERCISED", "KNOWN", "FIXED")
"""Words by which clauses are filtered, in the order of the buttons."""


class Card(NamedTuple):
    """One difference."""

    anchor: str
    difference: Difference
    source: Source | None
    clause: Row


def render(matrix: MatrixDocument) -> bytes:
    """Return the page, UTF-8."""
    rows = matrix.clauses
    by_id = {row.id: row for row in rows}
    cards = [
        Card(f"difference-{slug(one.id)}", one, source_of(one.id), by_id[one.id])
        for one in matrix.differences
    ]
    words = Counter(word for row in rows for word in filter_words(row))
    return page.render(
        "matrix.html.j2",
        styles=(*page.STYLES, "matrix.css"),
        matrix=matrix,
        title=f"{len(matrix.suts)} clients",
        state=STATES.get(matrix.exit_code, "fault"),
        headline=headline(matrix),
        options=[client.option for client in matrix.suts],
        links={one.option: one.report.removesuffix("json") + "html" for one in matrix.suts},
        counts={one.option: _counts(matrix, one.option) for one in matrix.suts},
        exit_text=exit_text,
        not_played=NOT_PLAYED,
        families=[(name, list(group)) for name, group in groupby(rows, lambda row: row.family)],
        filters=[(word, words[word]) for word in FILTERS if words[word]],
        filter_words=filter_words,
        anchors={card.difference.id: card.anchor for card in cards},
        cards=cards,
        opened=len(cards) <= OPEN_MAX,
        uncertain=UNCERTAIN,
        counted=counted,
        facts=_facts(matrix),
    )


def filter_words(clause: Row) -> list[str]:
    """Return the words by which a clause is filtered."""
    verdicts = {cell.verdict.value for cell in clause.cells.values()}
    return sorted(verdicts | {"DIFFERS" if clause.differs else "AGREES"})


def _counts(matrix: MatrixDocument, option: str) -> list[tuple[Verdict, int]]:
    return tally(row.cells[option].verdict for row in matrix.clauses if option in row.cells)


def _facts(matrix: MatrixDocument) -> list[tuple[str, str]]:
    return [
        ("seed", str(matrix.seed)),
        ("generated scenarios", str(matrix.examples)),
        ("took", f"{matrix.duration_s:.0f} s"),
        ("status", matrix.status),
        ("exit code", exit_text(matrix.exit_code)),
        ("ringproof", VERSION),
        *matrix.environment.items(),
    ]
