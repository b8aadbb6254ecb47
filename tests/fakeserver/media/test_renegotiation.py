"""New offers of a client on a connected leg: real sockets, real ICE, DTLS and RTP."""

from __future__ import annotations

import asyncio
import re

import pytest
from aioice import stun
from aiortc import RTCSessionDescription
from aiortc.mediastreams import VideoStreamTrack

from ringproof_fakeserver.media.legs import LegError
from ringproof_fakeserver.protocol.sdp import directions, with_mids
from tests.fakeserver.media.test_aiortc_legs import connect, flowing
from tests.fakeserver.wire_client import WAIT_S


class Restarted:
    """Remembers whether the leg reported it."""

    def __init__(self):
        self.event = asyncio.Event()

    def __call__(self):
        self.event.set()

    async def wait(self):
        async with asyncio.timeout(WAIT_S):
            await self.event.wait()


@pytest.fixture
def restarted():
    return Restarted()


async def more_flows(legs, wanted):
    """Wait until more packets went each wanted way than now."""
    before = dict(zip(("sent", "received"), await legs.counts("d"), strict=True))
    async with asyncio.timeout(WAIT_S):
        while True:
            now = dict(zip(("sent", "received"), await legs.counts("d"), strict=True))
            if all(now[way][kind] > before[way][kind] + 1 for way, kind in wanted):
                return
            await asyncio.sleep(0.02)


def names(sdp):
    return re.findall(r"a=ice-ufrag:(\S+)", sdp)


@pytest.mark.parametrize("media", [("audio",), ("audio", "video")], ids="+".join)
async def test_media_flows_over_the_path_that_a_restart_has_checked(
    legs, client, reports, restarted, media
):
    await connect(legs, client, reports, media, media)
    wanted = [(way, kind) for way in ("sent", "received") for kind in media]
    await flowing(legs, wanted)
    before = [pair for one in ice_of(legs) for pair in one._nominated.values()]
    answer = await legs.renegotiate("d", client.restart_offer(), restarted)
    assert not restarted.event.is_set()
    assert await client.answered(answer)
    await restarted.wait()
    after = [pair for one in ice_of(legs) for pair in one._nominated.values()]
    assert len(after) == len(before) == len(media)
    assert not set(map(id, before)) & set(map(id, after))
    await more_flows(legs, wanted)
    assert reports.log == [("connected", "d")]


def ice_of(legs):
    """The ICE connections of the leg's own end."""
    transceivers = legs._legs["d"].peer._connection.getTransceivers()
    return [one.sender.transport.transport._connection for one in transceivers]


async def test_answer_has_new_credentials_and_the_shape_of_the_platform(
    legs, client, reports, restarted
):
    invite = await legs.create_offer("d", ("audio", "video"), True)
    await legs.apply_answer("d", await client.answer(invite))
    assert await reports.wait() == [("connected", "d")]
    earlier = [one.local_username for one in ice_of(legs)]
    offer = client.restart_offer()
    answer = await legs.renegotiate("d", offer, restarted)
    assert len(set(names(answer))) == 2
    assert not set(names(answer)) & {*earlier, *names(offer)}
    assert directions(answer) == {"audio": "sendrecv", "video": "sendrecv"}
    assert "BUNDLE" not in answer
    assert "a=mid" not in answer
    assert answer.count("a=setup:passive") == 2
    assert answer.startswith("v=0\r\no=FreeSWITCH ")
    assert streams(answer) == streams(invite)
    assert len(streams(answer)) == 1


@pytest.mark.parametrize("msid", [True, False])
async def test_answer_names_a_stream_where_the_invite_did(legs, client, reports, restarted, msid):
    invite = await legs.create_offer("d", ("audio",), msid)
    await legs.apply_answer("d", await client.answer(invite))
    assert await reports.wait() == [("connected", "d")]
    answer = await legs.renegotiate("d", client.restart_offer(), restarted)
    assert streams(answer) == streams(invite)
    assert bool(streams(answer)) is msid


def streams(sdp):
    """The streams that a description names, by its sources and at its head."""
    named = set(re.findall(r"a=ssrc:\d+ msid:(\S+) ", sdp))
    assert named == set(re.findall(r"a=msid-semantic: WMS (\S+)", sdp))
    return named


async def test_media_goes_on_while_the_client_owes_its_checks(legs, client, reports, restarted):
    await connect(legs, client, reports)
    wanted = [(way, kind) for way in ("sent", "received") for kind in ("audio", "video")]
    await flowing(legs, wanted)
    await legs.renegotiate("d", client.restart_offer(), restarted)
    await more_flows(legs, wanted)
    assert not restarted.event.is_set()


async def test_path_of_a_client_that_has_not_heard_of_the_answer_stays_alive(
    legs, client, reports, restarted
):
    """As after a reply that was lost: a client without answers to its checks would give up."""
    await connect(legs, client, reports)
    for _ in range(2):
        await legs.renegotiate("d", client.restart_offer(), restarted)
        for transceiver in client.connection.getTransceivers():
            connection = transceiver.sender.transport.transport._connection
            [pair] = connection._nominated.values()
            check = connection.build_request(pair, nominate=False)
            key = connection.remote_password.encode()
            response, _ = await pair.protocol.request(check, pair.remote_addr, integrity_key=key)
            assert response.message_class is stun.Class.RESPONSE


