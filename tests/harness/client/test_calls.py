"""What happens to an inbound call, as whole histories, without an event loop."""

import pytest

from ringproof.client import commands as c
from ringproof.client import events as e
from ringproof.client.calls import OVER_MAX

from .playbook import AUDIO_VIDEO, Play

GONE = ["d1 disconnected", "d1 local_stream done", "d1 remote_stream done", "d1 destroyed"]
REMOVED = [*GONE, "d1 status done", "list"]


@pytest.fixture
def play():
    return Play.online()


# -- ringing -----------------------------------------------------------------------------------


def test_invite_is_listed_after_the_lookup(play):
    assert play.invite() == ["Lookup d1 /private/bob"]
    assert play.give(e.LookupAnswered("d1")) == ["add d1", "list d1"]


def test_call_carries_what_the_platform_sent(play):
    play.ring(caller_id_name="_undef_", callee_id_number="/private/bob-alias?channel=audio")
    info = next(command.info for command in play.log if isinstance(command, c.AddCall))
    assert info == c.CallInfo(
        "d1", "/private/alice", "_undef_", "/private/bob-alias?channel=audio", "Bob"
    )


def test_lookup_asks_without_the_query_string(play):
    assert play.invite(callee_id_number="/private/bob?channel=audio") == ["Lookup d1 /private/bob"]


def test_lookup_asks_for_the_caller_when_no_callee_is_named(play):
    assert play.invite(callee_id_number="") == ["Lookup d1 /private/alice"]


def test_bye_during_the_lookup_leaves_no_zombie(play):
    play.invite()
    assert play.bye() == []
    assert play.give(e.LookupAnswered("d1")) == []
    assert play.lists() == []


def test_second_invite_for_a_live_call_is_ignored(play):
    play.invite()
    assert play.invite() == []
    play.give(e.LookupAnswered("d1"))
    assert play.invite() == []
    assert play.lists() == [("d1",)]


def test_second_lookup_answer_is_ignored(play):
    play.ring()
    assert play.give(e.LookupAnswered("d1")) == []


def test_invite_without_an_offer_is_reported(play):
    assert play.invite(sdp="") == ["error d1 an invite without an offer"]


def test_bye_for_an_unknown_call_is_ignored(play):
    assert play.bye("nobody") == []


def test_caller_gives_up(play):
    play.ring()
    assert play.bye(cause="ORIGINATOR_CANCEL") == REMOVED
    assert play.statuses() == ["ringing", "disconnected", "destroyed"]
    assert play.sent() == []


def test_live_call_answers_a_verto_ping(play):
    play.ring()
    assert play.verto("verto.ping", {"callID": "d1"}) == ["send verto.pong d1"]
    assert play.confirm("verto.pong") == []
    assert play.verto("verto.ping", {"callID": "nobody"}) == []


# -- accept ------------------------------------------------------------------------------------


def test_accepted_call_walks_to_the_end_of_the_caller(play):
    play.ring()
    assert play.answer() == ["d1 connecting", "ApplyOffer d1"]
    assert play.negotiate() == [
        "d1 remote stream audio",
        "AcquireMedia d1 True False (0, 0)",
        "d1 local stream audio",
        "MakeAnswer d1",
        "send verto.answer d1 audio=sendrecv",
        "StartTimer answer:d1 5000",
    ]
    assert play.confirm() == ["CancelTimer answer:d1", "settle p1"]
    assert play.give(e.MediaConnected("d1")) == ["d1 connected"]
    assert play.bye() == ["CloseMedia d1", *REMOVED]
    assert play.statuses() == ["ringing", "connecting", "connected", "disconnected", "destroyed"]
    assert play.lists() == [("d1",), ()]


def test_media_may_connect_before_the_confirmation(play):
    play.ring()
    play.answer()
    play.negotiate()
    assert play.give(e.MediaConnected("d1")) == []
    assert play.confirm() == ["CancelTimer answer:d1", "settle p1", "d1 connected"]


@pytest.mark.parametrize(
    ("asked", "acquired"),
    [
        ((None, None), "True False"),
        ((True, True), "True True"),
        ((False, True), "False True"),
        ((None, True), "True True"),
        ((True, None), "True False"),
    ],
)
def test_answer_acquires_what_was_asked_and_no_more(play, asked, acquired):
    play.ring()
    play.answer(audio=asked[0], video=asked[1])
    assert play.give(e.OfferApplied("d1")) == [f"AcquireMedia d1 {acquired} (0, 0)"]


