"""Blind transfer: Bob (``s2``) or Alice (``s1``) hands the call over to Carol (``s3``)."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.calling import api as calling_api
from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.events import (
    LegAnswered,
    MediaConnected,
    OperationStarted,
    TimerFired,
)
from ringproof_fakeserver.protocol.operation import Collect, Play, Record
from ringproof_fakeserver.protocol.swml import parse
from tests.fakeserver.protocol.test_outbound import invites, replies
from tests.playbook import AUDIO, Driver

CAROL = "/private/carol"
SLEEP = parse({"sections": {"main": [{"sleep": 50}, {"hangup": {}}]}})


@pytest.fixture
def driver() -> Driver:
    """Alice, Bob and Carol have a device each."""
    driver = Driver()
    people = [driver.directory.find_or_create(f"{name}@x", {}, 0) for name in ("alice", "carol")]
    driver.device(1, people[0])
    driver.device(2)
    driver.device(3, people[1])
    return driver


def transfers(driver: Driver, socket: str, dialog: str, to: str = CAROL) -> list[str]:
    return driver.after(
        driver.verto(socket, dialog, "verto.modify", action="transfer", destination=to)
    )


def answered(driver: Driver) -> None:
    """Bob has answered a call that REST placed."""
    driver.dial()
    driver.ring("d1")
    driver.answer("s2", "d1")


def connected(driver: Driver) -> None:
    """Bob has answered Alice's call, and both have media."""
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1")
    driver.answer("s2", "d1")
    driver.handle(LegAnswered("x", AUDIO))
    driver.handle(MediaConnected("x", real=False))


def test_callee_hands_over_and_leaves_and_the_destination_rings(driver: Driver) -> None:
    connected(driver)
    assert transfers(driver, "s2", "d1") == [
        "j2 > verto.modify d1",
        "s2 < result verto.modify d1",
        "dialog d1 transferred /private/carol",
        "s2 < call.left d1",
        "s2 < verto.bye d1 NORMAL_CLEARING",
        "no timer ping:d1",
        "no timer params:d1",
        "leg d1 closes",
        "dialog d1 ended NORMAL_CLEARING",
        "media d1 closed",
        "timer ring:x 60000",
        "leg d2 offers audio",
    ]
    assert driver.states("x") == ["created", "ringing", "answered"], "the far party's call goes on"
    assert "call x ringing at /private/carol" in driver.ring("d2")
    [invite] = invites(driver, "s3")
    assert (invite["caller_id_number"], invite["callee_id_number"]) == ("/private/alice", CAROL)


