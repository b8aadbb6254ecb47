"""One call through everything: REST, signalling, ICE, DTLS and RTP, and a script that plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.media.clip import generate_clip
from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.journal import AnyFact, CallFact, MediaFact, ScriptFact
from tests.fakeserver.wire_client import WAIT_S, WireClient, dial, issue, open_socket, registered

KINDS = ("audio", "video")
CLIP_URL = "https://example.com/clip.mp4"


class Journal:
    """The facts of one subscriber, and waiting for them."""

    def __init__(self) -> None:
        self.facts: list[AnyFact] = []
        self._news = asyncio.Event()

    def note(self, fact: AnyFact) -> None:
        self.facts.append(fact)
        self._news.set()

    async def until(self, wanted: Callable[[AnyFact], bool]) -> AnyFact:
        async with asyncio.timeout(WAIT_S):
            while True:
                match = next(filter(wanted, self.facts), None)
                if match is not None:
                    return match
                self._news.clear()
                await self._news.wait()

    def states(self, kind: type[CallFact | MediaFact]) -> list[str]:
        return [fact.state for fact in self.facts if isinstance(fact, kind)]


@pytest.fixture
async def peer() -> AsyncIterator[RTCPeerConnection]:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    yield peer
    await peer.close()


async def answer(peer: RTCPeerConnection, client: WireClient) -> str:
    """Accept the next call with sound and picture; returns the dialog's id."""
    invite = await client.event("verto.invite")
    await peer.setRemoteDescription(RTCSessionDescription(sdp.with_mids(invite["sdp"]), "offer"))
    for transceiver in peer.getTransceivers():
        track = AudioStreamTrack() if transceiver.kind == "audio" else VideoStreamTrack()
        transceiver.sender.replaceTrack(track)
        transceiver.direction = "sendrecv"
    await peer.setLocalDescription(await peer.createAnswer())
    params = {
        "sdp": peer.localDescription.sdp,
        "dialogParams": {"callID": invite["callID"]},
    }
    reply = await client.verto("verto.answer", params)
    assert "error" not in reply["result"]["result"]
    return str(invite["callID"])


async def test_a_clip_is_played_to_a_real_peer_and_the_call_ends_with_it(
    state_dir: Path, tmp_path: Path, peer: RTCPeerConnection
):
    clip = tmp_path / "clip.mp4"
    await asyncio.to_thread(generate_clip, clip, 1)
    config = Config(state_dir=state_dir, media_files={CLIP_URL: clip})
    journal = Journal()
    async with Server(config) as server, open_socket(server) as client:
        issued = await issue(server, "bob")
        server.watch(issued["subscriber_id"], journal.note)
        result = (await client.connect(issued["token"]))["result"]
        await client.online()
        play = {"sections": {"main": ["answer", {"play": {"url": CLIP_URL}}]}}
        await dial(server, swml=play)
        dialog = await answer(peer, client)
        await journal.until(lambda fact: isinstance(fact, MediaFact) and fact.state == "connected")
        bye = await client.event("verto.bye")
        await journal.until(lambda fact: isinstance(fact, CallFact) and fact.state == "ended")

    assert result["ice_servers"][0]["urls"][0].startswith("stun:127.0.0.1:")
    assert bye["callID"] == dialog
    assert journal.states(CallFact) == ["created", "ringing", "answered", "ended"]
    media = [fact for fact in journal.facts if isinstance(fact, MediaFact)]
    assert all(fact.real for fact in media)
    assert server.faults == ()


async def test_packets_of_a_real_peer_are_counted_both_ways(server, peer):
    journal = Journal()
    issued = await issue(server, "bob")
    server.watch(issued["subscriber_id"], journal.note)
    async with open_socket(server) as client:
        await client.connect(issued["token"])
        await client.online()
        await dial(server)
        dialog = await answer(peer, client)
        await journal.until(lambda fact: isinstance(fact, MediaFact) and fact.state == "connected")

        def both_ways(fact: AnyFact) -> bool:
            return (
                isinstance(fact, MediaFact)
                and fact.state == "packets"
                and all(fact.sent.get(kind) and fact.received.get(kind) for kind in KINDS)
            )

        async with asyncio.timeout(WAIT_S):
            while not any(map(both_ways, journal.facts)):
                await server.count_packets(dialog)
                await asyncio.sleep(0.02)
        await client.bye(dialog)

    assert journal.states(CallFact)[-1] == "ended"


async def test_a_url_that_is_not_mapped_is_replaced_with_a_note(server):
    journal = Journal()
    async with registered(server, "bob") as bob:
        subscriber = server.exchange.directory.by_reference("bob")
        server.watch(subscriber.id, journal.note)
        await dial(server, swml={"sections": {"main": [{"play": {"url": CLIP_URL}}]}})
        invite = await bob.event("verto.invite")
        await bob.verto(
            "verto.answer",
            {
                "sdp": "v=0\r\nm=audio 9 X 0\r\nm=video 9 X 0\r\n",
                "dialogParams": {"callID": invite["callID"]},
            },
        )
        fact = await journal.until(lambda fact: isinstance(fact, ScriptFact) and bool(fact.note))

    assert isinstance(fact, ScriptFact)
    assert CLIP_URL in fact.note
