"""What changes about a connected call: hold, and restarts of its media path."""

from __future__ import annotations

import pytest

from ringproof.client import commands as c
from ringproof.client import events as e
from ringproof_fakeserver.protocol import sdp

from .playbook import NODE, Play

OFFER = sdp.event_model({"audio": "sendrecv"}, ice="new")


@pytest.fixture
def play():
    """Bob talks on call d1."""
    play = Play.online()
    play.ring()
    play.talk()
    play.log.clear()
    return play


def restart(play, promise="p9"):
    lines = play.give(e.RestartRequested("d1", promise))
    return lines + play.give(e.RestartOfferReady("d1", OFFER))


def agree(play, answer="v=0 answer"):
    inner = {"jsonrpc": "2.0", "id": "v", "result": {"action": "updateMedia", "sdp": answer}}
    return play.reply("verto.modify", {"code": "200", "node_id": NODE, "result": inner})


def refuse(play):
    inner = {"jsonrpc": "2.0", "id": "v", "error": {"code": -32002, "message": "NO"}}
    return play.reply("verto.modify", {"code": "200", "node_id": NODE, "result": inner})


def test_restart_sends_an_offer_and_uses_the_answer(play):
    assert restart(play) == [
        "MakeRestartOffer d1",
        "send verto.modify d1 audio=sendrecv",
        "StartTimer modify:1 5000",
    ]
    assert agree(play) == ["CancelTimer modify:1", "ApplyRestartAnswer d1", "settle p9"]
    assert play.log[-2] == c.ApplyRestartAnswer("d1", "v=0 answer")


def test_restart_that_is_refused_changes_nothing(play):
    restart(play)
    assert refuse(play) == [
        "CancelTimer modify:1",
        "error d1 updateMedia refused: NO (-32002)",
        "settle p9 updateMedia refused: NO (-32002)",
    ]
    assert play.statuses() == ["ringing"]


def test_restart_without_a_reply_is_given_up(play):
    restart(play)
    text = "no reply to updateMedia after 5000 ms"
    assert play.give(e.TimerFired("modify:1")) == [f"error d1 {text}", f"settle p9 {text}"]
    assert agree(play) == []


def test_later_restart_takes_the_place_of_one_whose_offer_is_being_made(play):
    play.give(e.RestartRequested("d1", "p8"))
    assert restart(play)[:2] == [
        "settle p8 another restart was asked for",
        "MakeRestartOffer d1",
    ]


def test_call_that_is_not_connected_is_not_restarted():
    play = Play.online()
    play.ring()
    assert play.give(e.RestartRequested("d1", "p9")) == ["settle p9 the call is not connected"]


def test_call_that_ends_meanwhile_sends_no_offer(play):
    play.give(e.RestartRequested("d1", "p9"))
    play.bye()
    assert play.give(e.RestartOfferReady("d1", OFFER)) == ["settle p9"]


def test_answer_to_a_call_that_is_over_is_not_used(play):
    restart(play)
    play.bye()
    assert agree(play) == ["CancelTimer modify:1", "settle p9"]


def test_call_without_media_says_so(play):
    play.give(e.RestartRequested("d1", "p9"))
    assert play.give(e.RestartOfferReady("d1", "")) == [
        "settle p9 the call has no media to restart"
    ]


@pytest.mark.parametrize("answer", ["", "nonsense"])
def test_answer_is_handed_on_as_it_is(play, answer):
    restart(play)
    agree(play, answer)
    assert c.ApplyRestartAnswer("d1", answer) in play.log
