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
from ringproof.matrix import run as contest
from ringproof.matrix.run import TIMES, Contest, Front, Reader, Terms, Wanted, waiting
from ringproof.matrix.table import Matrix
from ringproof.report.files import ReportFiles
from ringproof.results import Fault, RunFinished, ScenarioFinished
from ringproof.runner.plan import Plan
from ringproof.suts.sut import Sut
from ringproof.verdict import Outcome, Owner
from tests.harness.matrix.columns import LONG, SHORT, column, finished_of, first, verdict
from tests.harness.report import runs

NO_HELLO = Fault(owner=Owner.ADAPTER, text="said no hello")


def wanted(option: str, **other: object) -> Wanted:
    sut = Sut(name=option, make=lambda server: InProcessAdapter(), **other)
    selection = Selection(planned=(), clauses=frozenset(), complete=False)
    return Wanted(option=option, sut=sut, selection=selection)


class Stage:
    """Plays what it was told to, and remembers what it was asked for."""

    def __init__(self, **ends: RunFinished) -> None:
        self._ends = ends
        self.plans: list[Plan] = []
        self.written: list[Matrix] = []
        self.titles: list[str] = []

    def front(self) -> Front:
        def follow(title: str, told: bool) -> Reader:
            self.titles.append(title)
            return lambda event: None

        return Front(play=self.play, follow=follow, write=self.written.append)

    def play(self, plan: Plan, readers: Sequence[Reader]) -> RunFinished:
        self.plans.append(plan)
        again = bool(plan.selection.planned)
        for planned in plan.selection.planned:
            event = ScenarioFinished(
                planned=planned,
                trace=runs.trace(),
                outcomes={"a/b": Outcome(1)},
                duration_ms=1,
            )
            for reader in readers:
                reader(event)
        end = self._ends["again" if again and "again" in self._ends else plan.sut.name]
        for reader in readers:
            reader(end)
        return end


GOOD = finished_of(column("good", verdict("a/b")))
BAD = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG)), exit_code=1))


def hold(named: Sequence[Wanted], folder: Path, front: Front) -> Matrix:
    """Hold a contest with reports that are open, as the command does."""
    columns = waiting([one.option for one in named])
    with ExitStack() as stack:
        reports = [
            stack.enter_context(ReportFiles(folder / column.folder, column.option))
            for column in columns
        ]
        return Contest(named, reports, Terms(seed=7, examples=3), front).hold()


def test_clients_are_played_in_turn_and_then_what_tells_them_apart(tmp_path: Path):
    stage = Stage(good=GOOD, bad=BAD)
    found = hold([wanted("good"), wanted("bad")], tmp_path, stage.front())
    assert [plan.sut.name for plan in stage.plans] == ["good", "bad", "good"]
    again = stage.plans[-1].selection.planned
    assert [one.scenario for one in again] == [LONG] * TIMES
    assert not stage.plans[-1].reduce
    (difference,) = found.differences
    assert [(one.fails, one.holds) for one in difference.tellings] == [(("bad",), ("good",))]
    assert found.exit_code == exit_codes.SUT_FAILS
    assert found.status == "complete"


def test_every_client_has_a_report_of_its_own(tmp_path: Path):
    stage = Stage(**{"x": GOOD, "x:": BAD})
    found = hold([wanted("x"), wanted("x:")], tmp_path, stage.front())
    folders = [one.folder for one in found.columns]
    assert folders == ["x", "x-2"]
    reports = [json.loads((tmp_path / one / "report.json").read_text()) for one in folders]
    assert [one["exit"] for one in reports] == [0, 1]
    assert [one["sut"]["option"] for one in reports] == ["x", "x:"]


def test_the_page_is_true_at_every_moment(tmp_path: Path):
    stage = Stage(good=GOOD, bad=BAD)
    hold([wanted("good"), wanted("bad")], tmp_path, stage.front())
    assert [one.status for one in stage.written] == ["incomplete"] * 2 + ["complete"]
    reached = [[one.reached for one in found.columns] for found in stage.written]
    assert reached == [[True, False], [True, True], [True, True]]
    assert stage.written[0].exit_code == exit_codes.INTERRUPTED


