"""Scenarios as data: both ways through JSON and replay strings, and what is refused."""

from __future__ import annotations

import base64
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import catalogue, faults, model
from ringproof_scenarios.generate import strategies
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.model import (
    Answer,
    Caller,
    GoOffline,
    GoOnline,
    HangUp,
    Observe,
    Open,
    Reject,
    Scenario,
    ScenarioError,
    Vanish,
    from_json,
    from_replay,
    to_json,
)
from ringproof_scenarios.reloads import reattaching
from ringproof_scenarios.waiting import waiting_ms

ANY = st.one_of(
    strategies.scenarios(),
    strategies.scenarios(bounds=SIMULATED),
    st.sampled_from(catalogue.all()),
)
VOCABULARY = {name: getattr(module, name) for module in (faults, model) for name in dir(module)}


def packed(text: bytes) -> str:
    return model.REPLAY_PREFIX + base64.urlsafe_b64encode(zlib.compress(text)).decode().rstrip("=")


class TestRoundTrip:
    @given(ANY)
    def test_json(self, scenario):
        assert from_json(to_json(scenario)) == scenario

    @given(ANY)
    def test_replay_string_is_one_short_word(self, scenario):
        replay = scenario.replay()
        assert from_replay(replay) == scenario
        assert from_replay(f"  {replay}\n") == scenario
        assert replay.isprintable()
        assert not set(replay) & set(" '\"\\$&|;<>()")

    @given(ANY)
    def test_repr_is_python(self, scenario):
        assert eval(repr(scenario), VOCABULARY) == scenario

    @given(ANY)
    def test_equal_scenarios_have_equal_texts(self, scenario):
        """Decoded values are new objects; what they show must not depend on that."""
        again = from_json(to_json(scenario))
        assert (repr(again), again.replay()) == (repr(scenario), scenario.replay())

    @given(ANY)
    def test_every_caller_action_fault_and_request_is_a_step(self, scenario):
        parts = (*scenario.callers, *scenario.actions, *scenario.faults, *scenario.requests)
        assert len(scenario.steps) == len(parts)
        assert all(step.strip() for step in scenario.steps)

    def test_defaults_are_left_out(self):
        scenario = Scenario(callers=(Caller(media=("audio",)),), platform=Platform())
        assert repr(scenario) == "Scenario(callers=(Caller(),))"
        assert to_json(scenario) == b'{"callers":[{}]}'

    def test_steps_are_sentences(self):
        scenario = Scenario(
            callers=(
                Caller(talk_ms=60),
                Caller(address="/private/bob", name=None, at_ms=5, alias=1, patience_ms=40),
            ),
            actions=(
                Answer(video=True, after_ms=10),
                Observe(what="local_stream", on="connected"),
                Reject(call=1, device=1),
                HangUp(on="gone"),
                Vanish(after_ms=3),
                Open(device=1, of=0, after_ms=5),
                Open(device=1, of=0, reattach=True),
                GoOffline(on="start"),
                GoOnline(after_ms=9),
            ),
            devices=2,
        )
        assert scenario.steps == (
            "call 0: /private/alice ('Alice') calls the subscriber with audio,"
            " hangs up 60 ms after the answer",
            "call 1: /private/bob (no name) calls the alias with audio at 5 ms,"
            " gives up after 40 ms",
            "device 0 answers call 0 (video on) 10 ms after it is listed",
            "device 0 subscribes late to call 0 (local_stream) 0 ms after it is connected",
            "device 1 declines call 1 0 ms after it is listed",
            "device 0 hangs up call 0 0 ms after it is gone",
            "device 0 vanishes during call 0 3 ms after it is listed",
            "device 1 opens during call 0, as the page of device 0 again, 5 ms after it is listed",
            "device 1 opens during call 0, as the page of device 0 again with its calls,"
            " 0 ms after it is listed",
            "device 0 goes offline during call 0 0 ms after the start",
            "device 0 goes online during call 0 9 ms after it is listed",
        )


def test_both_pages_of_a_reload_are_opened_so_that_the_calls_outlive_them():
    scenario = Scenario(
        callers=(Caller(),),
        actions=(Vanish(), Open(device=2, of=0, reattach=True), Open(device=1)),
        devices=3,
    )
    assert reattaching(model.validate(scenario)) == {0, 2}


def test_page_that_was_not_there_before_has_no_calls_to_get_back():
    scenario = Scenario(callers=(Caller(),), actions=(Open(device=1, reattach=True),), devices=2)
    with pytest.raises(ScenarioError, match=r"actions\[0\].reattach: only for a page"):
        model.validate(scenario)


