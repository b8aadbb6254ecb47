from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol.sdp import directions
from ringproof_fakeserver.sip import description

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
PCMU = "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"


def test_the_first_usable_codec_of_an_offer_is_taken():
    sound = description.read(HEAD + PCMU.replace("0 8", "18 8 0"))

    assert (sound.codec, sound.number, sound.events) == ("PCMA", 8, 101)
    assert (sound.host, sound.port, sound.direction) == ("127.0.0.1", 40_000, "sendrecv")


def test_a_codec_may_have_a_number_of_its_own():
    offered = "m=audio 40000 RTP/AVP 96\r\na=rtpmap:96 pcma/8000\r\n"
    assert description.read(HEAD + offered).number == 96


def test_an_answer_has_all_sections_and_one_codec():
    offered = HEAD + "m=video 5000 RTP/AVP 34\r\n" + PCMU + "m=audio 6000 RTP/AVP 0\r\n"

    answer = description.answer(description.read(offered), "127.0.0.1", 50_000, 1)

    lines = [line for line in answer.splitlines() if line.startswith("m=")]
    assert lines == ["m=video 0 RTP/AVP 34", "m=audio 50000 RTP/AVP 0 101", "m=audio 0 RTP/AVP 0"]
    assert "a=rtpmap:101 telephone-event/8000" in answer


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("sendonly", "recvonly"), ("inactive", "inactive"), ("recvonly", "sendonly")],
)
def test_a_direction_is_answered_by_its_counterpart(offered: str, answered: str):
    sound = description.read(f"{HEAD}{PCMU}a={offered}\r\n")

    assert directions(description.answer(sound, "127.0.0.1", 1, 1)) == {"audio": answered}
    assert sound.wants is (offered == "recvonly")


def test_the_address_of_nobody_is_an_old_way_to_hold():
    sound = description.read(HEAD.replace("IP4 127.0.0.1\r\nt", "IP4 0.0.0.0\r\nt") + PCMU)
    assert sound.direction == "inactive"


@pytest.mark.parametrize(
    "sections",
    [
        "",
        "m=video 40000 RTP/AVP 34\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=audio 70000 RTP/AVP 0\r\n",
        "m=audio 40000 RTP/SAVP 0\r\n",
        "m=audio 40000 RTP/AVP 18\r\n",
        "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 opus/48000/2\r\n",
        "m=audio 40000 RTP/AVP 0\r\nc=IN IP4 host.example\r\n" * 20,
    ],
)
def test_an_offer_without_usable_sound_cannot_be_read(sections: str):
    assert not description.is_usable(HEAD + sections, "127.0.0.1")


def test_an_offer_without_an_address_cannot_be_read():
    assert not description.is_usable("v=0\r\n" + PCMU, "127.0.0.1")


def test_our_own_offer_can_be_read():
    sound = description.read(description.offer("127.0.0.1", 50_000, 1))
    assert (sound.codec, sound.port, sound.events) == ("PCMU", 50_000, 101)
    assert description.read(description.offer("::1", 5, 1, ("PCMA", "OPUS"))).codec == "PCMA"


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_a_value_error(text: str):
    description.is_usable(HEAD + text, "127.0.0.1")
    description.is_usable(HEAD + "m=audio " + text + "\r\na=rtpmap:" + text, "127.0.0.1")
