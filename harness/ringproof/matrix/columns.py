"""The columns of a matrix: what each client showed, clause by clause. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ringproof import exit_codes
from ringproof.results import ClauseVerdict, Planned, RunFinished, ScenarioFinished, Status
from ringproof.verdict import Owner, Verdict

JUDGING = frozenset({Verdict.PASS, Verdict.FIXED, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN})
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


class Row(NamedTuple):
    """One clause."""

    clause: ClauseVerdict
    """As the first client was judged that was judged by it."""
    cells: list[ClauseVerdict | None]
    """Of each client; None where there is no verdict."""

    @property
    def differs(self) -> bool:
        """Whether clients got different verdicts.

        Clients without any are left out, and those to which the clause does not apply.
        """
        return differ(self.cells)


def differ(cells: Sequence[ClauseVerdict | None]) -> bool:
    """Say whether verdicts differ, where the clause applies."""
    return len({cell.verdict for cell in cells if cell is not None} - {Verdict.NOT_APPLICABLE}) > 1


def rows(columns: Sequence[Column]) -> list[Row]:
    """Return every clause by which any client was judged."""
    verdicts = [column.verdicts for column in columns]
    known: dict[str, ClauseVerdict] = {}
    for column in verdicts:
        for id, verdict in column.items():
            known.setdefault(id, verdict)
    return [Row(clause, [one.get(id) for one in verdicts]) for id, clause in known.items()]


def exit_code(columns: Sequence[Column], status: Status) -> int:
    """Return that of the client that fares worst; 130 when not all were played."""
    codes = {column.exit_code for column in columns}
    if status == "incomplete":
        codes.add(exit_codes.INTERRUPTED)
    return next(code for code in WORST_FIRST if code in codes)
