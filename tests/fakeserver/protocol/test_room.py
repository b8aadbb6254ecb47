"""Room events around an answered call, as logs of production show them."""

from __future__ import annotations

from typing import Any

from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.protocol.wire_stage import WireStage

ROOM = ("call.joined", "member.updated", "layout.changed", "call.left")


def answered(platform: Platform | None = None) -> WireStage:
    """Return a stage on which Bob has answered a call on the socket ``s1``."""
    stage = WireStage(platform or Platform(media_params_ms=0))
    stage.device(1)
    stage.dial()
    stage.device_answers("s1", "d1")
    return stage


def pushed(stage: WireStage) -> list[tuple[int, dict[str, Any]]]:
    """Return the room events so far, and when each was pushed."""
    return [
        (at_ms, frame["params"])
        for at_ms, _, frame in stage.wire
        if isinstance(frame, dict) and frame.get("params", {}).get("event_type") in ROOM
    ]


def test_device_joins_once_the_answered_call_has_media() -> None:
    stage = answered()
    events = [event for _, event in pushed(stage)]
    assert [event["event_type"] for event in events] == list(ROOM[:3])
    joined = events[0]["params"]
    dialog = stage.dialog("d1")
    assert joined["call_id"] == joined["origin_call_id"] == dialog
    assert joined["capabilities"][:2] == ["self", "member"]
    [member] = joined["room_session"]["members"]
    assert (member["member_id"], member["call_id"]) == (joined["member_id"], dialog)
    assert member["subscriber_id"] == stage.bob.id
    assert events[2]["params"]["layout"]["layers"][0]["member_id"] == joined["member_id"]


def test_timestamps_are_whole_microseconds_and_channels_as_captured() -> None:
    stage = answered()
    for _, event in pushed(stage):
        assert event["timestamp"] == stage.now_ms * 1000
        in_list = not event["event_type"].startswith("call.")
        assert isinstance(event["event_channel"], list) == in_list


def test_left_comes_before_the_reply_to_a_bye_with_the_reason() -> None:
    stage = answered()
    stage.advance(1_000)
    stage.bye("s1", "d1")
    stage.advance(1_000)
    at_ms, left = pushed(stage)[-1]
    assert (at_ms, left["event_type"]) == (1_000, "call.left")
    assert left["params"]["reason"] == "Conference ending"
    assert left["params"]["member_id"] == pushed(stage)[0][1]["params"]["member_id"]
    at_ms, _, reply = stage.wire[-1]
    assert at_ms == 1_500
    assert reply["result"]["result"]["result"]["message"] == "CALL ENDED"


def test_left_comes_before_a_bye_of_the_platform() -> None:
    stage = answered()
    stage.advance(60_000)
    left, bye = stage.wire[-2][2]["params"], stage.wire[-1][2]["params"]["params"]
    assert left["event_type"] == "call.left"
    assert (bye["method"], bye["params"]["causeCode"]) == ("verto.bye", 102)


def test_call_that_never_had_media_neither_joins_nor_leaves() -> None:
    stage = WireStage(Platform())
    stage.device(1)
    stage.dial()
    stage.end()
    assert pushed(stage) == []


def test_resume_does_not_join_again() -> None:
    stage = answered()
    protocol = next(
        frame["result"]["protocol"]
        for _, _, frame in stage.wire
        if isinstance(frame, dict) and "protocol" in frame.get("result", {})
    )
    stage.close("s1")
    stage.advance(1_000)
    stage.connect("s2", stage.token("j1"), protocol=protocol)
    assert len(pushed(stage)) == 3
