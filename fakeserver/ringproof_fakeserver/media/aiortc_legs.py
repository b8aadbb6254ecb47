"""Legs whose packets cross real sockets. Light to import: aiortc comes with the first leg."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
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
    UnplayableError,
)
from ringproof_fakeserver.media.pace import Pace

if TYPE_CHECKING:
    from ringproof_fakeserver.media.peer import Peer
    from ringproof_fakeserver.media.recording import Recording

CONNECT_LIMIT_MS = 15_000
"""How long after its answer a leg may take to connect: on one machine 0.1 s, under load 1 s. The
browser SDK asks for another path after 3 s (its source), which leaves it several tries."""

CLOSE_LIMIT_S = 5.0
"""Closing takes up to 30 ms: decoders are joined. More than this means that aiortc hangs."""

logger = logging.getLogger("ringproof.media")


class _Leg:
    """A dialog's peer, made a moment later than the leg itself, and what became of it."""

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self.state = "connecting"
        """Then ``connected``, ``failed`` or ``closed``."""
        self.settled = asyncio.Event()
        """Set when the state changes for the first time: what a playback waits for."""
        self.deadline: asyncio.TimerHandle | None = None

    def settle(self, state: str) -> None:
        self.state = state
        self.settled.set()
        if self.deadline:
            self.deadline.cancel()


class _LegSink:
    """The ``Sink`` of a leg."""

    def __init__(self, leg: _Leg) -> None:
        self._leg = leg

    def sound(self, samples: bytes) -> None:
        if self._leg.peer and self._leg.state == "connected":
            self._leg.peer.relay_sound(samples)

    def picture(self, width: int, height: int, planes: bytes) -> None:
        if self._leg.peer and self._leg.state == "connected":
            self._leg.peer.relay_picture(width, height, planes)


def _load_peer() -> type[Peer]:
    """Import aiortc; half a second the first time."""
    from ringproof_fakeserver.media.peer import Peer

    return Peer


