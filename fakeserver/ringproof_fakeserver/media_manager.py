"""Performs the exchange's media commands on legs, real or modelled; no call logic.

Which of the two a subscriber's calls get is decided when a leg is made. A backend is made with its
first leg: aiortc costs 0.4 s and 60 MB to import, and the event model needs none of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec

from ringproof_fakeserver.media.legs import LegError, Legs
from ringproof_fakeserver.media_backends import Backends
from ringproof_fakeserver.protocol import commands, events
from ringproof_fakeserver.protocol.journal import AnyFact, MediaFact
from ringproof_fakeserver.protocol.sdp import unreachable
from ringproof_fakeserver.tasks import Spawn

logger = logging.getLogger("ringproof.media")


class _Leg(msgspec.Struct, eq=False):
    subscriber: str
    legs: Legs
    reachable: bool
    playback: str = ""


class MediaManager:
    """All legs of a server. ``report`` takes events, ``notify`` facts, ``spawn`` starts tasks."""

    def __init__(
        self,
        backends: Backends,
        report: Callable[[events.AnyEvent], None],
        notify: Callable[[AnyFact], None],
        spawn: Spawn,
    ) -> None:
        self._backends = backends
        self._report = report
        self._notify = notify
        self._spawn = spawn
        self._made: dict[bool, Legs] = {}
        self._modelled: set[str] = set()
        self._by_dialog: dict[str, _Leg] = {}

    def set_real(self, subscriber: str, real: bool) -> None:
        """Choose the media of this subscriber's next calls."""
        if real:
            self._modelled.discard(subscriber)
        else:
            self._modelled.add(subscriber)

    def perform(self, command: commands.MediaCommand) -> None:
        """Perform one command; its outcome is reported later."""
        match command:
            case commands.CreateOffer():
                self._create(command)
            case commands.ApplyAnswer(dialog, sdp):
                self._on_leg(dialog, lambda leg: self._apply(leg, dialog, sdp))
            case commands.CloseLeg(dialog):
                leg = self._by_dialog.pop(dialog, None)
                if leg is not None:
                    self._spawn(leg.legs.close(dialog))
            case commands.StartPlayback(dialog, playback, urls):
                self._on_leg(dialog, lambda leg: self._play(leg, dialog, playback, urls))
            case commands.StopPlayback(dialog, playback):
                leg = self._by_dialog.get(dialog)
                if leg is not None and leg.playback == playback:
                    leg.playback = ""
                    leg.legs.stop_play(dialog)

    async def count(self, dialog: str) -> None:
        """Record how many packets the leg has sent and received; nothing for an unknown leg."""
        leg = self._by_dialog.get(dialog)
        if leg is None:
            return
        sent, received = await leg.legs.counts(dialog)
        self._notify(
            MediaFact(
                subscriber=leg.subscriber,
                dialog=dialog,
                state="packets",
                sent=sent,
                received=received,
                real=leg.legs.real,
            )
        )

    async def close(self) -> None:
        """Tear everything down; nothing is reported any more."""
        self._by_dialog.clear()
        for legs in self._made.values():
            await legs.close_all()

    def _create(self, command: commands.CreateOffer) -> None:
        dialog = command.dialog
        legs = self._legs(command.subscriber not in self._modelled)
        leg = self._by_dialog[dialog] = _Leg(command.subscriber, legs, command.reachable)

        async def create() -> None:
            offer = await legs.create_offer(dialog, command.media, command.msid)
            offer = offer if leg.reachable else unreachable(offer)
            self._report_for(leg, dialog, events.OfferReady(dialog, offer))

        self._spawn(self._guarded(leg, dialog, create()))

    def _legs(self, real: bool) -> Legs:
        legs = self._made.get(real)
        if legs is None:
            make = self._backends.real if real else self._backends.modelled
            legs = self._made[real] = make(
                lambda dialog: self._connected(dialog, real), self._failed
            )
        return legs

    def _on_leg(self, dialog: str, work: Callable[[_Leg], Coroutine[Any, Any, None]]) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None:
            self._report(events.MediaFailed(dialog, "the leg is closed"))
        else:
            self._spawn(self._guarded(leg, dialog, work(leg)))

    async def _apply(self, leg: _Leg, dialog: str, sdp: str) -> None:
        # A leg that is not to connect never gets the answer.
        if leg.reachable:
            await leg.legs.apply_answer(dialog, sdp)
        self._report_for(leg, dialog, events.AnswerApplied(dialog))

    async def _play(self, leg: _Leg, dialog: str, playback: str, urls: Sequence[str]) -> None:
        leg.playback = playback
        paths, note = await self._backends.files(urls)
        if leg.playback == playback:
            await leg.legs.play(dialog, paths)
        # A playback that was stopped or replaced meanwhile reports nothing.
        if leg.playback == playback:
            leg.playback = ""
            self._report_for(leg, dialog, events.PlaybackFinished(dialog, playback, note))

    async def _guarded(self, leg: _Leg, dialog: str, work: Coroutine[Any, Any, None]) -> None:
        """Turn any failure of one leg into an event about that leg."""
        try:
            await work
        except LegError as error:
            self._report_for(leg, dialog, events.MediaFailed(dialog, error.reason))
        except Exception as error:
            logger.exception("media of dialog %s", dialog)
            self._report_for(leg, dialog, events.MediaFailed(dialog, repr(error)))

    def _report_for(self, leg: _Leg, dialog: str, event: events.AnyEvent) -> None:
        """Report, unless the leg was closed while the work went on."""
        if self._by_dialog.get(dialog) is leg:
            self._report(event)

    def _connected(self, dialog: str, real: bool) -> None:
        if dialog in self._by_dialog:
            self._report(events.MediaConnected(dialog, real))

    def _failed(self, dialog: str, reason: str) -> None:
        if dialog in self._by_dialog:
            self._report(events.MediaFailed(dialog, reason))
