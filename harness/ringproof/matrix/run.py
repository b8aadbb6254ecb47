"""Plays one client after the other, then the failures of each on those that did not fail.

Small failing scenarios of one client are tried on those after it, so that what they have in common
is searched for once and shown by the same scenario.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from ringproof import exit_codes
from ringproof.accounting.selection import Selection
from ringproof.matrix.columns import Column, Play, play_of, unplayed
from ringproof.matrix.differences import Probe, ProbeResults, probe_of, probes
from ringproof.matrix.document import MatrixDocument, from_columns
from ringproof.report.files import Report, ReportFiles
from ringproof.report.printable import printable
from ringproof.report.terminal import RunProgress, summary
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

WITHIN_S = 540.0
"""For all clients together: five of them in ten minutes."""

REDUCTION_S = (5.0, 40.0)
"""The least and the most time in which the failures of one client are made smaller."""

REDUCTION_SHARE = 0.4
"""Of the time that is left for a client."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client to play."""

    option: str
    """What ``--sut`` was given."""
    plan: Plan | None = None
    """None when it cannot be had, and ``error`` says why."""
    error: str = ""


class PlayRecorder:
    """Keeps what every scenario showed, in the order in which they ended."""

    def __init__(self) -> None:
        self.plays: list[tuple[Planned, Play | None]] = []

    def record(self, event: AnyRunEvent) -> None:
        """Add a run event."""
        if isinstance(event, ScenarioFinished):
            self.plays.append((event.planned, play_of(event)))


def reduction_time_s(spent_s: float, clients_left: int) -> float:
    """Return the time for the next client, of ``clients_left`` with it."""
    least_s, most_s = REDUCTION_S
    return min(most_s, max(least_s, REDUCTION_SHARE * (WITHIN_S - spent_s) / clients_left))


class MatrixRun:
    """One matrix, from the first client to the last probe."""

    def __init__(
        self,
        clients: Sequence[Client],
        reports: Sequence[ReportFiles],
        console: Console,
        *,
        seed: int,
        examples: int,
        play: Callable[[Plan, Sequence[Report]], RunFinished],
        write: Callable[[MatrixDocument], None],
    ) -> None:
        """``reports`` are those of the clients, in their order; they have been open all along.

        ``play`` plays a plan to its end, also when Ctrl-C ends it early; ``write`` replaces the
        page, and is called after each client.
        """
        self._clients = clients
        self._reports = reports
        self._seed = seed
        self._examples = examples
        self._console = console
        self._play = play
        self._write_page = write
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
            seed=self._seed,
            examples=self._examples,
            duration_s=round(time.monotonic() - self._started_s, 1),
            status=status,
        )
        self._write_page(matrix)
        return matrix

    def _column(self, number: int) -> Column:
        """Play one client."""
        client, column = self._clients[number], self._columns[number]
        files = self._reports[number]
        if client.plan is None:
            code = exit_codes.ADAPTER_FAULT
            files.stopped(client.error, code)
            return msgspec.structs.replace(column, error=client.error, exit_code=code)
        spent_s, left = time.monotonic() - self._started_s, len(self._clients) - number
        within_s = reduction_time_s(spent_s, left)
        plan = msgspec.structs.replace(client.plan, reduce_within_s=within_s, hints=self._hints)
        recorder = PlayRecorder()
        title = f"{number + 1}/{len(self._clients)} {client.option}"
        finished = self._play(plan, (files, recorder, RunProgress(self._console, title)))
        line = printable(f"{title}: {summary(finished)}")
        self._console.print(Text(line), soft_wrap=True)
        self._keep_hints(finished)
        fault = next((one for one in finished.faults if one.owner is not Owner.SUT), None)
        return msgspec.structs.replace(
            column,
            # One that never said hello has no verdicts, only a fault.
            finished=finished if finished.sut is not None else None,
            error=f"fault of the {fault.owner}: {fault.text}" if fault is not None else "",
            exit_code=finished.exit_code,
            always_real=plan.sut.always_real,
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
            if not mine or client.plan is None:
                continue
            sut = client.plan.sut
            plan = Plan(sut=sut, selection=_selection(mine, sut), seed=0, reduce=False)
            recorder = PlayRecorder()
            title = f"{client.option}, with failures of others"
            finished = self._play(plan, (recorder, RunProgress(self._console, title)))
            plays: dict[Probe, list[Play | None]] = {}
            for planned, play in recorder.plays:
                plays.setdefault(mine[planned.number // TIMES], []).append(play)
            results[client.option] = plays
            if finished.exit_code == exit_codes.INTERRUPTED:
                return results, "incomplete"
        return results, "complete"


def _selection(wanted: Sequence[Probe], sut: Sut) -> Selection:
    repeated = [probe for probe in wanted for _ in range(TIMES)]
    planned = [
        Planned(
            scenario=probe.scenario,
            source="given",
            real_media=probe.real_media or sut.always_real,
            number=number,
        )
        for number, probe in enumerate(repeated)
    ]
    clauses = frozenset(row.id for row in ledger.load())
    return Selection(planned=tuple(planned), clauses=clauses, complete=False)
