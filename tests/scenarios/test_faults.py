"""Faults as data: their sentences, the time they take, and the rules made of them."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.faults import Rule
from ringproof_scenarios.fault_wording import describe
from ringproof_scenarios.faults import (
    AnyFault,
    ConnectFails,
    Cut,
    DeadMedia,
    Delay,
    Drop,
    Duplicate,
    GoesSilent,
    Ignore,
    LookUp,
    NoDevices,
    OnlineFails,
    OtherToken,
    Prompt,
    Refuse,
    Reorder,
    StrayBye,
    StunFails,
    TokenExpires,
    holds_up_ms,
    rules,
)
from ringproof_scenarios.model import Caller, Scenario, ScenarioError, from_json, to_json, validate

ALL: tuple[AnyFault, ...] = (
    Drop(frame="invite", nth=1),
    Delay(delay_ms=70),
    Duplicate(frame="answer-reply", delay_ms=5),
    Reorder(frame="bye-reply"),
    Refuse(code=-32_002),
    Ignore(request="bye"),
    DeadMedia(),
    NoDevices(),
    NoDevices(reason="refused", which="camera", once=True),
    Prompt(delay_ms=70, granted=False),
    StrayBye(on="connected", after_ms=10),
    Cut(after_ms=20, back_ms=30, resume=False),
    LookUp(nth=1, delay_ms=40, status=500),
    LookUp(nth=1, answered=False),
    OtherToken(kind="expired"),
    GoesSilent(after_ms=5, ping_ms=20),
    TokenExpires(after_ms=25),
    StunFails(),
    ConnectFails(how="close", nth=1, times=2),
    OnlineFails(times=2),
)


def test_sentences():
    assert [describe(fault, devices=1) for fault in ALL] == [
        "the second invite of call 0 is lost",
        "the bye of call 0 is 70 ms late",
        "the answer-reply of call 0 comes twice, 5 ms apart",
        "the bye-reply of call 0 comes after the next frame",
        "the platform refuses the answer of call 0 with -32002",
        "the platform never hears the bye of call 0",
        "the media of call 0 never connects",
        "microphone and camera are missing for call 0",
        "the camera is forbidden at the first answer() for call 0",
        "the user forbids the devices of call 0 70 ms after the client asks for them",
        "a bye for an unknown call comes 10 ms after call 0 is connected",
        "the socket is cut 20 ms after call 0 is listed, back after 30 ms, "
        "and the session has expired",
        "look-up 1 takes 40 ms and fails with 500",
        "look-up 1 is never answered",
        "the session is opened with an expired token",
        "the socket is half open 5 ms after call 0 is listed",
        "the token expires 25 ms after call 0 is listed",
        "no STUN server that the platform announces answers",
        "the platform closes the socket with 1000 on attempt 1 to 2 to connect",
        "the platform refuses the first 2 requests to come online with -32603",
    ]


def test_sentences_name_the_device_where_there_are_several():
    assert describe(Drop(nth=2, device=1), devices=2) == (
        "the third bye of call 0 is lost on device 1"
    )
    assert describe(Duplicate(nth=3), devices=2) == (
        "the 4th bye of call 0 comes twice on device 0"
    )
    assert describe(Cut(), devices=2) == (
        "the socket is cut on device 0 0 ms after call 0 is listed"
    )
    assert describe(LookUp(delay_ms=9), devices=2) == "look-up 0 on device 0 takes 9 ms"


def test_rules_name_calls_by_their_index_and_leave_the_timed_ones_out():
    made = rules(ALL, 0)
    assert made == (
        Rule(what="drop", point="invite", call="0", nth=1),
        Rule(what="delay", point="bye", call="0", delay_ms=70),
        Rule(what="duplicate", point="answer-reply", call="0", delay_ms=5),
        Rule(what="reorder", point="bye-reply", call="0"),
        Rule(what="refuse", point="answer", call="0", code=-32_002),
        Rule(what="ignore", point="bye-request", call="0"),
        Rule(what="fail", point="media", call="0"),
        Rule(what="fail", point="look-up", nth=1, delay_ms=40, code=500),
        Rule(what="ignore", point="look-up", nth=1),
        Rule(what="ignore", point="stun", times=0),
        Rule(what="close", point="connect", nth=1, times=2),
        Rule(what="refuse", point="online", times=2, code=-32603),
    )
    assert rules(ALL, 1) == ()


def test_time_that_faults_cost():
    times_ms = [
        0,
        70,
        5,
        0,
        0,
        5_000,
        0,
        0,
        0,
        70,
        10,
        50,
        40,
        10_000,
        0,
        85,
        25,
        5_000,
        800,
        10_000,
    ]
    assert [holds_up_ms(fault) for fault in ALL] == times_ms
    assert holds_up_ms(Drop(frame="answer-reply")) == 5_000


def test_round_trip():
    scenario = Scenario(callers=(Caller(),), faults=ALL, seed=3)
    assert from_json(to_json(scenario)) == validate(scenario)
    assert len(scenario.steps) == 1 + len(ALL)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Drop(call=1), "faults[0].call: there is no caller 1"),
        (Drop(device=1), "faults[0].device: there is no device 1"),
        (Drop(nth=-1), "faults[0].nth: 0 to 256, not -1"),
        (Delay(delay_ms=-1), "faults[0].delay_ms: 0 to 600000, not -1"),
        (Cut(back_ms=600_001), "faults[0].back_ms: 0 to 600000, not 600001"),
        (StrayBye(after_ms=-2), "faults[0].after_ms: 0 to 600000, not -2"),
        (LookUp(status=99), "faults[0].status: 200 to 599, not 99"),
        (ConnectFails(nth=1), "faults[0].times: 1 to 4, not 0"),
        (ConnectFails(times=5), "faults[0].times: 0 to 4, not 5"),
        (OnlineFails(times=5), "faults[0].times: 0 to 4, not 5"),
        (OnlineFails(code=0), "faults[0].code: -32999 to -1, not 0"),
        (ConnectFails(code=0), "faults[0].code: -32999 to -1, not 0"),
        (Refuse(code=0), "faults[0].code: -32999 to -1, not 0"),
    ],
)
def test_invalid_field_is_named(fault, problem):
    with pytest.raises(ScenarioError) as raised:
        validate(Scenario(callers=(Caller(),), faults=(fault,)))
    assert str(raised.value) == problem
