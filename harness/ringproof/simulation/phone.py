"""A simulated device: a client core with its user's side, at one end of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ringproof.client import commands, events
from ringproof.client.connection import Stored
from ringproof.client.core import ClientCore
from ringproof.client.devices import Devices
from ringproof.client.media import EventModelMedia
from ringproof.client.parts import ClientParts
from ringproof.simulation.network import Network
from ringproof.simulation.scheduler import Timers
from ringproof_scenarios.faults import STUN_GIVEN_UP_MS

MUTE_STUN = "stun:mute.simulated.invalid"
"""The URL of a STUN server that answers nobody. No other is announced in a simulation, where no
packet needs a candidate."""


class Phone:
    """Performs what one client core asks for, in virtual time."""

    def __init__(
        self,
        network: Network,
        jti: str,
        core: ClientCore,
        parts: ClientParts,
        token: str,
    ) -> None:
        self.jti = jti
        self.token = token
        self.users = parts.users()
        self.socket = ""
        self.gone = False
        """Vanished or closed: nothing reaches it any more, and nothing leaves it."""
        self.reading_until_us = 0
        self._network = network
        self._core = core
        clock = network.clock
        self.devices = Devices(lambda delay_ms, decide: clock.after(delay_ms * 1000, decide))
        self._timers = timers = Timers(
            network.clock, lambda name: self.dispatch(events.TimerFired(name))
        )
        self._media = media = EventModelMedia(self._on_media)
        self._unaided = False
        """The ICE servers that it asks never answer."""
        self._performers: dict[type, Callable[[Any], None]] = {
            commands.SendFrame: self._send,
            commands.Lookup: lambda asked: network.look_up(self, asked.call, asked.name),
            commands.StartTimer: timers.start,
            commands.CancelTimer: timers.cancel,
            commands.ApplyOffer: self._apply_offer,
            commands.AcquireMedia: self._acquire,
            commands.UseIceServers: self._use_ice_servers,
            commands.MakeAnswer: lambda wanted: media.make_answer(wanted.call),
            commands.MakeRestartOffer: lambda wanted: media.make_restart_offer(wanted.call),
            commands.ApplyRestartAnswer: lambda new: network.restarts.taken(new.call, new.sdp),
            commands.PrepareOffer: lambda wanted: media.prepare_offer(wanted.call, wanted.kinds),
            commands.MakeOffer: lambda wanted: media.make_offer(wanted.call),
            commands.ApplyAnswer: lambda answer: media.apply_answer(answer.call, answer.sdp),
            commands.CloseMedia: self._close_media,
            commands.OpenSocket: lambda wanted: network.open_socket(self, wanted.delay_ms),
            commands.CloseSocket: self._close_socket,
        }
        self.session = parts.session(core, self._perform, _raise)

    @property
    def stored(self) -> Stored:
        """What its page keeps for a reload."""
        return self._core.stored

    def keep_calls(self, wanted: bool) -> None:
        """Choose whether its calls outlive its page."""
        self._core.reattachments.keep(wanted)

    def renew(self, token: str) -> None:
        """Take another token of the same user."""
        self.token = token
        self._core.connection.renew(token)

    def restore(self, stored: Stored) -> None:
        """Begin with what another page has kept."""
        self._core.restore(stored)

    def dispatch(self, event: events.Event) -> None:
        """Give the core an event, unless the device is gone."""
        if not self.gone:
            self.session.dispatch(event)

    async def caught_up(self) -> None:
        """Return once it has read what the platform has said so far.

        Frames keep their order; replies to look-ups take a way of their own.
        """
        left_us = self.reading_until_us - self._network.clock.now_us
        if left_us > 0:
            await self._network.clock.sleep(-(-left_us // 1000))

    def vanish(self, code: int) -> None:
        """Disappear as a closed page: the core may send its last, then the socket closes."""
        self.dispatch(events.PageUnloading())
        self.gone = True
        self._timers.cancel_all()
        if self.socket:
            self._network.device_closed(self.socket, code)
            self.socket = ""

    def _perform(self, command: commands.Outward) -> None:
        if not self.gone:
            self._performers[type(command)](command)

    def _close_socket(self, command: commands.CloseSocket) -> None:
        if self.socket:
            self._network.device_closed(self.socket, command.code)
            self.socket = ""
            self._network.clock.after(0, self.dispatch, events.SocketClosed(command.code))

    def _send(self, command: commands.SendFrame) -> None:
        if self.socket:
            self._network.send_to_platform(self.socket, command.text)

    # -- media as events ---------------------------------------------------------------------

    def _on_media(self, event: events.Event) -> None:
        """Pass on what the event model reports: tracks at once, the rest after a delay."""
        if isinstance(event, events.RemoteTrack):
            self.dispatch(event)
        elif self._unaided and isinstance(event, events.AnswerReady):
            event = replace(event, unaided=True)
            self._network.clock.after(STUN_GIVEN_UP_MS * 1000, self.dispatch, event)
        elif not isinstance(event, events.MediaConnected):  # the network connects both ends
            self._network.later(self._network.latency.media_us, self.dispatch, event)

    def _use_ice_servers(self, command: commands.UseIceServers) -> None:
        self._unaided = MUTE_STUN in command.urls

    def _apply_offer(self, command: commands.ApplyOffer) -> None:
        self._network.device_media_opened(command.call)
        self._media.apply_offer(command.call, command.sdp)

    def _acquire(self, command: commands.AcquireMedia) -> None:
        call, audio, video = command.call, command.audio, command.video
        self.devices.ask(
            audio,
            video,
            granted=lambda: self._media.acquire(call, audio, video, command.chosen),
            failed=lambda error: self._on_media(events.MediaFailed(call, error)),
        )

    def _close_media(self, command: commands.CloseMedia) -> None:
        self._media.close(command.call)
        self._network.device_media_closed(command.call)


def _raise(error: Exception) -> None:
    """Raise what a callback of our own recorder raised: a bug of ours, never a verdict."""
    raise error
