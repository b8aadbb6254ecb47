"""New offers of a client for an answered call: ``verto.modify`` with ``updateMedia``."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.events import (
    AnyEvent,
    MediaRestarted,
    ReofferAnswered,
    ReofferRefused,
)
from ringproof_fakeserver.protocol.journal import FrameFact
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import AUDIO, Driver

OFFER = sdp.event_model({"audio": "sendrecv"}, ice="new")


@pytest.fixture
def driver() -> Driver:
    """Bob talks to Alice on socket s1, dialog d1."""
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    return driver


def offered(driver: Driver, **params: Any) -> AnyEvent:
    """A new offer of Bob's client."""
    return driver.verto("s1", "d1", "verto.modify", **{"action": "updateMedia", **params})


def inner(driver: Driver) -> dict[str, Any]:
    """The inner message of the last frame sent."""
    return driver.sent("s1")[-1]["result"]["result"]


def test_reply_has_the_answer_of_the_leg(driver: Driver) -> None:
    assert driver.after(offered(driver, sdp=OFFER)) == [
        "j1 > verto.modify d1",
        "leg d1 takes a new offer",
    ]
    assert driver.after(ReofferAnswered(driver.dialog("d1"), "v=0 answer")) == [
        "s1 < result verto.modify d1"
    ]
    assert inner(driver)["result"] == {
        "callID": driver.dialog("d1"),
        "action": "updateMedia",
        "holdState": "active",
        "sdp": "v=0 answer",
    }


def test_held_call_says_so(driver: Driver) -> None:
    driver.handle(driver.verto("s1", "d1", "verto.modify", action="hold"))
    driver.handle(offered(driver, sdp=OFFER))
    driver.handle(ReofferAnswered(driver.dialog("d1"), "v=0"))
    assert inner(driver)["result"]["holdState"] == "held"


def test_facts_name_media_and_credentials(driver: Driver) -> None:
    driver.handle(offered(driver, sdp=OFFER))
    driver.handle(ReofferAnswered(driver.dialog("d1"), "v=0"))
    facts = [one for one in driver.commands if isinstance(one, FrameFact)]
    assert facts[-1].detail == {
        "action": "updateMedia",
        "destination": "",
        "media": {"audio": "sendrecv"},
        "ice": ("new",),
    }
    answers = [one.detail for one in facts if one.method == "verto.answer"]
    assert answers == [{"media": {"audio": "sendrecv"}, "ice": ()}]


def test_restart_is_a_fact(driver: Driver) -> None:
    assert driver.after(MediaRestarted(driver.dialog("d1"))) == ["media d1 restarted"]


def test_offer_that_the_leg_cannot_use_is_refused_and_the_call_lives(driver: Driver) -> None:
    driver.handle(offered(driver, sdp=OFFER))
    assert driver.after(ReofferRefused(driver.dialog("d1"), "no")) == [
        "s1 < error verto.modify d1 -32002"
    ]
    assert driver.exchange.call_state("c1") == "answered"


def test_platform_that_refuses_every_offer(driver: Driver) -> None:
    driver.exchange.set_platform(driver.bob.id, Platform(renegotiation="refuse"))
    assert driver.after(offered(driver, sdp=OFFER)) == [
        "j1 > verto.modify d1",
        "s1 < error verto.modify d1 -32002",
    ]
    assert driver.exchange.call_state("c1") == "answered"


def test_modify_without_an_offer_is_refused(driver: Driver) -> None:
    driver.handle(offered(driver))
    assert inner(driver)["error"]["code"] == -32602


def test_second_offer_waits_for_no_answer(driver: Driver) -> None:
    driver.handle(offered(driver, sdp=OFFER))
    assert driver.after(offered(driver, sdp=OFFER))[1:] == ["s1 < error verto.modify d1 -32002"]
    assert driver.after(ReofferAnswered(driver.dialog("d1"), "v=0")) == [
        "s1 < result verto.modify d1"
    ]


def test_same_request_again_has_one_reply(driver: Driver) -> None:
    body = {"action": "updateMedia", "sdp": OFFER, "dialogParams": {"callID": driver.dialog("d1")}}
    inner_message = {"jsonrpc": "2.0", "id": "i", "method": "verto.modify", "params": body}
    envelope = {"callID": driver.dialog("d1"), "node_id": "", "message": inner_message}
    driver.handle(driver.frame("s1", "webrtc.verto", envelope, "same"))
    protocol = driver.sent("s1")[0]["result"]["protocol"]
    driver.close("s1")
    driver.connect("s2", driver.token("j1"), protocol=protocol)
    assert driver.after(driver.frame("s2", "webrtc.verto", envelope, "same")) == [
        "j1 > verto.modify d1"
    ]
    assert driver.after(ReofferAnswered(driver.dialog("d1"), "v=0")) == [
        "s2 < result verto.modify d1"
    ]


def test_offer_before_media_is_up_is_refused() -> None:
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
    driver.handle(offered(driver, sdp=OFFER))
    assert inner(driver)["error"]["code"] == -32002


def test_call_that_ends_meanwhile_refuses_the_offer(driver: Driver) -> None:
    driver.handle(offered(driver, sdp=OFFER))
    assert "s1 < error verto.modify d1 -32002" in driver.end()
    assert driver.after(ReofferAnswered(driver.dialog("d1"), "v=0")) == []
    assert driver.after(ReofferRefused(driver.dialog("d1"), "no")) == []
    assert driver.after(MediaRestarted(driver.dialog("d1"))) == []
