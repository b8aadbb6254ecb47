"""``matrix.html``: all clients on one page that works offline, and what tells them apart."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from ringproof import exit_codes
from ringproof.matrix.table import (
    JUDGING,
    Column,
    Difference,
    Matrix,
    Telling,
    differs,
    first_difference,
)
from ringproof.report import page
from ringproof.report.failure_cards import Source, source_of
from ringproof.report.printable import clipped
from ringproof.report.status import EXIT_WORDS, tally
from ringproof.report.wording import replay_line, sentences, slug
from ringproof.results import ClauseVerdict
from ringproof.version import VERSION

NAME = "matrix.html"

TEXT_MAX = 2_000
"""Characters of a message."""

STATES = {
    exit_codes.AS_EXPECTED: "passed",
    exit_codes.SUT_FAILS: "failed",
    exit_codes.NOTHING_JUDGED: "unexercised",
    exit_codes.STALE_BASELINE: "stale",
    exit_codes.INTERRUPTED: "incomplete",
}
"""Exit status → the word of the masthead; any other is a fault."""

OPEN_MAX = 4
"""Differences shown unfolded."""


class Client(NamedTuple):
    """One client, as the head of the page tells of it."""

    option: str
    title: str
    counts: list[tuple[str, int]]
    scenarios: int
    exit: str
    report: str
    """Link to its own report; empty when there is none yet."""
    trouble: str
    first: str
    """The first clause whose verdict is not that of the first client."""
    others: int
    """How many such clauses there are."""


class Row(NamedTuple):
    """One clause."""

    clause: ClauseVerdict
    cells: list[ClauseVerdict | None]
    differs: bool
    words: str
    """All verdicts of the row, for the filters."""


class Family(NamedTuple):
    """A fold of the table."""

    name: str
    rows: list[Row]
    differing: int


class Told(NamedTuple):
    """A scenario that tells clients apart."""

    telling: Telling
    message: str
    sentences: list[str]
    replays: list[tuple[str, bool, str]]
    """Client, whether it fails, and the line for the shell."""


class Card(NamedTuple):
    """One difference."""

    anchor: str
    difference: Difference
    source: Source | None
    verdicts: list[tuple[str, ClauseVerdict | None]]
    told: list[Told]
    untold: list[str]


def render(matrix: Matrix) -> bytes:
    """Return the page."""
    cards = [_card(matrix, one) for one in matrix.differences]
    families = _families(matrix)
    return page.render(
        "matrix.html.j2",
        styles=(*page.STYLES, "matrix.css"),
        title=f"{len(matrix.columns)} clients",
        state=STATES.get(matrix.exit_code, "fault"),
        headline=headline(matrix),
        clients=[_client(matrix, number) for number in range(len(matrix.columns))],
        options=[column.option for column in matrix.columns],
        differing=[row for family in families for row in family.rows if row.differs],
        families=families,
        filters=_filters(families),
        anchors={card.difference.id: card.anchor for card in cards},
        cards=cards,
        opened=len(cards) <= OPEN_MAX,
        facts=_facts(matrix),
    )


def headline(matrix: Matrix) -> str:
    """Say in one sentence where the clients differ."""
    judged = sum(
        any(cell is not None and cell.verdict in JUDGING for cell in cells)
        for _, cells in matrix.rows()
    )
    if matrix.status == "incomplete":
        told = "not all clients have been played"
    elif not matrix.differences:
        told = f"the clients agree on all {judged} clauses"
    else:
        first, number = matrix.differences[0].id, len(matrix.differences)
        told = f"the clients differ on {number} of {judged} clauses, first on {first}"
    return f"{told} · exit {matrix.exit_code}"


def replay(column: Column, telling: Telling) -> str:
    """Return the line that plays a telling scenario against a client, as it was played."""
    real = telling.real_media and not column.always_real
    return replay_line(telling.scenario, column.option, real_media=real)


def _client(matrix: Matrix, number: int) -> Client:
    column = matrix.columns[number]
    finished = column.finished
    first, others = first_difference(matrix, number)
    return Client(
        option=column.option,
        title=column.title,
        counts=[(word.value, many) for word, many in tally(finished.verdicts)] if finished else [],
        scenarios=finished.counts.run if finished else 0,
        exit=f"{column.exit_code}: {EXIT_WORDS.get(column.exit_code, 'unknown')}",
        report=f"{column.folder}/report.html" if column.reached else "",
        trouble=clipped(column.trouble, TEXT_MAX),
        first=first,
        others=others,
    )


def _families(matrix: Matrix) -> list[Family]:
    rows = [Row(clause, cells, differs(cells), _words(cells)) for clause, cells in matrix.rows()]
    families = []
    for name, found in groupby(rows, key=lambda row: row.clause.family):
        own = list(found)
        differing = sum(row.differs for row in own)
        families.append(Family(name, own, differing))
    return families


def _words(cells: list[ClauseVerdict | None]) -> str:
    words = {cell.verdict.value for cell in cells if cell is not None}
    words |= {"DIFFERS" if differs(cells) else "AGREES"}
    return " ".join(sorted(words))


def _filters(families: list[Family]) -> list[tuple[str, int]]:
    words = [word for family in families for row in family.rows for word in row.words.split()]
    order = ("DIFFERS", "AGREES", "FAIL", "WARN", "NOT_EXERCISED", "KNOWN", "FIXED")
    return [(word, words.count(word)) for word in order if word in words]


def _card(matrix: Matrix, difference: Difference) -> Card:
    columns = {column.option: column for column in matrix.columns}
    return Card(
        anchor=f"difference-{slug(difference.id)}",
        difference=difference,
        source=source_of(difference.id),
        verdicts=[(column.option, column.verdicts.get(difference.id)) for column in matrix.columns],
        told=[_told(columns, telling) for telling in difference.tellings],
        untold=[f"{fails} fails, {holds} does not" for fails, holds in difference.untold],
    )


def _told(columns: dict[str, Column], telling: Telling) -> Told:
    return Told(
        telling=telling,
        message=clipped(telling.message, TEXT_MAX),
        sentences=sentences(telling.scenario),
        replays=[
            (option, option in telling.fails, replay(columns[option], telling))
            for option in (*telling.fails, *telling.holds)
        ],
    )


def _facts(matrix: Matrix) -> list[tuple[str, str]]:
    played = [column.finished for column in matrix.columns if column.finished is not None]
    environment = played[0].environment if played else {}
    return [
        ("seed", str(matrix.seed)),
        ("generated scenarios", str(matrix.examples)),
        ("took", f"{matrix.duration_s:.0f} s"),
        ("status", matrix.status),
        ("exit code", f"{matrix.exit_code}: {EXIT_WORDS.get(matrix.exit_code, 'unknown')}"),
        ("ringproof", VERSION),
        *environment.items(),
    ]
