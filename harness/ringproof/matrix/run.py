"""Plays one client after the other, and then what tells them apart.

Small failing scenarios of one client are tried on those after it, so that what they have in common
is searched for once and shown by the same scenario.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from ringproof import exit_codes
from ringproof.accounting.selection import Selection
from ringproof.baseline import Baseline
from ringproof.matrix.differences import Answers, Question, question, questions, told
from ringproof.matrix.progress import Watcher
from ringproof.matrix.table import Column, Matrix, Seen
from ringproof.report.files import ReportFiles
from ringproof.report.wording import slug
from ringproof.results import AnyRunEvent, Planned, RunFinished, Status
from ringproof.runner.plan import Plan
from ringproof.suts.sut import Sut
from ringproof.verdict import Owner
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

TIMES = 2
"""How often a scenario is played again: a client that keeps a clause by luck keeps it once."""

WITHIN_S = 540.0
"""What the time for making failures smaller is shared out of: five clients in ten minutes."""

REDUCING_MOST_S = 40.0
REDUCING_LEAST_S = 5.0
REDUCING_SHARE = 0.4
"""Of the time that is left for a client, the search and the confirmation after it."""

QUESTIONS_MAX = 40
"""Scenarios played again on one client: beyond that they have one cause."""

HINTS_MAX = 3
"""Scenarios of earlier clients that are tried for a clause, before a search."""

Reader = Callable[[AnyRunEvent], None]
"""Whatever reads run events."""

Play = Callable[[Plan, Sequence[Reader]], RunFinished]
"""Plays a plan to its end; Ctrl-C ends it early, with a last event that says so."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A client to play: ``sut`` is None when it cannot be had, and ``trouble`` says why."""

    option: str
    sut: Sut | None = None
    trouble: str = ""
    selection: Selection | None = None
    """What it plays; None without a ``sut``."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all clients."""

    seed: int
    examples: int
    jobs: int | None = None
    strict: bool = False
    baseline: Baseline | None = None


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line does for the contest."""

    play: Play
    follow: Callable[[str, bool], Reader]
    """Shows how a run gets on, given its title and whether its end is worth a line."""
    write: Callable[[Matrix], None]
    """Keeps the page true: called after each client."""


def waiting(
    options: Sequence[str],
    *,
    trouble: str = "not played yet",
    exit_code: int = exit_codes.INTERRUPTED,
) -> tuple[Column, ...]:
    """Return the columns of clients of which none has been played."""
    return tuple(
        Column(option=option, folder=folder, exit_code=exit_code, trouble=trouble)
        for option, folder in zip(options, _folders(options), strict=True)
    )


class Contest:
    """One matrix, from the first client to the last scenario played again."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        reports: Sequence[ReportFiles],
        terms: Terms,
        front: Front,
    ) -> None:
        """``reports`` are those of the clients, in their order.

        They have been open since before the clients were looked for, and so has the page.
        """
        self._wanted = wanted
        self._reports = reports
        self._terms = terms
        self._front = front
        self._started_s = time.monotonic()
        self._columns = list(waiting([one.option for one in wanted]))
        self._hints: dict[str, list[Scenario]] = {}

    def hold(self) -> Matrix:
        """Play everything. Raises ``OSError`` when reports cannot be written."""
        for number in range(len(self._wanted)):
            column = self._column(number)
            self._columns[number] = column
            self._tell({}, "incomplete")
            if column.exit_code == exit_codes.INTERRUPTED:
                return self._tell({}, "incomplete")
        return self._tell(*self._ask())

    def _tell(self, answers: Answers, status: Status) -> Matrix:
        """Write the page as it is now, and return what it shows."""
        matrix = self._matrix(status)
        matrix = msgspec.structs.replace(matrix, differences=told(matrix, answers))
        self._front.write(matrix)
        return matrix

    def _matrix(self, status: Status) -> Matrix:
        return Matrix(
            columns=tuple(self._columns),
            seed=self._terms.seed,
            examples=self._terms.examples,
            duration_s=round(time.monotonic() - self._started_s, 1),
            status=status,
        )

    # -- one client ----------------------------------------------------------------------------

    def _column(self, number: int) -> Column:
        wanted, empty, terms = self._wanted[number], self._columns[number], self._terms
        files = self._reports[number]
        if wanted.sut is None or wanted.selection is None:
            files.stopped(wanted.trouble, exit_codes.ADAPTER_FAULT)
            return msgspec.structs.replace(
                empty, reached=True, trouble=wanted.trouble, exit_code=exit_codes.ADAPTER_FAULT
            )
        plan = Plan(
            sut=wanted.sut,
            selection=wanted.selection,
            seed=terms.seed,
            jobs=terms.jobs,
            strict=terms.strict,
            baseline=terms.baseline,
            reduce_within_s=self._reducing_s(number),
            hints=self._hints,
        )
        watcher = Watcher()
        title = f"{number + 1}/{len(self._wanted)} {wanted.option}"
        readers = (files.record, watcher.record, self._front.follow(title, True))
        finished = self._front.play(plan, readers)
        self._take_hints(finished)
        return msgspec.structs.replace(
            empty,
            reached=True,
            # One that never said hello has no verdicts, only a fault.
            finished=finished if finished.sut is not None else None,
            trouble=_trouble(finished),
            exit_code=finished.exit_code,
            always_real=wanted.sut.always_real,
            played=watcher.by_label(),
        )

    def _reducing_s(self, number: int) -> float:
        left_s = WITHIN_S - (time.monotonic() - self._started_s)
        share_s = REDUCING_SHARE * left_s / (len(self._wanted) - number)
        return min(REDUCING_MOST_S, max(REDUCING_LEAST_S, share_s))

    def _take_hints(self, finished: RunFinished) -> None:
        for verdict in finished.verdicts:
            if verdict.first_failure is not None:
                known = self._hints.setdefault(verdict.id, [])
                scenario = question(verdict.first_failure).scenario
                if scenario not in known and len(known) < HINTS_MAX:
                    known.append(scenario)

    # -- what tells them apart -----------------------------------------------------------------

    def _ask(self) -> tuple[Answers, Status]:
        """Play the failures of each on those that did not fail; Ctrl-C leaves out the rest."""
        answers: dict[str, dict[Question, list[Seen | None]]] = {}
        asked = questions(self._matrix("incomplete"))
        for wanted in self._wanted:
            mine = asked[wanted.option][:QUESTIONS_MAX]
            if not mine or wanted.sut is None:
                continue
            plays = _plays(mine, wanted.sut)
            plan = Plan(sut=wanted.sut, selection=_only(plays), seed=0, reduce=False)
            watcher = Watcher()
            title = f"{wanted.option}, with failures of others"
            finished = self._front.play(plan, (watcher.record, self._front.follow(title, False)))
            found: dict[Question, list[Seen | None]] = {}
            for planned, shown in watcher.shown:
                found.setdefault(mine[planned.number // TIMES], []).append(shown)
            answers[wanted.option] = found
            if finished.exit_code == exit_codes.INTERRUPTED:
                return answers, "incomplete"
        return answers, "complete"


def _plays(asked: Sequence[Question], sut: Sut) -> tuple[Planned, ...]:
    return tuple(
        Planned(
            scenario=one.scenario,
            source="given",
            real_media=one.real_media or sut.always_real,
            number=index * TIMES + time_played,
        )
        for index, one in enumerate(asked)
        for time_played in range(TIMES)
    )


def _only(planned: tuple[Planned, ...]) -> Selection:
    clauses = frozenset(row.id for row in ledger.load())
    return Selection(planned=planned, clauses=clauses, complete=False)


def _trouble(finished: RunFinished) -> str:
    """Say what made a run unusable; empty when nothing did."""
    grave = [fault for fault in finished.faults if fault.owner is not Owner.SUT]
    return f"fault of the {grave[0].owner}: {grave[0].text}" if grave else ""


def _folders(options: Sequence[str]) -> list[str]:
    """Return a folder for each client: its name as far as file systems take it, and no other's."""
    folders: list[str] = []
    for number, option in enumerate(options, start=1):
        name = slug(option)
        folders.append(f"{name}-{number}" if name in folders else name)
    return folders
