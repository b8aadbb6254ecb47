"""Reduction: always smaller, always valid, and down to the heart of a synthetic failure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringproof_scenarios import catalogue
from ringproof_scenarios.faults import Cut, Delay, Drop
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario, validate
from ringproof_scenarios.reduction import PATIENT_MS, candidates, played_ms, size
from tests.scenarios.test_shrinker import reduced

ANY = st.one_of(
    strategies.scenarios(),
    strategies.scenarios(bounds=SIMULATED),
    st.sampled_from(catalogue.all()),
)


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
