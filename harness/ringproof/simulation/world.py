"""One platform, its links and the devices on them, in virtual time.

Both cores are the very ones that serve sockets. Every frame is JSON text that one side encoded and
the other decodes; every delay is an event in the scheduler's queue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof.client import events
from ringproof.play.recorder import Recorder
from ringproof.simulation.choices import Draws
from ringproof.simulation.phone import Phone
from ringproof.simulation.scheduler import Scheduler
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming
from ringproof_fakeserver.protocol import journal, sdp
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.exchange import LOOKUP_TIMER, Exchange
from ringproof_fakeserver.protocol.settings import Settings

EPOCH_MS = 1_800_000_000_000
"""Unix time at which every simulation starts: a constant, so that runs are equal bytes."""

ABNORMAL = 1006
"""Close code of a socket that went without a close frame."""

LOOKUP_GIVEN_UP_MS = 4_500
"""As the reference client's own shell (``ringproof/client/network.py``)."""

KEY = b"simulated platforms sign their tokens with this"


class LatencyProfile(msgspec.Struct, frozen=True):
    """Ranges of the delays that a simulation draws, in microseconds, both ends included."""

    frame_us: tuple[int, int] = (200, 3_000)
    lookup_us: tuple[int, int] = (500, 5_000)
    media_us: tuple[int, int] = (500, 20_000)
    connect_us: tuple[int, int] = (1_000, 60_000)
    """From the applied answer to media that can flow."""


IDLE = LatencyProfile()
"""Loopback on a machine that has nothing else to do."""