def test_small_failures_are_tried_on_the_clients_after(tmp_path: Path):
    worse = finished_of(column("worse", verdict("a/b", "FAIL", first(SHORT)), exit_code=1))
    stage = Stage(bad=BAD, worse=worse, good=GOOD)
    hold([wanted(name) for name in ("bad", "worse", "good")], tmp_path, stage.front())
    hints = [list(plan.hints.get("a/b", ())) for plan in stage.plans[:3]]
    # One dictionary for all, read when a client's failures are made smaller.
    assert hints[-1] == [LONG, SHORT]


def test_media_are_real_where_they_were_or_always_are(tmp_path: Path):
    real = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True))))
    stage = Stage(good=GOOD, bad=real)
    hold([wanted("good"), wanted("bad")], tmp_path, stage.front())
    assert all(one.real_media for one in stage.plans[-1].selection.planned)
    stage = Stage(good=GOOD, bad=BAD)
    both = [wanted("good", always_real=True), wanted("bad")]
    hold(both, tmp_path, stage.front())
    assert all(one.real_media for one in stage.plans[-1].selection.planned)


class TestTrouble:
    def test_a_client_that_cannot_be_had_is_a_column_that_says_so(self, tmp_path: Path):
        stage = Stage(good=GOOD)
        named = [Wanted(option="none", trouble="npm cannot fetch it"), wanted("good")]
        found = hold(named, tmp_path, stage.front())
        assert [plan.sut.name for plan in stage.plans] == ["good"]
        assert found.columns[0].trouble == "npm cannot fetch it"
        assert found.exit_code == exit_codes.ADAPTER_FAULT
        report = json.loads((tmp_path / "none" / "report.json").read_text())
        assert report["exit"] == exit_codes.ADAPTER_FAULT
        assert "npm cannot fetch it" in report["faults"][0]["text"]

    def test_a_client_that_does_not_start_is_a_column_without_verdicts(self, tmp_path: Path):
        mute = msgspec.structs.replace(BAD, sut=None, faults=(NO_HELLO,), exit_code=3)
        stage = Stage(mute=mute, good=GOOD)
        found = hold([wanted("mute"), wanted("good")], tmp_path, stage.front())
        assert found.columns[0].verdicts == {}
        assert found.columns[0].trouble == "fault of the adapter: said no hello"
        assert found.differences == ()
        assert found.status == "complete"
        assert found.exit_code == exit_codes.ADAPTER_FAULT

    def test_a_client_that_breaks_down_later_keeps_its_verdicts(self, tmp_path: Path):
        broken = msgspec.structs.replace(BAD, faults=(NO_HELLO,), exit_code=3)
        stage = Stage(bad=broken, good=GOOD)
        found = hold([wanted("bad"), wanted("good")], tmp_path, stage.front())
        assert found.columns[0].trouble
        assert found.columns[0].verdicts["a/b"].verdict == "FAIL"

    def test_an_interrupt_ends_it_and_leaves_the_rest_unplayed(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        stage = Stage(good=stopped, bad=BAD)
        found = hold([wanted("good"), wanted("bad")], tmp_path, stage.front())
        assert len(stage.plans) == 1
        assert found.columns[1].trouble == "not played yet"
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)

    def test_an_interrupt_of_the_last_plays_leaves_the_verdicts(self, tmp_path: Path):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        stage = Stage(good=GOOD, bad=BAD, again=stopped)
        found = hold([wanted("good"), wanted("bad")], tmp_path, stage.front())
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)
        assert found.columns[1].verdicts["a/b"].verdict == "FAIL"


def test_time_for_making_failures_smaller_is_shared_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Ten clients: none gets more than its share, and the last ones still get a little."""
    now_s = [0.0]
    monkeypatch.setattr(contest.time, "monotonic", lambda: now_s[0])
    names = [f"c{number}" for number in range(10)]
    stage = Stage(**dict.fromkeys(names, GOOD))

    def slowly(plan: Plan, readers: Sequence[Reader]) -> RunFinished:
        now_s[0] += 100
        return stage.play(plan, readers)

    front = msgspec.structs.replace(stage.front(), play=slowly)
    hold([wanted(name) for name in names], tmp_path, front)
    given_s = [plan.reduce_within_s for plan in stage.plans]
    assert given_s[0] == pytest.approx(contest.REDUCING_SHARE * contest.WITHIN_S / 10)
    assert given_s[-1] == contest.REDUCING_LEAST_S
    assert max(given_s) <= contest.REDUCING_MOST_S
