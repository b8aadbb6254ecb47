"""What the client needs of media, and the event model: media that crosses no socket.

The aiortc backend is in ``rtc.py``, imported only when real media is asked for (it takes 0.4 s).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from ringproof.client import events
from ringproof_fakeserver.protocol import sdp

Deliver = Callable[[events.Event], None]
Spawn = Callable[[Coroutine[Any, Any, None]], None]


STALLED_MS = 1_000
"""No packet for so long, after there were some, is reported as ``MediaStalled``. Frames come every
20 to 70 ms."""


class Counts(msgspec.Struct, frozen=True):
    """RTP packets of one call since it began, by kind (``audio``, ``video``)."""

    sent: dict[str, int] = {}
    received: dict[str, int] = {}
    content: dict[str, dict[str, int]] = {}
    """What was received last, by kind; see ``content.py``."""


class Media(Protocol):
    """All media legs of one client, by call. Outcomes are delivered as core events.

    All but the last two perform the commands of the same name (``ApplyOffer`` …), and return at
    once.
    """

    def use_ice_servers(self, urls: tuple[str, ...]) -> None:
        """Ask these servers for candidates of the legs that are made from now on."""

    def apply_offer(self, call: str, offer: str) -> None:
        """Make a leg; report its remote tracks, then ``OfferApplied``."""

    def acquire(self, call: str, audio: bool, video: bool, chosen: tuple[int, int]) -> None:
        """Open the chosen microphone and camera; report ``LocalMediaReady``."""

    def make_answer(self, call: str) -> None:
        """Report ``AnswerReady``, and ``MediaConnected`` once media can flow."""

    def make_restart_offer(self, call: str) -> None:
        """Report ``RestartOfferReady``. Nothing changes yet."""

    def apply_restart_answer(self, call: str, answer: str) -> None:
        """Check the path again; unknown calls are ignored."""

    def prepare_offer(self, call: str, kinds: tuple[str, ...]) -> None:
        """Make a leg that will offer these kinds."""

    def make_offer(self, call: str) -> None:
        """Report ``OfferMade``."""

    def apply_answer(self, call: str, answer: str) -> None:
        """Report the remote tracks, and ``MediaConnected`` once media can flow."""

    def close(self, call: str) -> None:
        """Stop everything of this call and report nothing more. Unknown calls are ignored."""

    async def counts(self, call: str) -> Counts:
        """Count packets so far; empty for unknown calls and in the event model."""

    async def aclose(self) -> None:
        """Tear down every leg, and wait for it."""


def answer_directions(offered: dict[str, str], sending: frozenset[str]) -> dict[str, str]:
    """Decide the direction of each offered section, seen from the client.

    ``offered`` is kind → direction as the far side wrote it; ``sending`` the kinds the user sends.
    What the far side sends is always received; what it does not offer is never sent.
    """
    words = (("inactive", "recvonly"), ("sendonly", "sendrecv"))
    return {
        kind: words[kind in sending and direction in ("sendrecv", "recvonly")][
            direction in ("sendrecv", "sendonly")
        ]
        for kind, direction in offered.items()
    }


class EventModelMedia:
    """Media as events only: every step succeeds at once and no packet is ever sent."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._offered: dict[str, tuple[dict[str, str], bool]] = {}
        """Kind → direction of the offer, and whether its transport can come up."""
        self._sending: dict[str, frozenset[str]] = {}
        self._restarts: dict[str, int] = {}
        """How many offers of a restart were made."""

    def use_ice_servers(self, urls: tuple[str, ...]) -> None:
        """Ask nobody: there are no candidates."""

    def apply_offer(self, call: str, offer: str) -> None:
        """Report a track for each kind that the far side sends."""
        offered = sdp.directions(offer)
        self._offered[call] = offered, sdp.is_reachable(offer)
        self._report_tracks(call, offered)
        self._deliver(events.OfferApplied(call))

    def acquire(self, call: str, audio: bool, video: bool, chosen: tuple[int, int]) -> None:
        """Pretend to open the devices asked for, unless the call is over meanwhile."""
        if call not in self._offered:
            return
        wanted = ("audio", audio, chosen[0]), ("video", video, chosen[1])
        devices = {kind: place for kind, on, place in wanted if on}
        self._sending[call] = frozenset(devices)
        tracks = tuple(
            [events.Track(f"local-{kind}", kind, None, place) for kind, place in devices.items()]
        )
        self._deliver(events.LocalMediaReady(call, tracks))

    def make_answer(self, call: str) -> None:
        """Answer in the event model's own short SDP; its transport is up at once."""
        if call not in self._offered:
            return
        self._deliver(events.AnswerReady(call, sdp.event_model(self._directions(call))))
        if self._offered[call][1]:
            self._deliver(events.MediaConnected(call))

    def _directions(self, call: str) -> dict[str, str]:
        return answer_directions(self._offered[call][0], self._sending.get(call, frozenset()))

    def make_restart_offer(self, call: str) -> None:
        """Offer what was answered, under another ICE user name."""
        if call not in self._offered:
            self._deliver(events.RestartOfferReady(call, ""))
            return
        number = self._restarts[call] = self._restarts.get(call, 0) + 1
        offer = sdp.event_model(self._directions(call), ice=f"client-{number}")
        self._deliver(events.RestartOfferReady(call, offer))

    def apply_restart_answer(self, call: str, answer: str) -> None:
        """There is no path to check."""

    def prepare_offer(self, call: str, kinds: tuple[str, ...]) -> None:
        """Remember what to offer."""
        self._offered[call] = dict.fromkeys(kinds, "sendrecv"), True

    def make_offer(self, call: str) -> None:
        """Offer in the event model's own short SDP."""
        if call not in self._offered:
            return
        kinds, _ = self._offered[call]
        sending = self._sending.get(call, frozenset())
        ways = {kind: "sendrecv" if kind in sending else "recvonly" for kind in kinds}
        self._deliver(events.OfferMade(call, sdp.event_model(ways)))

    def apply_answer(self, call: str, answer: str) -> None:
        """Report a track for each kind that the far side sends; the transport is up at once."""
        if call not in self._offered:
            return
        self._report_tracks(call, sdp.directions(answer))
        self._deliver(events.MediaConnected(call))

    def _report_tracks(self, call: str, directions: dict[str, str]) -> None:
        for kind, direction in directions.items():
            if direction in ("sendrecv", "sendonly"):
                track = events.Track(f"remote-{kind}", kind)
                self._deliver(events.RemoteTrack(call, track))

    def close(self, call: str) -> None:
        """Forget the call."""
        self._restarts.pop(call, None)
        self._offered.pop(call, None)
        self._sending.pop(call, None)

    async def counts(self, call: str) -> Counts:
        """There are no packets."""
        return Counts()

    async def aclose(self) -> None:
        """There is nothing to tear down."""