def test_far_party_is_joined_with_who_answers_at_the_destination(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s2", "d1")
    driver.ring("d2")
    lines = driver.answer("s3", "d2")
    assert lines[-1] == "leg x joined with d2"
    assert not [line for line in lines if line.startswith("s1 <")]
    assert [line for line in lines if line.startswith("call ")] == [f"call x answered at {CAROL}"]
    assert "s3 < verto.bye d2 NORMAL_CLEARING" in driver.bye("s1", "x")
    assert driver.ended("x") == ("hangup", "origin")


def test_caller_hands_over_and_the_callee_stays(driver: Driver) -> None:
    connected(driver)
    lines = transfers(driver, "s1", "x")
    assert "s1 < verto.bye x NORMAL_CLEARING" in lines
    assert not [line for line in lines if line.startswith("s2 < verto.bye")]
    driver.ring("d2")
    [invite] = invites(driver, "s3")
    assert (invite["caller_id_number"], invite["caller_id_name"]) == ("/private/bob", "Bob")
    assert driver.answer("s3", "d2")[-1] == "leg d1 joined with d2"
    assert "s2 < verto.bye d1 NORMAL_CLEARING" in driver.bye("s3", "d2")
    assert driver.states("x")[-1] == "ended"


def test_callee_who_stayed_can_hang_up(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s1", "x")
    driver.ring("d2")
    driver.answer("s3", "d2")
    assert "s3 < verto.bye d2 NORMAL_CLEARING" in driver.bye("s2", "d1")


def test_script_goes_on_at_the_destination(driver: Driver) -> None:
    driver.dial(script=SLEEP)
    driver.ring("d1")
    driver.answer("s2", "d1")
    assert "no timer script:c1" in transfers(driver, "s2", "d1")
    driver.ring("d2")
    assert "timer script:c1 50" in driver.answer("s3", "d2")
    driver.handle(TimerFired("script:c1"))
    assert driver.ended() == ("hangup", "script")


def test_operations_end_with_the_leg_that_leaves(driver: Driver) -> None:
    answered(driver)
    driver.handle(OperationStarted("c1", "p", Play(("http://a.test",)), None))
    driver.handle(OperationStarted("c1", "r", Record(), None))
    driver.handle(OperationStarted("c1", "c", Collect(2), None))
    lines = transfers(driver, "s2", "d1")
    ended = [lines.index(f"leg d1 stops {doing}") for doing in ("playing", "recording")]
    assert max(ended) < lines.index("leg d1 closes")
    driver.ring("d2")
    driver.answer("s3", "d2")
    for kind, control in (("play", "p"), ("collect", "c")):
        with pytest.raises(RefusalError):
            driver.exchange.operations.check_known("c1", kind, control)


@pytest.mark.parametrize(
    ("command", "params"),
    [
        (
            "calling.play",
            {"control_id": "x", "play": [{"type": "silence", "params": {"duration": 1}}]},
        ),
        ("calling.record", {"control_id": "x", "record": {"audio": {}}}),
        ("calling.collect", {"control_id": "x", "digits": {"max": 1}}),
        ("calling.user_event", {"event": {"a": 1}}),
        ("calling.transfer", {"dest": "/private/bob"}),
        ("update", {"id": "c1", "swml": {"sections": {"main": ["answer"]}}}),
    ],
)
def test_command_is_refused_while_nobody_has_answered_at_the_destination(
    driver: Driver, command: str, params: dict[str, Any]
) -> None:
    answered(driver)
    transfers(driver, "s2", "d1")
    body = {"id": "c1", "command": command, "params": params}
    with pytest.raises(RefusalError) as caught:
        calling_api.parse(body, driver.exchange, lambda: "new")
    [problem] = caught.value.body["errors"]
    assert problem["code"] == "invalid_state"
    assert "transfer" in problem["message"]
    driver.ring("d2")
    driver.answer("s3", "d2")
    assert calling_api.parse(body, driver.exchange, lambda: "new")


def test_facts_of_the_call_stay_with_who_was_called_first(driver: Driver) -> None:
    answered(driver)
    transfers(driver, "s2", "d1")
    commands = driver.commands
    driver.ring("d2")
    driver.answer("s3", "d2")
    driver.end(reason="hangup")
    states = {fact.state: fact.subscriber for fact in commands if hasattr(fact, "by")}
    assert set(states.values()) == {driver.bob.id}


def test_destination_that_does_not_answer_ends_the_call(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s2", "d1")
    driver.ring("d2")
    assert "s1 < verto.bye x NO_ANSWER" in driver.after(TimerFired("ring:x"))


def test_destination_that_declines_ends_the_call(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s2", "d1")
    driver.ring("d2")
    assert "s1 < verto.bye x USER_BUSY" in driver.decline("s3", "d2")


def test_caller_who_hangs_up_while_the_destination_rings_cancels_that_alone(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s2", "d1")
    driver.ring("d2")
    assert "s3 < verto.bye d2 ORIGINATOR_CANCEL" in driver.bye("s1", "x")
    assert driver.ended("x") == ("hangup", "origin"), "the call was answered"


@pytest.mark.parametrize("to", ["", "/private/nobody"])
def test_refused_transfer_leaves_the_call_as_it_was(driver: Driver, to: str) -> None:
    connected(driver)
    transfers(driver, "s2", "d1", to)
    assert "error" in replies(driver, "s2")[-1]
    assert driver.dialog_states("d1")[-1] == "winner"
    assert driver.states("x")[-1] == "answered"
    assert "s1 < verto.bye x NORMAL_CLEARING" in driver.bye("s2", "d1")


def test_call_without_a_callee_is_not_transferred_again(driver: Driver) -> None:
    connected(driver)
    transfers(driver, "s2", "d1")
    transfers(driver, "s1", "x")
    assert "error" in replies(driver, "s1")[-1]
    assert driver.states("x")[-1] == "answered"


def test_sip_uri_of_the_stand_in_is_a_destination_and_others_are_not(driver: Driver) -> None:
    connected(driver)
    for to in ("sip:carol@elsewhere.test", "sip:nobody@127.0.0.1", "+15550002222"):
        assert transfers(driver, "s2", "d1", to)[-1] == "s2 < error verto.modify d1 -32002"
    assert "leg d2 offers audio" in transfers(driver, "s2", "d1", "sip:carol:secret@127.0.0.1:5060")
