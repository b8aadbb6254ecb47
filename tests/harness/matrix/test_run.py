"""The order in which clients are played, with plays that are made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.accounting.selection import Selection
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.matrix.document import MatrixDocument
from ringproof.matrix.run import (
    TIMES,
    Client,
    Listener,
    MatrixRun,
    PlayRecorder,
    ReductionTime,
    Settings,
    unplayed,
)
from ringproof.report.files import ReportFiles
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
    return Client(option=option, sut=sut, selection=selection)


class Recorded:
    """A frontend that plays made-up runs, and remembers what it was asked for."""

    def __init__(self, **ends: RunFinished) -> None:
        self._ends = ends
        self.plans: list[Plan] = []
        self.written: list[MatrixDocument] = []

    def progress(self, title: str, *, summarise: bool) -> Listener:
        return PlayRecorder()

    def write(self, matrix: MatrixDocument) -> None:
        self.written.append(matrix)

    def play(self, plan: Plan, listeners: Sequence[Listener]) -> RunFinished:
        self.plans.append(plan)
        again = bool(plan.selection.planned)
        for planned in plan.selection.planned:
            event = ScenarioFinished(
                planned=planned,
                trace=runs.trace(),
                outcomes={"a/b": Outcome(1)},
                duration_ms=1,
            )
            for listener in listeners:
                listener.record(event)
        end = self._ends["again" if again and "again" in self._ends else plan.sut.name]
        for listener in listeners:
            listener.record(end)
        return end


GOOD = finished_of(column("good", verdict("a/b")))
BAD = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG)), exit_code=1))


def play(
    clients: Sequence[Client], folder: Path, frontend: Recorded, **settings: object
) -> MatrixDocument:
    """Play a matrix with reports that are open, as the command does."""
    columns = unplayed([one.option for one in clients])
    with ExitStack() as stack:
        reports = [
            stack.enter_context(ReportFiles(folder / column.folder, column.option))
            for column in columns
        ]
        chosen = Settings(seed=7, examples=3, **settings)
        return MatrixRun(clients, reports, chosen, frontend).run()


def test_clients_are_played_in_turn_and_then_failures_on_the_others(tmp_path: Path):
    frontend = Recorded(good=GOOD, bad=BAD)
    found = play([client("good"), client("bad")], tmp_path, frontend)
    assert [plan.sut.name for plan in frontend.plans] == ["good", "bad", "good"]
    again = frontend.plans[-1].selection.planned
    assert [one.scenario for one in again] == [LONG] * TIMES
    assert not frontend.plans[-1].reduce
    (difference,) = found.differences
    assert [(one.fails, one.passes) for one in difference.scenarios] == [(("bad",), ("good",))]
    assert found.exit_code == exit_codes.SUT_FAILS
    assert found.status == "complete"


def test_every_client_has_a_report_of_its_own(tmp_path: Path):
    frontend = Recorded(**{"x": GOOD, "x:": BAD})
    found = play([client("x"), client("x:")], tmp_path, frontend)
    assert [one.report for one in found.suts] == ["x/report.json", "x-2/report.json"]
    reports = [json.loads((tmp_path / one.report).read_text()) for one in found.suts]
    assert [one["exit"] for one in reports] == [0, 1]
    assert [one["sut"]["option"] for one in reports] == ["x", "x:"]


def test_the_page_is_true_at_every_moment(tmp_path: Path):
    frontend = Recorded(good=GOOD, bad=BAD)
    play([client("good"), client("bad")], tmp_path, frontend)
    assert [one.status for one in frontend.written] == ["incomplete"] * 2 + ["complete"]
    errors = [[one.error for one in found.suts] for found in frontend.written]
    assert errors == [["", "not played yet"], ["", ""], ["", ""]]
    assert frontend.written[0].exit_code == exit_codes.INTERRUPTED


def test_small_failures_are_tried_on_the_clients_after(tmp_path: Path):
    worse = finished_of(column("worse", verdict("a/b", "FAIL", first(SHORT)), exit_code=1))
    frontend = Recorded(bad=BAD, worse=worse, good=GOOD)
    play([client(name) for name in ("bad", "worse", "good")], tmp_path, frontend)
    hints = [list(plan.hints.get("a/b", ())) for plan in frontend.plans[:3]]
    # One dictionary for all, read when a client's failures are made smaller.
    assert hints[-1] == [LONG, SHORT]


def test_media_are_real_where_they_were_or_always_are(tmp_path: Path):
    real = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True))))
    frontend = Recorded(good=GOOD, bad=real)
    play([client("good"), client("bad")], tmp_path, frontend)
    assert all(one.real_media for one in frontend.plans[-1].selection.planned)
    frontend = Recorded(good=GOOD, bad=BAD)
    both = [client("good", always_real=True), client("bad")]
    play(both, tmp_path, frontend)
    assert all(one.real_media for one in frontend.plans[-1].selection.planned)


class TestTrouble:
    def test_a_client_that_cannot_be_had_is_a_column_that_says_so(self, tmp_path: Path):
        frontend = Recorded(good=GOOD)
        clients = [Client(option="none", error="npm cannot fetch it"), client("good")]
        found = play(clients, tmp_path, frontend)
        assert [plan.sut.name for plan in frontend.plans] == ["good"]
        assert found.suts[0].error == "npm cannot fetch it"
        assert found.exit_code == exit_codes.ADAPTER_FAULT
        report = json.loads((tmp_path / "none" / "report.json").read_text())
        assert report["exit"] == exit_codes.ADAPTER_FAULT
        assert "npm cannot fetch it" in report["faults"][0]["text"]

    def test_a_client_that_does_not_start_is_a_column_without_verdicts(self, tmp_path: Path):
        mute = msgspec.structs.replace(BAD, sut=None, faults=(NO_HELLO,), exit_code=3)
        frontend = Recorded(mute=mute, good=GOOD)
        found = play([client("mute"), client("good")], tmp_path, frontend)
        assert found.clauses[0].cells.keys() == {"good"}
        assert found.suts[0].error == "fault of the adapter: said no hello"
        assert found.differences == ()
        assert found.status == "complete"
        assert found.exit_code == exit_codes.ADAPTER_FAULT

    def test_a_client_that_breaks_down_later_keeps_its_verdicts(self, tmp_path: Path):
        broken = msgspec.structs.replace(BAD, faults=(NO_HELLO,), exit_code=3)
        frontend = Recorded(bad=broken, good=GOOD)
        found = play([client("bad"), client("good")], tmp_path, frontend)
        assert found.suts[0].error
        assert found.clauses[0].cells["bad"].verdict == "FAIL"

    def test_an_interrupt_ends_it_and_leaves_the_rest_unplayed(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        frontend = Recorded(good=stopped, bad=BAD)
        found = play([client("good"), client("bad")], tmp_path, frontend)
        assert len(frontend.plans) == 1
        assert found.suts[1].error == "not played yet"
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)

    def test_an_interrupt_of_the_last_plays_leaves_the_verdicts(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        frontend = Recorded(good=GOOD, bad=BAD, again=stopped)
        found = play([client("good"), client("bad")], tmp_path, frontend)
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)
        assert found.clauses[0].cells["bad"].verdict == "FAIL"


class TestReductionTime:
    """Ten clients: none gets more than its share, and the last ones still get a little."""

    TIME = ReductionTime(within_s=500, most_s=30, least_s=5, share=0.4)

    def test_is_shared_out(self):
        assert self.TIME.of_client(0, 10) == pytest.approx(0.4 * 500 / 10)

    def test_is_never_less_than_a_little_nor_more_than_a_client_needs(self):
        assert self.TIME.of_client(900, 1) == 5
        assert self.TIME.of_client(0, 1) == 30

    def test_is_given_to_every_client(self, tmp_path: Path):
        frontend = Recorded(good=GOOD, other=GOOD)
        clients = [client("good"), client("other")]
        play(clients, tmp_path, frontend, reduction_time=ReductionTime(most_s=3, least_s=3))
        assert [plan.reduce_within_s for plan in frontend.plans] == [3, 3]
