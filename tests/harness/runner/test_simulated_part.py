"""The simulated part of a run, alone and before a part over the network."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from ringproof import exit_codes
from ringproof.accounting.selection import Selection, select
from ringproof.accounting.tally import Tally
from ringproof.results import (
    AnyRunEvent,
    BlockPlayed,
    PartStarted,
    Reducing,
    RunFinished,
    RunStarted,
    ScenarioFinished,
)
from ringproof.runner import simulated_part
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.runner.simulated_part import SimulatedPart
from ringproof.suts import registry as sut
from ringproof.verdict import Owner, Verdict
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario
from tests.harness.campaign.clients import broken, fails

CATALOGUE = (
    Scenario(name="a/answered", callers=(Caller(talk_ms=10),), actions=(Answer(),)),
    Scenario(name="a/declined", callers=(Caller(),), actions=(Reject(),)),
)
CLAUSE = "status/answer-order"


def choose(
    name: str, *modes: str, sweep: range = range(0), only: tuple[str, ...] = ()
) -> Selection:
    return select(
        catalogue=CATALOGUE,
        generated=(),
        ledger=ledger.load(),
        sut=sut.find(name),
        only=only,
        modes=modes,
        sweep=sweep,
    )


async def play(name: str, selection: Selection, **more) -> tuple[RunFinished, list[AnyRunEvent]]:
    events: list[AnyRunEvent] = []
    plan = Plan(sut=sut.find(name), selection=selection, seed=0, **more)
    return await run(plan, events.append), events


def verdict(finished: RunFinished, clause: str = CLAUSE):
    return next(one for one in finished.verdicts if one.id == clause)


async def test_simulation_comes_first_and_both_parts_make_one_verdict():
    selection = choose("reference", "simulated", "network", sweep=range(60))
    finished, events = await play("reference", selection)
    assert isinstance(events[0], RunStarted)
    assert events[0].scenarios == 2 + 60 + 2
    assert events[0].mode == finished.mode == "simulated+network"
    parts = [(one.mode, one.scenarios) for one in events if isinstance(one, PartStarted)]
    assert parts == [("simulated", 62), ("network", 2)]
    assert finished.parts["simulated"].run == 62
    assert finished.parts["simulated"].generated == 60
    assert finished.parts["network"].run == finished.parts["network"].catalogue == 2
    assert finished.counts.run == 64
    assert finished.counts.calls == sum(part.calls for part in finished.parts.values())
    both = verdict(finished)
    assert both.verdict is Verdict.PASS
    assert 0 < both.simulated_exercised < both.exercised
    assert finished.sut is not None
    assert finished.sut.carrier == "python"


async def test_simulation_alone_opens_no_socket():
    selection = choose("reference", "simulated", sweep=range(40))
    finished, events = await play("reference", selection)
    assert finished.mode == "simulated"
    assert finished.sut is not None
    assert finished.sut.carrier == "simulation"
    assert {one.planned.mode for one in events if isinstance(one, ScenarioFinished)} == {
        "simulated"
    }
    assert all(one.exercised == one.simulated_exercised for one in finished.verdicts)


async def test_failure_is_shown_small_and_says_that_it_was_simulated():
    name = broken(CLAUSE)
    finished, events = await play(name, choose(name, "simulated", sweep=range(80)))
    first = verdict(finished).first_failure
    assert first is not None
    assert first.mode == "simulated"
    assert fails(first.scenario, CLAUSE, name)
    assert len(first.scenario.steps) == 2
    assert any(isinstance(one, Reducing) for one in events)
    assert any(isinstance(one, BlockPlayed) and one.broken for one in events)
    assert finished.exit_code == exit_codes.SUT_FAILS


async def test_simulated_failure_stands_for_the_one_over_the_network():
    name = broken(CLAUSE)
    finished, _ = await play(name, choose(name, "simulated", "network"))
    found = verdict(finished)
    assert found.simulated_failed == found.failed - found.simulated_failed == 1
    assert found.first_failure is not None
    assert found.first_failure.mode == "simulated"


async def test_unreduced_failure_is_shown_as_it_was_drawn():
    name = broken(CLAUSE)
    finished, events = await play(name, choose(name, "simulated"), reduce=False)
    first = verdict(finished).first_failure
    assert first is not None
    assert first.scenario == CATALOGUE[0]
    assert not any(isinstance(one, Reducing) for one in events)


@pytest.mark.timeout(180)  # two processes are started
async def test_processes_bring_the_same_as_this_one_in_the_same_order():
    name = broken(CLAUSE)
    selection = choose(name, "simulated", sweep=range(40))
    runs = []
    for jobs in (1, 2):
        tally, events = Tally(ledger.load(), selection), []
        part = SimulatedPart(name, selection, tally, events.append, jobs=jobs, alone_max=0)
        await part.play()
        played = [one.planned.label for one in events if isinstance(one, ScenarioFinished)]
        blocks = [one for one in events if isinstance(one, BlockPlayed)]
        runs.append((played, blocks, tally.decide((), whole=True).verdicts))
    assert runs[0][0] == [one.name for one in CATALOGUE]
    assert sum(block.scenarios for block in runs[0][1]) == 40
    assert runs[0][:2] == runs[1][:2]
    counts = [[(one.id, one.exercised, one.failed) for one in run[2]] for run in runs]
    assert counts[0] == counts[1]


async def test_globs_over_scenarios_leave_the_sweep_out():
    selection = choose("reference", "simulated", sweep=range(40), only=("a/declined",))
    finished, _ = await play("reference", selection)
    assert finished.counts.run == 1


async def test_fault_of_ours_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    def stuck(*_: object, **__: object) -> None:
        raise RuntimeError("the queue ran dry")

    monkeypatch.setattr("ringproof.simulation.player.simulate", stuck)
    finished, _ = await play("reference", choose("reference", "simulated", sweep=range(3)))
    assert finished.exit_code == exit_codes.HARNESS_FAULT
    assert {fault.owner for fault in finished.faults} == {Owner.HARNESS}
    assert [fault.scenario for fault in finished.faults] == [
        *(one.name for one in CATALOGUE),
        "seed/0",
        "seed/1",
        "seed/2",
    ]


async def test_variants_are_named_where_they_decide(monkeypatch: pytest.MonkeyPatch):
    name = broken(CLAUSE)
    row = msgspec.structs.replace(ledger.load().row(CLAUSE), variants=("bye_echo",))
    rows = tuple(row if one.id == CLAUSE else one for one in ledger.load())
    monkeypatch.setattr(simulated_part.ledger, "load", lambda: ledger.Ledger(rows))
    finished, _ = await play(name, choose(name, "simulated"))
    assert verdict(finished).variants == ("fails with bye_echo=False and with bye_echo=True",)


async def test_run_can_be_ended_in_the_middle_of_the_sweep():
    selection = choose("reference", "simulated", sweep=range(100_000))
    plan = Plan(sut=sut.find("reference"), selection=selection, seed=0, jobs=1)

    def interrupt(event: AnyRunEvent) -> None:
        if isinstance(event, BlockPlayed):
            running.cancel()

    running = asyncio.create_task(run(plan, interrupt))
    finished = await running
    assert finished.status == "incomplete"
    assert finished.exit_code == exit_codes.INTERRUPTED
    assert 0 < finished.counts.run < 100_000
