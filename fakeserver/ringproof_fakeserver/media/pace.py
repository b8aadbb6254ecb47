"""How one playback goes on: how often, how loud, and whether it is paused."""

from __future__ import annotations

import asyncio


class Pace:
    """Controls a playback from outside. ``loops`` 0 plays again and again. Event loop only."""

    def __init__(self, loops: int = 1, volume_db: float = 0.0) -> None:
        self.loops = loops
        self.gain = 1.0
        self._running = asyncio.Event()
        self._running.set()
        self._paused_s = 0.0
        """When the present pause began."""
        self._shift_s = 0.0
        """How long all pauses so far have lasted together."""
        self.set_volume(volume_db)

    def set_volume(self, volume_db: float) -> None:
        """Make what is decoded from now on louder or softer; 0 dB is as it is in the file."""
        self.gain = 10 ** (volume_db / 20)

    def pause(self) -> None:
        """Send silence, and the last picture, until ``resume``."""
        if self._running.is_set():
            self._paused_s = asyncio.get_running_loop().time()
            self._running.clear()

    def resume(self) -> None:
        """Go on where it was paused."""
        if not self._running.is_set():
            self._shift_s += asyncio.get_running_loop().time() - self._paused_s
            self._running.set()

    async def until(self, due_s: float) -> None:
        """Wait for a moment of the playback, counted as if it had never been paused."""
        loop = asyncio.get_running_loop()
        while True:
            await self._running.wait()
            wait_s = due_s + self._shift_s - loop.time()
            await asyncio.sleep(max(0.0, wait_s))
            if wait_s <= 0 and self._running.is_set():
                return
