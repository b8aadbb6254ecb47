"""``matrix.json``: all that the page, the Markdown and the console show of a matrix. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringproof.matrix.columns import FAILING, PASSING, Column, Row, differ, exit_code, rows
from ringproof.matrix.differences import Difference, ProbeResults, differences
from ringproof.report.document import like
from ringproof.results import Status, SutInfo
from ringproof.version import VERSION

FORMAT = 2
NAME = "matrix.json"


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
        """Its name and version; what ``--sut`` was given when it never said hello."""
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
    clauses: tuple[Row, ...]
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
    clauses = rows(columns)
    return MatrixDocument(
        status=status,
        exit_code=exit_code(columns, status),
        seed=seed,
        examples=examples,
        duration_s=duration_s,
        environment=played[0].environment if played else {},
        suts=tuple([_client(column, columns[0], clauses) for column in columns]),
        clauses=clauses,
        differences=differences(columns, results or {}),
    )


def headline(matrix: MatrixDocument) -> str:
    """Return in one sentence where the clients differ."""
    judged = sum(
        any(cell.verdict in FAILING | PASSING for cell in row.cells.values())
        for row in matrix.clauses
    )
    if matrix.status == "incomplete":
        words = "not all clients have been played"
    elif not matrix.differences:
        words = f"the clients agree on all {judged} clauses"
    else:
        first, number = matrix.differences[0].id, len(matrix.differences)
        words = f"the clients differ on {number} of {judged} clauses, first on {first}"
    return f"{words} · exit {matrix.exit_code}"


def _client(column: Column, first: Column, clauses: Sequence[Row]) -> Client:
    differing = [
        row.id
        for row in clauses
        if {column.option, first.option} <= row.cells.keys()
        and differ([row.cells[column.option], row.cells[first.option]])
    ]
    finished = column.finished
    return like(
        Client,
        column,
        sut=finished.sut if finished else None,
        report=f"{column.folder}/report.json",
        scenarios=finished.counts.run if finished else 0,
        first_difference=differing[0] if differing else "",
        differences=len(differing),
    )
