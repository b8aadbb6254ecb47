"""A page that was opened again gets the calls of the page before it."""

from __future__ import annotations

import pytest

from ringproof.client import events as e
from ringproof.client.connection import Stored
from ringproof_fakeserver.protocol import jsonrpc
from tests.harness.client.playbook import AUDIO, NODE, PROTOCOL, Play


def left(*, keep: bool = True, kinds: tuple[str, ...] = ("audio",)) -> Stored:
    """A page with a connected call and one that rings has closed; what did it keep?"""
    play = Play.online()
    play.core.reattachments.keep(keep)
    play.ring("d1")
    play.talk("d1")
    play.ring("d2")
    play.log.clear()
    play.give(e.PageUnloading())
    assert play.sent() == ([] if keep else ["send verto.bye d1"])
    return play.core.stored


def returned(stored: Stored, *, keep: bool = True) -> Play:
    """Open the page again, up to its being online."""
    play = Play()
    play.core.reattachments.keep(keep)
    play.core.restore(stored)
    play.give(e.Started())
    play.connect()
    return play


def online(play: Play) -> list[str]:
    return play.reply("subscriber.online", {"code": "200", "message": "OK"})


def asked() -> Play:
    """The page has sent its invite."""
    play = returned(left())
    online(play)
    play.give(e.LocalMediaReady("d1", (e.Track("mic", "audio"),)))
    play.give(e.OfferMade("d1", AUDIO))
    return play


def created(play: Play) -> list[str]:
    inner = {"jsonrpc": "2.0", "id": "v", "result": {"message": "CALL CREATED", "callID": "d1"}}
    return play.reply("verto.invite", {"code": "200", "node_id": NODE, "result": inner})


def refused(play: Play) -> list[str]:
    error = {"code": -32002, "message": "Cannot reattach", "causeCode": 95}
    inner = {"jsonrpc": "2.0", "id": "v", "error": error}
    return play.reply("verto.invite", {"code": "200", "node_id": NODE, "result": inner})


def answer(play: Play, call: str = "d1", sdp: str = AUDIO) -> list[str]:
    return play.verto("verto.answer", {"callID": call, "sdp": sdp})


def test_only_connected_calls_are_kept() -> None:
    [kept] = left().calls
    assert (kept.info.id, kept.node, kept.audio, kept.video) == ("d1", NODE, True, False)
    assert kept.kinds == ("audio",)
    assert left(keep=False).calls == ()


def test_call_is_asked_for_once_the_page_is_online() -> None:
    play = returned(left())
    assert online(play) == [
        "add d1",
        "list d1",
        "PrepareOffer d1 ('audio',)",
        "AcquireMedia d1 True False (0, 0)",
    ]
    assert play.give(e.LocalMediaReady("d1", (e.Track("mic", "audio"),))) == [
        "d1 local stream audio",
        "MakeOffer d1",
    ]
    lines = play.give(e.OfferMade("d1", AUDIO))
    assert lines == ["send verto.invite d1 audio=sendrecv", "StartTimer reattach:d1 5000"]
    assert created(play) == []
    assert answer(play) == ["ApplyAnswer d1", "CancelTimer reattach:d1"]
    assert play.give(e.RemoteTrack("d1", e.Track("far", "audio"))) == ["d1 remote stream audio"]
    assert play.give(e.MediaConnected("d1")) == ["d1 connected"]


def test_invite_says_that_the_call_is_an_old_one() -> None:
    play = asked()
    frame = next(one for one in reversed(play.log) if "verto.invite" in str(one))
    about = jsonrpc.parse(frame.text).params  # type: ignore[attr-defined]
    assert b'"attach":true' in bytes(about)
    assert b'"reattaching":true' in bytes(about)


def test_call_that_sends_nothing_is_offered_without_devices() -> None:
    stored = left()
    [kept] = stored.calls
    silent = type(kept)(kept.info, kept.node, audio=False, video=False, kinds=kept.kinds)
    play = returned(stored._replace(calls=(silent,)))
    assert online(play)[-1] == "MakeOffer d1"


def test_page_that_does_not_want_them_asks_for_nothing() -> None:
    play = returned(left(), keep=False)
    assert online(play) == []


def test_second_registration_asks_for_nothing_more() -> None:
    play = asked()
    play.give(e.SocketClosed(1006))
    play.connect()
    assert online(play) == []


def test_call_that_ended_meanwhile_is_not_asked_for() -> None:
    play = returned(left())
    play.bye("d1")
    assert online(play) == []


def test_refused_call_is_told_and_leaves_the_list() -> None:
    play = asked()
    assert refused(play) == [
        "error d1 the call cannot be had back: Cannot reattach (-32002)",
        "CancelTimer reattach:d1",
        "CloseMedia d1",
        "d1 disconnected",
        "d1 local_stream done",
        "d1 remote_stream done",
        "d1 destroyed",
        "d1 status done",
        "list",
    ]
    assert answer(play) == []


def test_platform_that_never_answers_is_given_up() -> None:
    play = asked()
    lines = play.give(e.TimerFired("reattach:d1"))
    assert lines[0] == "error d1 no answer to the offer after 5000 ms"
    assert lines[-1] == "list"
    assert play.give(e.TimerFired("reattach:d1")) == []


def test_call_that_is_hung_up_meanwhile_gets_no_invite() -> None:
    play = returned(left())
    online(play)
    play.hang_up("d1")
    assert play.give(e.OfferMade("d1", AUDIO)) == []


@pytest.mark.parametrize(("call", "sdp"), [("d9", AUDIO), ("d1", "")])
def test_answer_for_nobody_changes_nothing(call: str, sdp: str) -> None:
    assert answer(asked(), call, sdp) == []


def test_calls_go_with_a_session_that_is_forgotten() -> None:
    play = Play()
    play.core.reattachments.keep(True)
    play.core.restore(left())
    play.give(e.Started())
    play.give(e.SocketOpened())
    play.refuse("signalwire.connect", -32003, "Requester validation failed")
    play.give(e.SocketClosed(1000))
    lines = play.connect(protocol=f"{PROTOCOL}-new")
    assert "error d1 the call is lost with its session" in lines
    assert online(play) == []