def test_answer_acquires_the_chosen_devices(play):
    play.ring()
    play.give(e.AnswerRequested("d1", "p1", True, True, (1, 0)))
    assert play.give(e.OfferApplied("d1")) == ["AcquireMedia d1 True True (1, 0)"]


def test_answer_without_any_media_opens_no_device_and_shows_no_local_stream(play):
    play.ring()
    play.answer(audio=False, video=False)
    assert play.give(e.OfferApplied("d1")) == ["MakeAnswer d1"]


def test_each_remote_track_comes_in_a_new_stream_with_all_so_far(play):
    play.ring(sdp=AUDIO_VIDEO)
    play.answer()
    play.negotiate(kinds=("audio", "video"))
    streams = [command for command in play.log if isinstance(command, c.EmitStream)]
    remote = [command.stream for command in streams if command.side == "remote"]
    assert [stream.kinds for stream in remote] == [("audio",), ("audio", "video")]
    assert len({command.stream.id for command in streams}) == len(streams) == 3


def test_no_stream_before_accept(play):
    play.ring()
    assert play.give(e.RemoteTrack("d1", e.Track("t", "audio"))) == []
    assert play.give(e.LocalMediaReady("d1", (e.Track("t", "audio"),))) == []


def test_second_answer_has_no_effect(play):
    play.ring()
    play.answer()
    assert play.give(e.AnswerRequested("d1", "p9", True, True)) == ["settle p9"]
    play.talk()
    assert play.give(e.AnswerRequested("d1", "p9", True, True)) == ["settle p9"]


def test_reject_after_answer_has_no_effect(play):
    play.ring()
    play.answer()
    assert play.reject() == ["settle p2"]
    play.negotiate()
    play.confirm()
    play.give(e.MediaConnected("d1"))
    assert play.reject() == ["settle p2"]


def test_answer_after_the_caller_is_gone_has_no_effect(play):
    play.ring()
    play.bye()
    assert play.answer() == ["settle p1"]
    assert play.lists() == [("d1",), ()]


# -- several calls -----------------------------------------------------------------------------


def test_two_callers_are_listed_together(play):
    play.invite("d1")
    play.invite("d2", caller_id_number="/private/carol")
    play.give(e.LookupAnswered("d2"))
    play.give(e.LookupAnswered("d1"))
    play.bye("d2")
    assert play.lists() == [("d2",), ("d2", "d1"), ("d1",)]


def test_what_happens_to_one_call_changes_nothing_about_another(play):
    play.ring("d1")
    play.ring("d2")
    play.talk("d1")
    play.reject("d2")
    play.confirm("verto.bye")
    play.ring("d3")
    assert play.statuses("d1") == ["ringing", "connecting", "connected"]
    assert play.statuses("d3") == ["ringing"]
    assert play.lists()[-1] == ("d1", "d3")


def test_five_callers_all_end(play):
    calls = [f"d{number}" for number in range(1, 6)]
    for call in calls:
        play.ring(call)
    assert play.lists()[-1] == tuple(calls)
    for call in calls:
        play.bye(call)
    assert play.lists()[-1] == ()


def test_bye_that_overtook_its_invite_keeps_the_call_from_ringing():
    play = Play.online()
    assert play.bye("d1") == []
    assert play.invite("d1") == []
    assert play.ring("d2")[-1] == "list d2"


def test_byes_kept_in_mind_are_bounded():
    play = Play.online()
    for number in range(OVER_MAX + 1):
        play.bye(f"d{number}")
    assert play.ring("d0")[-1] == "list d0"
    assert play.invite("d1") == []


def test_invite_that_comes_once_more_lists_no_call_that_is_over(play):
    play.ring()
    play.bye()
    assert play.invite() == []


def test_calls_kept_in_mind_are_bounded(play):
    for number in range(OVER_MAX + 1):
        play.ring(f"d{number}")
        play.bye(f"d{number}")
    assert play.invite("d0") == ["Lookup d0 /private/bob"]
    assert play.invite("d1") == []