class TestJunk:
    @given(st.text())
    def test_any_text_is_refused_or_a_scenario(self, text):
        for read in (from_json, from_replay):
            with pytest.raises(ScenarioError):
                read(text)

    @given(st.binary(), st.booleans())
    def test_any_payload_is_refused(self, data, compressed):
        text = base64.urlsafe_b64encode(zlib.compress(data) if compressed else data).decode()
        with pytest.raises(ScenarioError):
            from_replay(model.REPLAY_PREFIX + text)

    @given(ANY, st.data())
    def test_truncated_replay_string_is_refused(self, scenario, data):
        replay = scenario.replay()
        end = data.draw(st.integers(0, len(replay) - 1))
        with pytest.raises(ScenarioError):
            from_replay(replay[:end])

    def test_zip_bomb_is_refused_without_being_unpacked(self):
        bomb = packed(b'{"callers":[' + b" " * 50_000_000 + b"{}]}")
        assert len(bomb) < 100_000
        with pytest.raises(ScenarioError, match="expands to more than"):
            from_replay(bomb)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "starts with"),
            ("rp2:abc", "starts with"),
            ("rp1:", "damaged"),
            ("rp1:ä", "damaged"),
            ("rp1:a b", "damaged"),
            (packed(b"{}") + "A", "damaged"),
            (packed(b"[]"), "not a scenario"),
            (packed(b'{"callers":[],"more":1}'), "not a scenario"),
            (packed(b"[" * 100_000), "not a scenario"),
            (packed(b'{"callers":[{"name":"\\ud800"}]}'), "not a scenario"),
        ],
    )
    def test_replay_problem_is_named(self, text, problem):
        with pytest.raises(ScenarioError, match=problem):
            from_replay(text)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('{"callers":[]}', "callers: 1 to"),
            ('{"callers":[{},{"media":["video"]}]}', r"callers\[1\]\.media"),
            ('{"callers":[{"alias":2}]}', r"callers\[0\]\.alias"),
            ('{"callers":[{"talk_ms":-1}]}', r"callers\[0\]\.talk_ms: 0 to 600000, not -1"),
            ('{"callers":[{"at_ms":1000000000}]}', r"callers\[0\]\.at_ms"),
            ('{"callers":[{}],"devices":0}', "devices: 1 to 8"),
            ('{"callers":[{}],"actions":[{"do":"answer","call":1}]}', "there is no caller 1"),
            ('{"callers":[{}],"actions":[{"do":"answer","device":1}]}', "there is no device 1"),
            ('{"callers":[{}],"actions":[{"do":"answer","after_ms":-5}]}', r"actions\[0\]\.after"),
            ('{"callers":[{}],"actions":[{"do":"shout"}]}', "shout"),
            ('{"callers":[{}],"platform":{"ring_ms":0}}', "platform.ring_ms: 1 to"),
            ('{"callers":[{}],"platform":{"bye_ekko":true}}', "bye_ekko"),
            ('{"callers":[' + ",".join(["{}"] * 100) + "]}", "callers: 1 to 64, not 100"),
        ],
    )
    def test_invalid_field_is_named(self, text, problem):
        with pytest.raises(ScenarioError, match=problem):
            from_json(text)


class TestWaiting:
    @pytest.mark.parametrize(
        ("expected_ms", "scenario"),
        [
            (60_000, Scenario(callers=(Caller(),))),
            (70, Scenario(callers=(Caller(at_ms=20, patience_ms=50),))),
            (150, Scenario(callers=(Caller(patience_ms=900),), platform=Platform(ring_ms=150))),
            (30, Scenario(callers=(Caller(),), actions=(Answer(after_ms=30),))),
            (90, Scenario(callers=(Caller(talk_ms=60),), actions=(Answer(after_ms=30),))),
            (
                75,
                Scenario(
                    callers=(Caller(talk_ms=60),),
                    actions=(Answer(after_ms=30), HangUp(on="connected", after_ms=45)),
                ),
            ),
            (
                80,
                Scenario(
                    callers=(Caller(patience_ms=60),),
                    actions=(Answer(on="gone", after_ms=20),),
                ),
            ),
            (
                140,
                Scenario(
                    callers=(Caller(),),
                    actions=(Reject(after_ms=40),),
                    platform=Platform(lookup_delay_ms=100),
                ),
            ),
            (60_000, Scenario(callers=(Caller(),), actions=(Reject(after_ms=40),), devices=2)),
            (60_000, Scenario(callers=(Caller(),), actions=(Vanish(), Answer(after_ms=5)))),
            (
                45,
                Scenario(
                    callers=(Caller(),),
                    actions=(Answer(after_ms=5), Vanish(on="connected", after_ms=40)),
                ),
            ),
            (100, Scenario(callers=(Caller(patience_ms=50), Caller(at_ms=60, patience_ms=40)))),
            (200, Scenario(callers=(Caller(patience_ms=9),), actions=(Observe(after_ms=200),))),
            (
                500,
                Scenario(
                    callers=(Caller(patience_ms=9),), actions=(Observe(on="start", after_ms=500),)
                ),
            ),
        ],
    )
    def test_estimate(self, expected_ms, scenario):
        assert waiting_ms(scenario) == expected_ms

    @given(ANY, st.integers(1, 5_000))
    def test_estimate_grows_with_the_dial(self, scenario, later_ms):
        later = tuple(
            msgspec.structs.replace(caller, at_ms=caller.at_ms + later_ms)
            for caller in scenario.callers
        )
        moved = msgspec.structs.replace(scenario, callers=later)
        assert waiting_ms(moved) >= waiting_ms(scenario)