class World:
    """The exchange, its shell in virtual time, and the phones."""

    def __init__(
        self,
        clock: Scheduler,
        recorder: Recorder,
        seed: int,
        exchange: type[Exchange] = Exchange,
        latency: LatencyProfile = IDLE,
    ) -> None:
        self.clock = clock
        self.recorder = recorder
        self.latency = latency
        self.subscriber = ""
        """Id of the one account that is called."""
        self.draws = Draws(seed + recorder.trace.header.scenario.seed)
        self._numbers: dict[str, int] = {}
        self.exchange = exchange(
            Directory(), Settings(key=KEY, ch="fabric.simulated.invalid:443"), self.fresh_id
        )
        self._phones: dict[str, Phone] = {}
        """By socket."""
        self._ready: dict[str, int] = {}
        """Link end → when its last frame arrives: frames of one direction keep their order."""
        self._timers: dict[str, int] = {}
        """By name, what the scheduler cancels them by."""
        self._lookups: dict[str, tuple[Phone, str]] = {}
        self._devices: dict[str, Phone] = {}
        """By session, also while it has no socket."""
        self._legs: dict[str, str] = {}
        """Dialog → what its leg has reached: offered, answered, closed by the client; or nowhere,
        where it is never connected."""
        self._muted: set[str] = set()
        """Dialogs whose client is to find neither microphone nor camera."""
        self._performers: dict[type, Callable[[Any], None]] = {
            platform.SendFrame: self._send,
            platform.CloseSocket: self._close_socket,
            platform.CutSocket: self._cut_socket,
            platform.StartTimer: self._start_timer,
            platform.CancelTimer: self._cancel_timer,
            platform.CreateOffer: self._create_offer,
            platform.ApplyAnswer: self._apply_answer,
            platform.CloseLeg: self._close_leg,
            platform.StartPlayback: self._start_playback,
            platform.StopPlayback: _nothing,
            platform.FetchScript: self._fetch_script,
            platform.PostCallback: _nothing,
            platform.AnswerLookup: self._answer_lookup,
        }
        for fact in _FACTS:
            self._performers[fact] = recorder.fact
        self._performers[journal.FaultFact] = self._note_fault

    def fresh_id(self) -> str:
        """Return an id that no other has: a counter in the shape of a UUID."""
        return self.name("id")

    def name(self, kind: str) -> str:
        """Return the next name of a kind."""
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return f"{kind}-{number:04d}"

    # -- time --------------------------------------------------------------------------------

    def soon(self, callback: Callable[..., None], *args: object) -> None:
        """Run ``callback(*args)`` right after the current one."""
        self.clock.after(0, callback, *args)

    def later(
        self, name: str, bounds: tuple[int, int], callback: Callable[..., None], *args: object
    ) -> None:
        """Run ``callback(*args)`` after a drawn delay; ``name`` is the choice point."""
        self.clock.after(self.draws.between(name, *bounds), callback, *args)

    async def count_packets(self, dialog: str) -> None:
        """No packet crosses anything here."""

    # -- the platform ------------------------------------------------------------------------

    def dispatch(self, event: incoming.AnyEvent) -> None:
        """Give the exchange an event and perform what it asks for."""
        performers = self._performers
        for command in self.exchange.handle(event, EPOCH_MS + self.clock.now_us // 1000):
            performers[type(command)](command)

    def _send(self, command: platform.SendFrame) -> None:
        phone = self._phones.get(command.socket)
        if phone is None:
            return
        self.recorder.fact(command.fact)
        self._link(command.socket + ">", self._deliver, phone, command.socket, command.text)

    def _deliver(self, phone: Phone, socket: str, text: str) -> None:
        if phone.socket == socket:
            phone.dispatch(events.FrameReceived(text))

    def _link(self, end: str, callback: Callable[..., None], *args: object) -> None:
        """Carry one frame: a drawn delay, but never before the frame that was sent before it."""
        now = self.clock.now_us
        arrival = now + self.draws.between("frame", *self.latency.frame_us)
        before = self._ready.get(end, 0)
        self._ready[end] = arrival = arrival if arrival > before else before
        self.clock.after(arrival - now, callback, *args)

    def _close_socket(self, command: platform.CloseSocket) -> None:
        phone = self._phones.pop(command.socket, None)
        if phone is None:
            return
        code = command.code
        self._link(command.socket + ">", self._closed, phone, command.socket, code)
        self.soon(self.dispatch, incoming.SocketClosed(command.socket, code))

    def _cut_socket(self, command: platform.CutSocket) -> None:
        """Break a socket off: what is under way may still arrive, in either direction or none."""
        phone = self._phones.pop(command.socket, None)
        if phone is not None:
            bounds = self.latency.frame_us
            self.later("cut", bounds, self._closed, phone, command.socket, ABNORMAL)
            self.soon(self.dispatch, incoming.SocketClosed(command.socket, ABNORMAL))

    def _closed(self, phone: Phone, socket: str, code: int) -> None:
        if phone.socket == socket:
            phone.socket = ""
            phone.dispatch(events.SocketClosed(code))

    def _start_timer(self, command: platform.StartTimer) -> None:
        name = command.name
        running = self._timers.get(name)
        if running is not None:
            self.clock.cancel(running)
        self._timers[name] = self.clock.after(command.delay_ms * 1000, self._fire, name)
        kind, _, lookup = name.partition(":")
        if kind == LOOKUP_TIMER and command.delay_ms >= LOOKUP_GIVEN_UP_MS:
            self.clock.after(LOOKUP_GIVEN_UP_MS * 1000, self._look_up_given_up, lookup)

    def _cancel_timer(self, command: platform.CancelTimer) -> None:
        running = self._timers.pop(command.name, None)
        if running is not None:
            self.clock.cancel(running)

    def _fire(self, name: str) -> None:
        del self._timers[name]
        self.dispatch(incoming.TimerFired(name))

    def _answer_lookup(self, command: platform.AnswerLookup) -> None:
        asked = self._lookups.pop(command.lookup, None)
        if asked is not None:
            phone, call = asked
            answered = events.LookupAnswered(call)
            delay_us = self.draws.between("lookup-answer", *self.latency.lookup_us)
            phone.reading_until_us = max(phone.reading_until_us, self.clock.now_us + delay_us)
            self.clock.after(delay_us, phone.dispatch, answered)

    def _look_up_given_up(self, lookup: str) -> None:
        """The client waits no longer for the directory."""
        asked = self._lookups.pop(lookup, None)
        if asked is not None:
            phone, call = asked
            phone.dispatch(events.LookupAnswered(call))

    def _note_fault(self, fact: journal.FaultFact) -> None:
        self.recorder.fact(fact)
        if fact.point == "devices":
            self._muted.add(fact.dialog)

    def has_devices(self, dialog: str) -> bool:
        """Say whether the client finds a microphone and a camera for this call."""
        return dialog not in self._muted

    def _fetch_script(self, command: platform.FetchScript) -> None:
        nothing = incoming.ScriptFetched(command.call, None, "a simulation fetches nothing")
        self.soon(self.dispatch, nothing)

    # -- media as events ---------------------------------------------------------------------

    def _create_offer(self, command: platform.CreateOffer) -> None:
        offer = sdp.event_model(dict.fromkeys(command.media, "sendrecv"), msid=command.msid)
        self._legs[command.dialog] = "offered"
        if not command.reachable:
            self._legs[command.dialog] = "nowhere"
            offer = sdp.unreachable(offer)
        ready = incoming.OfferReady(command.dialog, offer)
        self.later("offer", self.latency.media_us, self.dispatch, ready)

    def _apply_answer(self, command: platform.ApplyAnswer) -> None:
        dialog = command.dialog
        if self._legs.get(dialog) == "offered":
            self._legs[dialog] = "answered"
        self.soon(self.dispatch, incoming.AnswerApplied(dialog))
        self.later("connect", self.latency.connect_us, self._connect, dialog)

    def _connect(self, dialog: str) -> None:
        """Media is up for both ends at once, if both still want it."""
        if self._legs.get(dialog) != "answered":
            return
        self.dispatch(incoming.MediaConnected(dialog, real=False))
        for phone in tuple(self._devices.values()):
            phone.dispatch(events.MediaConnected(dialog))

    def _close_leg(self, command: platform.CloseLeg) -> None:
        self._legs.pop(command.dialog, None)

    def client_media_closed(self, dialog: str) -> None:
        """The client tore its end down: nothing will connect any more."""
        if dialog in self._legs:
            self._legs[dialog] = "closed"

    def _start_playback(self, command: platform.StartPlayback) -> None:
        finished = incoming.PlaybackFinished(command.dialog, command.playback)
        self.later("playback", (100_000, 100_000), self.dispatch, finished)

    # -- for phones --------------------------------------------------------------------------

    def open_socket(self, phone: Phone, delay_ms: int) -> None:
        """Open a socket for a phone after a delay."""
        delay_us = delay_ms * 1000 + self.draws.between("open", *self.latency.frame_us)
        self.clock.after(delay_us, self._opened, phone)

    def _opened(self, phone: Phone) -> None:
        if phone.gone:
            return
        phone.socket = socket = self.name("socket")
        self._phones[socket] = phone
        self._devices[phone.jti] = phone
        self.dispatch(incoming.SocketOpened(socket))
        phone.dispatch(events.SocketOpened())

    def to_server(self, socket: str, text: str) -> None:
        """Carry a frame to the platform."""
        self._link("<" + socket, self._arrive, socket, text)

    def _arrive(self, socket: str, text: str) -> None:
        if socket in self._phones:
            self.dispatch(incoming.FrameReceived(socket, text))

    def client_closed(self, socket: str, code: int) -> None:
        """The client closed its socket; what it sent before still arrives before that."""
        self._link("<" + socket, self._client_gone, socket, code)

    def _client_gone(self, socket: str, code: int) -> None:
        if self._phones.pop(socket, None) is not None:
            self.dispatch(incoming.SocketClosed(socket, code))

    def look_up(self, phone: Phone, call: str, name: str) -> None:
        """Ask the directory for a phone."""
        lookup = self.name("lookup")
        self._lookups[lookup] = (phone, call)
        asked = incoming.LookupAsked(lookup, self.subscriber, name, phone.jti)
        self.later("lookup", self.latency.lookup_us, self.dispatch, asked)


_FACTS = (
    journal.FrameFact,
    journal.SessionFact,
    journal.CallFact,
    journal.DialogFact,
    journal.LookupFact,
    journal.MediaFact,
    journal.ScriptFact,
)


def _nothing(_: object) -> None:
    """Callbacks leave no trace, and a stopped playback reports nothing."""
