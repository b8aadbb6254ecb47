"""The columns of a matrix: what each client showed, clause by clause. Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof import exit_codes
from ringproof.report.document import like
from ringproof.report.wording import slug
from ringproof.results import ClauseVerdict, Planned, RunFinished, ScenarioFinished, Status
from ringproof.verdict import Owner, Verdict

FAILING = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.KNOWN})
PASSING = frozenset({Verdict.PASS, Verdict.FIXED})

WORST_FIRST = (
    exit_codes.INTERRUPTED,
    exit_codes.HARNESS_FAULT,
    exit_codes.ADAPTER_FAULT,
    exit_codes.SUT_FAILS,
    exit_codes.NOTHING_JUDGED,
    exit_codes.STALE_BASELINE,
    exit_codes.AS_EXPECTED,
)
"""Exit statuses of clients: what makes a run unusable outranks what it found."""

NOT_PLAYED = "not played yet"
"""The error of a client whose turn has not come."""


class Play(msgspec.Struct, frozen=True):
    """What one play of a scenario showed of a client."""

    planned: Planned
    failed: frozenset[str]
    """Clauses."""
    passed: frozenset[str]
    """Clauses that were exercised and did not fail."""


def play_of(event: ScenarioFinished) -> Play | None:
    """Return what a scenario showed; None when it could not be judged."""
    if event.fault is not None:
        return None
    outcomes = event.outcomes.items()
    failed = {id for id, one in outcomes if any(f.owner is Owner.SUT for f in one.failures)}
    passed = {id for id, one in outcomes if one.exercised and not one.failures}
    return Play(event.planned, frozenset(failed), frozenset(passed))


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One client."""

    option: str
    """What ``--sut`` was given."""
    folder: str
    """Its own report folder, below that of the matrix."""
    finished: RunFinished | None = None
    """None when it could not be started, or was not played yet."""
    error: str = ""
    """Why there is nothing to show, or not all."""
    exit_code: int
    always_real: bool = False
    """Its media crosses sockets without being asked to."""
    played: dict[str, Play] = {}
    """By the label of the scenario."""

    @property
    def verdicts(self) -> dict[str, ClauseVerdict]:
        """Clause → verdict; empty when there is nothing to show.

        Of a run that broke down, clauses that were not exercised are left out: they show nothing.
        """
        verdicts = self.finished.verdicts if self.finished else ()
        return {
            one.id: one
            for one in verdicts
            if not (self.error and one.verdict is Verdict.NOT_EXERCISED)
        }


def unplayed(
    options: Sequence[str],
    *,
    error: str = NOT_PLAYED,
    exit_code: int = exit_codes.INTERRUPTED,
) -> tuple[Column, ...]:
    """Return the columns of clients of which none has been played, each with its own folder."""
    columns: dict[str, Column] = {}
    for number, option in enumerate(options, start=1):
        folder = slug(option)
        while folder in columns:
            folder += f"-{number}"
        columns[folder] = Column(option=option, folder=folder, exit_code=exit_code, error=error)
    return tuple(columns.values())


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one client by one clause."""

    verdict: Verdict
    exercised: int
    failed: int
    reason: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One clause by which any client was judged."""

    id: str
    level: str
    statement: str
    differs: bool
    """Clients got different verdicts, where the clause applies."""
    cells: dict[str, Cell]
    """By what ``--sut`` was given; a client without a verdict has none."""

    @property
    def family(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]


def differ(cells: Iterable[Cell]) -> bool:
    """Return whether verdicts differ, where the clause applies."""
    return len({cell.verdict for cell in cells} - {Verdict.NOT_APPLICABLE}) > 1


def rows(columns: Sequence[Column]) -> tuple[Row, ...]:
    """Return every clause by which any client was judged, worded as for the first such client."""
    clauses: dict[str, ClauseVerdict] = {}
    cells: dict[str, dict[str, Cell]] = {}
    for column in columns:
        for id, verdict in column.verdicts.items():
            clauses.setdefault(id, verdict)
            cells.setdefault(id, {})[column.option] = like(Cell, verdict)
    return tuple(
        like(Row, clause, cells=cells[id], differs=differ(cells[id].values()))
        for id, clause in clauses.items()
    )


def exit_code(columns: Sequence[Column], status: Status) -> int:
    """Return the worst exit status of a client; 130 when not all were played."""
    codes = {column.exit_code for column in columns}
    if status == "incomplete":
        codes.add(exit_codes.INTERRUPTED)
    return next(code for code in WORST_FIRST if code in codes)
