from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from ringproof.triage.canonical_form import shape
from ringproof_scenarios.generate.strategies import scenarios
from ringproof_scenarios.model import (
    Answer,
    Caller,
    HangUp,
    Observe,
    Reject,
    Scenario,
    from_json,
    to_json,
)

ALICE, BOB = Caller(), Caller(address="/private/bob", name="Bob")


def of(*callers: Caller, actions=(), **more) -> str:
    return shape(Scenario(callers=callers or (ALICE,), actions=actions, **more))


class TestEqual:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (of(Caller(patience_ms=10)), of(Caller(patience_ms=20_000))),
            (of(Caller(address="/private/zoe")), of()),
            (of(Caller(name="Zoë")), of(Caller(name="Anna"))),
            (of(Caller(name="<b>")), of(Caller(name="a & b"))),
            (of(Caller(name="_UNDEF_")), of(Caller(name="_undef_"))),
            (of(Caller(name=" ")), of(Caller(name=""))),
            (of(name="accept/audio", seed=7), of()),
            (of(actions=(Answer(after_ms=3),)), of(actions=(Answer(after_ms=30),))),
        ],
    )
    def test_times_addresses_and_particular_names_do_not_count(self, one: str, other: str):
        assert one == other

    def test_order_of_callers_does_not_count(self):
        one = of(ALICE, BOB, actions=(Answer(), Reject(call=1)))
        assert one == of(BOB, ALICE, actions=(Reject(), Answer(call=1)))
        assert one == of(BOB, ALICE, actions=(Answer(call=1), Reject()))


class TestDifferent:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (of(Caller(patience_ms=10)), of(Caller(patience_ms=0))),
            (of(Caller(patience_ms=10)), of()),
            (of(ALICE, ALICE), of(ALICE, BOB)),
            (of(Caller(name=None)), of()),
            (of(Caller(media=("audio", "video"))), of()),
            (of(actions=(Answer(),)), of(actions=(Reject(),))),
            (of(actions=(Observe(what="status"),)), of(actions=(Observe(what="local_stream"),))),
            (of(actions=(Answer(), HangUp())), of(actions=(HangUp(), Answer()))),
            (of(devices=2), of()),
            (
                of(ALICE, BOB, actions=(Answer(), Reject(call=1))),
                of(ALICE, BOB, actions=(Answer(), Reject())),
            ),
        ],
    )
    def test_what_happens_counts(self, one: str, other: str):
        assert one != other


@given(scenarios())
def test_shape_is_a_function_of_the_scenario_and_one_line(scenario: Scenario):
    text = shape(scenario)
    assert text == shape(from_json(to_json(scenario)))
    assert "\n" not in text
    document = msgspec.json.decode(text)
    assert len(document["callers"]) == len(scenario.callers)
    assert "_ms" not in text or "later" in text or ":0" in text


@given(scenarios(max_callers=3))
def test_reversing_the_callers_keeps_the_shape(scenario: Scenario):
    last = len(scenario.callers) - 1

    def moved(steps):
        return tuple(msgspec.structs.replace(step, call=last - step.call) for step in steps)

    reversed_ = msgspec.structs.replace(
        scenario,
        callers=scenario.callers[::-1],
        actions=moved(scenario.actions),
        faults=moved(scenario.faults),
    )
    shapes = [shape(scenario), shape(reversed_)]
    # Callers with equal parts are told apart by nothing, so what happens to them may swap places.
    assert sorted(shapes[0]) == sorted(shapes[1])
