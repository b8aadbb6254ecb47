"""Small scenarios within large ones, and large ones without what the small ones need."""

from __future__ import annotations

import msgspec
import pytest

from ringproof.triage.subsumption import FailurePlace, within, without
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import catalogue
from ringproof_scenarios.faults import Cut, Drop, Duplicate, LookUp
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario, validate
from ringproof_scenarios.reduction import candidates

ALICE, BOB = Caller(), Caller(address="/private/bob", name="Bob", at_ms=20)
LARGE = Scenario(
    callers=(ALICE, msgspec.structs.replace(BOB, patience_ms=30), ALICE),
    actions=(Answer(call=2), HangUp(call=2, on="connected", after_ms=10), Reject(call=0)),
    devices=2,
    platform=Platform(bye_echo=True, lookup_delay_ms=80),
    faults=(Duplicate(call=1, frame="invite", device=1), Cut(call=2, resume=False)),
)


@pytest.mark.parametrize(
    "small",
    [
        Scenario(callers=(Caller(),)),
        Scenario(callers=(Caller(patience_ms=10),)),
        Scenario(callers=(Caller(),), actions=(HangUp(on="connected"),)),
        Scenario(callers=(Caller(),), platform=Platform(lookup_delay_ms=10)),
        Scenario(callers=(Caller(),), faults=(Duplicate(frame="invite"),)),
        Scenario(callers=(Caller(), Caller())),  # one caller twice
        Scenario(callers=(Caller(), BOB), actions=(Reject(call=0),)),
        LARGE,
    ],
)
def test_small_scenario_lies_within_the_large_one(small: Scenario):
    assert within(small, LARGE)


@pytest.mark.parametrize(
    "small",
    [
        Scenario(callers=(Caller(talk_ms=10),)),
        Scenario(callers=(Caller(media=("audio", "video")),)),
        Scenario(callers=(Caller(),), actions=(HangUp(on="listed"),)),
        Scenario(callers=(Caller(),), actions=(Answer(audio=True),)),
        Scenario(callers=(Caller(),), actions=(Reject(after_ms=10),)),  # it is 0 there
        Scenario(callers=(Caller(),), platform=Platform(msid=False)),
        Scenario(callers=(Caller(),), faults=(Duplicate(frame="bye"),)),
        Scenario(callers=(Caller(),), faults=(Cut(),)),  # that one resumes
        Scenario(callers=(Caller(), Caller(), Caller())),  # one caller three times
        Scenario(callers=(Caller(patience_ms=10),), actions=(Reject(),)),  # two calls there
        Scenario(
            callers=(Caller(),),
            actions=(Answer(), HangUp(on="connected", after_ms=5)),
            faults=(Duplicate(frame="invite"),),
        ),
    ],
)
def test_small_scenario_has_something_that_the_large_one_has_not(small: Scenario):
    assert not within(small, LARGE)


def test_spot_decides_which_call_the_small_one_has_to_be():
    declined = Scenario(callers=(Caller(),), actions=(Reject(),))
    at = FailurePlace(call=0, device=0)
    assert within(declined, LARGE, at, FailurePlace(call=0, device=0))
    assert not within(declined, LARGE, at, FailurePlace(call=2, device=0))
    assert not within(declined, LARGE, at, FailurePlace(call=0, device=1))
    assert within(declined, LARGE, at, FailurePlace())


def test_without_takes_each_needed_thing_away():
    small = Scenario(
        callers=(Caller(patience_ms=10),),
        platform=Platform(lookup_delay_ms=10),
        faults=(Duplicate(frame="invite"),),
    )
    rests = list(without(small, LARGE, FailurePlace(0, 0), FailurePlace(1, 1)))
    assert [rest.faults for rest in rests] == [LARGE.faults[1:], LARGE.faults, LARGE.faults]
    assert [rest.platform.lookup_delay_ms for rest in rests] == [80, 0, 80]
    assert [rest.callers[1].patience_ms for rest in rests] == [30, 30, None]


def test_without_takes_away_what_is_there_twice():
    small = Scenario(callers=(Caller(),), faults=(Drop(),))
    large = Scenario(callers=(Caller(),), faults=(Drop(), LookUp(), Drop(nth=0)))
    (rest,) = without(small, large)
    assert rest.faults == (LookUp(),)


def test_without_leaves_the_spot_where_it_is():
    small = Scenario(callers=(ALICE, BOB))
    large = Scenario(callers=(BOB, ALICE, BOB), devices=2)
    for rest in without(small, large, FailurePlace(0, 0), FailurePlace(1, 0)):
        assert rest.callers[1] == ALICE
        assert not within(small, rest, FailurePlace(0, 0), FailurePlace(1, 0))
    second_device = Scenario(callers=(Caller(),), devices=2)
    (rest,) = without(second_device, large, FailurePlace(0, 0), FailurePlace(1, 0))
    assert rest.devices == 1
    assert not list(without(second_device, large, FailurePlace(0, 1), FailurePlace(1, 1)))


def test_there_is_no_scenario_without_a_caller():
    assert not list(without(Scenario(callers=(Caller(),)), LARGE))


def test_whatever_is_left_out_leaves_a_scenario_that_lies_within():
    """A reduction's steps: all but those that move times, media or places."""
    drawn = strategies.draw_examples(60, 5)
    for scenario in (*catalogue.all(), *drawn):
        assert within(scenario, scenario)
        for smaller in candidates(scenario):
            fewer = len(smaller.actions) < len(scenario.actions)
            if (
                fewer
                and smaller.callers == scenario.callers
                and smaller.devices == scenario.devices
            ):
                assert within(smaller, scenario)


def test_what_is_without_holds_the_small_one_no_more():
    for large in strategies.draw_examples(60, 6):
        for small in candidates(large):
            if len(small.callers) < 3 and within(small, large):
                for rest in without(small, large):
                    assert validate(rest) == rest
                    assert not within(small, rest)
