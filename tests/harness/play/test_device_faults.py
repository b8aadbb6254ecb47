"""Faults of the devices: what is set before which answer, and how long is waited."""

from __future__ import annotations

import pytest

from ringproof.checks import judge
from ringproof.client.parts import ClientParts
from ringproof.mutants.capture import RingsOn
from ringproof.simulation.player import simulate
from ringproof.trace import Commanded, DeviceRequest, Emitted, Note, Trace
from ringproof_scenarios import catalogue
from ringproof_scenarios.faults import AnyFault, NoDevices, Prompt
from ringproof_scenarios.generate.bounds import SIMULATED
from ringproof_scenarios.generate.seeded import draw
from ringproof_scenarios.model import Answer, AnyAction, Caller, Dial, HangUp, Scenario

RINGS_ON = ClientParts(calls=RingsOn)
"""A client whose call rings until its devices are there."""


def play(
    *faults: AnyFault,
    actions: tuple[AnyAction, ...] = (Answer(),),
    callers: tuple[Caller, ...] = (Caller(),),
    parts: ClientParts | None = None,
) -> Trace:
    scenario = Scenario(callers=callers, actions=actions, faults=faults)
    return simulate(scenario, *([parts] if parts else []))


def settings(trace: Trace) -> list[tuple[object, object, object]]:
    return [
        (entry.args["microphone"], entry.args["camera"], entry.args["after_ms"])
        for entry in trace
        if isinstance(entry, Commanded) and entry.op == "session.devices"
    ]


def requests(trace: Trace) -> list[tuple[str, str]]:
    events = [entry.event for entry in trace if isinstance(entry, Emitted)]
    return [(one.state, one.error) for one in events if isinstance(one, DeviceRequest)]


def failures(trace: Trace) -> dict[str, list[str]]:
    found = {clause: outcome.failures for clause, outcome in judge(trace).items()}
    return {clause: [one.message for one in failed] for clause, failed in found.items() if failed}


@pytest.mark.parametrize(
    ("faults", "setting"),
    [
        ((NoDevices(),), ("missing", "missing", 0)),
        ((NoDevices(reason="busy", which="microphone"),), ("busy", "works", 0)),
        ((NoDevices(reason="refused", which="camera"),), ("works", "refused", 0)),
        ((Prompt(delay_ms=70),), ("works", "works", 70)),
        ((Prompt(delay_ms=70, granted=False),), ("refused", "refused", 70)),
        ((Prompt(delay_ms=70), NoDevices(which="camera")), ("works", "missing", 70)),
    ],
)
def test_setting_of_an_answer(faults: tuple[AnyFault, ...], setting: tuple[object, ...]):
    assert settings(play(*faults)) == [setting]


def test_without_such_faults_nothing_is_set():
    assert settings(play()) == []


def test_each_answer_on_the_device_has_its_own_setting():
    callers = (Caller(talk_ms=50), Caller(at_ms=10, talk_ms=50))
    trace = play(NoDevices(), actions=(Answer(), Answer(call=1)), callers=callers)
    assert settings(trace) == [("missing", "missing", 0), ("works", "works", 0)]
    assert requests(trace) == [("asked", ""), ("failed", "NotFoundError")]
    assert failures(trace) == {}


ANSWERS_NOTHING = Answer(audio=False, video=False)


@pytest.mark.parametrize("fault", [NoDevices(), Prompt(delay_ms=10)])
@pytest.mark.parametrize("actions", [(ANSWERS_NOTHING, Dial()), (Dial(), ANSWERS_NOTHING)])
def test_request_of_a_dial_is_not_taken_for_that_of_an_answer(
    fault: AnyFault, actions: tuple[AnyAction, ...]
):
    trace = play(fault, actions=actions, callers=(Caller(talk_ms=50),))
    assert requests(trace) == []
    assert judge(trace)["stream/answer-receive-only"].exercised == 1
    assert failures(trace) == {}


def test_dial_waits_for_the_request_of_an_answer_and_finds_the_devices_in_order():
    trace = play(Prompt(delay_ms=70), actions=(Answer(), Dial()), callers=(Caller(talk_ms=50),))
    assert settings(trace) == [("works", "works", 70), ("works", "works", 0)]
    assert requests(trace) == [("asked", ""), ("granted", "")]
    assert failures(trace) == {}


def test_second_answer_finds_the_devices_in_order_where_they_fail_once():
    trace = play(
        NoDevices(reason="refused", once=True),
        actions=(Answer(), Answer(after_ms=200), HangUp(on="connected")),
        parts=RINGS_ON,
    )
    assert settings(trace) == [("refused", "refused", 0), ("works", "works", 0)]
    outcomes = judge(trace)
    assert outcomes["capture/failure-frees-caller"].exercised == 1
    assert outcomes["status/hangup-order"].exercised == 1
    assert failures(trace) == {}


def test_fault_that_no_request_meets_is_noted():
    receive_only = (Answer(audio=False, video=False),)
    trace = play(NoDevices(), actions=receive_only, callers=(Caller(talk_ms=50),))
    assert requests(trace) == []
    notes = [(entry.what, entry.text) for entry in trace if isinstance(entry, Note)]
    text = "devices of call 0: no request for devices since answer() that the fault concerns"
    assert notes == [("skipped", text), ("settled", "")]


def test_prompt_is_waited_for_after_the_call_is_over():
    trace = play(Prompt(delay_ms=20_000), callers=(Caller(patience_ms=50),))
    assert requests(trace) == [("asked", ""), ("granted", "")]
    notes = [entry.what for entry in trace if isinstance(entry, Note)]
    assert notes == ["settled"]
    assert judge(trace)["capture/late-permission"].exercised == 1


@pytest.mark.parametrize("number", range(3))
def test_client_that_lets_a_call_ring_on_is_right_too(number: int):
    """The clauses leave a client the choice between a bye and another try."""
    drawn = [draw(seed, bounds=SIMULATED) for seed in range(100 * number, 100 * (number + 1))]
    wrong = {
        scenario: failed
        for scenario in (*catalogue.all()[number::3], *drawn)
        if (failed := failures(simulate(scenario, RINGS_ON)))
    }
    assert wrong == {}
