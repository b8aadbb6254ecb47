"""In which scenarios an entry counts."""

from __future__ import annotations

from typing import get_args

import pytest

from ringproof.baseline.shape import ACTIONS, FAULTS, ShapeError, fits, parse
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.faults import AnyFault, DeadMedia, Drop
from ringproof_scenarios.model import Answer, AnyAction, Caller, HangUp, Scenario

SCENARIO = Scenario(
    callers=(Caller(), Caller(at_ms=50)),
    actions=(Answer(), HangUp(call=1)),
    platform=Platform(lookup_delay_ms=60),
    faults=(Drop(frame="bye-reply"), DeadMedia()),
)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"callers": 2, "devices": 1, "actions": 2, "faults": 2},
        {"callers": {"min": 2}, "devices": {"max": 1}},
        {"platform": {"bye_echo": False, "msid": True}},
        {"platform.lookup_delay_ms": 60},
        {"platform": {"ring_ms": {"min": 1, "max": 60_000}}},
        {"actions": ["hangup", "answer", "not vanish"]},
        {"faults": ["drop-bye-reply", "dead-media", "drop", "not drop-bye"]},
    ],
)
def test_conditions_that_hold(shape: dict):
    assert fits(parse(shape), SCENARIO)


@pytest.mark.parametrize(
    "shape",
    [
        {"platform": {"bye_echo": True}},
        {"callers": 2, "devices": 2},
        {"callers": {"min": 3}},
        {"platform.lookup_delay_ms": {"max": 59}},
        {"actions": ["hangup", "reject"]},
        {"actions": ["not answer"]},
        {"faults": ["drop-bye"]},
        {"faults": 0},
    ],
)
def test_one_condition_that_does_not_hold_is_enough(shape: dict):
    assert not fits(parse(shape), SCENARIO)


@pytest.mark.parametrize(
    ("shape", "right"),
    [
        ({"caller": 2}, "unknown field 'caller'; did you mean 'callers'?"),
        ({"platform": {"echo": True}}, "did you mean 'platform.bye_echo'?"),
        ({"platform": True}, "platform has fields: platform.bye_echo"),
        ({"platform.bye_echo": 0}, "platform.bye_echo has to be true or false"),
        ({"callers": True}, "callers has to be a number, { min = …, max = … }"),
        ({"callers": {"least": 1}}, "callers has to be a number"),
        ({"callers": {}}, "callers has to be a number"),
        ({"callers": {"min": "1"}}, "callers has to be a number"),
        ({"callers": ["two"]}, "callers has to be a number"),
        ({"actions": ["hang-up"]}, "actions: unknown 'hang-up'; did you mean 'hangup'?"),
        ({"actions": ["not sing"]}, "there is answer, reject, hangup, observe, vanish"),
        ({"actions": [1]}, "actions: unknown 1"),
        ({"actions": "hangup"}, "or a list of names"),
        ({"faults": ["refuse-by"]}, "did you mean 'refuse-bye'?"),
        ({"faults": []}, "write faults = 0"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(shape: dict, right: str):
    with pytest.raises(ShapeError) as caught:
        parse(shape)
    assert right in str(caught.value)


def test_every_action_and_fault_can_be_named():
    assert ACTIONS[:5] == ("answer", "reject", "hangup", "observe", "vanish")
    assert tuple(kind.__struct_config__.tag for kind in get_args(AnyAction)) == ACTIONS
    assert {name for name in FAULTS if name in ("cut", "look-up", "no-devices", "stray-bye")}
    for fault in get_args(AnyFault):
        scenario = Scenario(callers=(Caller(),), faults=(fault(),))
        assert any(fits(parse({"faults": [name]}), scenario) for name in FAULTS), fault


def test_every_platform_variant_can_be_named():
    scenario = Scenario(callers=(Caller(),))
    for name in Platform.__struct_fields__:
        assert fits(parse({f"platform.{name}": getattr(scenario.platform, name)}), scenario)
