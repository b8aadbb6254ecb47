"""The shape of offers, compared line by line."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.media.profile import platform_offer, sound_codecs

OF_AIORTC = """v=0
o=- 40 40 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic:WMS *
m=audio 5000 UDP/TLS/RTP/SAVPF 111
c=IN IP4 192.0.2.2
a=sendrecv
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=mid:0
a=msid:6724a7ad-7e29-4057-9692-0178c785a067 5f253702
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp-mux
a=ssrc:338 cname:661
a=rtpmap:111 opus/48000/2
a=candidate:f9 1 udp 2130706431 fd00::2 5001 typ host
a=candidate:f8 1 udp 2130706431 192.0.2.2 5000 typ host
a=end-of-candidates
a=ice-ufrag:LQn8
a=ice-pwd:kG6i1aNR
a=fingerprint:sha-256 95:A9
a=fingerprint:sha-384 B4:3E
a=setup:actpass
m=video 5002 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=ssrc:339 cname:661
a=candidate:f8 1 udp 2130706431 192.0.2.2 5002 typ host
a=ice-ufrag:other
a=ice-pwd:word
a=fingerprint:sha-256 95:A9
"""

EXPECTED = """v=0
o=FreeSWITCH 40 41 IN IP4 192.0.2.2
s=FreeSWITCH
c=IN IP4 192.0.2.2
t=0 0
a=msid-semantic: WMS STREAM
m=audio 5000 UDP/TLS/RTP/SAVPF 111 110
a=rtpmap:111 opus/48000/2
a=fmtp:111 useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; PTIMES
a=rtpmap:110 telephone-event/48000
a=ptime:20
a=sendrecv
a=fingerprint:sha-256 95:A9
a=setup:actpass
a=rtcp-mux
a=rtcp:5000 IN IP4 192.0.2.2
a=ssrc:338 cname:661
a=ssrc:338 msid:STREAM a0
a=ssrc:338 mslabel:STREAM
a=ssrc:338 label:STREAMa0
a=ice-ufrag:LQn8
a=ice-pwd:kG6i1aNR
a=candidate:1 1 udp 2130706431 192.0.2.2 5000 typ srflx raddr 192.0.2.2 rport 5000 generation 0
a=candidate:2 1 udp 2130706431 192.0.2.2 5000 typ host generation 0
a=end-of-candidates
m=video 5002 UDP/TLS/RTP/SAVPF 96
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=sendrecv
a=fingerprint:sha-256 95:A9
a=setup:actpass
a=rtcp-mux
a=rtcp:5002 IN IP4 192.0.2.2
a=ssrc:339 cname:661
a=ssrc:339 msid:STREAM v0
a=ssrc:339 mslabel:STREAM
a=ssrc:339 label:STREAMv0
a=ice-ufrag:other
a=ice-pwd:word
a=candidate:1 1 udp 2130706431 192.0.2.2 5002 typ srflx raddr 192.0.2.2 rport 5002 generation 0
a=candidate:2 1 udp 2130706431 192.0.2.2 5002 typ host generation 0
a=end-of-candidates
"""
_STREAM = "6724a7ad7e29405796920178c785a067"


def _expected() -> list[str]:
    return (
        EXPECTED.replace("STREAM", _STREAM)
        .replace("PTIMES", "minptime=10; maxptime=40")
        .split("\n")
    )


def test_offer_has_the_shape_of_the_platform() -> None:
    assert platform_offer(OF_AIORTC, msid=True).split("\r\n") == _expected()


def test_without_msid_nothing_names_a_stream() -> None:
    plain = [line for line in _expected() if _STREAM not in line]
    assert platform_offer(OF_AIORTC, msid=False).split("\r\n") == plain


def test_a_machine_with_ipv6_only_offers_that() -> None:
    only = OF_AIORTC.replace("192.0.2.2", "fd00::2")
    offer = platform_offer(only, msid=True)
    assert "c=IN IP6 fd00::2" in offer
    assert "fd00::2 5001 typ host" in offer


@pytest.mark.parametrize(
    ("codecs", "numbers", "event"),
    [
        ((), "111 110", "telephone-event/48000"),
        (("VP8",), "111 110", "telephone-event/48000"),
        (("PCMA", "PCMU", "VP8"), "8 0 110", "telephone-event/8000"),
        (("G729", "OPUS"), "18 111 110", "telephone-event/8000"),
    ],
)
def test_codecs_of_the_dial_shape_the_sound(
    codecs: tuple[str, ...], numbers: str, event: str
) -> None:
    offer = platform_offer(OF_AIORTC, msid=True, codecs=codecs)
    assert f"m=audio 5000 UDP/TLS/RTP/SAVPF {numbers}\r\n" in offer
    assert f"a=rtpmap:110 {event}\r\n" in offer


def test_sound_codecs_keep_the_order_of_the_dial() -> None:
    assert sound_codecs(("PCMA", "VP8", "OPUS")) == ("PCMA", "OPUS")
    assert sound_codecs(("H264",)) == ("OPUS",)
