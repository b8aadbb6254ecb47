"""Legs that cross no socket: offers without addresses, connected as soon as they are answered.

For clients whose media is the event model too. No I/O and no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringproof_fakeserver.media.legs import (
    KINDS,
    Counts,
    LegError,
    NoSink,
    OnConnected,
    OnDigit,
    OnFailed,
    Playable,
    Sink,
)
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.silence import Silence
from ringproof_fakeserver.protocol.sdp import answer_to, directions, event_model, ice_names

if TYPE_CHECKING:
    from ringproof_fakeserver.media.recording import Recording

ANSWERED = "platform-"
"""What the ICE user names of answers to new offers begin with."""


@dataclass(slots=True)
class _Leg:
    media: tuple[str, ...]
    answered: dict[str, str] = field(default_factory=dict)
    watched: tuple[int, Callable[[], None]] | None = None
    """For how long nothing may be heard, and what to call then."""
    names: tuple[str, ...] = ()
    """ICE user names of the client."""
    restarts: int = 0
    cut: bool = False
    silence: Silence | None = None
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a playback without end is stopped."""

    def listen(self) -> None:
        """Count the silence while the path is cut and watched; packets come at other times."""
        if self.silence:
            self.silence.stop()
        self.silence = Silence(*self.watched) if self.cut and self.watched else None


class EventModelLegs:
    """``Legs`` without media. Counts are 1 for each direction that was agreed on, 0 for others."""

    real = False

    def __init__(self, on_connected: OnConnected, on_failed: OnFailed) -> None:
        # Both backends have the same parameters; nothing here can fail by itself.
        self._on_connected = on_connected
        self._legs: dict[str, _Leg] = {}
        self.on_digit: OnDigit = lambda dialog, digit: None

    async def create_offer(
        self, dialog: str, media: tuple[str, ...], msid: bool, codecs: tuple[str, ...] = ()
    ) -> str:
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

    async def answer_offer(self, dialog: str, offer: str, msid: bool) -> str:
        """See ``Legs.answer_offer``."""
        offered = directions(offer)
        if dialog in self._legs or not offered or not set(offered) <= KINDS:
            raise LegError(dialog, f"cannot answer {list(offered)}")
        leg = self._legs[dialog] = _Leg(tuple(offered), offered)
        leg.names = ice_names(offer)
        asyncio.get_running_loop().call_soon(self._connected, dialog, leg)
        return event_model(answer_to(offered), msid=msid)

    def _connected(self, dialog: str, leg: _Leg) -> None:
        if self._legs.get(dialog) is leg:
            self._on_connected(dialog)

    async def renegotiate(self, dialog: str, sdp: str, on_restarted: Callable[[], None]) -> str:
        """See ``Legs.renegotiate``; an offer with another ICE user name is a restart."""
        leg = self._leg(dialog)
        offered, names = directions(sdp), ice_names(sdp)
        if not offered or not leg.answered:
            raise LegError(dialog, "cannot use the offer")
        leg.answered = offered
        if names != leg.names:
            leg.names = names
            leg.restarts += 1
            asyncio.get_running_loop().call_soon(self._restarted, dialog, leg, on_restarted)
        return event_model(answer_to(offered), ice=f"{ANSWERED}{leg.restarts}")

    def _restarted(self, dialog: str, leg: _Leg, on_restarted: Callable[[], None]) -> None:
        if self._legs.get(dialog) is leg:
            on_restarted()

    async def play(self, dialog: str, items: Sequence[Playable], pace: Pace | None = None) -> None:
        """Return at once, or when a playback without end is stopped; no file is opened."""
        leg = self._leg(dialog)
        if pace is not None and pace.loops == 0:
            leg.stopped.clear()
            await leg.stopped.wait()

    def stop_play(self, dialog: str) -> None:
        """Stop a playback without end; no other lasts."""
        if leg := self._legs.get(dialog):
            leg.stopped.set()

    async def send_digits(self, dialog: str, digits: str) -> str:
        """Return at once: nobody hears them."""
        self._leg(dialog)
        return ""

    def record(self, dialog: str, recording: Recording) -> None:
        """Do nothing: no sound comes, and the file stays empty."""

    def stop_recording(self, dialog: str, recording: Recording) -> None:
        """Do nothing."""

    async def close(self, dialog: str) -> None:
        """See ``Legs.close``."""
        if leg := self._legs.pop(dialog, None):
            leg.stopped.set()
            leg.watched = None
            leg.listen()

    def watch(self, dialog: str, within_ms: int, on_silent: Callable[[], None]) -> None:
        """See ``Legs.watch``: as if packets came until they are cut."""
        if leg := self._legs.get(dialog):
            leg.watched = within_ms, on_silent
            leg.listen()

    def cut(self, dialog: str, from_client: bool, to_client: bool) -> None:
        """See ``Legs.cut``."""
        if leg := self._legs.get(dialog):
            leg.cut = from_client
            leg.listen()

    def listen(self, dialog: str, sink: Sink) -> None:
        """Do nothing: no packet comes."""

    def sink(self, dialog: str) -> Sink:
        """Return a sink that drops everything: no packet is sent."""
        return NoSink()

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
