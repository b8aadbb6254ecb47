"""The search for the smallest failing scenario, and the coarse steps that it may begin with."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import catalogue
from ringproof_scenarios.faults import Duplicate, LookUp
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.model import Answer, Caller, HangUp, Observe, Reject, Scenario, validate
from ringproof_scenarios.reduction import size
from ringproof_scenarios.shrinker import Shrinker, coarse_steps

BUSY = Scenario(
    callers=(Caller(address="/private/bob", name="Bob", at_ms=20, patience_ms=90),),
    actions=(Answer(after_ms=10), HangUp(on="connected"), Reject()),
    faults=(Duplicate(frame="invite"), LookUp(delay_ms=5)),
    name="busy/one",
)
ALONE = (Caller(),)
ANY = st.one_of(
    strategies.scenarios(),
    strategies.scenarios(bounds=SIMULATED),
    st.sampled_from(catalogue.all()),
)


@functools.cache
def drawn() -> tuple[Scenario, ...]:
    return strategies.draw_examples(200, 3)


def reduced(scenario, predicate, tries=2_000, *, coarse=False):
    shrinker = Shrinker(scenario, tries, coarse=coarse)
    played = 0
    while (candidate := shrinker.next()) is not None:
        assert shrinker.next() is candidate
        played += not shrinker.coarse
        shrinker.report(failed=predicate(candidate))
    assert played <= tries
    return shrinker.smallest


def test_a_plain_call_comes_first_then_one_thing_at_a_time():
    steps = list(coarse_steps(BUSY))
    assert steps[0] == Scenario(callers=ALONE)
    assert [one.faults for one in steps[1:3]] == [(BUSY.faults[0],), (BUSY.faults[1],)]
    assert [one.actions for one in steps[3:6]] == [
        (BUSY.actions[0],),
        BUSY.actions[:2],  # who hangs up a connected call has answered it
        (BUSY.actions[2],),
    ]
    assert all(one.callers == ALONE for one in steps[:6])


def test_callers_who_depend_on_each_other_keep_their_order_and_their_names():
    two = Scenario(callers=(Caller(), Caller(at_ms=20), Caller(address="/private/bob", at_ms=30)))
    alone, plain, at_once = coarse_steps(renamed(two))
    assert alone == Scenario(callers=(Caller(),))
    assert [one.at_ms for one in plain.callers] == [0, 20, 30]
    assert [one.address for one in plain.callers] == [one.address for one in two.callers]
    assert all(one.name == Caller().name for one in plain.callers)
    assert [one.at_ms for one in at_once.callers] == [0, 0, 0]


def renamed(scenario: Scenario) -> Scenario:
    callers = tuple(
        Caller(address=one.address, at_ms=one.at_ms, name="Zoë") for one in scenario.callers
    )
    return Scenario(callers=callers)


def test_coarse_steps_are_valid_new_and_nameless():
    for scenario in (*catalogue.all(), *strategies.draw_examples(100, 4)):
        steps = list(coarse_steps(scenario))
        assert len(set(steps)) == len(steps)
        assert scenario not in steps
        for one in steps:
            assert validate(one) == one
            assert one.name == ""
            assert len(one.steps) <= len(scenario.steps)


class TestShrinker:
    @pytest.mark.parametrize(
        ("predicate", "smallest"),
        [
            (
                lambda s: any(isinstance(a, Answer) and a.video for a in s.actions),
                {Scenario(callers=(Caller(),), actions=(Answer(video=True),))},
            ),
            (
                lambda s: any("<" in (caller.name or "") for caller in s.callers),
                {Scenario(callers=(Caller(name="<"),))},
            ),
            (
                lambda s: (
                    s.platform.bye_echo
                    and any(isinstance(a, HangUp) and a.on == "connected" for a in s.actions)
                    and any(isinstance(a, Answer) for a in s.actions)
                ),
                {
                    Scenario(
                        callers=(Caller(),),
                        actions=actions,
                        platform=Platform(bye_echo=True),
                    )
                    for actions in (
                        (Answer(), HangUp(on="connected")),
                        (HangUp(on="connected"), Answer()),
                    )
                },
            ),
            (
                lambda s: len({a.device for a in s.actions if isinstance(a, Answer)}) == 2,
                {
                    Scenario(callers=(Caller(),), actions=actions, devices=2)
                    for actions in (
                        (Answer(), Answer(device=1)),
                        (Answer(device=1), Answer()),
                    )
                },
            ),
            (
                lambda s: len(s.callers) >= 2,
                {Scenario(callers=(Caller(), Caller()))},
            ),
            (
                lambda s: any((caller.patience_ms or 0) > 37 for caller in s.callers),
                {
                    Scenario(callers=(Caller(patience_ms=40),)),
                    Scenario(callers=(Caller(patience_ms=50),)),
                },
            ),
        ],
        ids=["video", "markup", "echo", "fork", "two-callers", "patience"],
    )
    def test_synthetic_failure_is_reduced_to_its_heart(self, predicate, smallest):
        failing = [scenario for scenario in drawn() if predicate(scenario)]
        assert len(failing) >= 3
        for scenario in failing:
            assert reduced(scenario, predicate) in smallest

    @given(ANY)
    def test_scenario_that_never_fails_again_is_returned_as_it_is(self, scenario):
        assert reduced(scenario, lambda _: False) is scenario

    @given(ANY)
    def test_failure_of_everything_ends_at_the_smallest(self, scenario):
        smallest = reduced(scenario, lambda _: True)
        assert len(smallest.callers) == 1
        assert smallest.actions == ()
        assert smallest.platform == Platform()

    @given(ANY, st.integers(0, 10))
    def test_budget_is_kept_and_what_was_gained_is_kept_too(self, scenario, budget):
        found = reduced(scenario, lambda _: True, budget)
        assert size(found) <= size(scenario)

    def test_late_subscription_keeps_what_matters(self):
        scenario = Scenario(
            callers=(Caller(name="Zoë", media=("audio", "video"), talk_ms=77),),
            actions=(
                Answer(audio=True, video=True, after_ms=13),
                Observe(what="remote_stream", on="connected", after_ms=21),
            ),
            platform=Platform(msid=False, ring_ms=321),
        )

        def fails(candidate):
            return any(
                isinstance(action, Observe)
                and action.what == "remote_stream"
                and action.on == "connected"
                for action in candidate.actions
            ) and any(isinstance(action, Answer) for action in candidate.actions)

        assert reduced(scenario, fails) == Scenario(
            callers=(Caller(),),
            actions=(Answer(), Observe(what="remote_stream", on="connected")),
        )

    @given(ANY)
    def test_coarse_steps_come_first_and_do_not_count(self, scenario):
        shrinker = Shrinker(scenario, 0, coarse=True)
        seen = []
        while (step := shrinker.next()) is not None:
            seen.append(step)
            shrinker.report(failed=False)
        assert seen == list(coarse_steps(scenario))
        assert shrinker.smallest is scenario

    def test_first_coarse_step_that_fails_is_where_the_fine_ones_go_on(self):
        assert reduced(BUSY, lambda s: bool(s.faults), coarse=True) == Scenario(
            callers=ALONE, faults=(Duplicate(),)
        )

    @given(ANY, st.integers(1, 8))
    def test_upcoming_is_what_comes_as_long_as_all_pass(self, scenario, number):
        shrinker = Shrinker(scenario, 20, coarse=True)
        ahead = shrinker.upcoming(number)
        for expected in ahead:
            assert shrinker.next() is expected
            shrinker.report(failed=False)
