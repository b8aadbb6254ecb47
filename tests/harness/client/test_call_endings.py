"""How calls end: glare, failure, decline, hang-up. Whole histories, no event loop."""

import pytest

from ringproof.client import events as e

from .playbook import Play

GONE = ["d1 disconnected", "d1 local_stream done", "d1 remote_stream done", "d1 destroyed"]
REMOVED = [*GONE, "d1 status done", "list"]


@pytest.fixture
def play():
    return Play.online()


# -- glare and failure -------------------------------------------------------------------------


def test_bye_while_media_is_acquired_sends_no_answer(play):
    play.ring()
    play.answer()
    play.give(e.OfferApplied("d1"))
    assert play.bye() == ["CloseMedia d1", *REMOVED, "settle p1"]
    assert play.give(e.LocalMediaReady("d1", (e.Track("mic", "audio"),))) == []
    assert play.give(e.AnswerReady("d1", "late")) == []
    assert play.give(e.MediaConnected("d1")) == []
    assert play.sent() == []


def test_bye_that_crosses_the_answer_ends_the_call_once(play):
    play.ring()
    play.answer()
    play.negotiate()
    assert play.bye(cause="ORIGINATOR_CANCEL") == [
        "CancelTimer answer:d1",
        "CloseMedia d1",
        *REMOVED,
        "settle p1",
    ]
    assert play.refuse("verto.answer", -32002, "CALL DOES NOT EXIST") == []
    assert play.give(e.MediaConnected("d1")) == []
    assert play.statuses() == ["ringing", "connecting", "disconnected", "destroyed"]


def test_media_alone_does_not_connect_a_call_the_platform_has_ended(play):
    """The answer is refused although the event model's transport is up (outcome/glare)."""
    play.ring()
    play.answer()
    play.negotiate()
    play.give(e.MediaConnected("d1"))
    lines = play.refuse("verto.answer", -32002, "CALL DOES NOT EXIST")
    assert lines[0] == "error d1 answer refused: CALL DOES NOT EXIST (-32002)"
    assert lines[-1] == "settle p1"
    assert play.statuses() == ["ringing", "connecting", "disconnected", "destroyed"]
    assert play.sent() == ["send verto.answer d1 audio=sendrecv"]


def test_inner_refusal_is_found_and_answered_with_a_bye(play):
    play.ring()
    play.answer()
    play.negotiate()
    inner = {"jsonrpc": "2.0", "id": "v", "error": {"code": -32000, "message": "bad sdp"}}
    lines = play.reply("verto.answer", {"code": "200", "node_id": "n", "result": inner})
    assert lines[0] == "error d1 answer refused: bad sdp (-32000)"
    assert lines[-1] == "settle p1 answer refused: bad sdp (-32000)"
    assert play.sent()[-1] == "send verto.bye d1"


def test_refusal_in_the_result_code_is_found(play):
    play.ring()
    play.answer()
    play.negotiate()
    lines = play.reply("verto.answer", {"code": "-32001", "message": "Permission Denied."})
    assert lines[0] == "error d1 answer refused: Permission Denied. (-32001)"


def test_media_failure_ends_the_call_on_both_sides(play):
    play.ring()
    play.answer()
    assert play.give(e.MediaFailed("d1", "no microphone")) == [
        "error d1 no microphone",
        "send verto.bye d1",
        "StartTimer bye:d1 5000",
        "CancelTimer bye:d1",
        "CloseMedia d1",
        *REMOVED,
        "settle p1 no microphone",
    ]
    assert play.give(e.MediaFailed("d1", "again")) == []
    assert play.confirm("verto.bye") == []


def test_unanswered_answer_fails_the_call_without_media(play):
    play.ring()
    play.answer()
    play.negotiate()
    lines = play.give(e.TimerFired("answer:d1"))
    assert lines[0] == "error d1 no reply to the answer after 5000 ms"
    assert play.statuses() == ["ringing", "connecting", "disconnected", "destroyed"]


