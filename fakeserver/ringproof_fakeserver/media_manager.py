"""Performs the exchange's media commands on legs, real or modelled; no call logic.

Which of the two a subscriber's calls get is decided when a leg is made. A backend is made with its
first leg: aiortc costs 0.4 s and 60 MB to import, and the event model needs none of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

import msgspec

from ringproof_fakeserver.config import Config, default_state_dir
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.clip import resolve_all
from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.media.legs import (
    Fan,
    LegError,
    Legs,
    OnConnected,
    OnFailed,
    Playable,
    Sink,
)
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.recorder import Recorder, Recordings
from ringproof_fakeserver.media.rtp_legs import RtpLegs
from ringproof_fakeserver.media.speech import program
from ringproof_fakeserver.media.stun import mute_server, stun_server
from ringproof_fakeserver.names import Names
from ringproof_fakeserver.protocol import commands, events
from ringproof_fakeserver.protocol.journal import AnyFact, MediaFact
from ringproof_fakeserver.protocol.sdp import unreachable, with_direction
from ringproof_fakeserver.tasks import Spawn

logger = logging.getLogger("ringproof.media")

MakeLegs = Callable[[OnConnected, OnFailed], Legs]


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Where legs and files come from."""

    ice_servers: tuple[dict[str, Any], ...] = ()
    """What clients ask for their candidates."""
    mute_ice_servers: tuple[dict[str, Any], ...] = ()
    """The same, where a fault has them ask in vain."""
    real: MakeLegs = AiortcLegs
    """Makes the backend whose packets cross sockets."""
    modelled: MakeLegs = EventModelLegs
    """Makes the event model."""
    plain: MakeLegs = RtpLegs
    """Makes the legs of SIP user agents."""
    files: Callable[[Sequence[str]], Awaitable[tuple[list[Playable], str]]]
    """Finds what to play for URLs, and a note when another file is played for one of them."""
    recordings: Recordings | None = None
    """Where recordings are kept; None: they fail."""


@contextlib.asynccontextmanager
async def open_backends(config: Config) -> AsyncIterator[Backends]:
    """Start the STUN responder; legs are made when they are needed."""
    folder = config.state_dir or default_state_dir()
    names = Names(config.host, config.public_name)
    async with stun_server(*names.stun) as url, mute_server(*names.stun) as mute_url:
        yield Backends(
            ice_servers=({"urls": [url]},),
            mute_ice_servers=({"urls": [mute_url]},),
            plain=partial(RtpLegs, host=names.local),
            files=lambda urls: resolve_all(urls, config.media_files, folder, program()),
        )


