"""Real sockets, real ICE, DTLS and RTP, against an aiortc client."""

from __future__ import annotations

import asyncio
import contextlib
import re

import pytest
from aioice import ice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.legs import LegError
from ringproof_fakeserver.media.peer import Peer
from ringproof_fakeserver.protocol.sdp import directions
from tests.fakeserver.media.client import Client, loudest_hz, redness
from tests.fakeserver.wire_client import WAIT_S


async def connect(legs, client, reports, media=("audio", "video"), send=("audio", "video")):
    offer = await legs.create_offer("d", media, True)
    await legs.apply_answer("d", await client.answer(offer, send))
    assert await reports.wait() == [("connected", "d")]


async def flowing(legs, wanted):
    """Wait until at least two packets went each wanted way; return the counts."""
    async with asyncio.timeout(WAIT_S):
        while True:
            sent, received = await legs.counts("d")
            if all({"sent": sent, "received": received}[way][kind] > 1 for way, kind in wanted):
                return sent, received
            await asyncio.sleep(0.02)


class RecordedPeer(Peer):
    """A peer whose latest connection is closed when ``closed`` is set."""

    closed: asyncio.Event

    def __init__(self, media, on_state, codecs, on_digit):
        closed = RecordedPeer.closed = asyncio.Event()

        def record(state):
            on_state(state)
            if state == "closed":
                closed.set()

        super().__init__(media, record, codecs, on_digit)


@pytest.fixture
async def recorded(reports):
    legs = AiortcLegs(reports.connected, reports.failed, load_peer=lambda: RecordedPeer)
    yield legs
    await legs.close_all()


@pytest.mark.parametrize("media", [("audio",), ("video",), ("audio", "video")], ids="+".join)
async def test_packets_flow_both_ways(legs, client, reports, media):
    await connect(legs, client, reports, media)
    wanted = [(way, kind) for way in ("sent", "received") for kind in media]
    sent, received = await flowing(legs, wanted)
    assert set(sent) == set(received) == set(media)
    assert legs.real
    await legs.close("d")
    assert await legs.counts("d") == ({}, {})
    assert reports.log == [("connected", "d")]


async def test_client_sees_the_test_picture_and_hears_tone_and_beep(legs, client, reports):
    await connect(legs, client, reports)
    await client.see("audio", lambda frame: abs(loudest_hz(frame) - 440) <= 50)
    await client.see("audio", lambda frame: abs(loudest_hz(frame) - 880) <= 50)
    picture = await client.see("video", lambda frame: True)
    assert (picture.width, picture.height) == (320, 240)
    assert redness(picture) < 120


async def test_offer_is_complete_and_unbundled(legs):
    offer = await legs.create_offer("d", ("audio", "video"), True)
    assert directions(offer) == {"audio": "sendrecv", "video": "sendrecv"}
    assert "BUNDLE" not in offer
    assert len(set(re.findall(r"a=ssrc:\d+ msid:(\S+) ", offer))) == 1
    for section in offer.split("m=")[1:]:
        assert "typ host" in section
        assert "a=setup:actpass" in section
    assert "rtx" not in offer


async def test_each_section_has_credentials_and_a_port_of_its_own(legs):
    offer = await legs.create_offer("d", ("audio", "video"), True)
    for pattern in (r"a=ice-ufrag:(\S+)", r"a=ice-pwd:(\S+)", r"m=\w+ (\d+) "):
        assert len(set(re.findall(pattern, offer))) == 2


@pytest.mark.parametrize("codec", ["OPUS", "PCMU", "PCMA", "G722"])
async def test_the_codec_of_a_dial_is_the_one_that_is_spoken(legs, client, reports, codec):
    offer = await legs.create_offer("d", ("audio",), True, (codec,))
    await legs.apply_answer("d", await client.answer(offer))
    assert await reports.wait() == [("connected", "d")]
    await client.see("audio", lambda frame: abs(loudest_hz(frame) - 440) <= 60)


async def test_client_that_picks_a_codec_which_cannot_be_played_fails_the_leg(legs, client):
    offer = await legs.create_offer("d", ("audio",), True, ("G729",))
    assert re.search(r"m=audio \d+ UDP/TLS/RTP/SAVPF 18 110\r\n", offer)
    lines = (await client.answer(await legs.create_offer("e", ("audio",), True))).split("\r\n")
    kept = [line for line in lines if not line.startswith(("a=rtpmap:", "a=fmtp:"))]
    answer = [re.sub(r"(m=audio \d+ \S+).*", r"\1 18", line) for line in kept]
    with pytest.raises(LegError, match="answer cannot be used"):
        await legs.apply_answer("d", "\r\n".join(answer))


