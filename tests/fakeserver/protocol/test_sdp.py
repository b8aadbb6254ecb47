"""Session descriptions as text."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import sdp


@pytest.mark.parametrize(
    "media",
    [
        {},
        {"audio": "sendrecv"},
        {"audio": "recvonly", "video": "inactive"},
        {"video": "sendonly", "audio": "sendrecv"},
    ],
)
def test_directions_of_an_event_model_are_read_back_in_order(media: dict[str, str]) -> None:
    assert list(sdp.directions(sdp.event_model(media)).items()) == list(media.items())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m=audio 9 RTP 0\r\n", {"audio": "sendrecv"}),
        ("m=audio 0 RTP 0\r\na=sendonly\r\nm=video 9 RTP 1\r\n", {"video": "sendrecv"}),
        ("a=sendonly\r\nm=audio 9 RTP 0", {"audio": "sendrecv"}),
        ("m=\r\na=sendonly", {}),
        ("m=audio\na=sendonly", {}),
        ("", {}),
    ],
)
def test_refused_and_broken_sections_have_no_direction(text: str, expected: dict[str, str]) -> None:
    assert sdp.directions(text) == expected


def test_msid_lines_are_left_out_on_demand() -> None:
    described = sdp.event_model({"audio": "sendrecv"})
    assert "a=msid:stream audio\r\n" in described
    without = sdp.event_model({"audio": "sendrecv"}, msid=False)
    assert "msid" not in without


def test_direction_of_every_open_section_is_changed() -> None:
    offer = sdp.event_model({"audio": "sendrecv", "video": "sendrecv"})
    sent = sdp.with_direction(offer, "sendonly")
    assert sdp.directions(sent) == {"audio": "sendonly", "video": "sendonly"}
    assert sdp.with_direction(offer, "sendrecv") == offer
    refused = sdp.event_model({"audio": "inactive"})
    assert sdp.with_direction(refused, "sendonly") == refused


def test_bundle_group_is_taken_out() -> None:
    assert sdp.without_bundle("v=0\r\na=group:BUNDLE 0 1\r\nm=audio") == "v=0\r\nm=audio"


def test_sections_without_mids_are_numbered() -> None:
    offer = "v=0\r\nm=audio 1 X 0\r\na=a\r\nm=video 2 X 1\r\na=b\r\n"
    numbered = "v=0\r\nm=audio 1 X 0\r\na=mid:0\r\na=a\r\nm=video 2 X 1\r\na=mid:1\r\na=b\r\n"
    assert sdp.with_mids(offer) == numbered
    assert sdp.with_mids(numbered) == numbered
