"""What lies between a simulated platform and its devices: links, look-ups and media.

Each delay is drawn from one seed and is an event in the scheduler's queue.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec

from ringproof.client import events
from ringproof.simulation.media_paths import MediaPaths
from ringproof.simulation.restarts import Restarts
from ringproof.simulation.scheduler import Scheduler
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming
from ringproof_fakeserver.protocol import sdp

ABNORMAL = 1006
"""Close code of a socket that went without a close frame."""


class LatencyProfile(msgspec.Struct, frozen=True):
    """Ranges of the delays that a simulation draws, in microseconds, both ends included."""

    frame_us: tuple[int, int] = (200, 3_000)
    lookup_us: tuple[int, int] = (500, 5_000)
    media_us: tuple[int, int] = (500, 20_000)
    connect_us: tuple[int, int] = (1_000, 60_000)
    """From the applied answer to media that can flow."""


IDLE = LatencyProfile()
"""Loopback on a machine that has nothing else to do."""


class Device(Protocol):
    """One end of a link: what the network needs of a client."""

    jti: str
    socket: str
    """Name of the open socket, as the platform knows it; empty while there is none."""
    gone: bool
    """Vanished or closed: it opens no socket any more."""
    reading_until_us: int
    """When the last look-up reply that is under way will have been read."""

    def dispatch(self, event: events.Event) -> None:
        """Give the client's core an event."""


