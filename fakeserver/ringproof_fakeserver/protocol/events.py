"""Events: everything that can happen to the exchange. It answers them with commands.

A shell builds events from sockets, HTTP requests, timers and media legs; a simulation builds the
same ones from its event queue.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.operation import Operation
from ringproof_fakeserver.protocol.swml import Response, Script


class AnyEvent(msgspec.Struct, frozen=True):
    """Base of all events."""


class SocketOpened(AnyEvent, frozen=True):
    """A WebSocket finished its handshake. ``socket`` is unique for the life of the exchange."""

    socket: str
    reached: str = ""
    """The address of ours that the client connected to; empty where there is none."""


class FrameReceived(AnyEvent, frozen=True):
    """A text frame arrived, not larger than the shell's limit."""

    socket: str
    text: str


class BinaryReceived(AnyEvent, frozen=True):
    """A binary frame arrived: the protocol has none."""

    socket: str


class SocketClosed(AnyEvent, frozen=True):
    """The socket is gone; ``code`` is the close code (1006 when there was no close frame)."""

    socket: str
    code: int


class TimerFired(AnyEvent, frozen=True):
    """A timer started with ``StartTimer(name, …)`` ran out. Cancelled timers never fire."""

    name: str


class DialPlaced(AnyEvent, frozen=True):
    """A validated dial. The call object exists once this was handled."""

    call: str
    """Fresh UUID chosen by the shell; the id the REST reply carries."""
    from_: str
    from_name: str | None
    """None when the origin supplied no name: the wire then carries ``_undef_``."""
    to: str
    """The address as dialled, query string included."""
    script: Script | None = None
    """SWML to run on the caller's leg once the callee has accepted; None stays on the line."""
    script_url: str | None = None
    """Where to fetch the script when the call is answered (``script`` is then None)."""
    script_method: str = "POST"
    """``GET`` or ``POST``, for ``script_url``."""
    fallback_url: str | None = None
    """Where to fetch the script when ``script_url`` failed."""
    far_script: Script | None = None
    """SWML that runs before ``script``, on the same leg (``to_script``)."""
    far_script_url: str | None = None
    """Where to fetch that (``far_script`` is then None)."""
    variables: dict[str, str] = {}
    """What scripts and their servers see as ``envs``."""
    send_digits: str = ""
    """Digits to send once the call is answered; ``w`` and ``,`` are pauses."""
    timeout_ms: int | None = None
    """Ring time; None means the platform variant ``ring_ms``."""
    status_url: str | None = None
    status_events: tuple[str, ...] = ("ended",)
    media: tuple[str, ...] = ("audio", "video")
    """Kinds the caller's leg offers, in m-line order."""
    codecs: tuple[str, ...] = ()
    """Codecs that the dial named, in its order; none: the platform's own choice."""
    label: str = ""
    """Names the call in ``faults.Rule``; nobody outside sees it."""

    @property
    def has_far_script(self) -> bool:
        """Whether another script runs before ``script``."""
        return self.far_script is not None or self.far_script_url is not None

    @property
    def first_script(self) -> Script | None:
        """The document that runs first; None if it is to be fetched, or there is none."""
        return self.far_script if self.has_far_script else self.script


class NextCallLabelled(AnyEvent, frozen=True):
    """Label the next call that a client places, as ``DialPlaced.label`` does for one of REST."""

    session: str
    label: str


class EndRequested(AnyEvent, frozen=True):
    """``calling.end`` or an ``update`` with a status; REST refuses unknown and ended calls."""

    call: str
    reason: str
    status_url: str | None = None
    """Where the callbacks from now on go; None: where they went before."""


class ScriptReplaced(AnyEvent, frozen=True):
    """``update`` with a new document for an answered call."""

    call: str
    script: Script | None
    script_url: str | None = None
    fallback_url: str | None = None
    """Where to fetch the script when ``script_url`` failed."""
    status_url: str | None = None
    """Where the callbacks from now on go; None: where they went before."""


class ScriptFetched(AnyEvent, frozen=True):
    """The answer to the ``FetchScript`` with this number; ``script`` is None when that failed
    (``error``)."""

    call: str
    number: int
    script: Script | None
    error: str = ""


class RequestAnswered(AnyEvent, frozen=True):
    """The answer to the ``SendRequest`` with this number."""

    call: str
    number: int
    response: Response


class OperationStarted(AnyEvent, frozen=True):
    """Play, record or collect on an answered call; ``control`` names it among its kind."""

    call: str
    control: str
    operation: Operation
    status_url: str | None = None


class OperationControlled(AnyEvent, frozen=True):
    """Pause, resume or stop an operation, or change it: ``volume``, ``start_input_timers``."""

    call: str
    kind: str
    control: str
    action: str
    volume_db: float = 0.0
    silent: bool = False
    """Of a pause of a recording: whether silence takes its place, or nothing."""


