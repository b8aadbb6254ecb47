"""Whole runs: the stream of events, the verdicts, and who is blamed when something breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ringproof import checks, exit_codes
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.protocol import Adapter
from ringproof.results import (
    AnyRunEvent,
    Reducing,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
)
from ringproof.runner import network_part
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.suts import registry as sut
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario
from tests.harness.conftest import selection_of, sut_of
from tests.harness.odd_adapters import OddAdapter, UnstartableAdapter, dying_on, refusing

SCENARIOS = (
    Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),)),
    Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),)),
    Scenario(name="a/hung-up", callers=(Caller(),), actions=(Answer(), HangUp(on="connected"))),
    Scenario(name="a/gave-up", callers=(Caller(patience_ms=10),)),
)


async def play(
    make: Callable[[], Adapter], *scenarios: Scenario, **more: object
) -> tuple[RunFinished, list[AnyRunEvent]]:
    thing = sut_of(make)
    events: list[AnyRunEvent] = []
    plan = Plan(sut=thing, selection=selection_of(*scenarios, sut=thing), seed=3, **more)
    return await run(plan, events.append), events


async def test_every_scenario_is_started_and_finished_between_the_run_s_own_events():
    finished, events = await play(InProcessAdapter, *SCENARIOS)
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


async def test_mutant_fails_its_clause_with_a_reduced_scenario():
    mutant = sut.find("mutant:status-skips-connecting")
    long = Scenario(
        callers=(Caller(talk_ms=20), Caller(at_ms=30, patience_ms=20)),
        actions=(Answer(audio=True, after_ms=5),),
    )
    events: list[AnyRunEvent] = []
    selection = selection_of(long, sut=mutant)
    finished = await run(Plan(sut=mutant, selection=selection, seed=0), events.append)
    red = [one for one in finished.verdicts if one.verdict is Verdict.FAIL]
    assert [one.id for one in red] == ["status/answer-order"]
    first = red[0].first_failure
    assert first is not None
    assert len(first.scenario.steps) <= 3
    assert "status/answer-order" in {
        id for id, o in checks.judge(first.trace).items() if o.failures
    }
    assert any(isinstance(one, Reducing) for one in events)
    assert finished.exit_code == exit_codes.SUT_FAILS


def long_and_small() -> tuple[Scenario, Scenario]:
    """Return a scenario in which skipping connecting shows, and a smaller one that no search
    would come upon: it waits for nothing that the long one waits for."""
    long = Scenario(
        callers=(Caller(talk_ms=20), Caller(at_ms=30, patience_ms=20)),
        actions=(Answer(audio=True, after_ms=5),),
    )
    return long, Scenario(callers=(Caller(talk_ms=70),), actions=(Answer(after_ms=7),))


async def test_hint_that_fails_too_is_shown_and_nothing_is_searched_for():
    mutant = sut.find("mutant:status-skips-connecting")
    long, small = long_and_small()
    events: list[AnyRunEvent] = []
    held = Scenario(callers=(Caller(patience_ms=10),))
    hints = {"status/answer-order": (held, small)}
    plan = Plan(sut=mutant, selection=selection_of(long, sut=mutant), seed=0, hints=hints)
    finished = await run(plan, events.append)
    first = next(one.first_failure for one in finished.verdicts if one.verdict is Verdict.FAIL)
    assert first is not None
    assert first.scenario == small
    assert not any(isinstance(one, Reducing) for one in events)


async def test_hint_that_does_not_fail_leaves_the_search_as_it_is():
    mutant = sut.find("mutant:status-skips-connecting")
    long, _ = long_and_small()
    events: list[AnyRunEvent] = []
    held = Scenario(callers=(Caller(patience_ms=10),))
    plan = Plan(
        sut=mutant,
        selection=selection_of(long, sut=mutant),
        seed=0,
        hints={"status/answer-order": (held,)},
    )
    finished = await run(plan, events.append)
    first = next(one.first_failure for one in finished.verdicts if one.verdict is Verdict.FAIL)
    assert first is not None
    assert len(first.scenario.steps) <= 3
    assert any(isinstance(one, Reducing) for one in events)


async def test_unreduced_failure_is_shown_as_it_was_played():
    mutant = sut.find("mutant:status-skips-connecting")
    selection = selection_of(SCENARIOS[0], sut=mutant)
    events: list[AnyRunEvent] = []
    plan = Plan(sut=mutant, selection=selection, seed=0, reduce=False)
    finished = await run(plan, events.append)
    first = next(one.first_failure for one in finished.verdicts if one.verdict is Verdict.FAIL)
    assert first is not None
    assert first.scenario == SCENARIOS[0]
    assert not any(isinstance(one, Reducing) for one in events)


async def test_adapter_that_dies_once_is_restarted_and_blamed():
    adapters: list[OddAdapter] = []

    def make() -> OddAdapter:
        adapters.append(OddAdapter(dying_on("call.reject", times=0 if adapters else 1)))
        return adapters[-1]

    finished, _ = await play(make, *SCENARIOS, jobs=1)
    assert len(adapters) == 2
    assert finished.exit_code == exit_codes.ADAPTER_FAULT
    assert [(fault.owner, fault.scenario) for fault in finished.faults] == [
        (Owner.ADAPTER, "a/declined")
    ]
    assert finished.counts.run == len(SCENARIOS) - 1
    assert not any(one.verdict is Verdict.FAIL for one in finished.verdicts)


async def test_three_dead_scenarios_in_a_row_end_the_run():
    finished, events = await play(
        lambda: OddAdapter(refusing("sync", "timeout")), *(SCENARIOS * 3), jobs=1
    )
    assert sum(isinstance(one, ScenarioFinished) for one in events) == 3
    assert finished.faults[-1].owner is Owner.ENVIRONMENT
    assert finished.exit_code == exit_codes.HARNESS_FAULT


async def test_adapter_that_cannot_start_ends_the_run_with_a_sentence():
    finished, events = await play(UnstartableAdapter, *SCENARIOS)
    assert events == [finished]
    assert finished.sut is None
    assert [fault.text for fault in finished.faults] == ["install it first"]
    assert finished.exit_code == exit_codes.ADAPTER_FAULT


async def test_check_that_raises_is_our_fault_and_no_failure(monkeypatch: pytest.MonkeyPatch):
    def broken(trace: object) -> dict:
        raise KeyError("oops")

    monkeypatch.setattr(checks, "judge", broken)
    finished, _ = await play(InProcessAdapter, SCENARIOS[0])
    assert finished.faults[0].owner is Owner.HARNESS
    assert "a check raised KeyError: 'oops'" in finished.faults[0].text
    assert finished.exit_code == exit_codes.HARNESS_FAULT


async def test_fault_inside_the_stand_in_is_ours(monkeypatch: pytest.MonkeyPatch):
    faults = property(lambda self: (ValueError("inside"),))
    monkeypatch.setattr(network_part.Server, "faults", faults)
    finished, _ = await play(InProcessAdapter, SCENARIOS[0])
    assert finished.exit_code == exit_codes.HARNESS_FAULT
    assert finished.faults[0].text.startswith("the stand-in: ValueError: inside")


async def test_nothing_to_play_is_not_green():
    finished, _ = await play(InProcessAdapter)
    assert finished.exit_code == exit_codes.NOTHING_JUDGED


async def test_cancelled_run_closes_everything_and_says_incomplete():
    adapters: list[OddAdapter] = []

    def make() -> OddAdapter:
        adapters.append(OddAdapter(lambda command: None))
        return adapters[-1]

    patient = Scenario(callers=(Caller(patience_ms=30_000),))
    thing = sut_of(make)
    events: list[AnyRunEvent] = []
    started = asyncio.Event()

    def emit(event: AnyRunEvent) -> None:
        events.append(event)
        if isinstance(event, ScenarioStarted):
            started.set()

    plan = Plan(sut=thing, selection=selection_of(patient, sut=thing), seed=0)
    running = asyncio.create_task(run(plan, emit))
    await started.wait()
    running.cancel()
    finished = await running
    assert finished.status == "incomplete"
    assert finished.exit_code == exit_codes.INTERRUPTED
    assert events[-1] is finished
    assert adapters[0].closed == 1
