from __future__ import annotations

from ringproof.results import AnyRunEvent, Snapshot
from ringproof.runner.snapshot import EVERY_S, SnapshotEmitter
from tests.harness.report import runs


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def emitter(clock: Clock, *, cost_s: float = 0.0) -> tuple[SnapshotEmitter, list[AnyRunEvent]]:
    events: list[AnyRunEvent] = []

    def so_far():
        clock.now_s += cost_s
        return runs.FINISHED

    return SnapshotEmitter(events.append, so_far, now=clock), events


def test_every_event_is_passed_on_first():
    emit, events = emitter(Clock())
    emit(runs.STARTED)
    emit(runs.SCENARIO_FINISHED)
    assert events == [runs.STARTED, runs.SCENARIO_FINISHED]


def test_snapshot_is_emitted_when_it_is_due_and_something_was_played():
    clock = Clock()
    emit, events = emitter(clock)
    clock.now_s = EVERY_S
    emit(runs.SCENARIO_STARTED)
    assert len(events) == 1
    emit(runs.SCENARIO_FINISHED)
    assert events[-1] == Snapshot(so_far=runs.FINISHED)
    emit(runs.SCENARIO_FINISHED)
    assert events[-1] is runs.SCENARIO_FINISHED


def test_snapshot_that_takes_long_is_emitted_less_often():
    clock = Clock()
    emit, events = emitter(clock, cost_s=1.0)
    clock.now_s = EVERY_S
    for _ in range(60):
        emit(runs.SCENARIO_FINISHED)
        clock.now_s += 1
    assert sum(isinstance(event, Snapshot) for event in events) == 2