class UserEventSent(AnyEvent, frozen=True):
    """``calling.user_event``: push this object to the device that answered."""

    call: str
    event: dict[str, Any]


class LegsDisconnected(AnyEvent, frozen=True):
    """``calling.disconnect``: separate the legs of a call, without an end to either."""

    call: str


class CommandNotPerformed(AnyEvent, frozen=True):
    """A documented command for a call that is taken and has no effect here."""

    call: str
    command: str


class DigitReceived(AnyEvent, frozen=True):
    """The client sent a digit in its media (RFC 4733)."""

    dialog: str
    digit: str


class DigitsSent(AnyEvent, frozen=True):
    """The answer to ``SendDigits``; ``note`` is not empty where they could not be sent."""

    dialog: str
    sending: str
    note: str = ""


class RecordingFinished(AnyEvent, frozen=True):
    """The answer to ``StopRecording``: the file can be fetched. An error leaves ``url`` empty."""

    dialog: str
    recording: str
    url: str
    duration_ms: int
    size_bytes: int


class OfferReady(AnyEvent, frozen=True):
    """The answer to ``CreateOffer``."""

    dialog: str
    sdp: str


class AnswerApplied(AnyEvent, frozen=True):
    """The answer to ``ApplyAnswer``: the remote description is set; media may follow."""

    dialog: str


class LegAnswered(AnyEvent, frozen=True):
    """The answer to ``ReplaceLeg``: ``sdp`` is the platform's description, candidates included."""

    dialog: str
    sdp: str


class MediaFailed(AnyEvent, frozen=True):
    """The leg cannot go on: no offer, an unusable answer, or transport failure."""

    dialog: str
    error: str


class MediaConnected(AnyEvent, frozen=True):
    """ICE and DTLS are up; in the event model, the answer was applied."""

    dialog: str
    real: bool


class ReofferAnswered(AnyEvent, frozen=True):
    """The answer to ``ApplyReoffer``: the client's new offer is in place."""

    dialog: str
    sdp: str


class ReofferRefused(AnyEvent, frozen=True):
    """The leg cannot use the client's new offer, and stays as it was."""

    dialog: str
    error: str


class MediaRestarted(AnyEvent, frozen=True):
    """ICE is up again with the credentials of the client's new offer."""

    dialog: str


class MediaSilent(AnyEvent, frozen=True):
    """No packet of the client came for the time that ``WatchMedia`` named."""

    dialog: str


class PlaybackFinished(AnyEvent, frozen=True):
    """The answer to ``StartPlayback`` once the file has been played to its end."""

    dialog: str
    playback: str
    note: str = ""
    """Not empty when another file was played instead of the URL."""


class LookupAsked(AnyEvent, frozen=True):
    """A client asked ``GET /api/fabric/addresses?name=``; answered by ``AnswerLookup``."""

    lookup: str
    subscriber: str
    name: str
    session: str = ""
    """``jti`` of the token that asks."""


class PingRequested(AnyEvent, frozen=True):
    """Send ``signalwire.ping`` to a session: its answer proves that all before it was read.

    The answer is a ``FrameFact`` of kind ``result``, method ``signalwire.ping``, detail ``{ping}``.
    """

    session: str
    ping: str


class PingsOverdue(AnyEvent, frozen=True):
    """Regular pings that were sent by then should be answered by now: drop a silent socket."""

    session: str
    sent_by_ms: int | None = None
    """Unix time; None: all pings count."""


class FaultsPlanned(AnyEvent, frozen=True):
    """Arm faults for a session, by the ``jti`` of its token; an empty tuple disarms it."""

    session: str
    rules: tuple[Rule, ...]


class CutRequested(AnyEvent, frozen=True):
    """Cut a session's socket, and every one that connects within ``back_ms``."""

    session: str
    back_ms: int
    resume: bool
    """Whether the session may be resumed; else it is forgotten at once."""


class TokenExpiryRequested(AnyEvent, frozen=True):
    """Take the token that opened a session for expired from now on."""

    session: str


class MediaCutRequested(AnyEvent, frozen=True):
    """Break the media path of a session's call, by its label, or mend it: both False."""

    session: str
    call: str
    from_client: bool
    to_client: bool


class SilenceRequested(AnyEvent, frozen=True):
    """Make a session's socket half open, or have it heard again (``silent`` False)."""

    session: str
    silent: bool


class ByeRequested(AnyEvent, frozen=True):
    """Push a bye for a dialog that the session does not know."""

    session: str
    dialog: str


class ServerStopping(AnyEvent, frozen=True):
    """The process is about to end: close every session (1001) and drop all calls."""
