"""What was seen of a clause adds up to the same, however it is divided."""

from __future__ import annotations

import msgspec

from ringproof.accounting.clause_stats import (
    EXAMPLES_KEPT,
    ClauseStats,
    FailingExample,
    ShownFailure,
)
from ringproof.results import FirstFailure, Mode, Planned
from ringproof.verdict import Failure
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Caller, Scenario
from tests.harness.report import runs

FAILURES = tuple(Failure(kind=text) for text in ("too late", "too early", "never"))


def planned(number: int = 0, callers: int = 1, mode: Mode = "simulated") -> Planned:
    scenario = Scenario(callers=(Caller(),) * callers)
    return Planned(scenario=scenario, source="seed", real_media=False, number=number, mode=mode)


def stats_of(numbers: range) -> ClauseStats:
    stats = ClauseStats()
    for number in numbers:
        failures = FAILURES[: number % 4]
        known = [number % 3 == 0] * len(failures)
        mode: Mode = "network" if number % 5 == 0 else "simulated"
        stats.add(planned(number, 1 + number % 3, mode), 1 + number % 2, failures, known)
        stats.add_variants(Platform(bye_echo=number % 2 == 0), failed=bool(failures))
    return stats


def test_parts_add_up_to_the_whole():
    whole, merged = stats_of(range(60)), ClauseStats()
    for part in (range(40, 60), range(20), range(20, 40)):
        merged.merge(stats_of(part))
    assert sorted(merged.kinds, key=repr) == sorted(whole.kinds, key=repr)
    assert msgspec.structs.replace(merged, kinds=()) == msgspec.structs.replace(whole, kinds=())
    assert sum(whole.exercised.values()) == 90
    assert whole.failed == {"simulated": 72, "network": 18}


def test_they_are_the_same_after_a_round_trip_as_json():
    stats = stats_of(range(20))
    assert msgspec.json.decode(msgspec.json.encode(stats), type=ClauseStats) == stats


def test_virtual_time_needs_one_example_of_each_kind():
    stats = ClauseStats()
    for number, callers in enumerate((3, 1, 2)):
        stats.add(planned(number, callers), 1, FAILURES[:2], [False, False])
    kept = [(one.planned.number, one.failure) for one in stats.examples]
    assert kept == [(1, FAILURES[0]), (1, FAILURES[1])]


def test_network_needs_more_examples_for_a_failure_may_not_happen_again():
    stats = ClauseStats()
    for number in range(EXAMPLES_KEPT + 3):
        stats.add(planned(number, mode="network"), 1, FAILURES[:1], [False])
    assert [one.planned.number for one in stats.examples] == list(range(EXAMPLES_KEPT))


def test_examples_of_one_mode_leave_room_for_the_other():
    stats = ClauseStats()
    for number in range(EXAMPLES_KEPT + 3):
        stats.add(planned(number, mode="network"), 1, FAILURES[:1], [False])
    stats.add(planned(callers=9), 1, FAILURES[:1], [False])
    assert {one.planned.mode for one in stats.examples} == {"network", "simulated"}


def test_known_failures_leave_room_for_the_others():
    stats = ClauseStats()
    for number in range(EXAMPLES_KEPT + 3):
        stats.add(planned(number, mode="network"), 1, FAILURES[:1], [True])
    stats.add(planned(callers=9, mode="network"), 1, FAILURES[1:2], [False])
    assert stats.examples[0].failure == FAILURES[1]
    assert len(stats.examples) == EXAMPLES_KEPT + 1


def shown(text: str, *, known: bool, mode: Mode = "network") -> ShownFailure:
    scenario, failure = planned().scenario, Failure(kind=text)
    first = FirstFailure(
        scenario=scenario, failure=failure, trace=runs.trace(), label=text, mode=mode
    )
    return ShownFailure(first=first, known=known)


class TestShown:
    def test_unknown_failure_is_not_replaced_by_a_known_one(self):
        stats = ClauseStats()
        for one in (shown("a", known=True), shown("b", known=False), shown("c", known=True)):
            stats.show(one)
        assert stats.first() is not None
        assert stats.first().label == "b"

    def test_of_two_parts_an_unknown_one_is_chosen_then_one_of_virtual_time(self):
        stats = ClauseStats(shown=shown("a", known=True, mode="simulated"))
        stats.merge(ClauseStats(shown=shown("b", known=False)))
        stats.merge(ClauseStats(shown=shown("c", known=False, mode="simulated")))
        stats.merge(ClauseStats())
        assert stats.first().label == "c"

    def test_larger_example_is_chosen_before_a_known_failure(self):
        example = FailingExample(
            planned=planned(callers=7), failure=FAILURES[0], trace=runs.trace(), known=False
        )
        stats = ClauseStats(shown=shown("known", known=True), examples=(example,))
        assert stats.first() == example.as_first()
