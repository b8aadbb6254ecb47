"""A simulated device: a client core with its user's side, and the end of a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ringproof.client import commands, events
from ringproof.client.media import answer_directions
from ringproof_fakeserver.protocol import sdp

if TYPE_CHECKING:
    from ringproof.client.core import ClientCore
    from ringproof.client.parts import ClientParts
    from ringproof.client.promise import Promise
    from ringproof.simulation.world import World


class Phone:
    """Performs what one client core asks for, in virtual time."""

    def __init__(self, world: World, jti: str, core: ClientCore, parts: ClientParts) -> None:
        self.jti = jti
        self.socket = ""
        """Name of the open socket, as the exchange knows it; empty while there is none."""
        self.gone = False
        """Vanished or closed: nothing reaches it any more, and nothing leaves it."""
        self.reading_until_us = 0
        """When the last look-up reply that is under way will have been read."""
        self._world = world
        self._timers: dict[str, int] = {}
        """By name, what the scheduler cancels them by."""
        self._offers: dict[str, dict[str, str]] = {}
        self._sending: dict[str, frozenset[str]] = {}
        self._performers: dict[type, Callable[[Any], None]] = {
            commands.SendFrame: self._send,
            commands.Lookup: self._look_up,
            commands.StartTimer: self._start_timer,
            commands.CancelTimer: self._cancel_timer,
            commands.ApplyOffer: self._apply_offer,
            commands.AcquireMedia: self._acquire,
            commands.MakeAnswer: self._make_answer,
            commands.CloseMedia: self._close_media,
            commands.OpenSocket: self._open_socket,
            commands.CloseSocket: self._close_socket,
        }
        self.session = parts.session(core, self._perform, _raise)

    def dispatch(self, event: events.AnyEvent) -> None:
        """Give the core an event, unless the device is gone."""
        if not self.gone:
            self.session.dispatch(event)

    async def caught_up(self) -> None:
        """Return once it has read what the platform has said so far.

        Frames keep their order; replies to look-ups take a way of their own.
        """
        left_us = self.reading_until_us - self._world.clock.now_us
        if left_us > 0:
            await self._world.clock.sleep(-(-left_us // 1000))

    def start(self) -> Promise:
        """Come online; the promise settles when that is done."""
        self.session.dispatch(events.Started())
        return self.session.register()

    def vanish(self, code: int) -> None:
        """Disappear: the platform sees the socket close with ``code``, the core sees nothing."""
        self.gone = True
        for running in self._timers.values():
            self._world.clock.cancel(running)
        self._timers.clear()
        if self.socket:
            self._world.client_closed(self.socket, code)
            self.socket = ""

    def _perform(self, command: commands.Outward) -> None:
        if not self.gone:
            self._performers[type(command)](command)

    # -- the link ----------------------------------------------------------------------------

    def _open_socket(self, command: commands.OpenSocket) -> None:
        self._world.open_socket(self, command.delay_ms)

    def _close_socket(self, command: commands.CloseSocket) -> None:
        if self.socket:
            self._world.client_closed(self.socket, command.code)
            self.socket = ""
            self._world.soon(self.dispatch, events.SocketClosed(command.code))

    def _send(self, command: commands.SendFrame) -> None:
        if self.socket:
            self._world.to_server(self.socket, command.text)

    def _look_up(self, command: commands.Lookup) -> None:
        self._world.look_up(self, command.call, command.name)

    # -- time --------------------------------------------------------------------------------

    def _start_timer(self, command: commands.StartTimer) -> None:
        name, clock = command.name, self._world.clock
        running = self._timers.get(name)
        if running is not None:
            clock.cancel(running)
        self._timers[name] = clock.after(command.delay_ms * 1000, self._fire, name)

    def _cancel_timer(self, command: commands.CancelTimer) -> None:
        running = self._timers.pop(command.name, None)
        if running is not None:
            self._world.clock.cancel(running)

    def _fire(self, name: str) -> None:
        del self._timers[name]
        self.dispatch(events.TimerFired(name))

    # -- media as events ---------------------------------------------------------------------

    def _media(self, name: str, event: events.AnyEvent) -> None:
        self._world.later(name, self._world.latency.media_us, self.dispatch, event)

    def _apply_offer(self, command: commands.ApplyOffer) -> None:
        offered = self._offers[command.call] = sdp.directions(command.sdp)
        for kind, direction in offered.items():
            if direction in ("sendrecv", "sendonly"):
                track = events.Track(f"remote-{kind}", kind)
                self.dispatch(events.RemoteTrack(command.call, track))
        self._media("offer-applied", events.OfferApplied(command.call))

    def _acquire(self, command: commands.AcquireMedia) -> None:
        if not self._world.has_devices(command.call):
            self._media("no-media", events.MediaFailed(command.call, "no microphone was found"))
            return
        wanted = (("audio", command.audio), ("video", command.video))
        kinds = [kind for kind, on in wanted if on]
        self._sending[command.call] = frozenset(kinds)
        tracks = tuple([events.Track(f"local-{kind}", kind) for kind in kinds])
        self._media("local-media", events.LocalMediaReady(command.call, tracks))

    def _make_answer(self, command: commands.MakeAnswer) -> None:
        offered = self._offers.get(command.call)
        if offered is not None:
            sending = self._sending.get(command.call, frozenset())
            answer = sdp.event_model(answer_directions(offered, sending))
            self._media("answer", events.AnswerReady(command.call, answer))

    def _close_media(self, command: commands.CloseMedia) -> None:
        self._offers.pop(command.call, None)
        self._sending.pop(command.call, None)
        self._world.client_media_closed(command.call)


def _raise(error: Exception) -> None:
    """A callback of our own witness failed: a bug of ours, never a verdict."""
    raise error
