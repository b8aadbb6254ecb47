"""The search behind failures, on a replayer where a function says what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from ringproof.results import Certainty, Finding, Planned
from ringproof.trace import Header, Trace
from ringproof.triage.finding_store import FindingStore
from ringproof.triage.replay import Attempt
from ringproof.triage.search import Search
from ringproof.triage.signature import Occurrences
from ringproof.verdict import Failure, Outcome
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import ledger
from ringproof_scenarios.faults import Cut, Duplicate, LookUp
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

CLAUSE, OTHER = "list/no-duplicate-emission", "status/hangup-order"

Broken = Callable[[Scenario, int], dict[str, str]]
"""What fails in a scenario, clause → message; the number says which attempt at it this is."""


class FakeReplayer:
    """Fails where ``broken`` says so; has time for ``plays`` plays."""

    workers = 2

    def __init__(self, broken: Broken, plays: int = 10_000) -> None:
        self._broken = broken
        self._left = plays
        self._made: dict[tuple[Scenario, bool], list[Attempt | None]] = {}

    def with_delays(self, scenario: Scenario) -> Iterable[Scenario]:
        return (scenario,)

    def out_of_time(self, *, fresh: bool = False) -> bool:
        return self._left <= 0

    async def attempt(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> Attempt | None:
        made = self._made.setdefault((scenario, fresh), [])
        while len(made) <= number:
            self._left -= 1
            made.append(None if self._left < 0 else self.play(scenario, len(made)))
        return made[number]

    def play_ahead(
        self, planned: Planned, scenarios: Sequence[Scenario], times: int = 1, *, fresh: bool
    ) -> None:
        pass

    def play(self, scenario: Scenario, number: int) -> Attempt:
        failures = self._broken(scenario, number).items()
        header = Header(ringproof="0", format=1, mode="network", scenario=scenario)
        return Attempt(
            Trace(header),
            {clause: (Failure(kind=message),) for clause, message in failures},
            frozenset((CLAUSE, OTHER)),
        )


async def search(
    broken: Broken, *walks: Scenario, plays: int = 10_000
) -> tuple[tuple[Finding, ...], int]:
    """Return the findings, and how many failures nobody looked into."""
    replayer, seen = FakeReplayer(broken, plays), Occurrences()
    for number, walk in enumerate(walks):
        shown = replayer.play(walk, 0)
        outcomes = {clause: Outcome(1, failures) for clause, failures in shown.failures.items()}
        planned = Planned(scenario=walk, source="generated", real_media=False, number=number)
        seen.add(planned, shown.trace, outcomes)
    store = FindingStore()
    searching = Search(replayer, store, lambda waiting: None)
    await searching.run(seen)
    return store.findings(ledger.load()), searching.waiting


def twice(scenario: Scenario) -> bool:
    return any(isinstance(fault, Duplicate) for fault in scenario.faults)


def cut(scenario: Scenario) -> bool:
    return any(isinstance(fault, Cut) for fault in scenario.faults)


def says(*conditions: bool) -> dict[str, str]:
    return {CLAUSE: "2 calls twice in a row"} if any(conditions) else {}


BUSY = (Caller(), Caller(at_ms=20, patience_ms=30), Caller(at_ms=40))
DEEDS = (Answer(call=1), HangUp(call=1, on="connected"), Reject(call=2))
PLAIN = Scenario(callers=(Caller(),))


async def test_every_distinct_shape_of_a_clause_is_found_and_small():
    findings, left = await search(
        lambda scenario, _: says(twice(scenario), cut(scenario)),
        Scenario(callers=BUSY, actions=DEEDS, faults=(Duplicate(call=1), LookUp())),
        Scenario(callers=BUSY, actions=DEEDS[:2], faults=(LookUp(), Cut(call=2, after_ms=10))),
    )
    assert left == 0
    assert {one.first.scenario.faults for one in findings} == {(Cut(),), (Duplicate(),)}
    assert all(len(one.first.scenario.steps) == 2 for one in findings)
    assert all(one.confirmed for one in findings)
    assert {one.scenarios for one in findings} == {1}


async def test_what_hides_behind_an_explanation_is_found():
    """Only ever seen together with the duplicate, which explains each of the failures."""
    findings, _ = await search(
        lambda scenario, _: says(twice(scenario), cut(scenario)),
        Scenario(callers=BUSY, faults=(Duplicate(),)),
        Scenario(callers=BUSY, actions=DEEDS, faults=(Duplicate(call=1), Cut(call=2))),
    )
    assert {one.first.scenario.faults for one in findings} == {(Cut(),), (Duplicate(),)}


async def test_what_is_explained_is_counted_and_not_found_again():
    walks = [
        Scenario(callers=BUSY, actions=DEEDS[:number], faults=(Duplicate(call=number),))
        for number in range(3)
    ]
    (finding,), left = await search(lambda scenario, _: says(twice(scenario)), *walks)
    assert finding.scenarios == 3
    assert left == 0


async def test_platform_on_which_the_explanation_passes_calls_for_another():
    def broken(scenario: Scenario, _: int) -> dict[str, str]:
        hung_up = any(isinstance(action, HangUp) for action in scenario.actions)
        echo = scenario.platform.bye_echo
        return says(hung_up and not echo, hung_up and echo and scenario.devices == 2)

    findings, _ = await search(
        broken,
        Scenario(callers=(Caller(),), actions=(HangUp(),)),
        Scenario(
            callers=BUSY,
            actions=(HangUp(call=1),),
            devices=2,
            platform=Platform(bye_echo=True, ring_ms=250),
        ),
    )
    assert {(one.first.scenario.devices, one.first.scenario.platform) for one in findings} == {
        (1, Platform()),
        (2, Platform(bye_echo=True)),
    }


async def test_clauses_that_break_together_are_findings_of_their_own():
    findings, _ = await search(
        lambda scenario, _: {CLAUSE: "again", OTHER: "none"} if twice(scenario) else {},
        Scenario(callers=BUSY, faults=(Duplicate(call=1),)),
    )
    assert [one.clause for one in findings] == [CLAUSE, OTHER]
    assert findings[0].shape == findings[1].shape


@pytest.mark.parametrize("every", [2, 3])
async def test_what_fails_now_and_then_is_said_to_do_so(every: int):
    (finding,), _ = await search(
        lambda scenario, number: says(twice(scenario) and number % every == 0),
        Scenario(callers=BUSY, actions=DEEDS, faults=(Duplicate(call=1),)),
    )
    assert not finding.confirmed
    assert finding.first.scenario == Scenario(callers=(Caller(),), faults=(Duplicate(),))
    assert (finding.failed, finding.replays) == (len(range(0, 5, every)), 5)
    assert finding.certainty is Certainty.NOW_AND_THEN


async def test_what_never_fails_again_is_not_dropped():
    walk = Scenario(callers=BUSY, actions=DEEDS, faults=(Duplicate(call=1),))
    plays = iter([True])
    (finding,), _ = await search(lambda scenario, _: says(next(plays, False)), walk)
    assert finding.first.scenario == walk
    assert (finding.failed, finding.replays) == (0, 5)


@pytest.mark.parametrize("plays", [0, 1, 2, 5, 20, 60])
async def test_time_that_is_over_drops_nothing(plays: int):
    walks = (
        Scenario(callers=BUSY, actions=DEEDS, faults=(Duplicate(call=1), LookUp())),
        Scenario(callers=BUSY, actions=DEEDS[:2], faults=(LookUp(), Cut(call=2, after_ms=10))),
    )

    def broken(scenario: Scenario, _: int) -> dict[str, str]:
        return {CLAUSE: "again"} if twice(scenario) else {OTHER: "none"} if cut(scenario) else {}

    findings, left = await search(broken, *walks, plays=plays)
    assert {one.clause for one in findings} == {CLAUSE, OTHER}
    assert all(one.confirmed or one.certainty for one in findings)
    if plays == 0:
        assert left == 2
        assert {one.certainty for one in findings} == {Certainty.NOT_CONFIRMED}


async def test_nothing_seen_is_nothing_found():
    assert await search(lambda scenario, _: {}, PLAIN) == ((), 0)


async def test_what_fails_again_only_when_less_is_going_on_is_found():
    """As on a busy machine: with three callers it failed once, and never again."""
    first = iter([True])

    def broken(scenario: Scenario, _: int) -> dict[str, str]:
        alone = len(scenario.callers) == 1 and len(scenario.steps) <= 2
        return says(twice(scenario) and (alone or next(first, False)))

    (finding,), _ = await search(
        broken, Scenario(callers=BUSY, actions=DEEDS, faults=(LookUp(), Duplicate(call=1)))
    )
    assert finding.confirmed
    assert finding.first.scenario == Scenario(callers=(Caller(),), faults=(Duplicate(),))
