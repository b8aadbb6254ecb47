"""Plays one client after the other, then the failures of each on those that did not fail.

Small failing scenarios of one client are tried on those after it, so that what they have in common
is searched for once and shown by the same scenario.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ringproof import exit_codes
from ringproof.accounting.selection import Selection
from ringproof.baseline import Baseline
from ringproof.matrix.columns import Column, Play, play_of
from ringproof.matrix.differences import Probe, ProbeResults, probe_of, probes
from ringproof.matrix.document import MatrixDocument, from_columns
from ringproof.report.files import ReportFiles
from ringproof.report.wording import slug
from ringproof.results import AnyRunEvent, Planned, RunFinished, ScenarioFinished, Status
from ringproof.runner.plan import Plan
from ringproof.suts.sut import Sut
from ringproof.verdict import Owner
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

TIMES = 2
"""How often a probe is played: a client that keeps a clause by luck keeps it once."""

PROBES_MAX = 40
"""Scenarios played again on one client: beyond that they have one cause."""

HINTS_MAX = 3
"""Scenarios of earlier clients that are tried for a clause, before a search."""


class ReductionTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long all clients together may take, and what of it goes into making failures smaller."""

    within_s: float = 540.0
    """Five clients in ten minutes."""
    most_s: float = 40.0
    least_s: float = 5.0
    share: float = 0.4
    """Of the time that is left for a client."""

    def of_client(self, spent_s: float, clients_left: int) -> float:
        """Return the time for the next client, of ``clients_left`` with it."""
        share_s = self.share * (self.within_s - spent_s) / clients_left
        return min(self.most_s, max(self.least_s, share_s))


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client to play: ``sut`` is None when it cannot be had, and ``error`` says why."""

    option: str
    sut: Sut | None = None
    error: str = ""
    selection: Selection | None = None
    """What it plays; None without a ``sut``."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for all clients."""

    seed: int
    examples: int
    jobs: int | None = None
    strict: bool = False
    baseline: Baseline | None = None
    reduction_time: ReductionTime = ReductionTime()


class Listener(Protocol):
    """Takes in run events."""

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""


class Frontend(Protocol):
    """What the command line does for the matrix."""

    def play(self, plan: Plan, listeners: Sequence[Listener]) -> RunFinished:
        """Play a plan to its end; Ctrl-C ends it early, with a last event that says so."""

    def progress(self, title: str, *, summarise: bool) -> Listener:
        """Show a run; ``summarise`` says whether its end is worth a line."""

    def write(self, matrix: MatrixDocument) -> None:
        """Replace the page: called after each client."""


class PlayRecorder:
    """Keeps what every scenario showed, in the order in which they ended."""

    def __init__(self) -> None:
        self.plays: list[tuple[Planned, Play | None]] = []

    def record(self, event: AnyRunEvent) -> None:
        """Take in a run event."""
        if isinstance(event, ScenarioFinished):
            self.plays.append((event.planned, play_of(event)))