def test_unanswered_answer_connects_when_media_flows(play):
    play.ring()
    play.answer()
    play.negotiate()
    play.give(e.MediaConnected("d1"))
    assert play.give(e.TimerFired("answer:d1")) == ["settle p1", "d1 connected"]
    assert play.confirm() == []


# -- decline -----------------------------------------------------------------------------------


def test_declined_call_ends_without_media(play):
    play.ring()
    assert play.reject() == [
        "d1 disconnected",
        "send verto.bye d1 USER_BUSY/17",
        "StartTimer bye:d1 5000",
    ]
    assert play.lists() == [("d1",)]
    assert play.confirm("verto.bye") == [
        "CancelTimer bye:d1",
        "d1 local_stream done",
        "d1 remote_stream done",
        "d1 destroyed",
        "d1 status done",
        "list",
        "settle p2",
    ]
    assert play.statuses() == ["ringing", "disconnected", "destroyed"]


def test_answer_after_reject_has_no_effect(play):
    play.ring()
    play.reject()
    assert play.answer() == ["settle p1"]


def test_decline_and_give_up_crossing_end_the_call_once(play):
    play.ring()
    play.reject()
    play.bye(cause="ORIGINATOR_CANCEL")
    assert play.refuse("verto.bye", -32002, "CALL DOES NOT EXIST") == []
    assert play.statuses() == ["ringing", "disconnected", "destroyed"]


# -- hang up -----------------------------------------------------------------------------------


def test_hang_up_walks_all_three_without_an_echo(play):
    play.ring()
    play.talk()
    assert play.hang_up() == [
        "d1 disconnecting",
        "CloseMedia d1",
        "send verto.bye d1",
        "StartTimer bye:d1 5000",
    ]
    assert play.confirm("verto.bye") == ["CancelTimer bye:d1", *REMOVED, "settle p3"]
    assert play.statuses()[3:] == ["disconnecting", "disconnected", "destroyed"]


def test_hang_up_walks_all_three_with_an_echo(play):
    play.ring()
    play.talk()
    play.hang_up()
    assert play.bye() == ["CancelTimer bye:d1", *REMOVED, "settle p3"]
    assert play.confirm("verto.bye") == []
    assert play.statuses()[3:] == ["disconnecting", "disconnected", "destroyed"]


def test_hang_up_ends_even_when_the_platform_is_silent(play):
    play.ring()
    play.talk()
    play.hang_up()
    assert play.give(e.TimerFired("bye:d1")) == [*REMOVED, "settle p3"]


def test_hang_up_while_ringing(play):
    play.ring()
    play.hang_up()
    play.confirm("verto.bye")
    assert play.statuses() == ["ringing", "disconnecting", "disconnected", "destroyed"]


def test_hang_up_while_connecting_takes_the_answer_back(play):
    play.ring()
    play.answer()
    play.negotiate()
    assert play.hang_up() == [
        "d1 disconnecting",
        "CloseMedia d1",
        "CancelTimer answer:d1",
        "send verto.bye d1",
        "StartTimer bye:d1 5000",
    ]
    assert play.confirm("verto.answer") == []
    assert play.confirm("verto.bye")[-2:] == ["settle p1", "settle p3"]
    assert play.statuses() == [
        "ringing",
        "connecting",
        "disconnecting",
        "disconnected",
        "destroyed",
    ]


def test_second_hang_up_waits_for_the_same_end(play):
    play.ring()
    play.talk()
    play.hang_up()
    assert play.hang_up(promise="p4") == []
    assert play.confirm("verto.bye")[-2:] == ["settle p3", "settle p4"]
    assert play.hang_up(promise="p5") == ["settle p5"]


def test_timer_that_comes_too_late_is_ignored(play):
    play.ring()
    play.bye()
    assert play.give(e.TimerFired("bye:d1")) == []
