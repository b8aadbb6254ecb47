"""A microphone that hums and a camera that shows a moving bar: the client's own media.

Imports aiortc; import it only when real media is asked for.
"""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction

import numpy
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame

RATE_HZ = 48_000
TONE_HZ = 660
AMPLITUDE = 6_000
FRAME_SAMPLES = 960
"""20 ms of sound: one RTP packet."""

PICTURES_PER_S = 10
WIDTH, HEIGHT, STEP = 160, 120, 8
VIDEO_CLOCK_HZ = 90_000


class _Paced(MediaStreamTrack):
    """A track whose frames leave in real time."""

    def __init__(self, interval_s: float) -> None:
        super().__init__()
        self._interval_s = interval_s
        self._began_s: float | None = None
        self._frames = 0

    async def _tick(self) -> int:
        """Wait until the next frame is due and return its number."""
        now_s = time.monotonic()
        if self._began_s is None:
            self._began_s = now_s
        wait_s = self._began_s + self._frames * self._interval_s - now_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        number = self._frames
        self._frames += 1
        return number


class Microphone(_Paced):
    """A steady tone of 660 Hz, (960,) int16 mono at 48,000 Hz every 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__(FRAME_SAMPLES / RATE_HZ)
        # One second holds whole periods, so repeating it is seamless.
        angle = numpy.arange(RATE_HZ) * (2 * numpy.pi * TONE_HZ / RATE_HZ)
        self._second = (numpy.sin(angle) * AMPLITUDE).astype(numpy.int16).reshape(1, -1)

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms."""
        number = await self._tick()
        start = number * FRAME_SAMPLES % RATE_HZ
        samples = numpy.ascontiguousarray(self._second[:, start : start + FRAME_SAMPLES])
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.time_base = Fraction(1, RATE_HZ)
        frame.pts = number * FRAME_SAMPLES
        return frame


class Camera(_Paced):
    """A light bar that wanders across a dark picture, 160 × 120, 10 pictures a second."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__(1 / PICTURES_PER_S)

    async def recv(self) -> VideoFrame:
        """Return the next picture."""
        number = await self._tick()
        picture = numpy.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=numpy.uint8)
        picture[:HEIGHT] = 40
        left = number * STEP % WIDTH
        picture[:HEIGHT, left : left + STEP] = 220
        frame = VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        frame.pts = number * VIDEO_CLOCK_HZ // PICTURES_PER_S
        return frame
