"""Legs of SIP user agents: plain RTP with G.711, on a UDP port of their own each.

Light to import: aiortc, whose codecs are used, comes with the first leg.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ringproof_fakeserver.media.legs import (
    Counts,
    LegError,
    NoSink,
    OnConnected,
    OnDigit,
    OnFailed,
    Playable,
    Sink,
    UnplayableError,
)
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.sip import description

if TYPE_CHECKING:
    from ringproof_fakeserver.media.recording import Recording
    from ringproof_fakeserver.media.rtp_peer import RtpPeer


def _load_peer() -> type[RtpPeer]:
    """Import aiortc; half a second the first time."""
    from ringproof_fakeserver.media.rtp_peer import RtpPeer

    return RtpPeer


class RtpLegs:
    """``Legs`` of plain RTP. ``host`` is the address that the ports are bound to.

    A leg is connected as soon as both descriptions are there: plain RTP has no handshake.
    """

    real = True

    def __init__(
        self, on_connected: OnConnected, on_failed: OnFailed, host: str = "127.0.0.1"
    ) -> None:
        # All backends have these parameters; nothing here can fail once a leg is connected.
        self._on_connected = on_connected
        self.on_digit: OnDigit = lambda dialog, digit: None
        self._host = host
        self._legs: dict[str, RtpPeer] = {}
        self._making: set[str] = set()

    async def create_offer(
        self, dialog: str, media: tuple[str, ...], msid: bool, codecs: tuple[str, ...] = ()
    ) -> str:
        """See ``Legs.create_offer``; whatever ``media`` is, sound alone is offered."""
        peer = await self._make(dialog)
        return description.offer(*peer.address, peer.next_version(), codecs)

    async def apply_answer(self, dialog: str, sdp: str) -> None:
        """See ``Legs.apply_answer``."""
        self._take(dialog, sdp)
        self._connect(dialog)

    async def answer_offer(self, dialog: str, offer: str, msid: bool) -> str:
        """See ``Legs.answer_offer``."""
        await self._make(dialog)
        answer = self._answer(dialog, offer)
        self._connect(dialog)
        return answer

    async def renegotiate(self, dialog: str, sdp: str, on_restarted: Callable[[], None]) -> str:
        """See ``Legs.renegotiate``: another address, codec or direction."""
        return self._answer(dialog, sdp)

    async def play(self, dialog: str, items: Sequence[Playable], pace: Pace | None = None) -> None:
        """See ``Legs.play``."""
        try:
            await self._leg(dialog).play(items, pace or Pace())
        except UnplayableError as error:
            raise LegError(dialog, str(error)) from error

    def stop_play(self, dialog: str) -> None:
        """See ``Legs.stop_play``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.stop_play()

    async def send_digits(self, dialog: str, digits: str) -> str:
        """See ``Legs.send_digits``."""
        return await self._leg(dialog).send_digits(digits)

    def record(self, dialog: str, recording: Recording) -> None:
        """See ``Legs.record``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.recordings.add(recording)

    def stop_recording(self, dialog: str, recording: Recording) -> None:
        """See ``Legs.stop_recording``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.recordings.discard(recording)

    async def close(self, dialog: str) -> None:
        """See ``Legs.close``."""
        self._making.discard(dialog)
        if (peer := self._legs.pop(dialog, None)) is not None:
            await peer.close()

    def watch(self, dialog: str, within_ms: int, on_silent: Callable[[], None]) -> None:
        """See ``Legs.watch``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.watch(within_ms, on_silent)

    def cut(self, dialog: str, from_client: bool, to_client: bool) -> None:
        """See ``Legs.cut``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.deaf, peer.mute = from_client, to_client

    def listen(self, dialog: str, sink: Sink) -> None:
        """See ``Legs.listen``."""
        if (peer := self._legs.get(dialog)) is not None:
            peer.listen(sink)

    def sink(self, dialog: str) -> Sink:
        """See ``Legs.sink``."""
        peer = self._legs.get(dialog)
        if peer is None:
            return NoSink()
        peer.start_relay()
        return peer

    async def counts(self, dialog: str) -> tuple[Counts, Counts]:
        """See ``Legs.counts``."""
        peer = self._legs.get(dialog)
        return ({}, {}) if peer is None else ({"audio": peer.sent}, {"audio": peer.received})

    async def close_all(self) -> None:
        """See ``Legs.close_all``."""
        await asyncio.gather(*(self.close(dialog) for dialog in list(self._legs)))

    async def _make(self, dialog: str) -> RtpPeer:
        if dialog in self._legs or dialog in self._making:
            raise LegError(dialog, "has a leg already")
        self._making.add(dialog)
        try:
            make = await asyncio.to_thread(_load_peer)
            peer = await make.open(self._host, lambda digit: self.on_digit(dialog, digit))
        except OSError as error:
            self._making.discard(dialog)
            raise LegError(dialog, f"no port for RTP: {error}") from error
        if dialog not in self._making:
            await peer.close()
            raise LegError(dialog, "was closed before it was ready")
        self._making.discard(dialog)
        self._legs[dialog] = peer
        return peer

    def _take(self, dialog: str, sdp: str) -> description.Sound:
        try:
            sound = description.read(sdp)
        except ValueError as error:
            raise LegError(dialog, f"the description cannot be used: {error}") from error
        self._leg(dialog).agree(sound)
        return sound

    def _answer(self, dialog: str, offer: str) -> str:
        peer, sound = self._leg(dialog), self._take(dialog, offer)
        return description.answer(sound, *peer.address, peer.next_version())

    def _connect(self, dialog: str) -> None:
        peer = self._legs[dialog]
        asyncio.get_running_loop().call_soon(self._connected, dialog, peer)

    def _connected(self, dialog: str, peer: RtpPeer) -> None:
        if self._legs.get(dialog) is peer:
            self._on_connected(dialog)

    def _leg(self, dialog: str) -> RtpPeer:
        if (peer := self._legs.get(dialog)) is None:
            raise LegError(dialog, "has no leg")
        return peer
