"""``matrix.html``: all clients on one page that works offline, and where they differ."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import NamedTuple

from ringproof import exit_codes
from ringproof.matrix.columns import Row
from ringproof.matrix.differences import Difference
from ringproof.matrix.document import MatrixDocument, headline
from ringproof.report import page
from ringproof.report.failure_cards import Source, source_of
from ringproof.report.status import EXIT_WORDS, tally
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


class Family(NamedTuple):
    """One family of clauses, which can be folded."""

    name: str
    clauses: list[Row]
    differing: int


class Card(NamedTuple):
    """One difference."""

    anchor: str
    difference: Difference
    source: Source | None
    clause: Row


def render(matrix: MatrixDocument) -> bytes:
    """Return the page, UTF-8."""
    clauses = {clause.id: clause for clause in matrix.clauses}
    cards = [
        Card(f"difference-{slug(one.id)}", one, source_of(one.id), clauses[one.id])
        for one in matrix.differences
    ]
    words = Counter(word for clause in matrix.clauses for word in filter_words(clause))
    return page.render(
        "matrix.html.j2",
        styles=(*page.STYLES, "matrix.css"),
        matrix=matrix,
        title=f"{len(matrix.suts)} clients",
        state=STATES.get(matrix.exit_code, "fault"),
        headline=headline(matrix),
        options=[client.option for client in matrix.suts],
        links={one.option: one.report.removesuffix("json") + "html" for one in matrix.suts},
        counts={client.option: _counts(matrix, client.option) for client in matrix.suts},
        exits={client.option: _exit(client.exit_code) for client in matrix.suts},
        families=_families(matrix),
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
    cells = [clause.cells.get(option) for clause in matrix.clauses]
    return tally(cell.verdict for cell in cells if cell is not None)


def _families(matrix: MatrixDocument) -> list[Family]:
    families = []
    for name, group in groupby(matrix.clauses, key=lambda clause: clause.family):
        clauses = list(group)
        families.append(Family(name, clauses, sum(one.differs for one in clauses)))
    return families


def _exit(code: int) -> str:
    return f"{code}: {EXIT_WORDS.get(code, 'unknown')}"


def _facts(matrix: MatrixDocument) -> list[tuple[str, str]]:
    return [
        ("seed", str(matrix.seed)),
        ("generated scenarios", str(matrix.examples)),
        ("took", f"{matrix.duration_s:.0f} s"),
        ("status", matrix.status),
        ("exit code", _exit(matrix.exit_code)),
        ("ringproof", VERSION),
        *matrix.environment.items(),
    ]
