"""``matrix.json``: all that the page, the Markdown and the console show of a matrix. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringproof.matrix.columns import JUDGING, Column, Row, differ, exit_code, rows
from ringproof.matrix.differences import Difference, ProbeResults, differences
from ringproof.report.document import like
from ringproof.results import Status, SutInfo
from ringproof.verdict import Verdict
from ringproof.version import VERSION

FORMAT = 2
NAME = "matrix.json"


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one client by one clause."""

    verdict: Verdict
    exercised: int
    failed: int
    reason: str


class ClauseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One clause by which any client was judged."""

    id: str
    level: str
    statement: str
    differs: bool
    cells: dict[str, Cell]
    """By what ``--sut`` was given; a client without a verdict has none."""

    @property
    def family(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """One client."""

    option: str
    """What ``--sut`` was given."""
    sut: SutInfo | None
    """None when it never said hello."""
    report: str
    """Its own report.json, below the folder of this file."""
    scenarios: int = 0
    exit_code: int = msgspec.field(name="exit")
    error: str
    first_difference: str
    """The first clause whose verdict is not that of the first client."""
    differences: int
    """How many such clauses there are."""

    @property
    def title(self) -> str:
        """Who it is, in its own words where it had any."""
        return f"{self.sut.name} {self.sut.version}".strip() if self.sut else self.option


class MatrixDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    ringproof: str = VERSION
    format: int = FORMAT
    status: Status
    exit_code: int = msgspec.field(name="exit")
    seed: int
    examples: int
    duration_s: float
    environment: dict[str, str]
    suts: tuple[Client, ...]
    clauses: tuple[ClauseRow, ...]
    differences: tuple[Difference, ...]


def from_columns(
    columns: Sequence[Column],
    results: ProbeResults | None = None,
    *,
    seed: int,
    examples: int,
    duration_s: float = 0.0,
    status: Status = "incomplete",
) -> MatrixDocument:
    """Return the document of clients, played or not."""
    played = [column.finished for column in columns if column.finished is not None]
    found = rows(columns)
    return MatrixDocument(
        status=status,
        exit_code=exit_code(columns, status),
        seed=seed,
        examples=examples,
        duration_s=duration_s,
        environment=played[0].environment if played else {},
        suts=tuple([_client(column, number, found) for number, column in enumerate(columns)]),
        clauses=tuple([_row(columns, row) for row in found]),
        differences=differences(columns, results or {}),
    )


def headline(matrix: MatrixDocument) -> str:
    """Say in one sentence where the clients differ."""
    judged = sum(
        any(cell.verdict in JUDGING for cell in clause.cells.values()) for clause in matrix.clauses
    )
    if matrix.status == "incomplete":
        words = "not all clients have been played"
    elif not matrix.differences:
        words = f"the clients agree on all {judged} clauses"
    else:
        first, number = matrix.differences[0].id, len(matrix.differences)
        words = f"the clients differ on {number} of {judged} clauses, first on {first}"
    return f"{words} · exit {matrix.exit_code}"


def _client(column: Column, number: int, found: Sequence[Row]) -> Client:
    pairs = [(row.clause.id, (row.cells[0], row.cells[number])) for row in found]
    others = [id for id, cells in pairs if None not in cells and differ(cells)]
    finished = column.finished
    return like(
        Client,
        column,
        sut=finished.sut if finished else None,
        report=f"{column.folder}/report.json",
        scenarios=finished.counts.run if finished else 0,
        first_difference=others[0] if others else "",
        differences=len(others),
    )


def _row(columns: Sequence[Column], row: Row) -> ClauseRow:
    pairs = zip(columns, row.cells, strict=True)
    cells = {column.option: like(Cell, cell) for column, cell in pairs if cell is not None}
    return like(ClauseRow, row.clause, differs=row.differs, cells=cells)
