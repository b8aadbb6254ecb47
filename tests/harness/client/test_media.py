"""Directions of an answer, and the event model."""

import pytest

from ringproof.client import events as e
from ringproof.client.media import Counts, EventModelMedia, answer_directions
from ringproof_fakeserver.protocol import sdp


@pytest.mark.parametrize(
    ("offered", "sending", "answered"),
    [
        ("sendrecv", True, "sendrecv"),
        ("sendrecv", False, "recvonly"),
        ("sendonly", True, "recvonly"),
        ("sendonly", False, "recvonly"),
        ("recvonly", True, "sendonly"),
        ("recvonly", False, "inactive"),
        ("inactive", True, "inactive"),
    ],
)
def test_answer_sends_what_is_wanted_and_receives_what_is_sent(offered, sending, answered):
    kinds = frozenset({"audio"} if sending else ())
    assert answer_directions({"audio": offered}, kinds) == {"audio": answered}


def test_kind_that_was_not_offered_is_not_answered():
    assert answer_directions({"audio": "sendrecv"}, frozenset({"audio", "video"})) == {
        "audio": "sendrecv"
    }


async def test_event_model_goes_through_every_step_at_once():
    seen = []
    media = EventModelMedia(seen.append)
    media.apply_offer("d1", sdp.event_model({"audio": "sendrecv", "video": "recvonly"}))
    media.acquire("d1", True, True, (0, 0))
    media.make_answer("d1")
    assert [type(event).__name__ for event in seen] == [
        "RemoteTrack",
        "OfferApplied",
        "LocalMediaReady",
        "AnswerReady",
        "MediaConnected",
    ]
    assert [track.kind for track in seen[2].tracks] == ["audio", "video"]
    assert sdp.directions(seen[3].sdp) == {"audio": "sendrecv", "video": "sendonly"}
    assert await media.counts("d1") == Counts()


async def test_event_model_forgets_closed_calls():
    seen: list[e.Event] = []
    media = EventModelMedia(seen.append)
    media.apply_offer("d1", sdp.event_model({"audio": "inactive"}))
    media.close("d1")
    seen.clear()
    media.make_answer("d1")
    await media.aclose()
    assert seen == []


async def test_event_model_never_connects_to_nowhere():
    seen = []
    media = EventModelMedia(seen.append)
    media.apply_offer("d1", sdp.unreachable(sdp.event_model({"audio": "sendrecv"})))
    media.acquire("d1", True, False, (0, 0))
    media.make_answer("d1")
    assert isinstance(seen[-1], e.AnswerReady)
    media.close("d1")
    media.apply_offer("d1", sdp.event_model({"audio": "sendrecv"}))
    media.make_answer("d1")
    assert isinstance(seen[-1], e.MediaConnected)


def test_event_model_offers_a_restart_under_another_name_each_time():
    seen = []
    media = EventModelMedia(seen.append)
    media.apply_offer("d1", sdp.event_model({"audio": "sendrecv", "video": "sendrecv"}))
    media.acquire("d1", True, False, (0, 0))
    media.make_answer("d1")
    seen.clear()
    for _ in range(2):
        media.make_restart_offer("d1")
        media.apply_restart_answer("d1", "v=0")
    assert [sdp.directions(event.sdp) for event in seen] == [
        {"audio": "sendrecv", "video": "recvonly"}
    ] * 2
    assert len({sdp.ice_names(event.sdp) for event in seen}) == 2


def test_call_without_media_has_no_offer():
    seen = []
    EventModelMedia(seen.append).make_restart_offer("d1")
    assert seen == [e.RestartOfferReady("d1", "")]
