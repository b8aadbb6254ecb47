"""Everything the client core asks for: of the world (outward) and of its user (emissions)."""

from __future__ import annotations

from typing import Literal

import msgspec

from ringproof.client.events import Track
from ringproof.client.lifecycle import Status

Side = Literal["local", "remote"]
Observable = Literal["status", "local_stream", "remote_stream", "list"]


class MediaStream(msgspec.Struct, frozen=True, gc=False):
    """Tracks that belong together. Never changes: one more track makes a new stream."""

    id: str
    tracks: tuple[Track, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its tracks, sorted."""
        return tuple(sorted([track.kind for track in self.tracks]))


class CallInfo(msgspec.Struct, frozen=True, gc=False):
    """Who calls whom: fixed from the call's first listing, or its dial, to its end."""

    id: str
    """The ``callID`` of the wire."""
    from_: str
    """The caller's address as the platform sent it."""
    from_name: str
    """The caller's display name as the platform sent it; ``_undef_`` when there was none."""
    to: str
    """The address that was dialled."""
    to_name: str
    outbound: bool = False
    """The client itself placed the call; ``from_`` and the names are then empty."""


class Command(msgspec.Struct, frozen=True, gc=False):
    """Base of all commands."""


class Outward(Command, frozen=True, gc=False):
    """Base of what a shell performs; all others are what the user sees."""


class OpenSocket(Outward, frozen=True, gc=False):
    """Open a socket after ``delay_ms``; ``SocketOpened`` or ``SocketClosed`` follows."""

    delay_ms: int


class CloseSocket(Outward, frozen=True, gc=False):
    """Close the socket once the frames before this are written; ``SocketClosed`` follows."""

    code: int
    reason: str


class SendFrame(Outward, frozen=True, gc=False):
    """Write one text frame; without an open socket it is dropped."""

    text: str


class Lookup(Outward, frozen=True, gc=False):
    """Ask the directory for ``name``. The shell always reports ``LookupAnswered``, within 5 s."""

    call: str
    name: str


class StartTimer(Outward, frozen=True, gc=False):
    """Deliver ``TimerFired(name)`` after ``delay_ms``; a running timer of that name restarts."""

    name: str
    delay_ms: int


class CancelTimer(Outward, frozen=True, gc=False):
    """Stop a timer; unknown names are ignored."""

    name: str


class ApplyOffer(Outward, frozen=True, gc=False):
    """Make a media leg for the call and give it the far side's offer."""

    call: str
    sdp: str


class AcquireMedia(Outward, frozen=True, gc=False):
    """Open the microphone and the camera, as asked; a kind that is False is never touched."""

    call: str
    audio: bool
    video: bool
    chosen: tuple[int, int] = (0, 0)
    """Which microphone and which camera."""


class UseIceServers(Outward, frozen=True, gc=False):
    """Ask these servers, by their URLs, for candidates of the legs that are made from now on."""

    urls: tuple[str, ...]


class MakeAnswer(Outward, frozen=True, gc=False):
    """Make the answer that sends the acquired tracks, as far as the offer lets them through."""

    call: str


class MakeRestartOffer(Outward, frozen=True, gc=False):
    """Make an offer of the media that the call has, with fresh ICE credentials."""

    call: str


class ApplyRestartAnswer(Outward, frozen=True, gc=False):
    """Check the path again, with the credentials of the last offer and of this answer to it."""

    call: str
    sdp: str


class PrepareOffer(Outward, frozen=True, gc=False):
    """Make a media leg for the call that offers these kinds, each for receiving at least."""

    call: str
    kinds: tuple[str, ...]


class MakeOffer(Outward, frozen=True, gc=False):
    """Make the offer that sends the acquired tracks; ``OfferMade`` follows."""

    call: str


class ApplyAnswer(Outward, frozen=True, gc=False):
    """Give the leg of an offer the far side's answer; its tracks and ``MediaConnected`` follow."""

    call: str
    sdp: str


class CloseMedia(Outward, frozen=True, gc=False):
    """Stop the call's tracks and its transport. Unknown calls are ignored."""

    call: str


class AddCall(Command, frozen=True, gc=False):
    """A call exists from now on."""

    info: CallInfo
    status: Status = "ringing"
    """``connecting`` for a call that the page before this one had."""


class EmitList(Command, frozen=True, gc=False):
    """The whole list of inbound calls, oldest first."""

    calls: tuple[str, ...]


class EmitStatus(Command, frozen=True, gc=False):
    """A call's status changed."""

    call: str
    status: Status


class EmitStream(Command, frozen=True, gc=False):
    """A call has a new local or remote stream."""

    call: str
    side: Side
    stream: MediaStream


class EmitComplete(Command, frozen=True, gc=False):
    """An observable will emit nothing more. ``call`` is empty for the list."""

    call: str
    what: Observable


class EmitError(Command, frozen=True, gc=False):
    """Something went wrong that the user may want to know; ``call`` is empty for the session."""

    text: str
    call: str = ""
    fatal: bool = False
    """True when the client, or this call, cannot go on."""


class Settle(Command, frozen=True, gc=False):
    """A promise settled; ``error`` is empty when it resolved."""

    promise: str
    error: str = ""
