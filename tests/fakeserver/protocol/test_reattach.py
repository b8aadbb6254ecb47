"""A page that was opened again asks for the call of the page before it."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.events import LegAnswered, MediaConnected
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import AUDIO, Driver, play


@pytest.fixture
def driver() -> Driver:
    """Bob has answered a call, and his page has closed."""
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    driver.close("s1", 1001)
    return driver


def errors(driver: Driver, socket: str) -> list[dict[str, object]]:
    replies = [
        frame["result"]["result"]
        for frame in driver.sent(socket)
        if "result" in frame and "result" in frame["result"]
    ]
    return [reply["error"] for reply in replies if "error" in reply]


def test_call_comes_back_to_the_page_with_a_new_leg(driver: Driver) -> None:
    driver.page_returns("s1", "s2", "j2")
    play(
        driver,
        (
            driver.asks_for("s2", "d1"),
            [
                "j2 > verto.invite d1",
                "media d1 closed",
                "no timer params:d1",
                "s2 < result verto.invite d1",
                "dialog d1 reattached",
                "leg d1 answers an offer",
            ],
        ),
        (
            LegAnswered(driver.dialog("d1"), AUDIO),
            ["s2 < verto.answer d1"],
        ),
        (
            MediaConnected(driver.dialog("d1"), real=False),
            [
                "media d1 connected",
                "s2 < call.joined d1",
                "s2 < member.updated d1",
                "s2 < layout.changed d1",
                "timer params:d1 400",
            ],
        ),
    )


def test_member_keeps_its_place_in_the_room(driver: Driver) -> None:
    joined = [frame for frame in driver.sent("s1") if _type(frame) == "call.joined"]
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    driver.handle(MediaConnected(driver.dialog("d1"), real=False))
    again = [frame for frame in driver.sent("s2") if _type(frame) == "call.joined"]
    member = joined[0]["params"]["params"]["member_id"]
    assert [frame["params"]["params"]["member_id"] for frame in again] == [member]
    created = [
        frame["result"]["result"]["result"]
        for frame in driver.sent("s2")
        if "CALL CREATED" in str(frame)
    ]
    dialog = driver.dialog("d1")
    assert created == [{"message": "CALL CREATED", "callID": dialog, "memberID": member}]


def _type(frame: dict[str, object]) -> object:
    params = frame.get("params")
    return params.get("event_type") if isinstance(params, dict) else None


def test_member_is_new_where_the_page_never_joined() -> None:
    driver = Driver()
    driver.exchange.set_platform(driver.bob.id, Platform(room_events=False))
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    driver.close("s1", 1001)
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    assert "memberID" in str(driver.sent("s2")[-1])


def test_call_that_was_had_back_ends_like_any_other(driver: Driver) -> None:
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    lines = driver.end(reason="hangup")
    assert "s2 < verto.bye d1 NORMAL_CLEARING" in lines
    assert driver.dialog_states("d1")[-2:] == ["reattached", "ended"]


def test_answer_to_an_offer_is_lost_without_a_socket(driver: Driver) -> None:
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    driver.close("s2")
    assert driver.after(LegAnswered(driver.dialog("d1"), AUDIO)) == []
    driver.end()
    assert driver.after(LegAnswered(driver.dialog("d1"), AUDIO)) == []


def test_variant_refuses_with_the_error_of_production(driver: Driver) -> None:
    driver.exchange.set_platform(driver.bob.id, Platform(reattach="refuse"))
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    text = "Cannot reattach this call with this member ID"
    assert errors(driver, "s2") == [{"code": -32002, "message": text, "causeCode": 95}]
    assert driver.states()[-1] == "answered", "the call itself goes on"


def test_another_session_is_refused(driver: Driver) -> None:
    driver.device(3)
    driver.handle(driver.asks_for("s3", "d1"))
    assert [error["causeCode"] for error in errors(driver, "s3")] == [95]


def test_call_that_is_over_does_not_exist(driver: Driver) -> None:
    driver.end()
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    assert errors(driver, "s2") == [{"code": -32002, "message": "CALL DOES NOT EXIST"}]


@pytest.mark.parametrize("offer", ["", sdp.event_model({})])
def test_offer_without_media_is_refused(driver: Driver, offer: str) -> None:
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1", offer))
    assert [error["code"] for error in errors(driver, "s2")] == [-32602]


def test_ping_that_nobody_saw_does_not_end_a_call_that_was_had_back(driver: Driver) -> None:
    dialog = driver.exchange._calls.dialogs[driver.dialog("d1")]
    driver.exchange._calls.pings.due(dialog)
    assert dialog.unanswered_ping
    driver.page_returns("s1", "s2", "j2")
    driver.handle(driver.asks_for("s2", "d1"))
    assert not dialog.unanswered_ping