async def test_offer_without_msid_has_no_stream_hint(legs):
    assert "msid" not in await legs.create_offer("d", ("audio", "video"), False)


async def test_client_that_only_listens_sends_no_packets(legs, client, reports):
    await connect(legs, client, reports, send=())
    _, received = await flowing(legs, [("sent", "audio"), ("sent", "video")])
    assert received == {"audio": 0, "video": 0}


async def test_client_refuses_video(legs, client, reports):
    offer = await legs.create_offer("d", ("audio", "video"), True)
    answer = await client.answer(offer)
    start = answer.index("m=video")
    refused = "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"
    await legs.apply_answer("d", answer[:start] + refused)
    assert await reports.wait() == [("connected", "d")]
    sent, received = await flowing(legs, [("sent", "audio"), ("received", "audio")])
    assert (sent["video"], received["video"]) == (0, 0)


@pytest.mark.parametrize("answer", ["", "garbage", "v=0\r\nm=audio 9 x 0\r\na=fingerprint:x y"])
async def test_unusable_answer_raises_and_is_not_reported(legs, reports, answer):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="the answer"):
        await legs.apply_answer("d", answer)
    with pytest.raises(LegError, match="not connected"):
        await legs.play("d", [])
    await legs.close("d")
    assert reports.log == []


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    number=st.integers(0, 99),
    kept=st.integers(0, 79),
    rubbish=st.text(st.characters(codec="utf-8"), max_size=12),
)
async def test_damaged_answer_raises_leg_error_or_is_accepted(number, kept, rubbish):
    """Any one line cut and continued with rubbish: never another exception, never a stuck leg."""
    legs = AiortcLegs(lambda dialog: None, lambda dialog, error: None)
    client = Client()
    try:
        lines = (await client.answer(await legs.create_offer("d", ("audio",), True))).split("\r\n")
        line = lines[number % len(lines)]
        lines[number % len(lines)] = line[: kept % (len(line) + 1)] + rubbish
        with contextlib.suppress(LegError):
            await legs.apply_answer("d", "\r\n".join(lines))
    finally:
        await legs.close_all()
        await client.close()


async def test_leg_without_a_peer_fails_once(reports, client):
    legs = AiortcLegs(reports.connected, reports.failed, connect_limit_ms=100)
    answer = await client.answer(await legs.create_offer("d", ("audio",), True))
    answer = re.sub(r"a=ice-pwd:\S+", "a=ice-pwd:" + "x" * 22, answer)
    await legs.apply_answer("d", answer)
    assert await reports.wait() == [("failed", "d", "not connected 100 ms after the answer")]
    with pytest.raises(LegError, match="not connected"):
        await legs.play("d", [])
    await legs.close_all()
    assert len(reports.log) == 1


async def test_wrong_certificate_fails_the_leg(legs, client, reports):
    answer = await client.answer(await legs.create_offer("d", ("audio",), True))
    answer = re.sub(
        r"a=fingerprint:sha-\d+ \S+", "a=fingerprint:sha-256 " + "AB:" * 31 + "AB", answer
    )
    await legs.apply_answer("d", answer)
    assert await reports.wait() == [("failed", "d", "ICE or DTLS failed")]


async def test_client_that_closes_its_connection_is_no_failure(recorded, client, reports):
    await connect(recorded, client, reports, ("audio",))
    await flowing(recorded, [("sent", "audio"), ("received", "audio")])
    await client.close()
    async with asyncio.timeout(WAIT_S):
        await RecordedPeer.closed.wait()
    assert reports.log == [("connected", "d")]


async def test_leg_closed_right_after_the_answer_reports_nothing(recorded, client, reports):
    offer = await recorded.create_offer("d", ("audio", "video"), True)
    await recorded.apply_answer("d", await client.answer(offer))
    await recorded.close("d")
    async with asyncio.timeout(WAIT_S):
        await RecordedPeer.closed.wait()
    assert reports.log == []


async def test_leg_closed_while_its_offer_is_made_raises(legs):
    offer = asyncio.create_task(legs.create_offer("d", ("audio",), True))
    await asyncio.sleep(0)
    await legs.close("d")
    with pytest.raises(LegError, match="closed before"):
        await offer


