"""Each mutant does its one thing wrong, and nothing else of what a play can see."""

import pytest

from harness import mutants
from harness.client import events as e
from harness.client.client import Client

from .playbook import AUDIO_VIDEO, Play


def play_of(name):
    mutant = mutants.find(name)
    assert mutant is not None
    return Play.online(mutant.calls)


def life(play):
    """One call, from its ring to the caller's hang-up."""
    play.ring()
    play.talk()
    play.bye()
    return play.log


def test_there_are_five_each_with_its_own_clause():
    names = [mutant.name for mutant in mutants.all()]
    clauses = {mutant.clause for mutant in mutants.all()}
    assert len(names) == len(set(names)) == len(clauses) == 5
    assert all(mutant.fault and mutant.clause not in mutant.entails for mutant in mutants.all())
    assert mutants.find("nobody") is None


@pytest.mark.parametrize("mutant", mutants.all(), ids=lambda mutant: mutant.name)
def test_mutant_is_made_into_cores_and_clients(mutant):
    assert mutant.factory.func is Client
    assert mutant.factory.keywords["core"]("token", lambda: "id").handle(e.Started())


def test_early_stream_comes_while_ringing_and_not_again():
    play = play_of("stream-before-accept")
    play.invite(sdp=AUDIO_VIDEO)
    assert play.give(e.LookupAnswered("d1"))[2:] == [
        "d1 remote stream audio",
        "d1 remote stream audio,video",
    ]
    play.answer()
    assert "d1 remote stream audio" not in play.negotiate()
    assert play.statuses() == ["ringing", "connecting"]


def test_newest_only_hides_every_other_call():
    play = play_of("list-newest-only")
    for call in ("d1", "d2", "d3"):
        play.ring(call)
    play.bye("d1")
    play.bye("d3")
    play.bye("d2")
    assert play.lists() == [("d1",), ("d2",), ("d3",), ("d2",), ()]


def test_connected_call_is_dropped_from_the_list_and_lives_on():
    play = play_of("list-drops-connected")
    play.ring("d1")
    play.talk("d1")
    play.ring("d2")
    play.bye("d1")
    assert play.lists() == [("d1",), (), ("d2",)]
    assert play.statuses("d1") == [
        "ringing",
        "connecting",
        "connected",
        "disconnected",
        "destroyed",
    ]


def test_connecting_is_skipped_and_nothing_else():
    play = play_of("status-skips-connecting")
    log = life(play)
    assert play.statuses() == ["ringing", "connected", "disconnected", "destroyed"]
    whole = life(Play.online())
    assert len(log) == len(whole) - 1


def test_cancelled_call_is_answered_on_the_wire_alone():
    play = play_of("outcome-resurrects-cancelled")
    play.ring()
    play.bye(cause="ORIGINATOR_CANCEL")
    assert play.answer() == ["send verto.answer d1 audio=sendrecv", "settle p1"]
    assert play.refuse("verto.answer", -32002, "CALL DOES NOT EXIST") == []
    assert play.answer() == ["settle p1"]
    assert play.statuses() == ["ringing", "disconnected", "destroyed"]
    assert play.lists() == [("d1",), ()]


def test_only_cancelled_calls_are_answered_after_their_end():
    play = play_of("outcome-resurrects-cancelled")
    play.ring()
    play.reject()
    play.bye()
    play.ring("d2")
    play.talk("d2")
    play.bye("d2")
    assert play.answer("d1") == play.answer("d2") == ["settle p1"]


def test_memory_of_cancelled_calls_is_bounded():
    play = play_of("outcome-resurrects-cancelled")
    for number in range(300):
        play.ring(f"d{number}")
        play.bye(f"d{number}")
    assert play.answer("d0") == ["settle p1"]
    assert play.answer("d299")[0].startswith("send verto.answer")
