"""Calls that the client places: ``o1`` goes to Carol, promise ``p1``."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ringproof.client import events as e
from ringproof.client.commands import SendFrame
from ringproof.client.core import ClientCore
from ringproof.client.parts import REFERENCE
from tests.harness.client.playbook import AUDIO, NODE, Play

CREATED = {"message": "CALL CREATED", "callID": "o1", "memberID": "m1"}


def dial(play: Play, *, audio: bool = True, video: bool = False) -> list[str]:
    return play.give(e.DialRequested("o1", "p1", "/private/carol", audio, video))


def invited() -> Play:
    """The client has sent its invite."""
    play = Play.online()
    dial(play)
    play.give(e.LocalMediaReady("o1", (e.Track("mic", "audio"),)))
    play.give(e.OfferMade("o1", AUDIO))
    play.log.clear()
    return play


def replied(play: Play, kind: str = "result", value: object = None) -> list[str]:
    inner = {"jsonrpc": "2.0", "id": "v", kind: value or CREATED}
    return play.reply("verto.invite", {"code": "200", "node_id": NODE, "result": inner})


def answered(play: Play, sdp: str = AUDIO) -> list[str]:
    return play.verto("verto.answer", {"callID": "o1", "sdp": sdp})


def connected() -> Play:
    """Carol has accepted, and media flows."""
    play = invited()
    replied(play)
    answered(play)
    play.give(e.RemoteTrack("o1", e.Track("far", "audio")))
    play.give(e.MediaConnected("o1"))
    play.log.clear()
    return play


def test_call_from_the_dial_to_media() -> None:
    play = Play.online()
    assert dial(play) == ["PrepareOffer o1 ('audio',)", "AcquireMedia o1 True False (0, 0)"]
    assert play.give(e.LocalMediaReady("o1", (e.Track("mic", "audio"),))) == [
        "o1 local stream audio",
        "MakeOffer o1",
    ]
    assert play.give(e.OfferMade("o1", AUDIO)) == [
        "send verto.invite o1 audio=sendrecv",
        "StartTimer dial:o1 5000",
    ]
    assert replied(play) == ["CancelTimer dial:o1", "settle p1"]
    assert answered(play) == ["o1 connecting", "ApplyAnswer o1"]
    assert play.give(e.RemoteTrack("o1", e.Track("far", "audio"))) == ["o1 remote stream audio"]
    assert play.give(e.MediaConnected("o1")) == ["o1 connected"]


def test_invite_names_whom_it_is_for() -> None:
    play = Play.online()
    dial(play)
    play.give(e.OfferMade("o1", AUDIO))
    [frame] = [each.text for each in play.log if isinstance(each, SendFrame)]
    dialog = msgspec.json.decode(frame)["params"]["message"]["params"]["dialogParams"]
    assert dialog == {
        "callID": "o1",
        "destination_number": "/private/carol",
        "caller_id_name": "",
        "caller_id_number": "",
        "remote_caller_id_name": "",
        "remote_caller_id_number": "/private/carol",
    }


def test_video_is_offered_only_where_it_is_sent() -> None:
    play = Play.online()
    lines = dial(play, video=True)
    assert lines == ["PrepareOffer o1 ('audio', 'video')", "AcquireMedia o1 True True (0, 0)"]
    play = Play.online()
    assert dial(play, audio=False) == ["PrepareOffer o1 ('audio',)", "MakeOffer o1"]


def test_inbound_list_knows_nothing_of_it() -> None:
    play = connected()
    play.ring("d1")
    play.hang_up("o1")
    play.confirm("verto.bye")
    assert play.lists() == [("d1",)]
    assert [record.info.id for record in play.core.calls.listed] == ["d1"]


def test_hang_up_while_it_rings() -> None:
    play = invited()
    replied(play)
    lines = play.hang_up("o1")
    assert lines[:3] == ["o1 disconnecting", "CloseMedia o1", "send verto.bye o1"]
    assert play.confirm("verto.bye")[-3:] == ["o1 destroyed", "o1 status done", "settle p3"]


def test_hang_up_before_the_reply_settles_both_promises() -> None:
    play = invited()
    play.hang_up("o1")
    assert play.confirm("verto.bye")[-2:] == ["settle p1", "settle p3"]
    assert replied(play) == []


@pytest.mark.parametrize("stage", [invited, connected])
def test_far_side_ends_it(stage: Callable[[], Play]) -> None:
    lines = stage().bye("o1", "USER_BUSY")
    assert "o1 disconnected" in lines
    assert lines[-1] in ("settle p1", "o1 status done")


def test_refusal_fails_the_dial_and_sends_no_bye() -> None:
    play = invited()
    lines = replied(play, "error", {"code": -32002, "message": "NO"})
    assert "error o1 the call was refused: NO (-32002)" in lines
    assert lines[-1] == "settle p1 the call was refused: NO (-32002)"
    assert not [line for line in lines if "verto.bye" in line]


def test_silent_platform_fails_the_dial_with_a_bye() -> None:
    play = invited()
    lines = play.give(e.TimerFired("dial:o1"))
    assert "send verto.bye o1" in lines
    assert lines[-1] == "settle p1 no reply to the call after 5000 ms"


def test_failed_devices_fail_the_dial() -> None:
    play = Play.online()
    dial(play)
    lines = play.give(e.MediaFailed("o1", "NotAllowedError"))
    assert lines[-1] == "settle p1 NotAllowedError"
    assert not play.sent(), "the platform knows of no call"
    assert play.give(e.OfferMade("o1", AUDIO)) == []


def test_answer_without_a_description_or_for_another_call_changes_nothing() -> None:
    play = invited()
    assert answered(play, "") == []
    assert play.verto("verto.answer", {"callID": "other", "sdp": AUDIO}) == []


def test_late_events_of_a_call_that_is_over_change_nothing() -> None:
    play = invited()
    play.bye("o1")
    assert answered(play) == []
    assert play.give(e.TimerFired("dial:o1")) == []
    assert replied(play) == []


def test_lost_session_ends_it() -> None:
    play = connected()
    play.core.calls.lost()
    assert play.core.calls.live == ()


def test_session_lost_before_the_reply_fails_the_dial() -> None:
    play = invited()
    play.core.calls.lost()
    assert "settle p1 the session was lost before the reply" in play.give(e.Started())


def test_call_that_was_placed_is_not_answered_by_its_caller() -> None:
    play = invited()
    assert play.give(e.AnswerRequested("o1", "p2", True, True)) == ["settle p2"]
    assert answered(play) != []


def test_page_that_closes_hangs_up_whatever_its_status() -> None:
    play = invited()
    assert "send verto.bye o1" in play.give(e.PageUnloading())


def test_platform_pings_it_too() -> None:
    play = connected()
    assert play.verto("verto.ping", {"callID": "o1"}) == ["send verto.pong o1"]


def test_user_gets_a_call_object_that_is_in_no_list() -> None:
    core = ClientCore("token", iter("abcdefgh").__next__)
    session = REFERENCE.session(core, lambda _: None, lambda _: None)
    lists: list[int] = []
    session.incoming_calls.subscribe(lambda calls: lists.append(len(calls)))
    call, taken = session.dial("/private/carol", video=True)
    statuses: list[str] = []
    call.statuses.subscribe(statuses.append)
    assert (call.direction, call.to, call.status) == ("outbound", "/private/carol", "trying")
    session.dispatch(e.MediaFailed(call.id, "NotAllowedError"))
    assert statuses == ["trying", "disconnected", "destroyed"]
    assert taken.error == "NotAllowedError"
    assert lists == [0]
