"""Silence and ring tones, made block by block: they may last long and take no file."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

# Country → frequencies in Hz, and the cadence in ms: on, off, on, off … (ITU-T E.180 supplement 2).
_CADENCES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "us": ((440, 480), (2_000, 4_000)),
    "ca": ((440, 480), (2_000, 4_000)),
    "uk": ((400, 450), (400, 200, 400, 2_000)),
    "au": ((400, 450), (400, 200, 400, 2_000)),
    "nz": ((400, 450), (400, 200, 400, 2_000)),
    "fr": ((440,), (1_500, 3_500)),
    "jp": ((384, 416), (1_000, 2_000)),
}
_OTHERS = ((425,), (1_000, 4_000))
ONE_RING_S = 2.0
"""How long a ring tone without a duration sounds."""
BLOCK_MS = 20
_AMPLITUDE = 6_000


class Tone(msgspec.Struct, frozen=True):
    """A ring tone of a country for some time; without a country silence."""

    duration_s: float
    country: str = ""


def read(url: str) -> Tone | None:
    """Read ``silence:SECONDS``, ``ring:COUNTRY`` or ``ring:SECONDS:COUNTRY``; else None."""
    scheme, _, rest = url.partition(":")
    if scheme == "silence":
        return Tone(float(rest))
    if scheme == "ring":
        seconds, _, country = rest.rpartition(":")
        return Tone(float(seconds) if seconds.strip() else ONE_RING_S, country.strip().lower())
    return None


def frequencies(tone: Tone) -> Iterator[tuple[int, ...]]:
    """Yield for each block of 20 ms which frequencies sound in it; none is silence."""
    hertz, cadence = _CADENCES.get(tone.country, _OTHERS) if tone.country else ((), (BLOCK_MS,))
    position_ms, phase = 0, 0
    for _ in range(round(tone.duration_s * 1000 / BLOCK_MS)):
        yield hertz if phase % 2 == 0 else ()
        position_ms += BLOCK_MS
        if position_ms >= cadence[phase]:
            position_ms, phase = 0, (phase + 1) % len(cadence)


def amplitude(count: int) -> int:
    """Return the amplitude of each of ``count`` frequencies that sound together."""
    return _AMPLITUDE // max(1, count)
