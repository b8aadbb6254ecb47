"""The sound of a leg that plays nothing: 440 Hz, and a beep an octave above every second.

Sound is ``(960,)`` int16 mono at 48,000 Hz: blocks of 20 ms.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 48_000
BLOCK_SAMPLES = 960
BLOCKS_PER_S = SAMPLE_RATE_HZ // BLOCK_SAMPLES

TONE_HZ = 440
BEEP_HZ = 880
"""The beep takes the place of the tone during the first fifth of every second."""

_TONE_AMPLITUDE = 3_000
_BEEP_AMPLITUDE = 9_000

Samples = npt.NDArray[np.int16]


@functools.cache
def tone() -> tuple[Samples, ...]:
    """Return one second in blocks; it repeats without a click."""
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    wave = _TONE_AMPLITUDE * np.sin(2 * np.pi * TONE_HZ * time_s)
    beep = time_s < 0.2
    wave[beep] = _BEEP_AMPLITUDE * np.sin(2 * np.pi * BEEP_HZ * time_s[beep])
    return tuple(wave.astype(np.int16).reshape(BLOCKS_PER_S, BLOCK_SAMPLES))
