from __future__ import annotations

import pytest

from ringproof_fakeserver.media.descriptions import adapt_answer, wants_opus

HOST4 = "a=candidate:1 1 udp 2130706431 192.0.2.2 5000 typ host"


def sdp(*lines):
    return "\r\n".join(lines) + "\r\n"


OFFER = sdp(
    "v=0",
    "a=group:BUNDLE 0 1",
    "m=audio 5000 UDP/TLS/RTP/SAVPF 96 0",
    "a=mid:0",
    "a=msid:s t",
    "a=rtpmap:96 opus/48000/2",
    HOST4,
    "m=video 5000 UDP/TLS/RTP/SAVPF 97 99",
    "a=mid:1",
    "a=rtpmap:97 VP8/90000",
)
TRANSPORT = ("a=ice-ufrag:u", "a=ice-pwd:p", "a=fingerprint:sha-256 AB", "a=setup:active")
LIVE_AUDIO = ("m=audio 9 UDP/TLS/RTP/SAVPF 96", "a=mid:0", *TRANSPORT)
LIVE_VIDEO = ("m=video 9 UDP/TLS/RTP/SAVPF 97", "a=mid:1", *TRANSPORT)
REFUSED_VIDEO = ("m=video 0 UDP/TLS/RTP/SAVPF 0", "a=mid:1")


def test_bundle_group_that_was_not_offered_is_removed():
    answer = sdp("v=0", "a=group:BUNDLE 0 1", *LIVE_AUDIO, *LIVE_VIDEO)
    assert adapt_answer(OFFER, answer) == sdp("v=0", *LIVE_AUDIO, *LIVE_VIDEO)


def test_answer_without_mids_gets_those_of_the_offer_by_place():
    plain = [line for line in (*LIVE_AUDIO, *LIVE_VIDEO) if not line.startswith("a=mid:")]
    assert adapt_answer(OFFER, sdp("v=0", *plain)) == sdp("v=0", *LIVE_AUDIO, *LIVE_VIDEO)
    other = sdp("v=0", *LIVE_AUDIO, *LIVE_VIDEO).replace("a=mid:", "a=mid:x")
    assert adapt_answer(OFFER, other) == sdp("v=0", *LIVE_AUDIO, *LIVE_VIDEO)


def test_refused_section_becomes_inactive_with_the_live_transport():
    ready = adapt_answer(OFFER, sdp("v=0", *LIVE_AUDIO, *REFUSED_VIDEO))
    assert ready == sdp(
        "v=0",
        "a=group:BUNDLE 0 1",
        *LIVE_AUDIO,
        "m=video 9 UDP/TLS/RTP/SAVPF 97",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=rtpmap:97 VP8/90000",
        "a=rtcp-mux",
        "a=inactive",
        *TRANSPORT,
    )


def test_transport_may_be_in_the_session_part():
    answer = sdp("v=0", *TRANSPORT, *LIVE_AUDIO[:2], *LIVE_VIDEO[:2])
    assert adapt_answer(OFFER, answer) == answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "m-sections"),
        ("garbage", "m-sections"),
        ("m=", "m-sections"),
        (sdp("v=0", *LIVE_AUDIO), "m-sections"),
        (sdp("v=0", *LIVE_VIDEO, *LIVE_AUDIO), "m-sections"),
        (sdp("v=0", *LIVE_AUDIO[:2], *LIVE_VIDEO), "fingerprint"),
        (sdp("v=0", LIVE_AUDIO[0].replace(" 9 ", " 0 "), *REFUSED_VIDEO), "refuses all"),
        (sdp("v=0", *LIVE_AUDIO, *LIVE_VIDEO, *[HOST4] * 129), "candidates"),
        ("x" * 65_537, "characters"),
    ],
)
def test_unusable_answer_raises_with_the_reason(answer, reason):
    with pytest.raises(ValueError, match=reason):
        adapt_answer(OFFER, answer)


@pytest.mark.parametrize(
    ("codecs", "opus"),
    [
        (("96 0", "a=rtpmap:96 opus/48000/2"), True),
        (("0 96", "a=rtpmap:96 opus/48000/2"), False),
        (("63 111", "a=rtpmap:63 red/48000/2", "a=rtpmap:111 OPUS/48000/2"), True),
        (("9",), False),
        (("77",), False),
    ],
)
def test_leg_sends_opus_when_the_answer_puts_it_first(codecs, opus):
    numbers, *rtpmaps = codecs
    assert wants_opus(sdp("v=0", f"m=audio 9 UDP/TLS/RTP/SAVPF {numbers}", *rtpmaps)) is opus
