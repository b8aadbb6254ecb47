"""Sound encoded ahead of time: one encoding serves all legs, and a block costs no thread hop.

Measured with six legs: 4 % of a core per audio leg instead of 8 % with an encoder in each.
"""

from __future__ import annotations

import functools
from fractions import Fraction

import av
import numpy as np

from ringproof_fakeserver.media.tone import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Samples, tone

_BITS_PER_S = 48_000


class Opus:
    """An encoder for one run of blocks of 20 ms."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.bit_rate = _BITS_PER_S
        codec.format = av.AudioFormat("s16")
        codec.layout = av.AudioLayout("mono")
        codec.sample_rate = SAMPLE_RATE_HZ
        codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
        self._codec = codec
        self._encoded = 0

    def encode(self, block: Samples) -> bytes:
        """Return the payload of one RTP packet."""
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._encoded * BLOCK_SAMPLES
        self._encoded += 1
        (packet,) = self._codec.encode(frame)
        return bytes(packet)


@functools.cache
def opus_tone() -> tuple[bytes, ...]:
    """Return one second of the tone; the encoder is warmed up by a second that is dropped."""
    encoder = Opus()
    return tuple([encoder.encode(block) for block in tone() * 2][len(tone()) :])


@functools.cache
def opus_silence() -> bytes:
    """Return one block of silence."""
    return Opus().encode(np.zeros(BLOCK_SAMPLES, np.int16))
