"""Real media against the platform's own legs: candidates, DTLS and RTP on loopback."""

import asyncio
import time

import pytest

from ringproof.client import events
from ringproof.client.media import Counts
from ringproof.client.rtc import AiortcMedia
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.protocol import sdp

ANSWER_WITHIN_S = 1.0
"""Answers take 10 to 40 ms on an idle machine; this bounds the hopeless, not the slow."""


class Bench:
    """One platform leg and one client leg, joined without any signalling."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[events.AnyEvent] = asyncio.Queue()
        self.seen: list[events.AnyEvent] = []
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
            self.media.acquire("c", audio, video)
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
async def bench():
    bench = Bench()
    yield bench
    await bench.media.aclose()
    await bench.legs.close_all()
    await asyncio.gather(*bench.tasks)


async def test_client_sends_and_receives_both_kinds(bench):
    started = time.monotonic()
    answer = await bench.negotiate(("audio", "video"), audio=True, video=True)
    assert time.monotonic() - started < ANSWER_WITHIN_S
    assert sdp.directions(answer) == {"audio": "sendrecv", "video": "sendrecv"}
    assert "BUNDLE" not in answer
    assert all("a=candidate" in section for section in answer.split("m=")[1:])
    await bench.until(events.MediaConnected)
    assert bench.remote_kinds() == ["audio", "video"]
    counts = await bench.counted(
        lambda counts: all(
            side.get(kind) for side in (counts.sent, counts.received) for kind in ("audio", "video")
        )
    )
    assert set(counts.sent) == {"audio", "video"}


async def test_client_without_camera_still_receives_pictures(bench):
    answer = await bench.negotiate(("audio", "video"), audio=True, video=False)
    assert sdp.directions(answer) == {"audio": "sendrecv", "video": "recvonly"}
    await bench.until(events.MediaConnected)
    counts = await bench.counted(lambda counts: counts.received.get("video"))
    assert not counts.sent.get("video")


async def test_client_with_neither_only_receives(bench):
    answer = await bench.negotiate(("audio",), audio=False, video=False)
    assert sdp.directions(answer) == {"audio": "recvonly"}
    await bench.until(events.MediaConnected)
    await bench.counted(lambda counts: counts.received.get("audio"))


async def test_remote_frames_can_be_read(bench):
    await bench.negotiate(("audio",), audio=True, video=False)
    await bench.until(events.MediaConnected)
    track = next(event.track for event in bench.seen if isinstance(event, events.RemoteTrack))
    async with asyncio.timeout(30):
        frame = await track.source.recv()
    assert frame.sample_rate == 48_000


async def test_garbage_offer_fails_the_media(bench):
    bench.media.apply_offer("c", "v=0\r\nm=audio nonsense\r\n")
    failed = await bench.until(events.MediaFailed)
    assert "unusable offer" in failed.error


async def test_close_during_negotiation_reports_nothing_more(bench):
    offer = await bench.legs.create_offer("c", ("audio",), True)
    bench.media.apply_offer("c", offer)
    bench.media.acquire("c", True, False)
    bench.media.make_answer("c")
    bench.media.close("c")
    await bench.media.aclose()
    await asyncio.gather(*bench.tasks)
    kinds = [type(bench.events.get_nowait()) for _ in range(bench.events.qsize())]
    assert kinds == [events.LocalMediaReady]
    assert await bench.media.counts("c") == Counts()
