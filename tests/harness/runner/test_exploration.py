"""Whole explorations: of a client with two faults under one clause, and of one with none."""

from __future__ import annotations

import asyncio
import time
from functools import partial

import msgspec
import pytest

from ringproof import checks, exit_codes
from ringproof.adapters.in_process import InProcessAdapter
from ringproof.client.calls import InboundCalls
from ringproof.client.client import Client
from ringproof.client.parts import ClientParts
from ringproof.results import AnyRunEvent, Certainty, Finding, Planned, RunFinished, Searching
from ringproof.runner.plan import Plan
from ringproof.runner.run import run
from ringproof.simulation.player import HELLO, Player
from ringproof.triage.finding_store import FindingStore
from ringproof.triage.replay import VirtualReplayer
from ringproof.triage.search import Search
from ringproof.triage.signature import Occurrences
from ringproof.verdict import Verdict
from ringproof_scenarios import ledger
from ringproof_scenarios.faults import Duplicate, LookUp, StrayBye
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.generate.walks import draw_walks
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario, from_replay
from tests.harness.conftest import selection_of, sut_of

CLAUSE = "list/no-duplicate-emission"
WITHIN_S = 40.0


class Restless(InboundCalls):
    """Emits the list again for an invite that it has had, and for a bye of a stranger."""

    def __init__(self, emit, connection):
        super().__init__(emit, connection)
        self._known = set()

    def invited(self, invite, node):
        if invite.call_id in self._known:
            self._again()
        self._known.add(invite.call_id)
        super().invited(invite, node)

    def ended(self, call):
        if call not in self._known:
            self._again()
        super().ended(call)

    def _again(self):
        self.show_list(tuple([record.info.id for record in self.listed]))


RESTLESS = ClientParts(calls=Restless)

WALKS = (
    Scenario(
        callers=(Caller(patience_ms=40), Caller(at_ms=10)),
        actions=(Reject(call=1, after_ms=20),),
        faults=(Duplicate(call=1, frame="invite", delay_ms=5), LookUp(delay_ms=3)),
    ),
    Scenario(
        callers=(Caller(talk_ms=20), Caller(patience_ms=10)),
        actions=(Answer(after_ms=5),),
        faults=(StrayBye(call=0, after_ms=3), Duplicate(call=1, frame="bye")),
    ),
    Scenario(callers=(Caller(patience_ms=10),)),
)


def make_restless() -> InProcessAdapter:
    return InProcessAdapter(partial(Client, parts=RESTLESS), name="restless")


async def explore(
    make, *walks: Scenario, within_s: float = WITHIN_S
) -> tuple[RunFinished, list[AnyRunEvent]]:
    thing = sut_of(make, workers=3)
    events: list[AnyRunEvent] = []
    selection = selection_of(*walks, sut=thing)
    plan = Plan(sut=thing, selection=selection, seed=0, explore_within_s=within_s)
    return await run(plan, events.append), events


def found_in(finished: RunFinished) -> tuple[Finding, ...]:
    assert finished.explored is not None
    return finished.explored.findings


async def test_both_shapes_of_one_clause_are_found_small_and_fail_again():
    finished, events = await explore(make_restless, *WALKS)
    found = found_in(finished)
    assert {one.clause for one in found} == {CLAUSE}
    assert {tuple(type(fault) for fault in one.first.scenario.faults) for one in found} == {
        (Duplicate,),
        (StrayBye,),
    }
    for one in found:
        assert one.confirmed
        assert len(one.first.scenario.steps) <= 3
        assert checks.judge(one.first.trace)[CLAUSE].failures
        again = from_replay(one.first.scenario.replay())
        once_more, _ = await explore(make_restless, again)
        assert {again.clause for again in found_in(once_more)} == {CLAUSE}
    assert finished.explored is not None
    assert finished.explored.walks == len(WALKS)
    assert finished.explored.unexamined == 0
    assert any(isinstance(one, Searching) for one in events)
    (verdict,) = [one for one in finished.verdicts if one.id == CLAUSE]
    assert verdict.verdict is Verdict.WARN
    assert verdict.first_failure == msgspec.structs.replace(
        found[0].first, certainty=Certainty.EVERY_TIME
    )


async def test_nothing_is_found_in_the_reference_client():
    finished, _ = await explore(InProcessAdapter, *WALKS, *draw_walks(5, 1))
    assert found_in(finished) == ()
    assert finished.exit_code == exit_codes.AS_EXPECTED


async def test_time_given_is_kept_and_what_is_left_is_told():
    started_s = time.monotonic()
    finished, _ = await explore(make_restless, *(WALKS * 100), within_s=2.0)
    assert time.monotonic() - started_s < 20
    assert finished.explored is not None
    assert finished.status == "complete"
    assert finished.explored.walks < 300
    assert {one.clause for one in finished.explored.findings} == {CLAUSE}


async def test_interrupted_exploration_tells_what_it_has_found():
    def interrupt(event: AnyRunEvent) -> None:
        if isinstance(event, Searching) and event.findings:
            running.cancel()

    thing = sut_of(make_restless, workers=3)
    selection = selection_of(*WALKS, sut=thing)
    plan = Plan(sut=thing, selection=selection, seed=0, explore_within_s=WITHIN_S)
    running = asyncio.create_task(run(plan, interrupt))
    finished = await running
    assert finished.status == "incomplete"
    assert finished.exit_code == exit_codes.INTERRUPTED
    assert found_in(finished)


@pytest.mark.parametrize("calls", [pytest.param(InboundCalls, marks=pytest.mark.long), Restless])
async def test_virtual_time_shows_the_same(calls: type[InboundCalls]):
    player = Player(sut="restless", parts=ClientParts(calls=calls), hello=HELLO)
    seen = Occurrences()
    # Walks with neither of the two faults show nothing of what the client does wrong.
    shows = (Duplicate, StrayBye)
    walks = [
        walk
        for walk in draw_walks(600, 3, bounds=SIMULATED)
        if any(isinstance(fault, shows) for fault in walk.faults)
    ]
    for number, walk in enumerate(walks[:60]):
        trace = player.play(walk)
        planned = Planned(
            scenario=walk, source="generated", real_media=False, number=number, mode="simulated"
        )
        seen.add(planned, trace, checks.judge(trace))
    store = FindingStore()
    until_s = time.monotonic() + WITHIN_S
    search = Search(VirtualReplayer(player, until_s=until_s), store, lambda waiting: None)
    await search.run(seen)
    found = store.findings(ledger.load())
    assert search.waiting == 0
    assert all(one.confirmed for one in found)
    kinds = {type(fault) for one in found for fault in one.first.scenario.faults}
    assert kinds >= ({Duplicate, StrayBye} if calls is Restless else set())
    assert bool(found) == (calls is Restless)
    for one in found:
        assert checks.judge(player.play(one.first.scenario))[one.clause].failures
