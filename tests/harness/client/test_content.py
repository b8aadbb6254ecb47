"""What the reference client finds in received media: frequencies and colours."""

from __future__ import annotations

import av
import numpy as np
import pytest

from ringproof.client import content
from ringproof_fakeserver.media.sources import test_picture as drawn


def _sound(hz: int, rate_hz: int, channels: int, amplitude: int = 3_000) -> list[av.AudioFrame]:
    samples = rate_hz // 50
    time_s = np.arange(samples * content.FRAMES) / rate_hz
    wave = (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)
    frames = []
    for block in wave.reshape(content.FRAMES, samples):
        layout = "stereo" if channels == 2 else "mono"
        packed = np.repeat(block, channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 2), (48_000, 1), (8_000, 1)])
@pytest.mark.parametrize("hz", [440, 523, 659])
def test_loudest_frequency(hz: int, rate_hz: int, channels: int):
    assert abs(content.of_sound(_sound(hz, rate_hz, channels))["hz"] - hz) <= 5


def test_silence_has_no_frequency():
    assert content.of_sound(_sound(440, 48_000, 1, amplitude=0)) == {"hz": 0}


def test_test_picture_is_blue():
    frame = av.VideoFrame.from_ndarray(drawn(3), format="yuv420p")
    found = content.of_picture(frame)
    assert found["blue"] > found["red"] + 40
