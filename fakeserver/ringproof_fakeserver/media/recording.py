"""One recording of what a client says: a WAV file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av

RATE_HZ = 16_000
LONGEST_S = 600
"""What comes later is not written: 19 MB are enough for one file."""
_BYTES_PER_S = 2 * RATE_HZ


class Recording:
    """One file in progress: 16,000 Hz, mono, 16 bits."""

    def __init__(self, path: Path) -> None:
        import av  # late: the event model needs none of it

        self.path = path
        self._raw = path.open("wb")
        self._file = wave.open(self._raw, "wb")  # noqa: SIM115 - see ``close``
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        self._size_bytes = 0
        self._paused = self._silent = False

    def write(self, frame: av.AudioFrame) -> None:
        """Add a frame of sound, or silence of its length, or nothing: see ``pause``."""
        if self._paused and not self._silent:
            return
        for part in self._resampler.resample(frame):
            data = part.to_ndarray().tobytes()
            if self._size_bytes + len(data) <= LONGEST_S * _BYTES_PER_S:
                self._file.writeframes(bytes(len(data)) if self._paused else data)
                self._size_bytes += len(data)

    def pause(self, paused: bool, silent: bool) -> None:
        """Leave out what comes, or (``silent``) write silence in its place."""
        self._paused, self._silent = paused, silent

    def close(self) -> tuple[int, int]:
        """Finish the file; return its duration in ms and its size in bytes."""
        self._file.close()
        self._raw.close()
        return round(self._size_bytes * 1000 / _BYTES_PER_S), self.path.stat().st_size