class _Leg(msgspec.Struct, eq=False):
    dialog: str
    subscriber: str
    legs: Legs
    reachable: bool
    playback: str = ""
    pace: Pace = msgspec.field(default_factory=Pace)
    """Of the playback."""
    sending: dict[str, asyncio.Task[str]] = msgspec.field(default_factory=dict)
    """Digits that are being sent, by the id of the sending."""


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
        self._made: dict[MakeLegs, Legs] = {}
        self._modelled: set[str] = set()
        self._by_dialog: dict[str, _Leg] = {}
        self._recorder = Recorder(backends.recordings, report)

    def set_real(self, subscriber: str, real: bool) -> None:
        """Choose the media of this subscriber's next calls."""
        if real:
            self._modelled.discard(subscriber)
        else:
            self._modelled.add(subscriber)

    def perform(self, command: commands.MediaCommand) -> None:
        """Perform one command; its outcome is reported later."""
        match command:
            case commands.CreateOffer(dialog, subscriber):
                legs = self._legs_for(subscriber, plain=command.plain)
                leg = _Leg(dialog, subscriber, legs, command.reachable)
                self._by_dialog[dialog] = leg
                self._spawn(self._guarded(leg, self._create(leg, command)))
            case commands.ApplyAnswer(dialog, sdp):
                self._on_leg(dialog, lambda leg: self._apply(leg, sdp))
            case commands.ApplyReoffer(dialog, sdp):
                if (leg_there := self._by_dialog.get(dialog)) is not None:
                    self._spawn(self._renegotiate(leg_there, sdp))
            case commands.AnswerOffer():
                self._answer_offer(command)
            case commands.JoinLegs(first, second):
                self._join(first, second)
            case commands.RelayMedia(dialog, sound_to, picture_to):
                if (source := self._by_dialog.get(dialog)) is not None:
                    source.legs.listen(dialog, Fan(self._sinks(sound_to), self._sinks(picture_to)))
            case commands.WatchMedia(dialog, within_ms):
                if (watched := self._by_dialog.get(dialog)) is not None:
                    watched.legs.watch(
                        dialog, within_ms, lambda: self._report(events.MediaSilent(dialog))
                    )
            case commands.CutMedia(dialog, from_client, to_client):
                if (broken := self._by_dialog.get(dialog)) is not None:
                    broken.legs.cut(dialog, from_client, to_client)
            case commands.CloseLeg(dialog):
                if (closed := self._by_dialog.pop(dialog, None)) is not None:
                    self._recorder.close(dialog)
                    self._spawn(closed.legs.close(dialog))
            case commands.StartPlayback(dialog):
                self._on_leg(dialog, lambda leg: self._play(leg, command))
            case commands.ChangePlayback(dialog, playback):
                changed = self._by_dialog.get(dialog)
                if changed is not None and changed.playback == playback:
                    _change(changed.pace, command)
            case commands.StopPlayback(dialog, playback):
                playing = self._by_dialog.get(dialog)
                if playing is not None and playing.playback == playback:
                    playing.playback = ""
                    playing.legs.stop_play(dialog)
                elif playing is not None and playback in playing.sending:
                    playing.sending[playback].cancel()
            case commands.SendDigits(dialog, sending, digits):
                self._on_leg(dialog, lambda leg: self._send_digits(leg, sending, digits))
            case commands.StartRecording(dialog, recording):
                recorded = self._by_dialog.get(dialog)
                self._recorder.start(dialog, recording, recorded.legs if recorded else None)
            case commands.PauseRecording(_, recording, paused, silent):
                self._recorder.pause(recording, paused, silent)
            case commands.StopRecording(_, recording):
                self._recorder.stop(recording)

    def leg_count(self) -> int:
        """Return how many legs there are."""
        return len(self._by_dialog)

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

    def _legs_for(self, subscriber: str, *, plain: bool) -> Legs:
        if plain:
            return self._legs(self._backends.plain)
        modelled = subscriber in self._modelled
        return self._legs(self._backends.modelled if modelled else self._backends.real)

    def _legs(self, make: MakeLegs) -> Legs:
        if make not in self._made:
            self._made[make] = legs = make(
                lambda dialog: self._report_open(events.MediaConnected(dialog, legs.real)),
                lambda dialog, reason: self._report_open(events.MediaFailed(dialog, reason)),
            )
            legs.on_digit = lambda dialog, digit: self._report_open(
                events.DigitReceived(dialog, digit)
            )
        return self._made[make]

    def _report_open(
        self, event: events.MediaConnected | events.MediaFailed | events.DigitReceived
    ) -> None:
        """Report, unless the leg is closed."""
        if event.dialog in self._by_dialog:
            self._report(event)

    def _report_for(self, leg: _Leg, event: events.AnyEvent) -> None:
        """Report, unless the leg was closed while the work went on."""
        if self._by_dialog.get(leg.dialog) is leg:
            self._report(event)

    def _on_leg(self, dialog: str, work: Callable[[_Leg], Coroutine[Any, Any, None]]) -> None:
        leg = self._by_dialog.get(dialog)
        if leg is None:
            self._report(events.MediaFailed(dialog, "the leg is closed"))
        else:
            self._spawn(self._guarded(leg, work(leg)))

    async def _guarded(self, leg: _Leg, work: Coroutine[Any, Any, None]) -> None:
        """Turn any failure of one leg into an event about that leg."""
        try:
            await work
        except LegError as error:
            self._report_for(leg, events.MediaFailed(leg.dialog, error.reason))
        except Exception as error:
            logger.exception("media of dialog %s", leg.dialog)
            self._report_for(leg, events.MediaFailed(leg.dialog, repr(error)))

    async def _create(self, leg: _Leg, command: commands.CreateOffer) -> None:
        offer = await leg.legs.create_offer(leg.dialog, command.media, command.msid, command.codecs)
        offer = with_direction(offer, command.direction)
        offer = offer if leg.reachable else unreachable(offer)
        self._report_for(leg, events.OfferReady(leg.dialog, offer))

    async def _apply(self, leg: _Leg, sdp: str) -> None:
        # A leg that is not to connect never gets the answer.
        if leg.reachable:
            await leg.legs.apply_answer(leg.dialog, sdp)
        self._report_for(leg, events.AnswerApplied(leg.dialog))

    async def _renegotiate(self, leg: _Leg, sdp: str) -> None:
        """Answer a client's new offer; a failure leaves the leg as it was."""
        restarted = events.MediaRestarted(leg.dialog)
        try:
            answer = await leg.legs.renegotiate(
                leg.dialog, sdp, lambda: self._report_for(leg, restarted)
            )
        except LegError as error:
            self._report_for(leg, events.ReofferRefused(leg.dialog, error.reason))
        except Exception as error:
            logger.exception("media of dialog %s", leg.dialog)
            self._report_for(leg, events.ReofferRefused(leg.dialog, repr(error)))
        else:
            self._report_for(leg, events.ReofferAnswered(leg.dialog, answer))

    def _join(self, first: str, second: str) -> None:
        """Let each of two legs send what the other receives; nothing if one is closed by now."""
        one, other = self._by_dialog.get(first), self._by_dialog.get(second)
        if one is not None and other is not None:
            one.legs.listen(one.dialog, other.legs.sink(other.dialog))
            other.legs.listen(other.dialog, one.legs.sink(one.dialog))

    def _sinks(self, dialogs: tuple[str, ...]) -> list[Sink]:
        """Return the sinks of these legs, without those that are closed by now."""
        legs = [leg for each in dialogs if (leg := self._by_dialog.get(each)) is not None]
        return [leg.legs.sink(leg.dialog) for leg in legs]

    def _answer_offer(self, command: commands.AnswerOffer) -> None:
        """Answer a client's own offer with a new leg, in place of the one there was."""
        dialog, subscriber = command.dialog, command.subscriber
        old = self._by_dialog.get(dialog)
        legs = old.legs if old else self._legs_for(subscriber, plain=command.plain)
        leg = self._by_dialog[dialog] = _Leg(dialog, subscriber, legs, True)
        if old is not None and old.playback:
            # What the old leg played is over: nobody would ever report its end.
            playback, old.playback = old.playback, ""
            note = "the client asked for a new leg"
            self._report(events.PlaybackFinished(dialog, playback, note))
        self._spawn(self._guarded(leg, self._answer(leg, command)))

    async def _answer(self, leg: _Leg, command: commands.AnswerOffer) -> None:
        await leg.legs.close(leg.dialog)
        if self._by_dialog.get(leg.dialog) is not leg:
            return  # replaced or closed meanwhile
        answer = await leg.legs.answer_offer(leg.dialog, command.sdp, command.msid)
        self._recorder.follow(leg.dialog)
        self._report_for(leg, events.LegAnswered(leg.dialog, answer))

    async def _play(self, leg: _Leg, command: commands.StartPlayback) -> None:
        playback = command.playback
        leg.playback = playback
        leg.pace = Pace(command.loops, command.volume_db)
        items, note = await self._backends.files(command.urls)
        if leg.playback == playback:
            await leg.legs.play(leg.dialog, items, leg.pace)
        # A playback that was stopped or replaced meanwhile reports nothing.
        if leg.playback == playback:
            leg.playback = ""
            self._report_for(leg, events.PlaybackFinished(leg.dialog, playback, note))

    async def _send_digits(self, leg: _Leg, sending: str, digits: str) -> None:
        work = asyncio.get_running_loop().create_task(leg.legs.send_digits(leg.dialog, digits))
        leg.sending[sending] = work
        try:
            await asyncio.wait({work})
        finally:
            work.cancel()
            del leg.sending[sending]
        # Like a playback, what was stopped meanwhile reports nothing.
        if not work.cancelled():
            self._report_for(leg, events.DigitsSent(leg.dialog, sending, work.result()))


def _change(pace: Pace, command: commands.ChangePlayback) -> None:
    if command.volume_db is not None:
        pace.set_volume(command.volume_db)
    if command.paused is not None:
        pace.pause() if command.paused else pace.resume()
