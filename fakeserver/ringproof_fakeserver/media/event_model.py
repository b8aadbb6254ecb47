"""Legs that cross no socket: offers without addresses, connected as soon as they are answered.

For clients whose media is the event model too. No I/O and no time.
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


class EventModelLegs:
    """``Legs`` without media. Counts are 1 for each direction that was agreed on, 0 for others."""

    real = False

    def __init__(self, on_connected: OnConnected, on_failed: OnFailed) -> None:
        # Both backends have the same parameters; nothing here can fail by itself.
        self._on_connected = on_connected
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
        """Return at once; the files are not opened."""
        self._leg(dialog)

    def stop_play(self, dialog: str) -> None:
        """Do nothing: no playback lasts."""

    async def close(self, dialog: str) -> None:
        """See ``Legs.close``."""
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
        self._legs.clear()

    def _leg(self, dialog: str) -> _Leg:
        if not (leg := self._legs.get(dialog)):
            raise LegError(dialog, "has no leg")
        return leg
