"""Commands: everything that the exchange asks its shell to do. It answers events with them.

Facts (``journal.py``) are commands too: "record this". Performing a ``SendFrame`` also records its
``fact``, so a frame is recorded when it leaves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol.journal import AnyFact, FrameFact
from ringproof_fakeserver.protocol.sip_commands import SipCommand


class SendFrame(msgspec.Struct, frozen=True):
    """Write one text frame to a socket; if the socket is gone, nothing is sent or recorded."""

    socket: str
    fact: FrameFact
    text: str
    """What is sent, secrets included (``fact.text`` has them removed)."""


class CloseSocket(msgspec.Struct, frozen=True):
    """Close a socket with this code and reason (at most 123 bytes)."""

    socket: str
    code: int
    reason: str


class CutSocket(msgspec.Struct, frozen=True):
    """Cut a connection without a close frame, as a lost network does: both ends see 1006."""

    socket: str


class StartTimer(msgspec.Struct, frozen=True):
    """Deliver ``TimerFired(name)`` after ``delay_ms``; a running timer of that name restarts."""

    name: str
    delay_ms: int


class CancelTimer(msgspec.Struct, frozen=True):
    """Stop a timer; unknown names are ignored."""

    name: str


class CreateOffer(msgspec.Struct, frozen=True):
    """Make a media leg for a dialog and report ``OfferReady`` or ``MediaFailed``."""

    dialog: str
    subscriber: str
    media: tuple[str, ...]
    msid: bool
    reachable: bool = True
    """False for a fault: the offer names unreachable addresses, and the leg never connects."""
    codecs: tuple[str, ...] = ()
    """Codecs that the dial named; none: the platform's own choice."""
    direction: str = "sendrecv"
    """That of every section."""
    plain: bool = False
    """Whether the leg is plain RTP, for a SIP user agent."""


class ApplyAnswer(msgspec.Struct, frozen=True):
    """Give the client's SDP to the leg; ``AnswerApplied`` then ``MediaConnected``, or failure."""

    dialog: str
    sdp: str


class ApplyReoffer(msgspec.Struct, frozen=True):
    """Have the leg answer a client's new offer: ``ReofferAnswered``, or ``ReofferRefused``.

    ``MediaRestarted`` follows once the path was checked, if the offer restarted ICE.
    """

    dialog: str
    sdp: str


class AnswerOffer(msgspec.Struct, frozen=True):
    """Make a leg that answers the client's own offer, ``sdp``; one that is there is closed first.

    ``LegAnswered`` and then ``MediaConnected`` follow, or ``MediaFailed``.
    """

    dialog: str
    subscriber: str
    sdp: str
    msid: bool
    plain: bool = False
    """Whether the leg is plain RTP, for a SIP user agent."""


class JoinLegs(msgspec.Struct, frozen=True):
    """Send each of two connected legs what the other receives, from now until either is closed.

    A leg that is joined again is parted from the one that it was joined with.
    """

    first: str
    second: str


class RelayMedia(msgspec.Struct, frozen=True):
    """Send what a connected leg receives over these legs from now on, and over no others."""

    dialog: str
    sound_to: tuple[str, ...]
    picture_to: tuple[str, ...]


class WatchMedia(msgspec.Struct, frozen=True):
    """Report ``MediaSilent`` once no packet of the client has come for ``within_ms``."""

    dialog: str
    within_ms: int


class CutMedia(msgspec.Struct, frozen=True):
    """Lose the packets of these directions from now on; both False: lose none any more."""

    dialog: str
    from_client: bool
    to_client: bool


class CloseLeg(msgspec.Struct, frozen=True):
    """Close the leg. Unknown legs are ignored."""

    dialog: str


class StartPlayback(msgspec.Struct, frozen=True):
    """Play these URLs in order into the leg, then report ``PlaybackFinished``."""

    dialog: str
    playback: str
    urls: tuple[str, ...]
    loops: int = 1
    """How often; 0: until it is stopped."""
    volume_db: float = 0.0


class ChangePlayback(msgspec.Struct, frozen=True):
    """Pause or resume a playback, or set its volume; None leaves that as it is."""

    dialog: str
    playback: str
    paused: bool | None = None
    volume_db: float | None = None


class StopPlayback(msgspec.Struct, frozen=True):
    """Stop a playback, or the sending of digits; it reports nothing any more."""

    dialog: str
    playback: str


class SendDigits(msgspec.Struct, frozen=True):
    """Send digits in the media (RFC 4733), then report ``DigitsSent``; ``w`` and ``,`` 0.5 s, ``W``
    1 s of pause."""

    dialog: str
    sending: str
    digits: str


class StartRecording(msgspec.Struct, frozen=True):
    """Write what the client says to a file, until ``StopRecording`` or the end of the leg."""

    dialog: str
    recording: str


class PauseRecording(msgspec.Struct, frozen=True):
    """Leave out what comes, or write silence in its place; ``paused`` False goes on."""

    dialog: str
    recording: str
    paused: bool
    silent: bool = False


class StopRecording(msgspec.Struct, frozen=True):
    """Close the file and report ``RecordingFinished``."""

    dialog: str
    recording: str


class FetchScript(msgspec.Struct, frozen=True):
    """Fetch an SWML document for a call and report ``ScriptFetched`` with this ``number``."""

    call: str
    url: str
    method: str
    body: dict[str, Any]
    number: int


class SendRequest(msgspec.Struct, frozen=True):
    """Send an HTTP request of a call's script; report ``RequestAnswered`` with this ``number``."""

    call: str
    url: str
    method: str
    headers: dict[str, str]
    body: Any
    """A text is sent as it is, None sends nothing, anything else is sent as JSON."""
    number: int


class PostCallback(msgspec.Struct, frozen=True):
    """POST a status callback; callbacks of one call are sent in their order."""

    call: str
    url: str
    body: dict[str, Any]
    retries: bool = False
    """Whether one that failed is sent again."""


class AnswerLookup(msgspec.Struct, frozen=True):
    """Answer the directory request ``lookup`` with this HTTP status and JSON body."""

    lookup: str
    status: int
    body: dict[str, Any]


MediaCommand = (
    CreateOffer
    | ApplyAnswer
    | ApplyReoffer
    | AnswerOffer
    | JoinLegs
    | RelayMedia
    | WatchMedia
    | CutMedia
    | CloseLeg
    | StartPlayback
    | ChangePlayback
    | StopPlayback
    | SendDigits
    | StartRecording
    | PauseRecording
    | StopRecording
)

AnyCommand = (
    SendFrame
    | CloseSocket
    | CutSocket
    | StartTimer
    | CancelTimer
    | MediaCommand
    | FetchScript
    | SendRequest
    | PostCallback
    | AnswerLookup
    | SipCommand
    | AnyFact
)
