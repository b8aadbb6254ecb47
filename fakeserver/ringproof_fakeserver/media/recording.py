"""One recording of what a client says: a WAV file."""

from __future__ import annotations

import os
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
        """Open the file. Raises ``OSError``."""
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
        self._failure: OSError | None = None

    @property
    def is_closed(self) -> bool:
        """Whether nothing is written any more."""
        return self._raw.closed

    def write(self, frame: av.AudioFrame) -> None:
        """Add a frame of sound, or silence of its length, or nothing: see ``pause``.

        Where that fails, ``close`` says so: the media that is recorded goes on.
        """
        if self._failure is not None or (self._paused and not self._silent):
            return
        try:
            self._add(frame)
        except OSError as error:
            self._failure = error

    def _add(self, frame: av.AudioFrame) -> None:
        for part in self._resampler.resample(frame):
            data = part.to_ndarray().tobytes()
            if self._size_bytes + len(data) <= LONGEST_S * _BYTES_PER_S:
                self._file.writeframes(bytes(len(data)) if self._paused else data)
                self._size_bytes += len(data)

    def pause(self, paused: bool, silent: bool) -> None:
        """Leave out what comes, or (``silent``) write silence in its place."""
        self._paused, self._silent = paused, silent

    def close(self) -> tuple[int, int]:
        """Finish the file; return its duration in ms and its size in bytes.

        Raises ``OSError`` where the file could not be written; it is closed all the same.
        """
        with self._raw:
            self._file.close()
            size_bytes = self._raw.seek(0, os.SEEK_END)
        if self._failure is not None:
            raise self._failure
        return round(self._size_bytes * 1000 / _BYTES_PER_S), size_bytes
