"""What is in received media: the loudest frequency of sound, the mean colour of a picture.

Imports NumPy; import it only with real media.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from av import AudioFrame, VideoFrame

FRAMES = 10
"""Of 20 ms each: 200 ms tell frequencies apart that differ by 5 Hz."""

LEAST = 50
"""Amplitude, of 32,767: below this there is silence."""


def of_sound(frames: Sequence[AudioFrame]) -> dict[str, int]:
    """Return ``hz``, the loudest frequency of consecutive frames; 0 for silence."""
    rate_hz = frames[-1].sample_rate
    blocks = []
    for frame in frames:
        # Packed samples of several channels follow one another: the first channel is enough.
        channels = len(frame.layout.channels)
        blocks.append(frame.to_ndarray().reshape(-1)[::channels].astype(np.float64))
    samples = np.concatenate(blocks)
    if not samples.size or np.abs(samples).max() < LEAST:
        return {"hz": 0}
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    spectrum[0] = 0
    return {"hz": round(float(spectrum.argmax()) * rate_hz / samples.size)}


def of_picture(frame: VideoFrame) -> dict[str, int]:
    """Return ``red``, ``green`` and ``blue``: the means of a picture, 0 to 255."""
    mean = frame.to_ndarray(format="rgb24").mean(axis=(0, 1))
    red, green, blue = (round(float(part)) for part in mean)
    return {"red": red, "green": green, "blue": blue}