async def test_check_with_a_wrong_password_is_refused_during_a_restart(
    legs, client, reports, restarted
):
    await connect(legs, client, reports, ("audio",))
    await legs.renegotiate("d", client.restart_offer(), restarted)
    connection = client.connection.getTransceivers()[0].sender.transport.transport._connection
    [pair] = connection._nominated.values()
    check = connection.build_request(pair, nominate=False)
    with pytest.raises(stun.TransactionError):
        await pair.protocol.request(check, pair.remote_addr, b"wrong", retransmissions=0)


async def test_each_restart_is_checked_also_one_that_replaces_another(
    legs, client, reports, restarted
):
    await connect(legs, client, reports)
    await legs.renegotiate("d", client.restart_offer(), restarted)
    for _ in range(2):
        restarted.event.clear()
        assert await client.answered(await legs.renegotiate("d", client.restart_offer(), restarted))
        await restarted.wait()
    await more_flows(legs, [("received", "audio")])


async def test_same_credentials_are_no_restart(legs, client, reports, restarted):
    await connect(legs, client, reports)
    earlier = [one.local_username for one in ice_of(legs)]
    same = client.connection.localDescription.sdp.replace("a=setup:active", "a=setup:actpass")
    assert names(await legs.renegotiate("d", same, restarted)) == earlier
    await more_flows(legs, [("received", "audio"), ("received", "video")])
    assert not restarted.event.is_set()


async def test_direction_of_a_new_offer_is_answered(legs, client, reports, restarted):
    await connect(legs, client, reports, ("audio",))
    offer = client.restart_offer(lambda sdp: sdp.replace("a=sendrecv", "a=recvonly"))
    assert directions(await legs.renegotiate("d", offer, restarted)) == {"audio": "sendonly"}


async def offer_of(client):
    connection = client.connection
    await connection.setLocalDescription(await connection.createOffer())
    return connection.localDescription.sdp


async def take(client, answer):
    await client.connection.setRemoteDescription(RTCSessionDescription(with_mids(answer), "answer"))


async def test_client_adds_video(legs, client, reports, restarted):
    await connect(legs, client, reports, ("audio",))
    client.connection.addTransceiver(VideoStreamTrack(), direction="sendrecv")
    answer = await legs.renegotiate("d", await offer_of(client), restarted)
    assert directions(answer) == {"audio": "sendrecv", "video": "sendrecv"}
    await take(client, answer)
    await flowing(
        legs, [(way, kind) for way in ("sent", "received") for kind in ("audio", "video")]
    )
    await client.see("video", lambda frame: True)
    assert reports.log == [("connected", "d")]


async def test_client_removes_video(legs, client, reports, restarted):
    await connect(legs, client, reports)
    client.connection.getTransceivers()[1].direction = "inactive"
    answer = await legs.renegotiate("d", await offer_of(client), restarted)
    assert directions(answer) == {"audio": "sendrecv", "video": "inactive"}
    await take(client, answer)
    await more_flows(legs, [("sent", "audio"), ("received", "audio")])


async def test_section_that_is_refused_now_is_answered_with_port_0(
    legs, client, reports, restarted
):
    await connect(legs, client, reports)
    offer = client.restart_offer(lambda sdp: re.sub(r"m=video \d+", "m=video 0", sdp))
    answer = await legs.renegotiate("d", offer, restarted)
    assert directions(answer) == {"audio": "sendrecv"}
    assert "m=video 0 " in answer
    await more_flows(legs, [("sent", "audio"), ("received", "audio")])


async def test_section_that_the_answer_refused_cannot_come_back(legs, client, reports, restarted):
    offer = await legs.create_offer("d", ("audio", "video"), True)
    answer = await client.answer(offer, ("audio",))
    refused = re.sub(r"m=video \d+", "m=video 0", answer)
    await legs.apply_answer("d", refused)
    assert await reports.wait() == [("connected", "d")]
    with pytest.raises(LegError, match="cannot come back"):
        await legs.renegotiate("d", client.restart_offer(), restarted)


UNUSABLE = {
    "nothing": lambda sdp: "",
    "no SDP": lambda sdp: "hello",
    "another kind first": lambda sdp: sdp.replace("m=audio", "m=video"),
    "all refused": lambda sdp: re.sub(r"m=(\w+) \d+", r"m=\1 0", sdp),
    "another certificate": lambda sdp: re.sub(r"(a=fingerprint:sha-256 )..", r"\1ZZ", sdp),
    "no credentials": lambda sdp: re.sub(r"a=ice-(ufrag|pwd):\S+\r\n", "", sdp),
    "no known codec": lambda sdp: re.sub(r"a=rtpmap:(\d+) \S+", r"a=rtpmap:\1 X/1", sdp),
    "too long": lambda sdp: sdp + "a=x\r\n" * 20_000,
}


@pytest.mark.parametrize("broken", list(UNUSABLE))
async def test_unusable_offer_is_refused_and_media_goes_on(
    legs, client, reports, restarted, broken
):
    await connect(legs, client, reports)
    with pytest.raises(LegError):
        await legs.renegotiate("d", client.restart_offer(UNUSABLE[broken]), restarted)
    await more_flows(legs, [("sent", "audio"), ("received", "audio"), ("received", "video")])
    # A good one is taken afterwards.
    assert await client.answered(await legs.renegotiate("d", client.restart_offer(), restarted))
    await restarted.wait()


async def test_leg_that_is_not_connected_refuses(legs, client, restarted):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="not connected"):
        await legs.renegotiate("d", "v=0", restarted)


async def test_close_during_a_restart_frees_everything(legs, client, reports, restarted):
    await connect(legs, client, reports)
    await legs.renegotiate("d", client.restart_offer(), restarted)
    await legs.close("d")
    assert not restarted.event.is_set()
