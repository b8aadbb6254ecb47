"""Everything that can happen to the client core. The counterpart of events are commands."""

from __future__ import annotations

import msgspec


class Track(msgspec.Struct, frozen=True, gc=False):
    """One media track. ``source`` is the shell's own object for it; the core never looks at it."""

    id: str
    kind: str
    """``audio`` or ``video``."""
    source: object = None
    """With real media an aiortc ``MediaStreamTrack``; None in the event model."""
    device: int = 0
    """Of the user's own: the place of its device in the list of them."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Base of all events."""


class Started(Event, frozen=True, gc=False):
    """The shell is ready to perform commands. The first event, exactly once."""


class SocketOpened(Event, frozen=True, gc=False):
    """The socket asked for with ``OpenSocket`` finished its handshake."""


class SocketClosed(Event, frozen=True, gc=False):
    """The socket is gone, or could not be opened; ``code`` is 1006 without a close frame."""

    code: int
    reason: str = ""
    """Why, for a person; empty when nobody said."""


class FrameReceived(Event, frozen=True, gc=False):
    """A text frame arrived on the open socket."""

    text: str | bytes


class TimerFired(Event, frozen=True, gc=False):
    """A timer started with ``StartTimer`` ran out. Cancelled timers never fire."""

    name: str


class LookupAnswered(Event, frozen=True, gc=False):
    """The answer to ``Lookup``, good or bad: a failing directory must not silence a call."""

    call: str
    given_up: bool = False
    """There was no answer in time, which must not silence a call either."""


class RegisterRequested(Event, frozen=True, gc=False):
    """The user wants to know when the client is online."""

    promise: str


class UnregisterRequested(Event, frozen=True, gc=False):
    """The user wants no more calls; those that there are go on."""

    promise: str


class DialRequested(Event, frozen=True, gc=False):
    """The user calls somebody, sending these kinds of media; the other side's are received."""

    call: str
    """Fresh id of the call."""
    promise: str
    to: str
    audio: bool
    video: bool


class AnswerRequested(Event, frozen=True, gc=False):
    """The user accepts. A media kind left at None takes the documented default."""

    call: str
    promise: str
    audio: bool | None = None
    video: bool | None = None
    chosen: tuple[int, int] = (0, 0)
    """Which microphone and which camera, by their places in the lists of them."""


class RejectRequested(Event, frozen=True, gc=False):
    """The user declines."""

    call: str
    promise: str


class HangupRequested(Event, frozen=True, gc=False):
    """The user ends the call."""

    call: str
    promise: str


class HoldRequested(Event, frozen=True, gc=False):
    """The user puts a connected call on hold, or takes it off."""

    call: str
    promise: str
    on: bool


class TransferRequested(Event, frozen=True, gc=False):
    """The user hands a connected call over to another destination."""

    call: str
    promise: str
    destination: str


class RestartRequested(Event, frozen=True, gc=False):
    """The user wants a connected call's media path to be found anew (an ICE restart)."""

    call: str
    promise: str


class RestartOfferReady(Event, frozen=True, gc=False):
    """The answer to ``MakeRestartOffer``: a complete offer with fresh ICE credentials.

    ``sdp`` is empty when the call has no media.
    """

    call: str
    sdp: str


class CloseRequested(Event, frozen=True, gc=False):
    """The user is done with the client: end every call, go offline, close the socket."""

    promise: str


class PageUnloading(Event, frozen=True, gc=False):
    """The page is about to close: what is sent now is the last that leaves it."""


class OfferApplied(Event, frozen=True, gc=False):
    """The answer to ``ApplyOffer``; the offer's tracks were reported before it."""

    call: str


class RemoteTrack(Event, frozen=True, gc=False):
    """The far side's track of this kind is there."""

    call: str
    track: Track


class LocalMediaReady(Event, frozen=True, gc=False):
    """The answer to ``AcquireMedia``."""

    call: str
    tracks: tuple[Track, ...]


class AnswerReady(Event, frozen=True, gc=False):
    """The answer to ``MakeAnswer``: the complete local description, candidates included."""

    call: str
    sdp: str
    unaided: bool = False
    """No ICE server has answered in time, which must not keep the user from answering."""


class OfferMade(Event, frozen=True, gc=False):
    """The answer to ``MakeOffer``: the complete local description, candidates included."""

    call: str
    sdp: str


class MediaConnected(Event, frozen=True, gc=False):
    """The transport of the media is up (ICE and DTLS, or the event model says so)."""

    call: str


class MediaStalled(Event, frozen=True, gc=False):
    """Nothing comes in any more on a call's media (``STALLED_MS``)."""

    call: str


class MediaFailed(Event, frozen=True, gc=False):
    """The media of a call cannot go on."""

    call: str
    error: str
