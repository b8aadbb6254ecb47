"""The reduction of a run's failing clauses, on a replayer where a function says what fails."""

from __future__ import annotations

import pytest

from ringproof.accounting.selection import Selection
from ringproof.accounting.tally import Tally
from ringproof.results import (
    AnyRunEvent,
    Certainty,
    FirstFailure,
    Planned,
    Reducing,
    ScenarioFinished,
)
from ringproof.trace import Note
from ringproof.triage.clause_reduction import LIMITS, ClauseReduction
from ringproof.triage.replay import Attempt
from ringproof.verdict import Outcome
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario
from tests.harness.triage.test_search import CLAUSE, OTHER, Broken, FakeReplayer

AT_ONCE = Scenario(name="given/at-once", callers=(Caller(patience_ms=0),))
LATER = Scenario(name="given/later", callers=(Caller(patience_ms=120),), actions=(Answer(),))


class FreshOrNot(FakeReplayer):
    """Gives ``broken`` 1 for fresh sessions, and 0 for used ones."""

    async def attempt(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> Attempt | None:
        return None if self.out_of_time() else self.play(scenario, int(fresh))


async def reduced(broken: Broken, *scenarios: Scenario, plays: int = 10_000) -> FirstFailure:
    """Return what is shown of the clause after scenarios that all failed when they were played."""
    clauses = frozenset(row.id for row in ledger.load())
    tally = Tally(ledger.load(), Selection(planned=(), clauses=clauses, complete=False))
    replayer = FreshOrNot(broken, plays)
    for scenario in scenarios:
        shown = FakeReplayer(lambda *_: {CLAUSE: "wrong"}).play(scenario, 0)
        planned = Planned(scenario=scenario, source="catalogue", real_media=False)
        outcomes = {CLAUSE: Outcome(1, shown.failures[CLAUSE])}
        tally.add(
            ScenarioFinished(planned=planned, trace=shown.trace, outcomes=outcomes, duration_ms=1)
        )
    await ClauseReduction(replayer, tally, lambda _: None, {}, LIMITS).run()
    verdicts = {one.id: one for one in tally.decide((), whole=False).verdicts}
    first = verdicts[CLAUSE].first_failure
    assert first is not None
    return first


def says(fails: bool) -> dict[str, str]:
    return {CLAUSE: "wrong"} if fails else {}


async def test_smallest_scenario_that_fails_on_fresh_sessions_is_shown():
    first = await reduced(lambda scenario, _: says(bool(scenario.actions)), LATER)
    assert first.scenario == Scenario(callers=(Caller(),), actions=(Answer(),))
    assert (first.certainty, first.label) == (Certainty.EVERY_TIME, "given/later")


async def test_clauses_with_long_replays_are_begun_first():
    clauses = frozenset(row.id for row in ledger.load())
    tally = Tally(ledger.load(), Selection(planned=(), clauses=clauses, complete=False))
    for clause, scenario, at_us in ((CLAUSE, AT_ONCE, 10), (OTHER, LATER, 20)):
        shown = FakeReplayer(lambda *_, clause=clause: {clause: "wrong"}).play(scenario, 0)
        shown.trace.entries.append(Note(at_us=at_us, what="settled"))
        planned = Planned(scenario=scenario, source="catalogue", real_media=False)
        outcomes = {clause: Outcome(1, shown.failures[clause])}
        tally.add(
            ScenarioFinished(planned=planned, trace=shown.trace, outcomes=outcomes, duration_ms=1)
        )
    gives_up = {CLAUSE: "wrong", OTHER: "wrong"}
    replayer = FreshOrNot(lambda one, _: {} if one.callers[0].patience_ms is None else gives_up)
    begun: list[str] = []

    def emit(event: AnyRunEvent) -> None:
        if isinstance(event, Reducing):
            begun.append(event.clause)

    await ClauseReduction(replayer, tally, emit, {}, LIMITS).run()
    assert list(dict.fromkeys(begun)) == [OTHER, CLAUSE]


async def test_search_goes_round_what_fails_on_used_sessions_only():
    first = await reduced(lambda scenario, fresh: says(not fresh or len(scenario.steps) > 1), LATER)
    assert first.certainty is Certainty.EVERY_TIME
    assert len(first.scenario.steps) == 2


async def test_search_begins_again_with_another_failing_scenario():
    first = await reduced(
        lambda scenario, fresh: says(bool(scenario.actions) if fresh else True), AT_ONCE, LATER
    )
    assert (first.certainty, first.label) == (Certainty.EVERY_TIME, "given/later")
    assert first.scenario.actions


@pytest.mark.parametrize(
    ("plays", "certainty"), [(10_000, Certainty.NOW_AND_THEN), (0, Certainty.NOT_CONFIRMED)]
)
async def test_what_is_not_confirmed_is_shown_as_it_was_played(plays: int, certainty: Certainty):
    hung = Scenario(name="given/hung", callers=(Caller(),), actions=(Answer(), HangUp()))
    first = await reduced(lambda _, fresh: says(not fresh), hung, plays=plays)
    assert (first.certainty, first.scenario) == (certainty, hung)
