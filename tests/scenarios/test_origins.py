"""Where callers call from: what is valid, how it is said, and how it is reduced and drawn."""

from __future__ import annotations

from collections import Counter

import pytest

from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import (
    AUDIO_VIDEO,
    Caller,
    Reject,
    Scenario,
    ScenarioError,
    from_replay,
    to_json,
    validate,
)
from ringproof_scenarios.reduction import candidates

BROWSER = Caller(origin="browser")
PHONE = Caller(origin="pstn", address="+15551234567", name=None)
SOFTPHONE = Caller(origin="sip", address="desk-1")


def scenario(caller: Caller) -> Scenario:
    return Scenario(callers=(caller,), actions=(Reject(),))


@pytest.mark.parametrize("caller", [BROWSER, PHONE, SOFTPHONE, Caller(origin="browser", name=" ")])
def test_origin_travels_in_a_replay_string(caller: Caller) -> None:
    assert from_replay(scenario(caller).replay()) == scenario(caller)


def test_server_side_dial_leaves_no_trace_in_a_scenario() -> None:
    assert b"origin" not in to_json(scenario(Caller(origin="rest")))
    assert scenario(Caller()).callers[0].origin == "rest"


@pytest.mark.parametrize(
    ("caller", "field"),
    [
        (Caller(origin="pstn"), "address"),
        (Caller(origin="pstn", address="+0155"), "address"),
        (Caller(origin="browser", address="+15551234567"), "address"),
        (Caller(origin="browser", address="/public/alice"), "address"),
        (Caller(origin="browser", address="/private/Al Ice"), "address"),
        (Caller(origin="browser", name=None), "name"),
        (Caller(origin="browser", name=""), "name"),
        (Caller(origin="sip"), "address"),
        (Caller(origin="sip", address="a b"), "address"),
        (Caller(origin="sip", address="desk", name=""), "name"),
        (Caller(origin="sip", address="desk", name="line\none"), "name"),
        (Caller(origin="sip", address="desk", media=AUDIO_VIDEO), "media"),
    ],
)
def test_address_and_name_have_to_suit_the_origin(caller: Caller, field: str) -> None:
    with pytest.raises(ScenarioError, match=rf"callers\[0\]\.{field}: "):
        validate(scenario(caller))


def test_steps_say_where_a_call_comes_from() -> None:
    texts = [scenario(caller).steps[0] for caller in (Caller(), BROWSER, PHONE, SOFTPHONE)]
    assert texts == [
        "call 0: /private/alice ('Alice') calls the subscriber with audio",
        "call 0: /private/alice ('Alice') in a browser calls the subscriber with audio",
        "call 0: +15551234567 (no name) on a phone calls the subscriber with audio",
        "call 0: desk-1 ('Alice') on a softphone calls the subscriber with audio",
    ]


@pytest.mark.parametrize("caller", [BROWSER, PHONE, SOFTPHONE])
def test_reduction_tries_a_server_side_dial(caller: Caller) -> None:
    found = list(candidates(scenario(caller)))
    assert scenario(Caller()) in found
    assert all(validate(one) == one for one in found)


def test_every_origin_is_drawn() -> None:
    drawn = Counter(caller.origin for seed in range(300) for caller in draw(seed).callers)
    assert set(drawn) == {"rest", "browser", "pstn", "sip"}
    assert drawn["rest"] > drawn["browser"] + drawn["pstn"] + drawn["sip"]
