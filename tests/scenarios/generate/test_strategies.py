"""Generated scenarios: valid, bounded, varied, and the same for the same seed."""

from __future__ import annotations

import functools
import hashlib
import itertools
import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED
from ringproof_scenarios.generate.strategies import draw_examples
from ringproof_scenarios.model import (
    AUDIO,
    AUDIO_VIDEO,
    Answer,
    HangUp,
    Observe,
    Reject,
    Scenario,
    Vanish,
    validate,
)
from ringproof_scenarios.waiting import waiting_ms


@functools.cache
def drawn() -> tuple[Scenario, ...]:
    return draw_examples(300, 7)


@given(strategies.scenarios())
def test_network_scenario_waits_briefly(scenario):
    assert waiting_ms(validate(scenario)) <= NETWORK.waiting_ms


@given(strategies.scenarios(bounds=SIMULATED))
def test_simulated_scenario_is_bounded_too(scenario):
    assert waiting_ms(validate(scenario)) <= SIMULATED.waiting_ms


@given(strategies.scenarios(max_callers=2, max_devices=1))
def test_limits_are_kept(scenario):
    assert len(scenario.callers) <= 2
    assert scenario.devices == 1


@given(strategies.callers())
def test_names_can_be_sent(caller):
    if caller.name is not None:
        caller.name.encode()
        assert len(caller.name) <= 1_800


@given(strategies.platforms(), strategies.callers())
def test_parts_make_a_scenario(platform, caller):
    validate(Scenario(callers=(caller,), platform=platform))


def test_every_choice_of_media_is_drawn_for_both_offers():
    answers = {
        (scenario.callers[action.call].media, action.audio, action.video)
        for scenario in drawn()
        for action in scenario.actions
        if isinstance(action, Answer)
    }
    for offer in (AUDIO, AUDIO_VIDEO):
        chosen = {(audio, video) for media, audio, video in answers if media == offer}
        assert {(None, None), (False, None), (None, True)} <= chosen
        assert set(itertools.product((True, False), repeat=2)) <= chosen


@given(st.deferred(lambda: st.sampled_from(drawn())))
def test_device_vanishes_once_at_most(scenario):
    assert sum(isinstance(action, Vanish) for action in scenario.actions) <= 1


class TestDrawExamples:
    def test_distinct_and_as_many_as_asked(self):
        assert len(set(drawn())) == len(drawn()) == 300

    @pytest.mark.parametrize("count", [0, 1, 49, 50, 51])
    def test_count_changes_nothing_but_the_length(self, count):
        assert draw_examples(count, 7) == drawn()[:count]

    def test_other_seed_other_scenarios(self):
        assert not set(draw_examples(50, 8)[1:]) & set(drawn()[1:])
        assert draw_examples(5, -3) == draw_examples(5, -3)

    def test_more_than_one_batch_yields_distinct_ones(self):
        assert len(set(draw_examples(120, 1))) == 120

    def test_profile_of_the_test_suite_changes_nothing(self):
        profile = settings.get_current_profile_name()
        settings.register_profile("three", max_examples=3, derandomize=True)
        settings.load_profile("three")
        try:
            assert draw_examples(60, 7) == drawn()[:60]
        finally:
            settings.load_profile(profile)

    def test_hypothesis_still_has_the_method_that_is_overridden(self):
        """It is private: no setting keeps Hypothesis from drawing constants of local modules."""
        assert callable(getattr(HypothesisProvider, "_maybe_draw_constant", None))

    def test_other_process_with_other_modules_draws_the_same_and_leaves_nothing(self, tmp_path):
        """Hypothesis draws constants of local modules, if it is let; and it likes to cache."""
        (tmp_path / "users_own.py").write_text('NUMBERS = [17, 23, 41, 77]\nNAME = "Zaphod"\n')
        program = (
            "import users_own, hashlib\n"
            "from ringproof_scenarios.generate.strategies import draw_examples\n"
            "print(hashlib.sha256(repr(draw_examples(300, 7)).encode()).hexdigest())\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-B", "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": "99", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == hashlib.sha256(repr(drawn()).encode()).hexdigest()
        assert done.stderr == ""
        assert [path.name for path in tmp_path.iterdir()] == ["users_own.py"]

    def test_interesting_things_are_frequent(self):
        """The bias is there: none of these is left to chance."""
        seen: Counter[str] = Counter()
        for scenario in drawn():
            kinds = {type(action) for action in scenario.actions}
            seen["several callers"] += len(scenario.callers) > 1
            seen["five callers"] += len(scenario.callers) == 5
            seen["two devices"] += scenario.devices == 2
            seen["default platform"] += scenario.platform == Platform()
            seen["bye echo"] += scenario.platform.bye_echo
            seen["no name"] += any(caller.name is None for caller in scenario.callers)
            seen["placeholder"] += any(caller.name == "_undef_" for caller in scenario.callers)
            seen["long name"] += any(len(caller.name or "") > 200 for caller in scenario.callers)
            seen["video"] += any("video" in caller.media for caller in scenario.callers)
            seen["alias"] += any(caller.alias for caller in scenario.callers)
            seen["glare"] += any(
                action.on == "listed"
                and abs(action.after_ms - (scenario.callers[action.call].patience_ms or -99)) <= 15
                for action in scenario.actions
            )
            seen["too late"] += any(action.on == "gone" for action in scenario.actions)
            for kind in (Answer, Reject, HangUp, Observe, Vanish):
                seen[kind.__name__] += kind in kinds
        rare = {what: count for what, count in seen.items() if count < 10}
        assert not rare
