"""The ``connect`` verb: the callee's leg is joined with that of another subscriber."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.calling import api as calling_api
from ringproof_fakeserver.protocol.commands import CreateOffer
from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.events import (
    DigitReceived,
    LegsDisconnected,
    ScriptReplaced,
    TimerFired,
)
from ringproof_fakeserver.protocol.sip_commands import SipInvite
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.protocol.sip_events import SipDeviceCame
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


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("/private/nobody", "no such address"),
        ("sip:a@b.test", "the host b.test is another's"),
        ("sip:nobody@127.0.0.1", "no such address"),
        ("sip:@127.0.0.1", "cannot be read"),
    ],
)
def test_targets_that_cannot_be_reached_fail_at_once(to: str, why: str) -> None:
    driver = connecting(to)
    assert played(driver) == ["failed-not_found"]
    assert placed(driver) == []
    assert [line for line in driver.lines(driver.commands) if "script" in line and why in line]


def test_simulated_person_answers_at_once_and_stays_until_the_caller_leaves() -> None:
    driver = connecting({"parallel": [{"to": "+15550002222"}, {"to": "/private/carol"}]})
    [call] = placed(driver)
    assert driver.states(call) == ["created", "ringing", "answered"]
    assert played(driver) == []
    body = {"id": call, "command": "calling.play", "params": {"control_id": "x", "play": []}}
    assert api_codes(driver, body)
    driver.bye("s1", "d1")
    assert driver.exchange.call_count() == 0


def test_number_that_ends_in_86_is_busy_and_one_in_80_is_never_answered() -> None:
    driver = connecting({"serial": [{"to": "+15550002286"}, {"to": "+15550002280", "timeout": 9}]})
    busy, silent = placed(driver)
    assert driver.ended(busy) == ("busy", "platform")
    assert f"timer ring:{silent} 9000" in driver.lines(driver.commands)
    driver.handle(TimerFired(f"ring:{silent}"))
    assert driver.ended(silent) == ("noAnswer", "timer")
    assert played(driver) == ["failed-no_answer"]


def test_number_that_nobody_answers_stops_ringing_with_the_call() -> None:
    driver = connecting("+15550002280")
    [silent] = placed(driver)
    assert f"no timer ring:{silent}" in driver.bye("s1", "d1")


def test_number_of_the_project_leads_where_it_is_assigned() -> None:
    driver = connecting("+12025550100")
    assert played(driver) == [], "a number of nobody's is a simulated person"
    numbers = driver.directory.phone_numbers
    owned = numbers.buy("+12025550100", "n", NOW_MS)
    find = driver.exchange.destinations.find
    assert "assigned to nothing" in find(owned.number).problem
    for settings, subscriber, problem in (
        ({"call_handler": "relay_verto_endpoint", "call_verto_resource": "carol"}, "carol", ""),
        ({"call_handler": "relay_sip_endpoint", "call_sip_endpoint_id": "no"}, "", "no such SIP"),
        ({"call_handler": "laml_webhooks"}, "", "call_handler is laml_webhooks"),
    ):
        owned = numbers.update(owned, settings, NOW_MS)
        found = find(f"sip:{owned.number}@localhost")
        known = driver.directory.by_reference(subscriber)
        assert found.subscriber == (known.id if known else "")
        assert problem in found.problem


def test_sip_uri_rings_the_user_agents_of_its_endpoint_alone() -> None:
    driver = connecting("/private/carol")
    carol = driver.directory.by_reference("carol")
    assert carol is not None
    endpoint = SipEndpoint(id="e1", subscriber=carol.id, username="desk", password="x")
    driver.exchange.sip_endpoints.put(endpoint)
    driver.handle(SipDeviceCame("e1 there", "e1", carol.id))
    script = parse({"main": [{"transfer": {"dest": "sip:desk@127.0.0.1:5060"}}]})
    lines = driver.after(ScriptReplaced("c1", script))
    [offer] = [line for line in lines if "offers" in line]
    assert "leg d4 offers audio" in offer
    driver.ring("d4")
    assert [each.device for each in driver.commands if isinstance(each, SipInvite)] == ["e1 there"]
    driver.device(5, carol)
    assert not driver.sent("s5")[3:], "another device of hers does not ring"


@pytest.mark.parametrize(
    ("to", "subscriber", "problem"),
    [
        ("sip:%63arol@127.0.0.1", "carol", ""),
        ("SIP:carol@127.0.0.1", "carol", ""),
        ("sip:%2563arol@127.0.0.1", "", "no such address"),
        ("sip:%ff@127.0.0.1", "", "cannot be read"),
        ("+\u0661\u0665\u0665\u0665\u0660\u0660\u0660\u0662\u0662", "", "no such address"),
        ("+1\u0665\u0665\u0665\u0660\u0660\u0660\u0662\u0662", "", "no such address"),
    ],
)
def test_addresses_are_read_as_sip_reads_them(to: str, subscriber: str, problem: str) -> None:
    driver = connecting("/private/carol")
    found = driver.exchange.destinations.find(to)
    known = driver.directory.by_reference(subscriber)
    assert found.subscriber == (known.id if known else "")
    assert problem in found.problem
    assert bool(found.problem) is bool(problem)
    assert not found.phone


def test_digits_of_other_alphabets_are_no_number_to_buy() -> None:
    numbers = Driver().directory.phone_numbers
    assert numbers.buyable("+12125550111")
    assert not numbers.buyable("+1212555011\u0661")


def test_quoted_number_in_a_sip_uri_is_a_number() -> None:
    driver = connecting("sip:%2B15550002222@127.0.0.1")
    [call] = placed(driver)
    assert driver.states(call)[-1] == "answered"


@pytest.mark.parametrize("scheme", ["sip", "SIP", "Sips"])
def test_script_is_transferred_to_a_sip_uri_in_any_case(scheme: str) -> None:
    driver = connecting({"to": "+15550002222"})
    script = parse({"main": [{"transfer": {"dest": f"{scheme}:dan@127.0.0.1"}}]})
    assert [line for line in driver.after(ScriptReplaced("c1", script)) if "offers" in line]


def api_codes(driver: Driver, body: dict[str, Any]) -> list[str]:
    """Return with which codes REST refuses a command."""
    with pytest.raises(RefusalError) as caught:
        calling_api.parse(body, driver.exchange, lambda: "new")
    return [problem["code"] for problem in caught.value.body["errors"]]


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


def test_key_presses_cross_between_legs_that_a_script_has_connected() -> None:
    driver = connecting("/private/carol")
    driver.ring("d2")
    assert "leg d2 sends 3" not in driver.after(DigitReceived(driver.dialog("d1"), "3"))
    driver.answer("s2", "d2")
    assert driver.after(DigitReceived(driver.dialog("d1"), "3")) == ["leg d2 sends 3"]
    assert driver.after(DigitReceived(driver.dialog("d2"), "*")) == ["leg d1 sends *"]
    driver.handle(LegsDisconnected("c1"))
    assert driver.after(DigitReceived(driver.dialog("d1"), "3")) == []


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


def test_many_targets_that_fail_at_once_are_gone_through_one_after_the_other() -> None:
    """As many as would exhaust the stack if each were handled within the one before it."""
    script = parse({"main": [{"connect": "+15550000086"}] * 1_000 + [AFTER, {"sleep": -1}]})
    driver = Driver()
    driver.device(1)
    driver.dial(script=script)
    driver.ring("d1")
    driver.answer("s1", "d1")
    calls = placed(driver)
    assert len(calls) == 1_000
    assert {driver.ended(call) for call in calls[::100]} == {("busy", "platform")}
    assert played(driver) == ["failed-no_answer"]
    assert driver.exchange.call_count() == 1
    notes = [line for line in driver.lines(driver.commands) if line.startswith("script c1 connect")]
    assert notes[:2] == ["script c1 connect +15550000086", "script c1 connect no_answer"]


def test_simulated_person_hangs_up_when_the_legs_are_separated() -> None:
    driver = connecting("+15550002222")
    [call] = placed(driver)
    driver.handle(LegsDisconnected("c1"))
    assert driver.ended(call) == ("hangup", "origin")
    assert played(driver) == ["connected-"]
    assert driver.exchange.call_count() == 1
