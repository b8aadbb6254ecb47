"""The recordings of a server: starts and ends them on legs, and keeps their files for one run."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from ringproof_fakeserver.media.legs import Legs
from ringproof_fakeserver.media.recording import Recording
from ringproof_fakeserver.protocol.events import RecordingFinished

MOST_FILES = 200
"""Kept at a time; a further one takes the place of the oldest that is finished."""

logger = logging.getLogger("ringproof.media")


class Recordings:
    """The files of one run in ``folder``; ``base_url`` is where they are served."""

    def __init__(self, folder: Path, base_url: str, secret: str) -> None:
        self._folder = folder
        self._base_url = base_url
        self._secret = secret
        self._files: dict[str, Recording] = {}
        """By name, the oldest first."""

    def begin(self, name: str) -> Recording:
        """Open a file. ``name`` is a fresh id.

        Raises ``OSError``, also where all files that may be kept are still written.
        """
        if len(self._files) >= MOST_FILES:
            oldest = next((name for name, file in self._files.items() if file.is_closed), None)
            if oldest is None:
                raise OSError(f"{MOST_FILES} recordings are in progress")
            self._files.pop(oldest).path.unlink(missing_ok=True)
        made = Recording(self._folder / f"{name}.wav")
        self._files[made.path.name] = made
        return made

    def url(self, recording: Recording) -> str:
        """Return where the file is served."""
        return f"{self._base_url}/recordings/{self._secret}/{recording.path.name}"

    def find(self, secret: str, name: str) -> Path | None:
        """Return the file of a URL, or None for a wrong secret or an unknown name."""
        right = hmac.compare_digest(secret.encode(errors="replace"), self._secret.encode())
        return self._folder / name if right and name in self._files else None


class _Running(msgspec.Struct, frozen=True, eq=False):
    dialog: str
    legs: Legs
    file: Recording


class Recorder:
    """Recordings in progress. ``report`` gets ``RecordingFinished``; its ``url`` is empty where
    the file could not be written."""

    def __init__(
        self, files: Recordings | None, report: Callable[[RecordingFinished], None]
    ) -> None:
        self._files = files
        self._report = report
        self._running: dict[str, _Running] = {}

    def start(self, dialog: str, recording: str, legs: Legs | None) -> None:
        """Write what the client of this leg says to a fresh file."""
        try:
            if self._files is None or legs is None:
                raise OSError("there is no leg, or nowhere to write to")
            file = self._files.begin(recording)
        except OSError as error:
            logger.warning("recording of dialog %s: %s", dialog, error)
            self._report(RecordingFinished(dialog, recording, "", 0, 0))
            return
        self._running[recording] = _Running(dialog, legs, file)
        legs.record(dialog, file)

    def follow(self, dialog: str) -> None:
        """Go on with the new leg of a dialog."""
        for running in self._running.values():
            if running.dialog == dialog:
                running.legs.record(dialog, running.file)

    def pause(self, recording: str, paused: bool, silent: bool) -> None:
        """Pause a recording, or go on with it."""
        if (running := self._running.get(recording)) is not None:
            running.file.pause(paused, silent)

    def stop(self, recording: str) -> None:
        """Close the file of a recording and report it."""
        running = self._running.pop(recording, None)
        if running is None or self._files is None:
            return
        running.legs.stop_recording(running.dialog, running.file)
        try:
            duration_ms, size_bytes = running.file.close()
        except OSError as error:
            logger.warning("recording of dialog %s: %s", running.dialog, error)
            self._report(RecordingFinished(running.dialog, recording, "", 0, 0))
            return
        url = self._files.url(running.file)
        self._report(RecordingFinished(running.dialog, recording, url, duration_ms, size_bytes))

    def close(self, dialog: str) -> None:
        """Stop all recordings of a leg."""
        for recording, running in tuple(self._running.items()):
            if running.dialog == dialog:
                self.stop(recording)