class AiortcLegs:
    """``Legs`` on aiortc. ``connect_limit_ms`` is counted from the answer.

    ``load_peer`` is called in a thread when a leg is made.
    """

    real = True

    def __init__(
        self,
        on_connected: OnConnected,
        on_failed: OnFailed,
        connect_limit_ms: int = CONNECT_LIMIT_MS,
        close_limit_s: float = CLOSE_LIMIT_S,
        load_peer: Callable[[], type[Peer]] = _load_peer,
    ) -> None:
        self._on_connected = on_connected
        self._on_failed = on_failed
        self._connect_limit_ms = connect_limit_ms
        self._close_limit_s = close_limit_s
        self._load_peer = load_peer
        self._legs: dict[str, _Leg] = {}
        self.on_digit: OnDigit = lambda dialog, digit: None

    async def create_offer(
        self, dialog: str, media: tuple[str, ...], msid: bool, codecs: tuple[str, ...] = ()
    ) -> str:
        """See ``Legs.create_offer``."""
        if dialog in self._legs:
            raise LegError(dialog, "has a leg already")
        if not media or not set(media) <= KINDS or len(set(media)) < len(media):
            raise LegError(dialog, f"cannot offer {media}")
        leg = self._legs[dialog] = _Leg()
        make_peer = await asyncio.to_thread(self._load_peer)
        if leg.state == "closed":
            raise LegError(dialog, "was closed before its offer was ready")
        leg.peer = self._peer(make_peer, dialog, leg, media, codecs)
        try:
            offer = await leg.peer.offer(msid)
        except ValueError as error:
            raise LegError(dialog, str(error)) from error
        if leg.state == "closed":
            raise LegError(dialog, "was closed before its offer was ready")
        if "a=candidate:" not in offer:
            raise LegError(dialog, "no local address could be bound")
        return offer

    def _peer(
        self,
        make: type[Peer],
        dialog: str,
        leg: _Leg,
        media: tuple[str, ...],
        codecs: tuple[str, ...],
    ) -> Peer:
        return make(
            media,
            lambda state: self._state_changed(dialog, leg, state),
            codecs,
            lambda digit: self.on_digit(dialog, digit),
        )

    async def apply_answer(self, dialog: str, sdp: str) -> None:
        """See ``Legs.apply_answer``."""
        leg, peer = self._ready(dialog)
        try:
            await peer.answer(sdp)
        except ValueError as error:
            if leg.state != "closed":
                leg.settle("failed")
            raise LegError(dialog, str(error)) from error
        if leg.state == "closed":
            raise LegError(dialog, "was closed before its answer was applied")
        self._limit_connecting(dialog, leg)

    async def answer_offer(self, dialog: str, offer: str, msid: bool) -> str:
        """See ``Legs.answer_offer``."""
        if dialog in self._legs:
            raise LegError(dialog, "has a leg already")
        leg = self._legs[dialog] = _Leg()
        make_peer = await asyncio.to_thread(self._load_peer)
        if leg.state == "closed":
            raise LegError(dialog, "was closed before its answer was ready")
        leg.peer = self._peer(make_peer, dialog, leg, (), ())
        try:
            answer = await leg.peer.answer_to(offer, msid)
        except ValueError as error:
            if leg.state != "closed":
                leg.settle("failed")
            raise LegError(dialog, str(error)) from error
        if leg.state == "closed":
            raise LegError(dialog, "was closed before its answer was ready")
        self._limit_connecting(dialog, leg)
        return answer

    def _limit_connecting(self, dialog: str, leg: _Leg) -> None:
        leg.deadline = asyncio.get_running_loop().call_later(
            self._connect_limit_ms / 1000,
            self._fail,
            dialog,
            leg,
            f"not connected {self._connect_limit_ms} ms after the answer",
        )

    async def renegotiate(self, dialog: str, sdp: str, on_restarted: Callable[[], None]) -> str:
        """See ``Legs.renegotiate``."""
        leg, peer = self._ready(dialog)
        if leg.state != "connected":
            raise LegError(dialog, "is not connected")

        def restarted() -> None:
            if leg.state == "connected":
                on_restarted()

        try:
            answer = await peer.renegotiate(sdp, restarted)
        except ValueError as error:
            raise LegError(dialog, str(error)) from error
        if leg.state != "connected":
            raise LegError(dialog, "was closed before its offer was answered")
        return answer

    async def play(self, dialog: str, items: Sequence[Playable], pace: Pace | None = None) -> None:
        """See ``Legs.play``."""
        leg, peer = self._ready(dialog)
        await leg.settled.wait()
        if leg.state == "failed":
            raise LegError(dialog, "cannot play: not connected")
        if leg.state == "closed":
            return
        try:
            await peer.play(items, pace or Pace())
        except UnplayableError as error:
            raise LegError(dialog, str(error)) from error

    def stop_play(self, dialog: str) -> None:
        """See ``Legs.stop_play``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.stop_play()

    async def close(self, dialog: str) -> None:
        """See ``Legs.close``."""
        leg = self._legs.pop(dialog, None)
        if not leg:
            return
        leg.settle("closed")
        if leg.peer:
            try:
                async with asyncio.timeout(self._close_limit_s):
                    await leg.peer.close()
            except TimeoutError:
                logger.warning("media of dialog %s did not close in time", dialog)

    def watch(self, dialog: str, within_ms: int, on_silent: Callable[[], None]) -> None:
        """See ``Legs.watch``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.path.watch(within_ms, on_silent)

    def cut(self, dialog: str, from_client: bool, to_client: bool) -> None:
        """See ``Legs.cut``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.path.cut(from_client, to_client)

    def listen(self, dialog: str, sink: Sink) -> None:
        """See ``Legs.listen``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.listen(sink)

    def sink(self, dialog: str) -> Sink:
        """See ``Legs.sink``."""
        leg = self._legs.get(dialog)
        if not leg or not leg.peer:
            return NoSink()
        leg.peer.start_relay()
        return _LegSink(leg)

    async def send_digits(self, dialog: str, digits: str) -> str:
        """See ``Legs.send_digits``."""
        leg, peer = self._ready(dialog)
        await leg.settled.wait()
        if leg.state != "connected":
            return "the leg is not connected"
        return await peer.send_digits(digits)

    def record(self, dialog: str, recording: Recording) -> None:
        """See ``Legs.record``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.recordings.add(recording)

    def stop_recording(self, dialog: str, recording: Recording) -> None:
        """See ``Legs.stop_recording``."""
        leg = self._legs.get(dialog)
        if leg and leg.peer:
            leg.peer.recordings.discard(recording)

    async def counts(self, dialog: str) -> tuple[Counts, Counts]:
        """See ``Legs.counts``."""
        leg = self._legs.get(dialog)
        return await leg.peer.counts() if leg and leg.peer else ({}, {})

    async def close_all(self) -> None:
        """See ``Legs.close_all``."""
        await asyncio.gather(*(self.close(dialog) for dialog in list(self._legs)))

    def _ready(self, dialog: str) -> tuple[_Leg, Peer]:
        leg = self._legs.get(dialog)
        if not leg or not leg.peer:
            raise LegError(dialog, "has no leg")
        return leg, leg.peer

    def _state_changed(self, dialog: str, leg: _Leg, state: str) -> None:
        # aiortc says "closed" for a client that closed its side as well as for a path it lost
        # (30 s after the last reply, measured), so that state means nothing for a connected leg.
        if state == "connected" and leg.state == "connecting":
            leg.settle("connected")
            self._on_connected(dialog)
        elif state in ("failed", "closed"):
            self._fail(dialog, leg, "ICE or DTLS failed")

    def _fail(self, dialog: str, leg: _Leg, reason: str) -> None:
        if leg.state == "connecting":
            leg.settle("failed")
            self._on_failed(dialog, reason)
