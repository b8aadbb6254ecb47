"""Calls that a client places: Alice's device ``s1`` calls Bob's, ``s2`` and ``s3``."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.commands import CreateOffer
from ringproof_fakeserver.protocol.events import (
    FaultsPlanned,
    FrameReceived,
    LegAnswered,
    MediaConnected,
    MediaFailed,
    NextCallLabelled,
    TimerFired,
)
from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import AUDIO, AUDIO_VIDEO, Driver, play


@pytest.fixture
def driver() -> Driver:
    """Alice has one device online, Bob has two."""
    driver = Driver()
    alice = driver.directory.find_or_create("alice@example.com", {"display_name": "Alice"}, 0)
    driver.device(1, alice)
    driver.device(2)
    driver.device(3)
    return driver


def invites(driver: Driver, socket: str) -> list[dict[str, Any]]:
    """The parameters of the invites that a socket was sent."""
    inner = [frame["params"]["params"] for frame in driver.sent(socket) if "params" in frame]
    return [each["params"] for each in inner if each.get("method") == "verto.invite"]


def replies(driver: Driver, socket: str) -> list[dict[str, Any]]:
    """The innermost replies to the verto requests of a socket."""
    results = [frame["result"] for frame in driver.sent(socket) if "result" in frame]
    return [result["result"] for result in results if "result" in result]


def connect(driver: Driver) -> None:
    """Bob's first device answers Alice's call ``x``, and both legs are up."""
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    driver.answer("s2", "d1")
    driver.handle(LegAnswered("x", AUDIO))
    driver.handle(MediaConnected("x", real=False))


def test_who_placed_a_call_is_busy_once_it_is_answered(driver: Driver) -> None:
    alice = driver.directory.resolve("/private/alice")
    assert alice is not None
    driver.exchange.set_platform(alice.id, Platform(busy="reject"))
    driver.handle(driver.places("s1", "x"))
    driver.dial("c1", to="/private/alice")
    assert driver.exchange.call_state("c1") == "created", "nobody is on a call while one rings"
    driver.end("c1")
    driver.ring("d1", "d2")
    driver.answer("s2", "d1")
    driver.handle(LegAnswered("x", AUDIO))
    driver.dial("c2", to="/private/alice")
    assert driver.ended("c2") == ("busy", "platform")


def test_deleted_subscriber_places_no_calls(driver: Driver) -> None:
    alice = driver.directory.resolve("/private/alice")
    assert alice is not None
    driver.directory.delete_subscriber(alice)
    lines = driver.after(driver.places("s1", "x"))
    assert lines[-1] == "s1 < error verto.invite x -32002"


def test_call_from_its_invite_to_joined_media(driver: Driver) -> None:
    play(
        driver,
        (
            driver.places("s1", "x"),
            [
                "j1 > verto.invite x",
                "s1 < result verto.invite x",
                "dialog x placed",
                "call x created",
                "timer ring:x 60000",
                "leg d1 offers audio",
                "leg d2 offers audio",
            ],
        ),
    )
    assert driver.ring("d1") == ["s2 < verto.invite d1", "dialog d1 offered", "call x ringing"]
    driver.ring("d2")
    lines = driver.answer("s2", "d1")
    assert "leg x answers an offer" in lines
    play(
        driver,
        (
            LegAnswered("x", AUDIO),
            ["dialog x answered", "s1 < verto.answer x", "timer ping:x 9000"],
        ),
        (
            MediaConnected("x", real=False),
            [
                "media x connected",
                "s1 < call.joined x",
                "s1 < member.updated x",
                "s1 < layout.changed x",
                "timer params:x 400",
                "leg x joined with d1",
            ],
        ),
    )
    assert driver.states("x") == ["created", "ringing", "answered"]


def test_reply_names_call_and_member_before_anything_else_about_the_call(driver: Driver) -> None:
    connect(driver)
    about = [frame for frame in driver.sent("s1") if '"x"' in msgspec.json.encode(frame).decode()]
    created = about[0]["result"]["result"]["result"]
    assert (created["message"], created["callID"]) == ("CALL CREATED", "x")
    joined = next(frame for frame in about if "call.joined" in str(frame))
    assert joined["params"]["params"]["member_id"] == created["memberID"] != ""
    [answer] = [frame for frame in about if "verto.answer" in str(frame)]
    assert answer["params"]["params"]["params"] == {"callID": "x", "sdp": AUDIO}


def test_callee_sees_the_address_and_name_of_the_caller(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x", to="/private/bob?channel=audio"))
    driver.ring("d1")
    [invite] = invites(driver, "s2")
    assert {key: value for key, value in invite.items() if key.startswith("call")} == {
        "callID": driver.dialog("d1"),
        "caller_id_name": "Alice",
        "caller_id_number": "/private/alice",
        "callee_id_name": "Bob",
        "callee_id_number": "/private/bob",
    }


@pytest.mark.parametrize(
    ("offer", "kinds"), [(AUDIO, ("audio",)), (AUDIO_VIDEO, ("audio", "video"))]
)
def test_callee_is_offered_what_the_caller_offered(
    driver: Driver, offer: str, kinds: tuple[str, ...]
) -> None:
    commands = driver.handle(driver.places("s1", "x", sdp=offer))
    assert {each.media for each in commands if isinstance(each, CreateOffer)} == {kinds}


def test_media_is_joined_whichever_leg_is_up_first(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    driver.handle(driver.verto("s2", "d1", "verto.answer", sdp=AUDIO))
    driver.handle(LegAnswered("x", AUDIO))
    assert "leg x joined with d1" not in driver.after(MediaConnected("x", real=False))
    connected = MediaConnected(driver.dialog("d1"), real=False)
    assert driver.after(connected)[-1] == "leg x joined with d1"


def test_caller_who_hangs_up_while_it_rings_cancels(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    lines = driver.bye("s1", "x")
    assert [line for line in lines if "verto.bye" in line] == [
        "j1 > verto.bye x -",
        "s2 < verto.bye d1 ORIGINATOR_CANCEL",
        "s3 < verto.bye d2 ORIGINATOR_CANCEL",
        "s1 < result verto.bye x",
    ]
    assert driver.ended("x") == ("cancel", "origin")


def test_caller_who_hangs_up_later_ends_the_call_of_the_callee(driver: Driver) -> None:
    connect(driver)
    lines = driver.bye("s1", "x")
    assert "s2 < verto.bye d1 NORMAL_CLEARING" in lines
    assert not [line for line in lines if line.startswith("s1 < verto.bye")], "no echo"
    assert lines.index("s1 < call.left x") < lines.index("s1 < result verto.bye x")
    assert driver.ended("x") == ("hangup", "origin")


def test_callee_who_hangs_up_ends_the_call_of_the_caller(driver: Driver) -> None:
    connect(driver)
    assert "s1 < verto.bye x NORMAL_CLEARING" in driver.bye("s2", "d1")
    assert driver.ended("x") == ("hangup", "callee")


def test_caller_is_told_the_cause_of_the_last_decline(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    assert not [line for line in driver.decline("s2", "d1") if line.startswith("s1 <")]
    assert "s1 < verto.bye x USER_BUSY" in driver.decline("s3", "d2")
    assert driver.ended("x") == ("decline", "callee")


def test_caller_is_told_that_nobody_answered(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    assert "s1 < verto.bye x NO_ANSWER" in driver.after(TimerFired("ring:x"))
    assert driver.ended("x") == ("noAnswer", "timer")


def test_unknown_destination_has_no_route(driver: Driver) -> None:
    play(
        driver,
        (
            driver.places("s1", "x", to="/private/nobody"),
            [
                "j1 > verto.invite x",
                "s1 < result verto.invite x",
                "dialog x placed",
                "call x created",
                "call x ended error by platform",
                "s1 < verto.bye x NO_ROUTE_DESTINATION",
                "leg x closes",
                "dialog x ended NO_ROUTE_DESTINATION",
            ],
        ),
    )


def test_call_to_somebody_offline_rings_the_device_that_comes_online(driver: Driver) -> None:
    driver.close("s2")
    driver.close("s3")
    driver.handle(driver.places("s1", "x"))
    assert driver.states("x") == ["created"]
    driver.device(4)
    driver.ring(driver.newest_dialog())
    assert len(invites(driver, "s4")) == 1


@pytest.mark.parametrize(
    ("about", "offer", "code"),
    [
        ({"destination_number": ""}, AUDIO, -32602),
        ({}, "", -32602),
        ({}, sdp.event_model({}), -32602),
        ({"screenShare": True}, AUDIO, -32002),
        ({"additionalDevice": True}, AUDIO, -32002),
    ],
)
def test_invite_that_cannot_be_carried_out_is_refused(
    driver: Driver, about: dict[str, Any], offer: str, code: int
) -> None:
    driver.handle(driver.places("s1", "x", sdp=offer, **about))
    assert [reply["error"]["code"] for reply in replies(driver, "s1")] == [code]
    assert driver.exchange.call_count() == 0


def test_guests_are_refused_by_name(driver: Driver) -> None:
    driver.connect("s9", driver.token("j9", kind="guest", subscriber=""))
    driver.handle(driver.places("s9", "x"))
    assert "guests" in replies(driver, "s9")[-1]["error"]["message"]


def test_no_more_calls_than_the_platform_takes() -> None:
    driver = Driver(max_calls=1)
    driver.device(1)
    driver.handle(driver.places("s1", "x"))
    driver.handle(driver.places("s1", "y"))
    assert "error" in replies(driver, "s1")[-1]


def test_call_id_in_use_is_refused(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.handle(driver.places("s1", "x"))
    driver.handle(driver.places("s2", "x"))
    assert "error" in replies(driver, "s1")[-1]
    assert "error" in replies(driver, "s2")[-1]
    assert driver.exchange.call_count() == 1


def test_same_request_again_after_a_resume_is_confirmed_again(driver: Driver) -> None:
    invite = driver.places("s1", "x")
    driver.handle(invite)
    driver.close("s1")
    protocol = driver.sent("s1")[0]["result"]["protocol"]
    state = driver.authorization_states("s1")[-1]
    owner = driver.directory.by_reference("alice@example.com")
    driver.connect("s4", driver.token("j1", owner), protocol=protocol, authorization_state=state)
    driver.handle(FrameReceived("s4", invite.text))
    first, again = replies(driver, "s1")[-1], replies(driver, "s4")[-1]
    assert first == again
    assert driver.exchange.call_count() == 1


def test_answer_waits_for_the_socket_of_the_caller(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    driver.close("s1")
    driver.answer("s2", "d1")
    assert "s1 < verto.answer x" not in driver.after(LegAnswered("x", AUDIO))
    protocol = driver.sent("s1")[0]["result"]["protocol"]
    state = driver.authorization_states("s1")[-1]
    owner = driver.directory.by_reference("alice@example.com")
    resumed = {"protocol": protocol, "authorization_state": state}
    assert "s4 < verto.answer x" in driver.connect("s4", driver.token("j1", owner), **resumed)


def test_caller_who_does_not_come_back_ends_the_call(driver: Driver) -> None:
    connect(driver)
    driver.close("s1")
    [timer] = [name for name in timers(driver) if name.startswith("grace:")]
    assert "s2 < verto.bye d1 RECOVERY_ON_TIMER_EXPIRE" in driver.after(TimerFired(timer))


def timers(driver: Driver) -> list[str]:
    """Names of the timers that were started."""
    return [name for each in driver.commands if (name := getattr(each, "name", ""))]


def test_leg_of_the_caller_that_fails_ends_the_call_for_both(driver: Driver) -> None:
    driver.handle(driver.places("s1", "x"))
    driver.ring("d1", "d2")
    driver.answer("s2", "d1")
    lines = driver.after(MediaFailed("x", "an unusable offer"))
    assert "s1 < verto.bye x INCOMPATIBLE_DESTINATION" in lines
    assert "s2 < verto.bye d1 INCOMPATIBLE_DESTINATION" in lines


def test_leg_of_the_callee_that_fails_ends_the_call_for_both(driver: Driver) -> None:
    connect(driver)
    lines = driver.after(MediaFailed(driver.dialog("d1"), "lost"))
    assert "s1 < verto.bye x MEDIA_TIMEOUT" in lines


def test_page_of_the_caller_that_reloads_is_joined_again(driver: Driver) -> None:
    connect(driver)
    about = {"attach": True, "reattaching": True}
    driver.handle(driver.places("s1", "x", **about))
    driver.handle(LegAnswered("x", AUDIO))
    assert driver.after(MediaConnected("x", real=False))[-1] == "leg x joined with d1"


def test_caller_can_call_an_own_address(driver: Driver) -> None:
    driver.handle(driver.places("s2", "x"))
    driver.ring("d1", "d2")
    assert len(invites(driver, "s2")) == len(invites(driver, "s3")) == 1
    driver.answer("s3", "d2")
    assert "s2 < verto.answer x" in driver.after(LegAnswered("x", AUDIO))


def test_next_call_of_a_session_can_be_labelled_for_faults(driver: Driver) -> None:
    driver.handle(NextCallLabelled("j1", "seven"))
    driver.handle(FaultsPlanned("j2", (Rule(what="drop", point="invite", call="seven"),)))
    driver.handle(driver.places("s1", "x"))
    assert "fault drop invite d1" in driver.ring("d1")
    driver.handle(driver.places("s1", "y"))
    assert "fault drop invite d3" not in driver.ring("d3")


def test_platform_variants_of_the_caller_apply_to_the_caller(driver: Driver) -> None:
    alice = driver.directory.by_reference("alice@example.com")
    assert alice is not None
    driver.exchange.set_platform(alice.id, Platform(bye_echo=True))
    connect(driver)
    assert "s1 < verto.bye x NORMAL_CLEARING" in driver.bye("s1", "x")
