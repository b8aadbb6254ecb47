"""The matrix itself: clause × client, and what tells clients apart. Pure data."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ringproof import exit_codes
from ringproof.results import ClauseVerdict, Planned, RunFinished, ScenarioFinished, Status
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Scenario

JUDGING = frozenset({Verdict.PASS, Verdict.FIXED, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN})
FAILING = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.KNOWN})
HOLDING = frozenset({Verdict.PASS, Verdict.FIXED})

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


class Seen(msgspec.Struct, frozen=True):
    """What one play of a scenario showed of a client."""

    planned: Planned
    failed: frozenset[str]
    """Clauses."""
    held: frozenset[str]
    """Clauses that were exercised and did not fail."""


def seen(finished: ScenarioFinished) -> Seen | None:
    """Return what a scenario showed; None when it could not be judged."""
    if finished.fault is not None:
        return None
    failed = frozenset(
        clause
        for clause, outcome in finished.outcomes.items()
        if any(failure.owner is Owner.SUT for failure in outcome.failures)
    )
    held = frozenset(
        clause
        for clause, outcome in finished.outcomes.items()
        if outcome.exercised and not outcome.failures
    )
    return Seen(finished.planned, failed, held)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One client."""

    option: str
    """What ``--sut`` was given."""
    folder: str
    """Its own report folder, below that of the matrix."""
    reached: bool = False
    """It was tried, so that its own report has something to say."""
    finished: RunFinished | None = None
    """None when it could not be started, or was not reached."""
    trouble: str = ""
    """Why there is nothing to show."""
    exit_code: int
    always_real: bool = False
    """Its media crosses sockets without being asked to."""
    played: dict[str, Seen] = {}
    """Label → what the scenario showed."""

    @property
    def verdicts(self) -> dict[str, ClauseVerdict]:
        """Clause → verdict; empty when there is nothing to show.

        Of a run that broke down, what it did not come to is left out: it says nothing.
        """
        found = self.finished.verdicts if self.finished else ()
        return {
            one.id: one
            for one in found
            if not (self.trouble and one.verdict is Verdict.NOT_EXERCISED)
        }

    @property
    def title(self) -> str:
        """Who it is, in its own words where it had any."""
        info = self.finished.sut if self.finished else None
        return f"{info.name} {info.version}".strip() if info else self.option


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that tells clients apart: some broke the clause in it, others kept it."""

    scenario: Scenario
    fails: tuple[str, ...]
    """Options of clients."""
    holds: tuple[str, ...]
    real_media: bool
    message: str
    """What was expected and what was seen."""
    replayed: bool
    """Played again for this purpose, several times; else both met it in their own runs."""
    caveat: str = ""
    """Why the failure may not be seen again; empty when it was confirmed, or as it was met."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One clause on which clients differ."""

    id: str
    level: str
    statement: str
    tellings: tuple[Telling, ...] = ()
    """Smallest first."""
    untold: tuple[tuple[str, str], ...] = ()
    """Pairs of a client that fails and one that holds, with no scenario that shows it."""


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page shows."""

    columns: tuple[Column, ...]
    seed: int
    examples: int
    duration_s: float = 0.0
    status: Status = "incomplete"
    differences: tuple[Difference, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of the client that fares worst; 130 when not all were played."""
        codes = {column.exit_code for column in self.columns}
        if self.status == "incomplete":
            codes.add(exit_codes.INTERRUPTED)
        return next(code for code in WORST_FIRST if code in codes)

    def rows(self) -> Iterator[tuple[ClauseVerdict, list[ClauseVerdict | None]]]:
        """Yield every clause as some client was judged by it, and what each made of it."""
        known: dict[str, ClauseVerdict] = {}
        for column in self.columns:
            for id, verdict in column.verdicts.items():
                known.setdefault(id, verdict)
        cells = [column.verdicts for column in self.columns]
        for id, verdict in known.items():
            yield verdict, [verdicts.get(id) for verdicts in cells]


def differs(cells: list[ClauseVerdict | None]) -> bool:
    """Say whether clients got different verdicts.

    Clients without any are left out, and those to which the clause does not apply.
    """
    return len({cell.verdict for cell in cells if cell is not None} - {Verdict.NOT_APPLICABLE}) > 1


def first_difference(matrix: Matrix, column: int) -> tuple[str, int]:
    """Return the first clause whose verdict is not that of the first client, and how many are."""
    ids = [
        row.id
        for row, cells in matrix.rows()
        if (mine := cells[column]) is not None
        and (theirs := cells[0]) is not None
        and differs([mine, theirs])
    ]
    return (ids[0] if ids else ""), len(ids)
