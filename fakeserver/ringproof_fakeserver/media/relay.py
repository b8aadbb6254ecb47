"""Converts what one leg receives into what another leg can send. Imports PyAV and numpy."""

from __future__ import annotations

import asyncio

import av
import numpy as np
from av.frame import Frame
from av.packet import Packet
from av.stream import Stream

from ringproof_fakeserver.media.legs import Sink
from ringproof_fakeserver.media.player import fitted_size
from ringproof_fakeserver.media.sources import BLOCK_SAMPLES, PICTURES_PER_S, SAMPLE_RATE_HZ


class Tap:
    """Gives the decoded frames of one leg to a sink, pictures no faster than they are sent."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._resampler = av.AudioResampler(
            format="s16", layout="mono", rate=SAMPLE_RATE_HZ, frame_size=BLOCK_SAMPLES
        )
        self._next_picture_s = 0.0

    def take(self, frame: Frame | Packet[Stream]) -> None:
        """Pass one frame on; what is not decoded is dropped."""
        if isinstance(frame, av.AudioFrame):
            self._sound(frame)
        elif isinstance(frame, av.VideoFrame):
            self._picture(frame)

    def _sound(self, frame: av.AudioFrame) -> None:
        # Times of their own: those of the sender have gaps where packets were lost.
        frame.pts = None
        for block in self._resampler.resample(frame):
            self._sink.sound(block.to_ndarray().astype(np.int16).tobytes())

    def _picture(self, frame: av.VideoFrame) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_picture_s:
            return
        # Half a period of tolerance keeps all pictures of a sender with just our rate.
        self._next_picture_s = now_s + 0.5 / PICTURES_PER_S
        width, height = fitted_size(frame.width, frame.height)
        scaled = frame.reformat(width=width, height=height, format="yuv420p")
        self._sink.picture(width, height, scaled.to_ndarray().tobytes())