def unplayed(
    options: Sequence[str],
    *,
    error: str = "not played yet",
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


class MatrixRun:
    """One matrix, from the first client to the last probe."""

    def __init__(
        self,
        clients: Sequence[Client],
        reports: Sequence[ReportFiles],
        settings: Settings,
        frontend: Frontend,
    ) -> None:
        """``reports`` are those of the clients, in their order; they have been open all along."""
        self._clients = clients
        self._reports = reports
        self._settings = settings
        self._frontend = frontend
        self._started_s = time.monotonic()
        self._columns = list(unplayed([one.option for one in clients]))
        self._hints: dict[str, list[Scenario]] = {}

    def run(self) -> MatrixDocument:
        """Play everything. Raises ``OSError`` when reports cannot be written."""
        for number in range(len(self._clients)):
            self._columns[number] = self._column(number)
            matrix = self._write({}, "incomplete")
            if self._columns[number].exit_code == exit_codes.INTERRUPTED:
                return matrix
        return self._write(*self._probe())

    def _write(self, results: ProbeResults, status: Status) -> MatrixDocument:
        """Write the page as it is now, and return what it shows."""
        matrix = from_columns(
            self._columns,
            results,
            seed=self._settings.seed,
            examples=self._settings.examples,
            duration_s=round(self._spent_s(), 1),
            status=status,
        )
        self._frontend.write(matrix)
        return matrix

    def _spent_s(self) -> float:
        return time.monotonic() - self._started_s

    def _column(self, number: int) -> Column:
        """Play one client."""
        client, column, settings = self._clients[number], self._columns[number], self._settings
        files = self._reports[number]
        if client.sut is None or client.selection is None:
            code = exit_codes.ADAPTER_FAULT
            files.stopped(client.error, code)
            return msgspec.structs.replace(column, error=client.error, exit_code=code)
        left = len(self._clients) - number
        plan = Plan(
            sut=client.sut,
            selection=client.selection,
            seed=settings.seed,
            jobs=settings.jobs,
            strict=settings.strict,
            baseline=settings.baseline,
            reduce_within_s=settings.reduction_time.of_client(self._spent_s(), left),
            hints=self._hints,
        )
        recorder = PlayRecorder()
        title = f"{number + 1}/{len(self._clients)} {client.option}"
        progress = self._frontend.progress(title, summarise=True)
        finished = self._frontend.play(plan, (files, recorder, progress))
        self._keep_hints(finished)
        return msgspec.structs.replace(
            column,
            # One that never said hello has no verdicts, only a fault.
            finished=finished if finished.sut is not None else None,
            error=_error(finished),
            exit_code=finished.exit_code,
            always_real=client.sut.always_real,
            played={planned.label: play for planned, play in recorder.plays if play is not None},
        )

    def _keep_hints(self, finished: RunFinished) -> None:
        for verdict in finished.verdicts:
            if verdict.first_failure is not None:
                known = self._hints.setdefault(verdict.id, [])
                scenario = probe_of(verdict.first_failure).scenario
                if scenario not in known and len(known) < HINTS_MAX:
                    known.append(scenario)

    def _probe(self) -> tuple[ProbeResults, Status]:
        """Play the failures of each on those that did not fail; Ctrl-C leaves out the rest."""
        results: dict[str, Mapping[Probe, Sequence[Play | None]]] = {}
        wanted = probes(self._columns)
        for client in self._clients:
            mine = wanted[client.option][:PROBES_MAX]
            if not mine or client.sut is None:
                continue
            plan = Plan(
                sut=client.sut, selection=_selection(mine, client.sut), seed=0, reduce=False
            )
            recorder = PlayRecorder()
            title = f"{client.option}, with failures of others"
            progress = self._frontend.progress(title, summarise=False)
            finished = self._frontend.play(plan, (recorder, progress))
            found: dict[Probe, list[Play | None]] = {}
            for planned, play in recorder.plays:
                found.setdefault(mine[planned.number // TIMES], []).append(play)
            results[client.option] = found
            if finished.exit_code == exit_codes.INTERRUPTED:
                return results, "incomplete"
        return results, "complete"


def _selection(wanted: Sequence[Probe], sut: Sut) -> Selection:
    planned = [
        Planned(
            scenario=probe.scenario,
            source="given",
            real_media=probe.real_media or sut.always_real,
            number=index * TIMES + time_played,
        )
        for index, probe in enumerate(wanted)
        for time_played in range(TIMES)
    ]
    clauses = frozenset(row.id for row in ledger.load())
    return Selection(planned=tuple(planned), clauses=clauses, complete=False)


def _error(finished: RunFinished) -> str:
    """Say what made a run unusable; empty when nothing did."""
    faults = [fault for fault in finished.faults if fault.owner is not Owner.SUT]
    return f"fault of the {faults[0].owner}: {faults[0].text}" if faults else ""
