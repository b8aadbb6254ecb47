"""Whole runs: the stream of events, the verdicts, and who is blamed when something breaks."""

from __future__ import annotations

import asyncio

import pytest

from ringproof import checks, exit_codes
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.results import (
    AnyRunEvent,
    FirstFailure,
    Reducing,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
)
from ringproof.runner import network_part
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario
from tests.harness.conftest import PlayRun
from tests.harness.odd_adapters import OddAdapter, UnstartableAdapter, dying_on, refusing

SCENARIOS = (
    Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),)),
    Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),)),
    Scenario(name="a/hung-up", callers=(Caller(),), actions=(Answer(), HangUp(on="connected"))),
    Scenario(name="a/gave-up", callers=(Caller(patience_ms=10),)),
)


LONG = Scenario(
    callers=(Caller(talk_ms=20), Caller(at_ms=30, patience_ms=20)),
    actions=(Answer(audio=True, after_ms=5),),
)
"""Shows that connecting is skipped."""

SMALL = Scenario(callers=(Caller(talk_ms=70),), actions=(Answer(after_ms=7),))
"""Shows it too, and no search would come upon it: it waits for nothing that ``LONG`` waits for."""

PASSING = Scenario(callers=(Caller(patience_ms=10),))
MUTANT = "mutant:status-skips-connecting"


def first_failure(finished: RunFinished) -> FirstFailure:
    first = next(one.first_failure for one in finished.verdicts if one.verdict is Verdict.FAIL)
    assert first is not None
    return first


async def test_every_scenario_is_started_and_finished_between_the_events_of_the_run(
    play_run: PlayRun,
):
    finished, events = await play_run(InProcessAdapter, *SCENARIOS)
    assert isinstance(events[0], RunStarted)
    assert events[0].scenarios == len(SCENARIOS)
    assert events[-1] is finished
    started = [one.planned.label for one in events if isinstance(one, ScenarioStarted)]
    ended = [one.planned.label for one in events if isinstance(one, ScenarioFinished)]
    assert sorted(started) == sorted(ended) == sorted(one.name for one in SCENARIOS)
    assert finished.exit_code == exit_codes.AS_EXPECTED
    assert finished.status == "complete"
    assert finished.counts.run == len(SCENARIOS)
    assert not finished.faults


async def test_mutant_fails_its_clause_with_a_reduced_scenario(play_run: PlayRun):
    finished, events = await play_run(MUTANT, LONG)
    red = [one.id for one in finished.verdicts if one.verdict is Verdict.FAIL]
    assert red == ["status/answer-order"]
    first = first_failure(finished)
    assert len(first.scenario.steps) <= 3
    assert checks.judge(first.trace)["status/answer-order"].failures
    assert any(isinstance(one, Reducing) for one in events)
    assert finished.exit_code == exit_codes.SUT_FAILS


async def test_hint_that_fails_too_is_shown_and_nothing_is_searched_for(play_run: PlayRun):
    hints = {"status/answer-order": (PASSING, SMALL)}
    finished, events = await play_run(MUTANT, LONG, hints=hints)
    assert first_failure(finished).scenario == SMALL
    assert not any(isinstance(one, Reducing) for one in events)


async def test_hint_that_does_not_fail_leaves_the_search_as_it_is(play_run: PlayRun):
    hints = {"status/answer-order": (PASSING,)}
    finished, events = await play_run(MUTANT, LONG, hints=hints)
    assert len(first_failure(finished).scenario.steps) <= 3
    assert any(isinstance(one, Reducing) for one in events)


async def test_unreduced_failure_is_shown_as_it_was_played(play_run: PlayRun):
    finished, events = await play_run(MUTANT, SCENARIOS[0], reduce=False)
    assert first_failure(finished).scenario == SCENARIOS[0]
    assert not any(isinstance(one, Reducing) for one in events)


async def test_adapter_that_dies_once_is_restarted_and_blamed(play_run: PlayRun):
    adapters: list[OddAdapter] = []

    def make() -> OddAdapter:
        adapters.append(OddAdapter(dying_on("call.reject", times=0 if adapters else 1)))
        return adapters[-1]

    finished, _ = await play_run(make, *SCENARIOS, jobs=1)
    assert len(adapters) == 2
    assert finished.exit_code == exit_codes.ADAPTER_FAULT
    assert [(fault.owner, fault.scenario) for fault in finished.faults] == [
        (Owner.ADAPTER, "a/declined")
    ]
    assert finished.counts.run == len(SCENARIOS) - 1
    assert not any(one.verdict is Verdict.FAIL for one in finished.verdicts)


async def test_three_dead_scenarios_in_a_row_end_the_run(play_run: PlayRun):
    finished, events = await play_run(
        lambda: OddAdapter(refusing("sync", "timeout")), *(SCENARIOS * 3), jobs=1
    )
    assert sum(isinstance(one, ScenarioFinished) for one in events) == 3
    assert finished.faults[-1].owner is Owner.ENVIRONMENT
    assert finished.exit_code == exit_codes.HARNESS_FAULT


async def test_adapter_that_cannot_start_ends_the_run_with_a_sentence(play_run: PlayRun):
    finished, events = await play_run(UnstartableAdapter, *SCENARIOS)
    assert events == [finished]
    assert finished.sut is None
    assert [fault.text for fault in finished.faults] == ["install it first"]
    assert finished.exit_code == exit_codes.ADAPTER_FAULT


async def test_check_that_raises_is_our_fault_and_no_failure(
    play_run: PlayRun, monkeypatch: pytest.MonkeyPatch
):
    def broken(trace: object) -> dict:
        raise KeyError("oops")

    monkeypatch.setattr(checks, "judge", broken)
    finished, _ = await play_run(InProcessAdapter, SCENARIOS[0])
    assert finished.faults[0].owner is Owner.HARNESS
    assert "a check raised KeyError: 'oops'" in finished.faults[0].text
    assert finished.exit_code == exit_codes.HARNESS_FAULT


async def test_fault_inside_the_stand_in_is_ours(
    play_run: PlayRun, monkeypatch: pytest.MonkeyPatch
):
    faults = property(lambda self: (ValueError("inside"),))
    monkeypatch.setattr(network_part.Server, "faults", faults)
    finished, _ = await play_run(InProcessAdapter, SCENARIOS[0])
    assert finished.exit_code == exit_codes.HARNESS_FAULT
    assert finished.faults[0].text.startswith("the stand-in: ValueError: inside")


async def test_nothing_to_play_is_not_green(play_run: PlayRun):
    finished, _ = await play_run(InProcessAdapter)
    assert finished.exit_code == exit_codes.NOTHING_JUDGED


async def test_cancelled_run_closes_everything_and_says_incomplete(play_run: PlayRun):
    adapters: list[OddAdapter] = []

    def make() -> OddAdapter:
        adapters.append(OddAdapter(lambda command: None))
        return adapters[-1]

    started = asyncio.Event()

    def on_event(event: AnyRunEvent) -> None:
        if isinstance(event, ScenarioStarted):
            started.set()

    patient = Scenario(callers=(Caller(patience_ms=30_000),))
    running = asyncio.create_task(play_run(make, patient, on_event=on_event))
    await started.wait()
    running.cancel()
    finished, events = await running
    assert finished.status == "incomplete"
    assert finished.exit_code == exit_codes.INTERRUPTED
    assert events[-1] is finished
    assert adapters[0].closed == 1