@pytest.fixture
async def bound(monkeypatch):
    """Every UDP transport that is bound from now on, as a queue."""
    loop = asyncio.get_running_loop()
    bind = loop.create_datagram_endpoint
    transports = asyncio.Queue()

    async def record(*args, **kwargs):
        transport, protocol = await bind(*args, **kwargs)
        transports.put_nowait(transport)
        return transport, protocol

    monkeypatch.setattr(loop, "create_datagram_endpoint", record)
    return transports


@pytest.mark.parametrize("end", ["closed", "cancelled, then closed"])
async def test_leg_that_ends_while_it_gathers_keeps_no_socket(legs, bound, end):
    offer = asyncio.create_task(legs.create_offer("d", ("audio", "video"), True))
    transports = [await bound.get()]
    if end != "closed":
        offer.cancel()
        await asyncio.wait({offer})
    await legs.close("d")
    await asyncio.wait({offer})
    while not bound.empty():
        transports.append(bound.get_nowait())
    assert [each for each in transports if not each.is_closing()] == []
    assert offer.cancelled() or isinstance(offer.exception(), LegError)


async def test_machine_without_addresses_raises(legs, monkeypatch):
    await legs.create_offer("d", ("audio",), True)
    monkeypatch.setattr(ice, "get_host_addresses", lambda **families: [])
    with pytest.raises(LegError, match="no local address"):
        await legs.create_offer("e", ("audio",), True)


async def test_leg_that_hangs_while_closing_is_given_up(reports, caplog):
    hanging = []

    class HangingPeer(Peer):
        async def close(self):
            hanging.append(self)
            await asyncio.Event().wait()

    legs = AiortcLegs(
        reports.connected, reports.failed, close_limit_s=0.01, load_peer=lambda: HangingPeer
    )
    await legs.create_offer("d", ("audio",), True)
    await legs.close("d")
    assert "did not close" in caplog.text
    await Peer.close(hanging[0])


async def test_misuse_raises(legs):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="has a leg already"):
        await legs.create_offer("d", ("audio",), True)
    for media in ((), ("smell",), ("audio", "audio")):
        with pytest.raises(LegError, match="cannot offer"):
            await legs.create_offer("e", media, True)
    with pytest.raises(LegError, match="has no leg"):
        await legs.apply_answer("x", "")
    legs.stop_play("x")
    await legs.close("x")


async def test_six_legs_connect_at_once(legs, reports):
    clients = [Client() for _ in range(6)]

    async def one(number, client):
        offer = await legs.create_offer(str(number), ("audio", "video"), True)
        await legs.apply_answer(str(number), await client.answer(offer))

    await asyncio.gather(*(one(number, client) for number, client in enumerate(clients)))
    await reports.wait(6)
    await legs.close_all()
    await asyncio.gather(*(client.close() for client in clients))
    assert sorted(reports.log) == [("connected", str(number)) for number in range(6)]


async def test_clients_own_offer_is_answered_and_media_flows_both_ways(legs, client, reports):
    answer = await legs.answer_offer("d", await client.offer(("audio", "video")), True)
    assert directions(answer) == {"audio": "sendrecv", "video": "sendrecv"}
    await client.take(answer)
    assert await reports.wait() == [("connected", "d")]
    wanted = [(way, kind) for way in ("sent", "received") for kind in ("audio", "video")]
    await flowing(legs, wanted)
    await client.see("audio", lambda frame: loudest_hz(frame) > 0)


async def test_client_that_only_receives_is_sent_media(legs, client, reports):
    answer = await legs.answer_offer("d", await client.offer(()), True)
    assert directions(answer) == {"audio": "sendonly", "video": "sendonly"}
    await client.take(answer)
    assert await reports.wait() == [("connected", "d")]
    await flowing(legs, [("sent", "audio"), ("sent", "video")])


@pytest.mark.parametrize("offer", ["", "nonsense", "v=0\r\n", "x" * 100_000])
async def test_unusable_offer_raises_leg_error(legs, reports, offer):
    with pytest.raises(LegError):
        await legs.answer_offer("d", offer, True)
    assert reports.log == []


async def test_dialog_with_a_leg_gets_no_second_one_for_an_offer(legs, client):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="has a leg already"):
        await legs.answer_offer("d", await client.offer(()), True)


async def test_leg_that_closes_while_it_answers_raises(legs, client):
    answering = asyncio.ensure_future(legs.answer_offer("d", await client.offer(("audio",)), True))
    await asyncio.sleep(0)
    await legs.close("d")
    with pytest.raises(LegError, match="was closed before its answer was ready"):
        await answering
