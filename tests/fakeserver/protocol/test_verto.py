"""What clients say about their dialogs besides answer and bye (protocol.md 4.3, 4.5)."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import AUDIO, Driver


@pytest.fixture
def driver() -> Driver:
    """Bob talks to Alice on socket s1, dialog d1."""
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    return driver


def inner(driver: Driver, socket: str = "s1") -> dict[str, Any]:
    """The inner message of the last frame sent."""
    return driver.sent(socket)[-1]["result"]["result"]


class TestModify:
    """Hold, and what cannot be done."""

    @pytest.mark.parametrize(
        ("actions", "state"),
        [
            (["hold"], "held"),
            (["hold", "unhold"], "active"),
            (["toggleHold"], "held"),
            (["hold", "toggleHold"], "active"),
        ],
    )
    def test_hold_is_answered_with_the_hold_state(
        self, driver: Driver, actions: list[str], state: str
    ) -> None:
        for action in actions:
            driver.handle(driver.verto("s1", "d1", "verto.modify", action=action))
        assert inner(driver)["result"] == {
            "callID": driver.dialog("d1"),
            "action": actions[-1],
            "holdState": state,
        }

    def test_hold_is_a_fact_when_it_changes(self, driver: Driver) -> None:
        facts = []
        for action in ("hold", "hold", "unhold"):
            facts += driver.after(driver.verto("s1", "d1", "verto.modify", action=action))
        assert [line for line in facts if line.startswith("media")] == [
            "media d1 held",
            "media d1 unheld",
        ]

    def test_platform_without_hold_refuses_it_and_the_call_lives(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(hold=False))
        assert driver.after(driver.verto("s1", "d1", "verto.modify", action="hold")) == [
            "j1 > verto.modify d1",
            "s1 < error verto.modify d1 -32002",
        ]
        assert driver.exchange.call_state("c1") == "answered"

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"action": "transfer"}, -32602),
            ({"action": "sing"}, -32602),
            ({}, -32602),
        ],
    )
    def test_what_cannot_be_done_is_refused_and_the_call_lives(
        self, driver: Driver, params: dict[str, str], code: int
    ) -> None:
        driver.handle(driver.verto("s1", "d1", "verto.modify", **params))
        assert inner(driver)["error"]["code"] == code
        assert driver.exchange.call_state("c1") == "answered"

    def test_ringing_call_cannot_be_modified(self, driver: Driver) -> None:
        driver.dial("c2")
        driver.ring("d2")
        driver.handle(driver.verto("s1", "d2", "verto.modify", action="hold"))
        assert inner(driver)["error"]["code"] == -32002


class TestOtherMethods:
    """Info, pong, subscribe, and what this platform does not take."""

    def test_digits_are_accepted_and_recorded(self, driver: Driver) -> None:
        [received, *_] = driver.handle(driver.verto("s1", "d1", "verto.info", dtmf="12#"))
        assert received.detail == {"dtmf": "12#"}
        assert inner(driver)["result"] == {"message": "SENT"}

    @pytest.mark.parametrize("method", ["verto.ping", "verto.subscribe"])
    def test_harmless_methods_are_acknowledged(self, driver: Driver, method: str) -> None:
        driver.handle(driver.verto("s1", "d1", method))
        assert inner(driver)["result"] == {"method": method}

    def test_unknown_verto_method_is_refused(self, driver: Driver) -> None:
        driver.handle(driver.verto("s1", "d1", "verto.dance"))
        assert inner(driver)["error"]["code"] == -32601

    @pytest.mark.parametrize("method", ["verto.bye", "verto.info", "verto.modify", "verto.pong"])
    def test_unknown_call_does_not_exist(self, driver: Driver, method: str) -> None:
        driver.handle(driver.verto("s1", "nowhere", method))
        assert inner(driver)["error"] == {"code": -32002, "message": "CALL DOES NOT EXIST"}

    def test_answer_to_an_unknown_call_is_followed_by_a_bye(self, driver: Driver) -> None:
        lines = driver.after(driver.verto("s1", "nowhere", "verto.answer", sdp=AUDIO))
        assert lines[1:] == [
            "s1 < error verto.answer nowhere -32002",
            "s1 < verto.bye nowhere NORMAL_CLEARING",
        ]


class TestOldClients:
    """Version 3 and betas, as protocol.md 9 describes them."""

    def test_message_without_a_method_is_tolerated(self, driver: Driver) -> None:
        message = {"jsonrpc": "2.0", "id": 11, "result": {"method": "verto.bye"}}
        frame = driver.frame("s1", "webrtc.verto", {"node_id": "n", "message": message})
        assert driver.after(frame) == ["j1 > webrtc.verto", "s1 < result webrtc.verto"]
        node = driver.settings.node_id
        assert driver.sent("s1")[-1]["result"] == {"code": "200", "node_id": node, "result": {}}

    def test_call_id_may_be_outside_of_the_dialog(self, driver: Driver) -> None:
        message = {"jsonrpc": "2.0", "id": 7, "method": "verto.bye", "params": {}}
        params = {"callID": driver.dialog("d1"), "message": message}
        driver.handle(driver.frame("s1", "webrtc.verto", params))
        driver.bye_replies()
        assert inner(driver)["id"] == 7
        assert driver.ended() == ("hangup", "callee")

    @pytest.mark.parametrize(
        ("code", "understood"), [("17", 17), (17, 17), ("many", 0), ("99999", 0), ("", 0)]
    )
    def test_cause_codes_come_as_numbers_or_digits(
        self, driver: Driver, code: str | int, understood: int
    ) -> None:
        driver.bye("s1", "d1", cause="USER_BUSY", causeCode=code)
        assert inner(driver)["result"]["causeCode"] == understood

    def test_disconnect_is_acknowledged(self, driver: Driver) -> None:
        driver.handle(driver.frame("s1", "signalwire.disconnect", {"self": {}, "target": {}}))
        assert driver.sent("s1")[-1]["result"] == {"code": "200", "message": "OK"}
