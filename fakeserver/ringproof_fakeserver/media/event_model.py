"""Legs that cross no socket: offers without addresses, connected as soon as they are answered.

For clients whose media is the event model too. No I/O; time only where ``play_ms`` asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringproof_fakeserver.media.legs import KINDS, Counts, LegError, OnConnected, OnFailed
from ringproof_fakeserver.protocol.sdp import directions, event_model


@dataclass(slots=True)
class _Leg:
    media: tuple[str, ...]
    answered: dict[str, str] = field(default_factory=dict)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


class EventModelLegs:
    """``Legs`` without media.

    ``play_ms`` is how long each file is taken to last. One packet stands for each direction that
    was agreed on: counts are 1 or 0.
    """

    real = False

    def __init__(self, on_connected: OnConnected, on_failed: OnFailed, play_ms: int = 0) -> None:
        self._on_connected = on_connected
        # Both backends have the same parameters; nothing here can fail by itself.
        self._on_failed = on_failed
        self._play_ms = play_ms
        self._legs: dict[str, _Leg] = {}

    async def create_offer(self, dialog: str, media: tuple[str, ...], msid: bool) -> str:
        """See ``Legs.create_offer``."""
        if dialog in self._legs:
            raise LegError(dialog, "has a leg already")
        if not media or not set(media) <= KINDS:
            raise LegError(dialog, f"cannot offer {media}")
        self._legs[dialog] = _Leg(media)
        return event_model(dict.fromkeys(media, "sendrecv"), msid=msid)

    async def apply_answer(self, dialog: str, sdp: str) -> None:
        """See ``Legs.apply_answer``; any text with at least one live m-section will do."""
        leg = self._leg(dialog)
        answered = directions(sdp)
        if not answered or not set(answered) <= set(leg.media):
            raise LegError(dialog, f"the answer has sections {list(answered)}, not {leg.media}")
        leg.answered = answered
        asyncio.get_running_loop().call_soon(self._connected, dialog, leg)

    def _connected(self, dialog: str, leg: _Leg) -> None:
        if self._legs.get(dialog) is leg:
            self._on_connected(dialog)

    async def play(self, dialog: str, paths: Sequence[Path]) -> None:
        """Return after ``play_ms`` per file; the files are not opened."""
        leg = self._leg(dialog)
        leg.stopped.set()
        leg.stopped = stopped = asyncio.Event()
        if not self._play_ms:
            return
        try:
            async with asyncio.timeout(self._play_ms * len(paths) / 1000):
                await stopped.wait()
        except TimeoutError:
            return

    def stop_play(self, dialog: str) -> None:
        """See ``Legs.stop_play``."""
        if leg := self._legs.get(dialog):
            leg.stopped.set()

    async def close(self, dialog: str) -> None:
        """See ``Legs.close``."""
        self.stop_play(dialog)
        self._legs.pop(dialog, None)

    async def counts(self, dialog: str) -> tuple[Counts, Counts]:
        """Return one packet for every direction that flows, 0 for one that does not."""
        if not (leg := self._legs.get(dialog)):
            return {}, {}
        answered = leg.answered.items()
        sent = {kind: int(way in ("sendrecv", "recvonly")) for kind, way in answered}
        received = {kind: int(way in ("sendrecv", "sendonly")) for kind, way in answered}
        return sent, received

    async def close_all(self) -> None:
        """See ``Legs.close_all``."""
        for dialog in list(self._legs):
            await self.close(dialog)

    def _leg(self, dialog: str) -> _Leg:
        if not (leg := self._legs.get(dialog)):
            raise LegError(dialog, "has no leg")
        return leg
