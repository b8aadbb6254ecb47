from __future__ import annotations

from ringproof.results import AnyRunEvent, Snapshot
from ringproof.runner.snapshot import EVERY_S, SnapshotEmitter
from tests.harness.report import runs


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def told(clock: Clock, *, cost_s: float = 0.0) -> tuple[SnapshotEmitter, list[AnyRunEvent]]:
    heard: list[AnyRunEvent] = []

    def so_far():
        clock.now_s += cost_s
        return runs.FINISHED

    return SnapshotEmitter(heard.append, so_far, now=clock), heard


def test_every_event_is_handed_on_first():
    interim, heard = told(Clock())
    interim(runs.STARTED)
    interim(runs.SCENARIO_FINISHED)
    assert heard == [runs.STARTED, runs.SCENARIO_FINISHED]


def test_standing_is_told_when_it_is_due_and_something_was_played():
    clock = Clock()
    interim, heard = told(clock)
    clock.now_s = EVERY_S
    interim(runs.SCENARIO_STARTED)
    assert len(heard) == 1
    interim(runs.SCENARIO_FINISHED)
    assert heard[-1] == Snapshot(so_far=runs.FINISHED)
    interim(runs.SCENARIO_FINISHED)
    assert heard[-1] is runs.SCENARIO_FINISHED


def test_what_takes_long_is_told_less_often():
    clock = Clock()
    interim, heard = told(clock, cost_s=1.0)
    clock.now_s = EVERY_S
    for _ in range(60):
        interim(runs.SCENARIO_FINISHED)
        clock.now_s += 1
    assert sum(isinstance(event, Snapshot) for event in heard) == 2
