"""The order in which clients are played, with plays that are made by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from ringproof import exit_codes
from ringproof.accounting.selection import Selection
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.matrix.columns import unplayed
from ringproof.matrix.document import MatrixDocument
from ringproof.matrix.run import TIMES, Client, MatrixRun, reduction_time_s
from ringproof.report.files import Report, ReportFiles
from ringproof.results import Fault, RunFinished, ScenarioFinished
from ringproof.runner.plan import Plan
from ringproof.suts.sut import Sut
from ringproof.verdict import Outcome, Owner
from tests.harness.matrix.columns import LONG, SHORT, column, finished_of, first, verdict
from tests.harness.report import runs

NO_HELLO = Fault(owner=Owner.ADAPTER, text="said no hello")


def client(option: str, **other: object) -> Client:
    sut = Sut(name=option, make=lambda server: InProcessAdapter(), **other)
    selection = Selection(planned=(), clauses=frozenset(), complete=False)
    return Client(option=option, plan=Plan(sut=sut, selection=selection, seed=7))


class Player:
    """Plays made-up runs, and keeps the plans and the pages that were written."""

    def __init__(self, **ends: RunFinished) -> None:
        self._ends = ends
        self.plans: list[Plan] = []
        self.written: list[MatrixDocument] = []

    def write(self, matrix: MatrixDocument) -> None:
        self.written.append(matrix)

    def play(self, plan: Plan, reports: Sequence[Report]) -> RunFinished:
        self.plans.append(plan)
        again = bool(plan.selection.planned)
        for planned in plan.selection.planned:
            event = ScenarioFinished(
                planned=planned,
                trace=runs.trace(),
                outcomes={"a/b": Outcome(1)},
                duration_ms=1,
            )
            for report in reports:
                report.record(event)
        end = self._ends["again" if again and "again" in self._ends else plan.sut.name]
        for report in reports:
            report.record(end)
        return end


GOOD = finished_of(column("good", verdict("a/b")))
BAD = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG)), exit_code=1))


def play(clients: Sequence[Client], folder: Path, player: Player) -> MatrixDocument:
    """Play a matrix with reports that are open, as the command does."""
    columns = unplayed([one.option for one in clients])
    with ExitStack() as stack:
        reports = [
            stack.enter_context(ReportFiles(folder / column.folder, column.option))
            for column in columns
        ]
        console = Console(file=io.StringIO())
        run = MatrixRun(
            clients,
            reports,
            console,
            seed=7,
            examples=3,
            play=player.play,
            write=player.write,
        )
        return run.run()


def test_clients_are_played_in_turn_and_then_failures_on_the_others(tmp_path: Path):
    player = Player(good=GOOD, bad=BAD)
    matrix = play([client("good"), client("bad")], tmp_path, player)
    assert [plan.sut.name for plan in player.plans] == ["good", "bad", "good"]
    again = player.plans[-1].selection.planned
    assert [one.scenario for one in again] == [LONG] * TIMES
    assert not player.plans[-1].reduce
    (difference,) = matrix.differences
    assert [(one.fails, one.passes) for one in difference.scenarios] == [(("bad",), ("good",))]
    assert matrix.exit_code == exit_codes.SUT_FAILS
    assert matrix.status == "complete"


def test_every_client_has_a_report_of_its_own(tmp_path: Path):
    player = Player(**{"x": GOOD, "x:": BAD})
    matrix = play([client("x"), client("x:")], tmp_path, player)
    assert [one.report for one in matrix.suts] == ["x/report.json", "x-2/report.json"]
    reports = [json.loads((tmp_path / one.report).read_text()) for one in matrix.suts]
    assert [one["exit"] for one in reports] == [0, 1]
    assert [one["sut"]["option"] for one in reports] == ["x", "x:"]


def test_the_page_is_true_at_every_moment(tmp_path: Path):
    player = Player(good=GOOD, bad=BAD)
    play([client("good"), client("bad")], tmp_path, player)
    assert [one.status for one in player.written] == ["incomplete"] * 2 + ["complete"]
    errors = [[one.error for one in matrix.suts] for matrix in player.written]
    assert errors == [["", "not played yet"], ["", ""], ["", ""]]
    assert player.written[0].exit_code == exit_codes.INTERRUPTED


def test_small_failures_are_tried_on_the_clients_after(tmp_path: Path):
    worse = finished_of(column("worse", verdict("a/b", "FAIL", first(SHORT)), exit_code=1))
    player = Player(bad=BAD, worse=worse, good=GOOD)
    play([client(name) for name in ("bad", "worse", "good")], tmp_path, player)
    hints = [list(plan.hints.get("a/b", ())) for plan in player.plans[:3]]
    # One dictionary for all, read when a client's failures are made smaller.
    assert hints[-1] == [LONG, SHORT]


def test_media_are_real_where_they_were_or_always_are(tmp_path: Path):
    real = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True))))
    player = Player(good=GOOD, bad=real)
    play([client("good"), client("bad")], tmp_path, player)
    assert all(one.real_media for one in player.plans[-1].selection.planned)
    player = Player(good=GOOD, bad=BAD)
    both = [client("good", always_real=True), client("bad")]
    play(both, tmp_path, player)
    assert all(one.real_media for one in player.plans[-1].selection.planned)


class TestUnplayableClients:
    def test_a_client_that_cannot_be_had_is_a_column_that_says_so(self, tmp_path: Path):
        player = Player(good=GOOD)
        clients = [Client(option="none", error="npm cannot fetch it"), client("good")]
        matrix = play(clients, tmp_path, player)
        assert [plan.sut.name for plan in player.plans] == ["good"]
        assert matrix.suts[0].error == "npm cannot fetch it"
        assert matrix.exit_code == exit_codes.ADAPTER_FAULT
        report = json.loads((tmp_path / "none" / "report.json").read_text())
        assert report["exit"] == exit_codes.ADAPTER_FAULT
        assert "npm cannot fetch it" in report["faults"][0]["text"]

    def test_a_client_that_does_not_start_is_a_column_without_verdicts(self, tmp_path: Path):
        mute = msgspec.structs.replace(BAD, sut=None, faults=(NO_HELLO,), exit_code=3)
        player = Player(mute=mute, good=GOOD)
        matrix = play([client("mute"), client("good")], tmp_path, player)
        assert matrix.clauses[0].cells.keys() == {"good"}
        assert matrix.suts[0].error == "fault of the adapter: said no hello"
        assert matrix.differences == ()
        assert matrix.status == "complete"
        assert matrix.exit_code == exit_codes.ADAPTER_FAULT

    def test_a_client_that_breaks_down_later_keeps_its_verdicts(self, tmp_path: Path):
        broken = msgspec.structs.replace(BAD, faults=(NO_HELLO,), exit_code=3)
        player = Player(bad=broken, good=GOOD)
        matrix = play([client("bad"), client("good")], tmp_path, player)
        assert matrix.suts[0].error
        assert matrix.clauses[0].cells["bad"].verdict == "FAIL"

    def test_an_interrupt_ends_it_and_leaves_the_rest_unplayed(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        player = Player(good=stopped, bad=BAD)
        matrix = play([client("good"), client("bad")], tmp_path, player)
        assert len(player.plans) == 1
        assert matrix.suts[1].error == "not played yet"
        assert (matrix.status, matrix.exit_code) == ("incomplete", exit_codes.INTERRUPTED)

    def test_an_interrupt_of_the_last_plays_leaves_the_verdicts(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        player = Player(good=GOOD, bad=BAD, again=stopped)
        matrix = play([client("good"), client("bad")], tmp_path, player)
        assert (matrix.status, matrix.exit_code) == ("incomplete", exit_codes.INTERRUPTED)
        assert matrix.clauses[0].cells["bad"].verdict == "FAIL"


class TestReductionTime:
    def test_is_shared_out(self):
        assert reduction_time_s(0, 10) == pytest.approx(0.4 * 540 / 10)

    def test_is_never_less_than_a_little_nor_more_than_a_client_needs(self):
        assert reduction_time_s(900, 1) == 5
        assert reduction_time_s(0, 1) == 40

    def test_is_given_to_every_client(self, tmp_path: Path):
        player = Player(good=GOOD, other=GOOD)
        play([client("good"), client("other")], tmp_path, player)
        assert [plan.reduce_within_s for plan in player.plans] == [40, 40]
