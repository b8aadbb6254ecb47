"""A stage on which the stand-in is seen from outside only: what leaves it, and when.

``WireStage`` is a ``Driver`` whose clock is virtual: timers fire when ``advance`` passes them, and
media legs are the event model. ``wire`` holds everything that somebody outside could see.
"""

from __future__ import annotations

import heapq
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.commands import (
    AnswerLookup,
    AnswerOffer,
    AnyCommand,
    ApplyAnswer,
    ApplyReoffer,
    CancelTimer,
    CloseSocket,
    CreateOffer,
    CutSocket,
    PostCallback,
    SendFrame,
    StartTimer,
)
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    AnyEvent,
    LegAnswered,
    LookupAsked,
    MediaConnected,
    OfferReady,
    ReofferAnswered,
    TimerFired,
)
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import NOW_MS, Driver

Seen = tuple[int, str, Any]
"""Milliseconds from the start, where it was seen (a socket, ``callback``, ``lookup``), and what."""


class WireStage(Driver):
    """An exchange on a virtual clock, with Bob as its only subscriber, under one platform."""

    def __init__(self, platform: Platform, **settings: Any) -> None:
        super().__init__(**settings)
        self.wire: list[Seen] = []
        self._due: list[tuple[int, int, str]] = []
        self._timers: dict[str, int] = {}
        """Name of each running timer → the number of its entry in ``_due``."""
        self._entries = 0
        self.exchange.set_platform(self.bob.id, platform)

    def handle(self, event: AnyEvent) -> list[AnyCommand]:
        """Handle one event, and what the event model of media makes of its commands."""
        if isinstance(event, TimerFired):
            self._timers.pop(event.name, None)
        commands = super().handle(event)
        for command in commands:
            self._perform(command)
        return commands

    def advance(self, ms: int) -> None:
        """Let so much time pass, and fire the timers that are due meanwhile."""
        until_ms = self.now_ms + ms
        while self._due and self._due[0][0] <= until_ms:
            at_ms, entry, name = heapq.heappop(self._due)
            if self._timers.get(name) == entry:
                del self._timers[name]
                self.now_ms = at_ms
                self.handle(TimerFired(name))
        self.now_ms = until_ms

    def bye_replies(self) -> list[str]:
        """The clock decides when replies to byes are due."""
        return []

    def device_answers(self, socket: str, dialog: str) -> None:
        """A device answers with audio; the event model then connects the media."""
        answer = sdp.event_model({"audio": "sendrecv"})
        self.handle(self.verto(socket, dialog, "verto.answer", sdp=answer))

    def look_up(self, name: str) -> None:
        """Bob's client asks the directory for an address."""
        self.handle(LookupAsked("look-up", self.bob.id, name))

    def _perform(self, command: AnyCommand) -> None:
        match command:
            case SendFrame(socket, _, text):
                self._see(socket, msgspec.json.decode(text))
            case CloseSocket(socket, code, _):
                self._see(socket, code)
            case CutSocket(socket):
                self._see(socket, "cut")
            case PostCallback():
                self._see("callback", msgspec.to_builtins(command))
            case AnswerLookup(_, status, body):
                self._see("lookup", (status, body))
            case StartTimer(name, delay_ms):
                self._entries += 1
                self._timers[name] = self._entries
                heapq.heappush(self._due, (self.now_ms + delay_ms, self._entries, name))
            case CancelTimer(name):
                self._timers.pop(name, None)
            case CreateOffer(dialog, _, media, msid):
                offer = sdp.event_model(dict.fromkeys(media, "sendrecv"), msid=msid)
                offer = sdp.with_direction(offer, command.direction)
                self.handle(OfferReady(dialog, offer))
            case ApplyReoffer(dialog, offer):
                self.handle(ReofferAnswered(dialog, offer))
            case AnswerOffer(dialog, _, offer, _):
                answer = sdp.event_model(sdp.answer_to(sdp.directions(offer)))
                self.handle(LegAnswered(dialog, answer))
                self.handle(MediaConnected(dialog, real=False))
            case ApplyAnswer(dialog, _):
                self.handle(AnswerApplied(dialog))
                self.handle(MediaConnected(dialog, real=False))

    def _see(self, where: str, what: object) -> None:
        self.wire.append((self.now_ms - NOW_MS, where, what))
