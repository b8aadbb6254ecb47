"""The order in which clients are played, with plays that are made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from harness import exit_codes
from harness.adapters.in_process import InProcessAdapter
from harness.matrix import contest
from harness.matrix.contest import TIMES, Contest, Front, Reader, Terms, Wanted
from harness.matrix.table import Matrix
from harness.runner.events import Fault, RunFinished, ScenarioFinished
from harness.runner.run import Plan
from harness.runner.selection import Selection
from harness.runner.sut import Sut
from harness.verdict import Outcome, Owner
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


@pytest.fixture
def terms(tmp_path: Path) -> Terms:
    return Terms(folder=tmp_path, seed=7, examples=3)


def test_clients_are_played_in_turn_and_then_what_tells_them_apart(terms: Terms):
    stage = Stage(good=GOOD, bad=BAD)
    found = Contest([wanted("good"), wanted("bad")], terms, stage.front()).hold()
    assert [plan.sut.name for plan in stage.plans] == ["good", "bad", "good"]
    again = stage.plans[-1].selection.planned
    assert [one.scenario for one in again] == [LONG] * TIMES
    assert not stage.plans[-1].reduce
    (difference,) = found.differences
    assert [(one.fails, one.holds) for one in difference.tellings] == [(("bad",), ("good",))]
    assert found.exit_code == exit_codes.SUT_FAILS
    assert found.status == "complete"


def test_every_client_has_a_report_of_its_own(terms: Terms):
    stage = Stage(**{"x": GOOD, "x:": BAD})
    found = Contest([wanted("x"), wanted("x:")], terms, stage.front()).hold()
    folders = [one.folder for one in found.columns]
    assert folders == ["x", "x-2"]
    reports = [json.loads((terms.folder / one / "report.json").read_text()) for one in folders]
    assert [one["exit"] for one in reports] == [0, 1]
    assert [one["sut"]["option"] for one in reports] == ["x", "x:"]


def test_the_page_is_true_at_every_moment(terms: Terms):
    stage = Stage(good=GOOD, bad=BAD)
    Contest([wanted("good"), wanted("bad")], terms, stage.front()).hold()
    assert [one.status for one in stage.written] == ["incomplete"] * 3 + ["complete"]
    reached = [[one.reached for one in found.columns] for found in stage.written]
    assert reached == [[False, False], [True, False], [True, True], [True, True]]
    assert stage.written[0].exit_code == exit_codes.INTERRUPTED


def test_small_failures_are_tried_on_the_clients_after(terms: Terms):
    worse = finished_of(column("worse", verdict("a/b", "FAIL", first(SHORT)), exit_code=1))
    stage = Stage(bad=BAD, worse=worse, good=GOOD)
    Contest([wanted(name) for name in ("bad", "worse", "good")], terms, stage.front()).hold()
    hints = [list(plan.hints.get("a/b", ())) for plan in stage.plans[:3]]
    # One dictionary for all, read when a client's failures are made smaller.
    assert hints[-1] == [LONG, SHORT]


def test_media_are_real_where_they_were_or_always_are(terms: Terms):
    real = finished_of(column("bad", verdict("a/b", "FAIL", first(LONG, real_media=True))))
    stage = Stage(good=GOOD, bad=real)
    Contest([wanted("good"), wanted("bad")], terms, stage.front()).hold()
    assert all(one.real_media for one in stage.plans[-1].selection.planned)
    stage = Stage(good=GOOD, bad=BAD)
    both = [wanted("good", always_real=True), wanted("bad")]
    Contest(both, terms, stage.front()).hold()
    assert all(one.real_media for one in stage.plans[-1].selection.planned)


class TestTrouble:
    def test_a_client_that_cannot_be_had_is_a_column_that_says_so(self, terms: Terms):
        stage = Stage(good=GOOD)
        named = [Wanted(option="none", trouble="npm cannot fetch it"), wanted("good")]
        found = Contest(named, terms, stage.front()).hold()
        assert [plan.sut.name for plan in stage.plans] == ["good"]
        assert found.columns[0].trouble == "npm cannot fetch it"
        assert found.exit_code == exit_codes.ADAPTER_FAULT
        report = json.loads((terms.folder / "none" / "report.json").read_text())
        assert report["exit"] == exit_codes.ADAPTER_FAULT
        assert "npm cannot fetch it" in report["faults"][0]["text"]

    def test_a_client_that_does_not_start_is_a_column_without_verdicts(self, terms: Terms):
        mute = msgspec.structs.replace(BAD, sut=None, faults=(NO_HELLO,), exit_code=3)
        stage = Stage(mute=mute, good=GOOD)
        found = Contest([wanted("mute"), wanted("good")], terms, stage.front()).hold()
        assert found.columns[0].verdicts == {}
        assert found.columns[0].trouble == "fault of the adapter: said no hello"
        assert found.differences == ()
        assert found.status == "complete"
        assert found.exit_code == exit_codes.ADAPTER_FAULT

    def test_a_client_that_breaks_down_later_keeps_its_verdicts(self, terms: Terms):
        broken = msgspec.structs.replace(BAD, faults=(NO_HELLO,), exit_code=3)
        stage = Stage(bad=broken, good=GOOD)
        found = Contest([wanted("bad"), wanted("good")], terms, stage.front()).hold()
        assert found.columns[0].trouble
        assert found.columns[0].verdicts["a/b"].verdict == "FAIL"

    def test_an_interrupt_ends_it_and_leaves_the_rest_unplayed(self, terms: Terms):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        stage = Stage(good=stopped, bad=BAD)
        found = Contest([wanted("good"), wanted("bad")], terms, stage.front()).hold()
        assert len(stage.plans) == 1
        assert found.columns[1].trouble == "not played yet"
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)

    def test_an_interrupt_of_the_last_plays_leaves_the_verdicts(self, terms: Terms):
        stopped = msgspec.structs.replace(GOOD, status="incomplete", exit_code=130)
        stage = Stage(good=GOOD, bad=BAD, again=stopped)
        found = Contest([wanted("good"), wanted("bad")], terms, stage.front()).hold()
        assert (found.status, found.exit_code) == ("incomplete", exit_codes.INTERRUPTED)
        assert found.columns[1].verdicts["a/b"].verdict == "FAIL"


def test_time_for_making_failures_smaller_is_shared_out(
    terms: Terms, monkeypatch: pytest.MonkeyPatch
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
    Contest([wanted(name) for name in names], terms, front).hold()
    given_s = [plan.reduce_within_s for plan in stage.plans]
    assert given_s[0] == pytest.approx(contest.REDUCING_SHARE * contest.WITHIN_S / 10)
    assert given_s[-1] == contest.REDUCING_LEAST_S
    assert max(given_s) <= contest.REDUCING_MOST_S
