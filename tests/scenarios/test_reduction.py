"""Reduction: always smaller, always valid, and down to the heart of a synthetic failure."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import catalogue
from ringproof_scenarios.faults import Cut, Delay, Drop
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.generate.strategies import draw_examples
from ringproof_scenarios.model import Answer, Caller, HangUp, Observe, Reject, Scenario, validate
from ringproof_scenarios.reduction import PATIENT_MS, candidates, played_ms, reduce, size

ANY = st.one_of(
    strategies.scenarios(),
    strategies.scenarios(bounds=SIMULATED),
    st.sampled_from(catalogue.all()),
)
DRAWN = draw_examples(200, 3)


def reduced(scenario, predicate, budget=2_000):
    runs = 0

    async def fails(candidate):
        nonlocal runs
        runs += 1
        return predicate(candidate)

    smallest = asyncio.run(reduce(scenario, fails, budget))
    assert runs <= budget
    return smallest


class TestCandidates:
    @given(ANY)
    def test_every_candidate_is_smaller_valid_and_new(self, scenario):
        found = list(candidates(scenario))
        assert len(set(found)) == len(found)
        for candidate in found:
            assert size(candidate) < size(scenario)
            assert validate(candidate) == candidate
            assert candidate.name == ""

    @given(ANY)
    def test_no_candidate_keeps_a_run_waiting(self, scenario):
        longest_ms = max(PATIENT_MS, played_ms(scenario))
        assert all(played_ms(candidate) <= longest_ms for candidate in candidates(scenario))

    def test_most_daring_comes_first(self):
        scenario = Scenario(
            callers=(Caller(patience_ms=40), Caller(patience_ms=50), Caller(patience_ms=60)),
            actions=(Answer(call=1), Reject(call=2)),
        )
        first, second, third, *_ = candidates(scenario)
        assert first == Scenario(callers=(Caller(patience_ms=40),))
        assert second == Scenario(callers=(Caller(patience_ms=50),), actions=(Answer(),))
        assert third == Scenario(callers=(Caller(patience_ms=60),), actions=(Reject(),))

    def test_smallest_scenario_has_no_candidates(self):
        assert list(candidates(Scenario(callers=(Caller(),)))) == []

    def test_lost_decision_is_left_to_the_harness_or_replaced_by_impatience(self):
        found = list(candidates(Scenario(callers=(Caller(),), actions=(Reject(after_ms=20),))))
        plain, impatient, *_ = found
        assert plain == Scenario(callers=(Caller(),))
        assert impatient == Scenario(callers=(Caller(patience_ms=50),))

    def test_devices_are_removed_with_or_without_their_actions(self):
        scenario = Scenario(
            callers=(Caller(patience_ms=50),),
            actions=(Answer(device=0), Reject(device=1)),
            devices=2,
        )
        found = list(candidates(scenario))
        for actions in ((Reject(),), (Answer(),), (Answer(), Reject())):
            assert Scenario(callers=(Caller(patience_ms=50),), actions=actions) in found


class TestReduce:
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
        failing = [scenario for scenario in DRAWN if predicate(scenario)]
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


class TestFaults:
    """A scenario with faults shrinks to the fault that matters, plain and soon."""

    SCENARIO = Scenario(
        callers=(Caller(patience_ms=50), Caller(patience_ms=60)),
        actions=(Answer(call=1, device=1), Reject()),
        devices=2,
        faults=(
            Drop(call=0, frame="invite", nth=2),
            Cut(call=1, device=1, on="connected", after_ms=37, back_ms=21, resume=False),
            Delay(call=1, device=1, delay_ms=70),
        ),
        seed=11,
    )

    def test_to_the_one_that_matters(self):
        smallest = reduced(
            self.SCENARIO, lambda scenario: any(isinstance(f, Cut) for f in scenario.faults)
        )
        assert smallest == Scenario(callers=(Caller(),), faults=(Cut(),))

    def test_what_matters_of_it_stays(self):
        def fails(scenario):
            cuts = [fault for fault in scenario.faults if isinstance(fault, Cut)]
            return any(cut.back_ms >= 15 and not cut.resume for cut in cuts)

        smallest = reduced(self.SCENARIO, fails)
        assert smallest.faults == (Cut(back_ms=20, resume=False),)

    def test_all_of_them_may_go_at_once(self):
        assert any(candidate.faults == () for candidate in candidates(self.SCENARIO))

    def test_faults_follow_their_call_and_device(self):
        found = list(candidates(self.SCENARIO))
        alone = [candidate for candidate in found if len(candidate.callers) == 1]
        assert all(fault.call == 0 for candidate in alone for fault in candidate.faults)
        single = [candidate for candidate in found if candidate.devices == 1]
        assert all(fault.device == 0 for candidate in single for fault in candidate.faults)
        assert {len(candidate.faults) for candidate in single} == {1, 2, 3}

    def test_seed_goes_when_it_does_not_matter(self):
        assert reduced(self.SCENARIO, lambda scenario: bool(scenario.faults)).seed == 0
