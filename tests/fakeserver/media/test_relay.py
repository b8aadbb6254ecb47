"""Two legs that are joined: what one client sends, the other receives, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.media.relay import Tap
from tests.fakeserver.media.client import Client, Reports, loudest_hz

GREY = 77
"""Luma of the picture that the caller sends; the stand-in's own have none like it."""


class Tone(AudioStreamTrack):
    """A tone of 1,200 Hz, which is none of the stand-in's."""

    async def recv(self) -> av.AudioFrame:
        frame = await super().recv()
        times = (frame.pts + np.arange(frame.samples)) / frame.sample_rate
        wave = (8_000 * np.sin(2 * np.pi * 1_200 * times)).astype(np.int16)
        tone = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        tone.sample_rate, tone.pts, tone.time_base = frame.sample_rate, frame.pts, frame.time_base
        return tone


class Grey(VideoStreamTrack):
    """A grey picture of 800x600 pixels: larger than the stand-in sends."""

    async def recv(self) -> av.VideoFrame:
        frame = await super().recv()
        planes = np.full((900, 800), 128, np.uint8)
        planes[:600] = GREY
        grey = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        grey.pts, grey.time_base = frame.pts, frame.time_base
        return grey


def luma(frame: av.VideoFrame) -> float:
    """Mean brightness."""
    return float(frame.reformat(format="yuv420p").to_ndarray()[: frame.height].mean())


def is_grey(frame: av.VideoFrame) -> bool:
    return abs(luma(frame) - GREY) < 6


def is_tone(frame: av.AudioFrame) -> bool:
    return abs(loudest_hz(frame) - 1_200) <= 50


@pytest.fixture
async def caller():
    async with contextlib.AsyncExitStack() as stack:
        caller = Client()
        stack.push_async_callback(caller.close)
        yield caller


async def join(legs: AiortcLegs, caller: Client, callee: Client, reports: Reports) -> None:
    """Connect a leg that the caller offered and one that the callee answered, and join them."""
    await caller.take(await legs.answer_offer("a", await caller.offer(), True))
    await legs.apply_answer("b", await callee.answer(await legs.create_offer("b", KINDS, True)))
    await reports.wait(2)
    for track, sender in zip((Tone(), Grey()), caller.connection.getSenders(), strict=True):
        sender.replaceTrack(track)
    legs.listen("a", legs.sink("b"))
    legs.listen("b", legs.sink("a"))


KINDS = ("audio", "video")


async def test_callee_sees_and_hears_the_caller(legs, client, caller, reports):
    await join(legs, caller, client, reports)
    picture = await client.see("video", is_grey)
    assert (picture.width, picture.height) == (480, 360), "it is scaled to what a leg sends"
    await client.see("audio", is_tone)


async def test_caller_sees_and_hears_the_callee(legs, client, caller, reports):
    await join(legs, caller, client, reports)
    # aiortc's plain tracks: a picture without any luma, and silence.
    await caller.see("video", lambda frame: luma(frame) < 6)
    await caller.see("audio", lambda frame: not frame.to_ndarray().any())


async def test_caller_of_another_codec_is_heard(legs, caller, reports):
    async with contextlib.AsyncExitStack() as stack:
        callee = Client(sound_codec="PCMU")
        stack.push_async_callback(callee.close)
        await join(legs, caller, callee, reports)
        await callee.see("audio", is_tone)


async def test_playback_goes_first_while_it_lasts(legs, client, caller, reports, endless):
    await join(legs, caller, client, reports)
    await client.see("video", is_grey)
    playing = asyncio.create_task(legs.play("b", endless))
    await client.see("video", lambda frame: not is_grey(frame))
    legs.stop_play("b")
    await playing
    await client.see("video", is_grey)
    await client.see("audio", is_tone)


async def test_leg_that_is_joined_anew_leaves_the_one_before(legs, client, caller, reports):
    await join(legs, caller, client, reports)
    await client.see("video", is_grey)
    async with contextlib.AsyncExitStack() as stack:
        third = Client()
        stack.push_async_callback(third.close)
        await legs.apply_answer("c", await third.answer(await legs.create_offer("c", KINDS, True)))
        await reports.wait(3)
        legs.listen("a", legs.sink("c"))
        legs.listen("c", legs.sink("a"))
        await legs.close("b")
        await third.see("video", is_grey)
        await third.see("audio", is_tone)


async def test_closed_leg_drops_what_it_is_given(legs, client, caller, reports):
    await join(legs, caller, client, reports)
    sink = legs.sink("b")
    await legs.close("b")
    sink.sound(b"\0" * 1_920)
    sink.picture(2, 2, b"\0" * 6)
    unknown = legs.sink("b")
    unknown.sound(b"\0" * 1_920)
    unknown.picture(2, 2, b"\0" * 6)
    legs.listen("b", unknown)


async def test_event_model_relays_nothing(reports):
    legs = EventModelLegs(reports.connected, reports.failed)
    await legs.create_offer("d", KINDS, True)
    sink = legs.sink("d")
    legs.listen("d", sink)
    sink.sound(b"")
    sink.picture(0, 0, b"")
    assert await legs.counts("d") == ({}, {})


class Kept:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.sizes: list[tuple[int, int, int]] = []

    def sound(self, samples: bytes) -> None:
        self.blocks.append(samples)

    def picture(self, width: int, height: int, planes: bytes) -> None:
        self.sizes.append((width, height, len(planes)))


async def test_sound_of_any_rate_becomes_blocks_of_twenty_milliseconds():
    kept = Kept()
    tap = Tap(kept)
    for number in range(10):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 160), np.int16), "s16", "mono")
        # A gap in the sender's time, as after a lost packet.
        frame.sample_rate, frame.pts, frame.time_base = 8_000, 300 * number, Fraction(1, 8_000)
        tap.take(frame)
    assert len(kept.blocks) >= 9
    assert {len(block) for block in kept.blocks} == {1_920}


async def test_pictures_come_no_faster_than_they_are_sent():
    kept = Kept()
    tap = Tap(kept)
    for _ in range(5):
        tap.take(av.VideoFrame(1_280, 720, "yuv420p"))
    assert kept.sizes == [(640, 360, 640 * 360 * 3 // 2)]
    tap.take(av.Packet(b"not decoded"))
    assert len(kept.sizes) == 1
