"""The ``connect`` verb: the callee's leg is joined with that of another subscriber."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.commands import CreateOffer
from ringproof_fakeserver.protocol.events import LegsDisconnected, ScriptReplaced, TimerFired
from ringproof_fakeserver.protocol.swml import parse
from tests.playbook import NOW_MS, Driver

AFTER = {"play": "http://a.test/${connect_result}-${connect_failed_reason}"}


def connecting(arguments: Any) -> Driver:
    """Bob (s1) has answered a call whose script connects; Carol and Dan (s2, s3) are online."""
    driver = Driver()
    driver.device(1)
    for number, name in ((2, "carol"), (3, "dan")):
        driver.device(number, driver.directory.find_or_create(name, {}, NOW_MS))
    driver.dial(script=parse({"main": [{"connect": arguments}, AFTER, {"sleep": -1}]}))
    driver.ring("d1")
    driver.answer("s1", "d1")
    return driver


def placed(driver: Driver) -> list[str]:
    """Ids of the calls to targets, in order."""
    calls = [line.split()[1] for line in driver.lines(driver.commands) if " created" in line]
    return [call for call in calls if call != "c1"]


def played(driver: Driver) -> list[str]:
    return [line.split("/")[-1] for line in driver.lines(driver.commands) if "leg d1 plays" in line]


def test_target_rings_with_the_callers_name_and_is_joined_when_it_answers() -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    [invite] = [frame for frame in driver.sent("s2") if "verto.invite" in str(frame)]
    about = invite["params"]["params"]["params"]
    assert (about["caller_id_name"], about["caller_id_number"]) == ("Alice", "/private/alice")
    assert "leg d1 joined with d2" in driver.answer("s2", "d2")
    assert played(driver) == []


@pytest.mark.parametrize("who", [("s2", "d2"), ("s1", "d1")])
def test_script_goes_on_when_the_target_leaves_and_not_when_the_callee_does(
    who: tuple[str, str],
) -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    driver.answer("s2", "d2")
    lines = driver.bye(*who)
    assert played(driver) == (["connected-"] if who[0] == "s2" else [])
    assert (driver.exchange.call_state("c1") == "ended") is (who[0] == "s1")
    assert "dialog d2 ended NORMAL_CLEARING" in lines
    assert driver.exchange.call_count() == (1 if who[0] == "s2" else 0)


def test_first_of_a_group_is_connected_and_the_others_are_cancelled() -> None:
    driver = connecting({"parallel": [{"to": "/private/carol"}, {"to": "/private/dan"}]})
    driver.ring("d2", "d3")
    lines = driver.answer("s3", "d3")
    assert "leg d1 joined with d3" in lines
    assert "s2 < verto.bye d2 ORIGINATOR_CANCEL" in lines
    assert played(driver) == []
    driver.bye("s3", "d3")
    assert played(driver) == ["connected-"]


def test_groups_ring_one_after_the_other() -> None:
    driver = connecting(
        {"serial": [{"to": "/private/carol", "timeout": 5}, {"to": "/private/dan"}]}
    )
    driver.ring("d2")
    [first] = placed(driver)
    assert f"timer ring:{first} 5000" in driver.lines(driver.commands)
    driver.handle(TimerFired(f"ring:{first}"))
    driver.ring("d3")
    assert len(placed(driver)) == 2
    driver.decline("s3", "d3")
    assert played(driver) == ["failed-no_answer"]


@pytest.mark.parametrize("to", ["/private/nobody", "+15550002222", "sip:a@b.test"])
def test_targets_that_cannot_be_reached_fail_at_once(to: str) -> None:
    driver = connecting(to)
    assert played(driver) == ["failed-not_found"]
    assert placed(driver) == []


def test_legs_are_separated_without_an_end_to_either() -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    driver.answer("s2", "d2")
    lines = driver.after(LegsDisconnected("c1"))
    assert lines[:2] == ["leg d1 heard by  seen by ", "leg d2 heard by  seen by "]
    assert played(driver) == ["connected-"]
    assert driver.exchange.call_count() == 2
    driver.bye("s2", "d2")
    assert driver.exchange.call_state("c1") == "answered"
    assert driver.after(LegsDisconnected("c1")) == [
        "script c1 calling.disconnect the call has one leg"
    ]


def test_another_document_ends_the_connection() -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    lines = driver.after(ScriptReplaced("c1", parse({"main": [{"sleep": 5}]})))
    assert "s2 < verto.bye d2 ORIGINATOR_CANCEL" in lines
    assert lines[-1] == "timer script:c1 5"
    assert played(driver) == []


def test_end_of_the_call_ends_the_ringing() -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    driver.end("c1", "hangup")
    assert driver.exchange.call_count() == 0


def test_calls_to_targets_count_towards_the_limit() -> None:
    driver = Driver(max_calls=1)
    driver.device(1)
    driver.dial(script=parse({"main": [{"connect": "/private/bob"}, AFTER]}))
    driver.ring("d1")
    driver.answer("s1", "d1")
    assert played(driver) == ["failed-not_found"]
    assert sum(isinstance(command, CreateOffer) for command in driver.commands) == 1
