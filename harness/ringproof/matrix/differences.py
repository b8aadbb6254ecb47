"""What tells clients apart: which scenarios to play again, and what they showed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ringproof.matrix.table import (
    FAILING,
    HOLDING,
    Column,
    Difference,
    Matrix,
    Seen,
    Telling,
    differs,
)
from ringproof.results import ClauseVerdict, FirstFailure
from ringproof.triage.clause_reduction import NOW_AND_THEN, UNTRIED
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size


class Question(msgspec.Struct, frozen=True):
    """A scenario to play again, in the way it was played."""

    scenario: Scenario
    real_media: bool


Answers = Mapping[str, Mapping[Question, Sequence[Seen | None]]]
"""Client → question → what each play of it showed."""


def questions(matrix: Matrix) -> dict[str, list[Question]]:
    """Return, for every client that keeps a clause, the failures of those that break it."""
    asked: dict[str, dict[Question, None]] = {column.option: {} for column in matrix.columns}
    for _, cells in matrix.rows():
        if not differs(cells):
            continue
        for _, first in _failures(matrix.columns, cells):
            for column in _holding(matrix.columns, cells):
                asked[column.option][question(first)] = None
    return {option: list(found) for option, found in asked.items()}


def question(first: FirstFailure) -> Question:
    """Return what to play to see a failure again; its name would make it look hand-written."""
    scenario = msgspec.structs.replace(first.scenario, name="")
    return Question(scenario, first.real_media)


def told(matrix: Matrix, answers: Answers) -> tuple[Difference, ...]:
    """Return every clause on which clients differ, and the smallest scenarios that show it."""
    return tuple(
        _difference(matrix.columns, row, cells, answers)
        for row, cells in matrix.rows()
        if differs(cells)
    )


def _difference(
    columns: Sequence[Column],
    row: ClauseVerdict,
    cells: list[ClauseVerdict | None],
    answers: Answers,
) -> Difference:
    failing = [c for c, cell in zip(columns, cells, strict=True) if _is(cell, FAILING)]
    pairs = [(f, h) for f in failing for h in _holding(columns, cells)]
    found: dict[Question, _Shown] = {}
    untold = []
    for one, other in pairs:
        shown = _replayed(row.id, one, other, answers) or _met(row.id, one, other)
        if shown is None:
            untold.append((one.option, other.option))
            continue
        known = found.setdefault(shown.question, shown)
        known.fails[one.option] = known.holds[other.option] = None
    tellings = [shown.telling() for shown in found.values()]
    return Difference(
        id=row.id,
        level=row.level,
        statement=row.statement,
        tellings=tuple(sorted(tellings, key=lambda one: (not one.replayed, size(one.scenario)))),
        untold=tuple(untold),
    )


class _Shown(msgspec.Struct, kw_only=True):
    """A scenario that told at least two clients apart."""

    question: Question
    message: str
    replayed: bool
    caveat: str = ""
    fails: dict[str, None] = {}
    holds: dict[str, None] = {}

    def telling(self) -> Telling:
        """Return it as the page shows it."""
        return Telling(
            scenario=self.question.scenario,
            real_media=self.question.real_media,
            fails=tuple(self.fails),
            holds=tuple(self.holds),
            message=self.message,
            replayed=self.replayed,
            caveat=self.caveat,
        )


def _replayed(clause: str, one: Column, other: Column, answers: Answers) -> _Shown | None:
    """Return the failure of ``one`` when ``other`` kept the clause in it every time."""
    first = one.verdicts[clause].first_failure
    if first is None:
        return None
    shown = answers.get(other.option, {}).get(question(first), ())
    if not shown or not all(play is not None and clause in play.held for play in shown):
        return None
    unsure = [said for said in one.verdicts[clause].variants if said in (UNTRIED, NOW_AND_THEN)]
    return _Shown(
        question=question(first),
        message=first.failure.message,
        replayed=True,
        caveat="".join(unsure),
    )


def _met(clause: str, one: Column, other: Column) -> _Shown | None:
    """Return the smallest scenario of the plan in which one failed and the other did not."""
    both = [
        mine.planned
        for label, mine in one.played.items()
        if clause in mine.failed
        and (theirs := other.played.get(label)) is not None
        and clause in theirs.held
    ]
    if not both:
        return None
    planned = min(both, key=lambda it: (len(it.scenario.steps), size(it.scenario), it.label))
    asked = Question(planned.scenario, planned.real_media)
    return _Shown(question=asked, message=one.verdicts[clause].reason, replayed=False)


def _failures(
    columns: Iterable[Column], cells: Iterable[ClauseVerdict | None]
) -> Iterable[tuple[Column, FirstFailure]]:
    for column, cell in zip(columns, cells, strict=True):
        if cell is not None and cell.verdict in FAILING and cell.first_failure is not None:
            yield column, cell.first_failure


def _holding(columns: Iterable[Column], cells: Iterable[ClauseVerdict | None]) -> Iterable[Column]:
    pairs = zip(columns, cells, strict=True)
    return [column for column, cell in pairs if _is(cell, HOLDING)]


def _is(cell: ClauseVerdict | None, verdicts: frozenset[object]) -> bool:
    return cell is not None and cell.verdict in verdicts
