"""Real media against the platform's own legs: candidates, DTLS and RTP on loopback."""

import asyncio
import time

import pytest

from ringproof.client import events
from ringproof.client.media import Counts
from ringproof.client.rtc import AiortcMedia
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.stun import MAPPED_ADDRESS, mute_server, stun_server
from ringproof_fakeserver.protocol import sdp

ANSWER_WITHIN_S = 1.0
"""Answers take 10 to 40 ms on an idle machine; this bounds the hopeless, not the slow."""


class Peers:
    """One platform leg and one client leg, joined without any signalling."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[events.Event] = asyncio.Queue()
        self.seen: list[events.Event] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.legs = AiortcLegs(lambda _: None, lambda _, __: None)
        self.media = AiortcMedia(
            self.events.put_nowait, lambda work: self.tasks.append(asyncio.create_task(work))
        )

    async def until(self, kind):
        async with asyncio.timeout(30):
            while True:
                event = await self.events.get()
                self.seen.append(event)
                if isinstance(event, kind):
                    return event

    async def negotiate(self, offered, *, audio, video):
        offer = await self.legs.create_offer("c", offered, True)
        self.media.apply_offer("c", offer)
        await self.until(events.OfferApplied)
        if audio or video:
            self.media.acquire("c", audio, video, (0, 0))
            await self.until(events.LocalMediaReady)
        self.media.make_answer("c")
        answer = (await self.until(events.AnswerReady)).sdp
        await self.legs.apply_answer("c", answer)
        return answer

    def remote_kinds(self):
        return [event.track.kind for event in self.seen if isinstance(event, events.RemoteTrack)]

    async def counted(self, wanted) -> Counts:
        async with asyncio.timeout(30):
            while True:
                counts = await self.media.counts("c")
                if wanted(counts):
                    return counts
                await asyncio.sleep(0.02)  # counts are samples: nobody announces them


@pytest.fixture
async def peers():
    peers = Peers()
    yield peers
    await peers.media.aclose()
    await peers.legs.close_all()
    await asyncio.gather(*peers.tasks)


async def test_client_sends_and_receives_both_kinds(peers):
    started = time.monotonic()
    answer = await peers.negotiate(("audio", "video"), audio=True, video=True)
    assert time.monotonic() - started < ANSWER_WITHIN_S
    assert sdp.directions(answer) == {"audio": "sendrecv", "video": "sendrecv"}
    assert "BUNDLE" not in answer
    assert all("a=candidate" in section for section in answer.split("m=")[1:])
    await peers.until(events.MediaConnected)
    assert peers.remote_kinds() == ["audio", "video"]
    counts = await peers.counted(
        lambda counts: all(
            side.get(kind) for side in (counts.sent, counts.received) for kind in ("audio", "video")
        )
    )
    assert set(counts.sent) == {"audio", "video"}


async def test_client_without_camera_still_receives_pictures(peers):
    answer = await peers.negotiate(("audio", "video"), audio=True, video=False)
    assert sdp.directions(answer) == {"audio": "sendrecv", "video": "recvonly"}
    await peers.until(events.MediaConnected)
    counts = await peers.counted(lambda counts: counts.received.get("video"))
    assert not counts.sent.get("video")


async def test_client_with_neither_only_receives(peers):
    answer = await peers.negotiate(("audio",), audio=False, video=False)
    assert sdp.directions(answer) == {"audio": "recvonly"}
    await peers.until(events.MediaConnected)
    await peers.counted(lambda counts: counts.received.get("audio"))


async def test_client_asks_the_stun_server_for_its_address(peers):
    async with stun_server() as url:
        peers.media.use_ice_servers(("turn:turn.invalid:443", url))
        answer = await peers.negotiate(("audio",), audio=True, video=False)
    assert f"{MAPPED_ADDRESS} " in answer
    assert peers.seen[-1].unaided is False
    await peers.until(events.MediaConnected)


async def test_client_answers_without_a_stun_server_that_never_replies(peers):
    async with mute_server() as url:
        peers.media.use_ice_servers((url,))
        answer = await peers.negotiate(("audio",), audio=True, video=False)
    assert "typ srflx" not in answer
    assert peers.seen[-1].unaided is True
    await peers.until(events.MediaConnected)


async def test_remote_frames_can_be_read(peers):
    await peers.negotiate(("audio",), audio=True, video=False)
    await peers.until(events.MediaConnected)
    track = next(event.track for event in peers.seen if isinstance(event, events.RemoteTrack))
    async with asyncio.timeout(30):
        frame = await track.source.recv()
    assert frame.sample_rate == 48_000


async def test_garbage_offer_fails_the_media(peers):
    peers.media.apply_offer("c", "v=0\r\nm=audio nonsense\r\n")
    failed = await peers.until(events.MediaFailed)
    assert "unusable offer" in failed.error


async def test_close_during_negotiation_reports_nothing_more(peers):
    offer = await peers.legs.create_offer("c", ("audio",), True)
    peers.media.apply_offer("c", offer)
    peers.media.acquire("c", True, False, (0, 0))
    peers.media.make_answer("c")
    peers.media.close("c")
    await peers.media.aclose()
    await asyncio.gather(*peers.tasks)
    kinds = [type(peers.events.get_nowait()) for _ in range(peers.events.qsize())]
    assert kinds == [events.LocalMediaReady]
    assert await peers.media.counts("c") == Counts()


async def test_restart_goes_over_a_new_path_and_media_flows_on(peers):
    await peers.negotiate(("audio", "video"), audio=True, video=True)
    await peers.until(events.MediaConnected)
    for _ in range(2):
        restarted = asyncio.Event()
        peers.media.make_restart_offer("c")
        offer = (await peers.until(events.RestartOfferReady)).sdp
        assert sdp.directions(offer) == {"audio": "sendrecv", "video": "sendrecv"}
        answer = await peers.legs.renegotiate("c", offer, restarted.set)
        peers.media.apply_restart_answer("c", answer)
        async with asyncio.timeout(30):
            await restarted.wait()
    before = await peers.media.counts("c")
    await peers.counted(
        lambda counts: all(
            counts.received.get(kind, 0) > before.received.get(kind, 0)
            for kind in ("audio", "video")
        )
    )


@pytest.mark.parametrize("answer", ["", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"])
async def test_answer_to_a_restart_that_cannot_be_used_leaves_the_path(peers, answer):
    await peers.negotiate(("audio",), audio=True, video=False)
    await peers.until(events.MediaConnected)
    peers.media.make_restart_offer("c")
    peers.media.apply_restart_answer("c", answer)
    before = await peers.media.counts("c")
    await peers.counted(
        lambda counts: counts.received.get("audio", 0) > before.received.get("audio", 0)
    )


async def test_call_without_media_offers_nothing(peers):
    peers.media.make_restart_offer("c")
    assert await peers.until(events.RestartOfferReady) == events.RestartOfferReady("c", "")
    peers.media.apply_restart_answer("c", "v=0")