class Network:
    """Carries everything between one platform and its devices.

    ``dispatch`` gives the platform an event. Frames of one direction keep their order.
    """

    def __init__(
        self,
        clock: Scheduler,
        dispatch: Callable[[incoming.AnyEvent], None],
        seed: int,
        latency: LatencyProfile,
    ) -> None:
        self.clock = clock
        self.latency = latency
        self.subscriber = ""
        """Id of the account whose devices ask the directory."""
        self._dispatch = dispatch
        self._random = random.Random(seed).random
        self._numbers: dict[str, int] = {}
        self._sockets: dict[str, Device] = {}
        self._devices: dict[str, Device] = {}
        """By session, also while it has no socket."""
        self._last_arrival: dict[str, int] = {}
        """Link end → when its last frame arrives."""
        self._lookups: dict[str, tuple[Device, str]] = {}
        self.paths = MediaPaths(clock, dispatch, self._to_devices)
        self.restarts = Restarts(
            dispatch,
            self._is_up,
            made=partial(self.later, latency.media_us),
            checked=partial(self.later, latency.connect_us),
        )
        self._legs: dict[str, str] = {}
        """Dialog → what its media leg has reached: offered, answered, closed by the client; or
        nowhere, where it is never connected."""

    def name(self, kind: str) -> str:
        """Return the next name of a kind: a counter, so that equal runs have equal names."""
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return f"{kind}-{number:04d}"

    # -- time --------------------------------------------------------------------------------

    def later(self, bounds: tuple[int, int], callback: Callable[..., None], *args: object) -> None:
        """Run ``callback(*args)`` after a delay drawn from ``bounds``, in microseconds."""
        self.clock.after(self._draw(bounds), callback, *args)

    def _draw(self, bounds: tuple[int, int]) -> int:
        low, high = bounds
        # One multiplication: randint takes six times as long, and each frame needs a draw.
        return low + int(self._random() * (high - low + 1))

    def _carry(self, end: str, callback: Callable[..., None], *args: object) -> None:
        """Carry one frame: a drawn delay, but never before the frame that was sent before it."""
        now = self.clock.now_us
        arrival = max(now + self._draw(self.latency.frame_us), self._last_arrival.get(end, 0))
        self._last_arrival[end] = arrival
        self.clock.after(arrival - now, callback, *args)

    # -- from the platform -------------------------------------------------------------------

    def is_open(self, socket: str) -> bool:
        """Say whether the platform can still send to this socket."""
        return socket in self._sockets

    def send(self, socket: str, text: str) -> None:
        """Carry a frame to the device on an open socket."""
        self._carry(socket + ">", self._deliver, self._sockets[socket], socket, text)

    def _deliver(self, device: Device, socket: str, text: str) -> None:
        if device.socket == socket:
            device.dispatch(events.FrameReceived(text))

    def close_socket(self, command: platform.CloseSocket) -> None:
        """Close a socket in good order: frames under way still arrive before that."""
        device = self._sockets.pop(command.socket, None)
        if device is not None:
            socket, code = command.socket, command.code
            self._carry(socket + ">", self._closed, device, socket, code)
            self.clock.after(0, self._dispatch, incoming.SocketClosed(socket, code))

    def cut_socket(self, command: platform.CutSocket) -> None:
        """Break a socket off: what is under way may still arrive, in either direction or none."""
        device = self._sockets.pop(command.socket, None)
        if device is not None:
            self.later(self.latency.frame_us, self._closed, device, command.socket, ABNORMAL)
            self.clock.after(0, self._dispatch, incoming.SocketClosed(command.socket, ABNORMAL))

    def _closed(self, device: Device, socket: str, code: int) -> None:
        if device.socket == socket:
            device.socket = ""
            device.dispatch(events.SocketClosed(code))

    # -- from a device -----------------------------------------------------------------------

    def open_socket(self, device: Device, delay_ms: int) -> None:
        """Open a socket for a device after ``delay_ms``."""
        delay_us = delay_ms * 1000 + self._draw(self.latency.frame_us)
        self.clock.after(delay_us, self._opened, device)

    def _opened(self, device: Device) -> None:
        if device.gone:
            return
        device.socket = socket = self.name("socket")
        self._sockets[socket] = device
        self._devices[device.jti] = device
        self._dispatch(incoming.SocketOpened(socket))
        device.dispatch(events.SocketOpened())

    def send_to_platform(self, socket: str, text: str) -> None:
        """Carry a frame to the platform."""
        self._carry("<" + socket, self._arrive, socket, text)

    def _arrive(self, socket: str, text: str) -> None:
        if socket in self._sockets:
            self._dispatch(incoming.FrameReceived(socket, text))

    def device_closed(self, socket: str, code: int) -> None:
        """Close a socket for its device; what it sent before still arrives before that."""
        self._carry("<" + socket, self._device_gone, socket, code)

    def _device_gone(self, socket: str, code: int) -> None:
        if self._sockets.pop(socket, None) is not None:
            self._dispatch(incoming.SocketClosed(socket, code))

    # -- the directory -----------------------------------------------------------------------

    def look_up(self, device: Device, call: str, name: str) -> None:
        """Ask the directory for a device."""
        lookup = self.name("lookup")
        self._lookups[lookup] = (device, call)
        asked = incoming.LookupAsked(lookup, self.subscriber, name, device.jti)
        self.later(self.latency.lookup_us, self._dispatch, asked)

    def answer_lookup(self, command: platform.AnswerLookup) -> None:
        """Carry the directory's answer to the device that asked."""
        asked = self._lookups.pop(command.lookup, None)
        if asked is not None:
            device, call = asked
            delay_us = self._draw(self.latency.lookup_us)
            device.reading_until_us = max(device.reading_until_us, self.clock.now_us + delay_us)
            self.clock.after(delay_us, device.dispatch, events.LookupAnswered(call))

    def give_up_lookup(self, lookup: str) -> None:
        """Let the device wait no longer for the directory."""
        asked = self._lookups.pop(lookup, None)
        if asked is not None:
            device, call = asked
            device.dispatch(events.LookupAnswered(call, given_up=True))

    # -- media, as events --------------------------------------------------------------------

    def create_offer(self, command: platform.CreateOffer) -> None:
        """Make the platform's end of a media leg."""
        offer = sdp.event_model(dict.fromkeys(command.media, "sendrecv"), msid=command.msid)
        offer = sdp.with_direction(offer, command.direction)
        self._legs[command.dialog] = "offered"
        if not command.reachable:
            self._legs[command.dialog] = "nowhere"
            offer = sdp.unreachable(offer)
        ready = incoming.OfferReady(command.dialog, offer)
        self.later(self.latency.media_us, self._dispatch, ready)

    def apply_answer(self, command: platform.ApplyAnswer) -> None:
        """Connect both ends of a leg, after a delay."""
        dialog = command.dialog
        if self._legs.get(dialog) == "offered":
            self._legs[dialog] = "answered"
        self.clock.after(0, self._dispatch, incoming.AnswerApplied(dialog))
        self.later(self.latency.connect_us, self._connect, dialog)

    def answer_offer(self, command: platform.AnswerOffer) -> None:
        """Answer a device's own offer with a new leg, and connect both ends after a delay."""
        dialog = command.dialog
        self.close_leg(platform.CloseLeg(dialog))
        self.paths.forget(dialog)
        self._legs[dialog] = "answered"
        directions = sdp.answer_to(sdp.directions(command.sdp))
        answer = sdp.event_model(directions, msid=command.msid)
        self.later(self.latency.media_us, self._dispatch, incoming.LegAnswered(dialog, answer))
        lowest, highest = self.latency.connect_us
        after_us = self.latency.media_us[1] + self.latency.frame_us[1]
        self.later((lowest + after_us, highest + after_us), self._connect, dialog)

    def _connect(self, dialog: str) -> None:
        """Media is up for both ends at once, if both still want it."""
        if self._legs.get(dialog) != "answered":
            return
        self._dispatch(incoming.MediaConnected(dialog, real=False))
        self._to_devices(events.MediaConnected(dialog))

    def _to_devices(self, event: events.Event) -> None:
        for device in tuple(self._devices.values()):
            device.dispatch(event)

    def close_leg(self, command: platform.CloseLeg) -> None:
        """Close the platform's end of a leg."""
        self._legs.pop(command.dialog, None)
        self.paths.platform_closed(command.dialog)
        self.restarts.forget(command.dialog)

    def _is_up(self, dialog: str) -> bool:
        return self._legs.get(dialog) == "answered" and self.paths.is_whole(dialog)

    def device_media_opened(self, dialog: str) -> None:
        """Open the device's end of a leg, again where it was closed."""
        if self._legs.get(dialog) == "closed":
            self._legs[dialog] = "offered"

    def device_media_closed(self, dialog: str) -> None:
        """Close the device's end of a leg: nothing will connect any more."""
        if dialog in self._legs:
            self._legs[dialog] = "closed"
        self.paths.client_closed(dialog)
