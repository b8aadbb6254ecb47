"""Facts: what a trace records of the server's side.

Facts are commands of the core like any other: the shell that performs them adds the time and
notifies those who watch. ``subscriber`` leads a fact to the run that owns it; ``session`` is the
``jti`` of the access token that opened the session, so a test can recognise its own.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

KEEP_ALIVE = "keep-alive"
"""Name of the regular pings; the other pings prove that a client has read all before them."""


class Direction(enum.StrEnum):
    """Which way a frame went."""

    TO_CLIENT = "to_client"
    FROM_CLIENT = "from_client"


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact"):
    """Base of all facts; ``subscriber`` is the id of the subscriber concerned, "" if unknown."""

    subscriber: str


class FrameFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="frame"):
    """One WebSocket frame, with its important fields extracted."""

    session: str
    direction: Direction
    text: str
    """The frame as it was on the wire; secrets (tokens) replaced by ``…``."""
    kind: str
    """``request``, ``result``, ``error`` or ``malformed``."""
    method: str = ""
    """The verto method (``verto.invite``), else the JSON-RPC method; on results the request's."""
    dialog: str = ""
    """The verto ``callID``, if the frame belongs to one."""
    detail: dict[str, Any] = {}
    """The method's main fields. invite: from, from_name, to, to_name, media (kind → direction of
    the offer: ``sendrecv``, ``sendonly`` …). The client's own invite: media, ice, reattach, and to
    unless it asks for a call back.
    answer: media (kind → direction of the answer), ice
    (the ICE user names in it). modify: action, destination; media and ice of a new offer; replies
    to it have its action. bye: cause, cause_code. ping: ping. error: code, message."""


class SessionFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="session"):
    """A session changed: ``state`` is connected, resumed, online, offline, detached or closed."""

    session: str
    state: str
    code: int = 0
    """The WebSocket close code, when state is detached or closed."""


class CallFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="call"):
    """A call changed, as its caller sees it: created, ringing, answered or ended."""

    call: str
    """The id that the REST dial returned."""
    state: str
    to: str
    """The address as it was dialled."""
    reason: str = ""
    """Of ``ended``: hangup, cancel, busy, noAnswer, decline or error."""
    by: str = ""
    """Who ended it: ``callee``, ``origin``, ``timer``, ``script`` or ``platform``."""


class DialogFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="dialog"):
    """One device's dialog of a call changed: offered, answered, winner, lost or ended.

    Of a call that the device placed: ``placed``, then answered by the other party, then ended.
    ``transferred``: the device hands the call over to ``reason``, and its dialog ends.
    ``reattached``: a page that was opened again has it from now on, under another session.
    """

    call: str
    dialog: str
    session: str
    state: str
    reason: str = ""


class TransferFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="transfer"):
    """A call that was handed over got further: a device of the destination is ``ringing``, or has
    ``answered``. ``subscriber`` is who was called first."""

    call: str
    destination: str
    """The address that the call was handed over to."""
    state: str


class LookupFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="lookup"):
    """The client asked the directory for an address; ``state`` is asked or answered."""

    name: str
    state: str
    status: int = 0
    """The HTTP status, when answered."""


class MediaFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="media"):
    """The platform's end of a media leg.

    ``state`` is connected, packets, held, unheld, failed, closed, restarted: ICE is up with the
    credentials of the client's new offer; or silent: no packet of the client came for the
    platform's media timeout.
    """

    dialog: str
    state: str
    sent: dict[str, int] = {}
    """RTP packets sent so far, by kind (``audio``, ``video``)."""
    received: dict[str, int] = {}
    """RTP packets received so far, by kind."""
    real: bool = False
    """True when the packets crossed a socket; False in the event model."""


class ScriptFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="script"):
    """A step of the caller's SWML script."""

    call: str
    verb: str
    note: str


class FaultFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="fault"):
    """An injected fault took effect (``faults.py``): the client is not to blame for it.

    Frames have facts of their own for what really left: a dropped frame has none, a delayed one has
    its fact where it was sent (``released``).
    """

    session: str
    what: str
    """One of ``faults.What``, or ``cut``, ``expire``, ``stray``, ``token-expired``; later
    ``released`` or ``withdrawn`` for what was delayed, ``mended`` for a media path that was cut."""
    point: str = ""
    """One of ``faults.Point``, or the direction ``media-in`` or ``media-out`` of a cut media path,
    as the platform sees it; empty for a session."""
    dialog: str = ""
    delay_ms: int = 0


AnyFact = (
    FrameFact
    | SessionFact
    | CallFact
    | DialogFact
    | TransferFact
    | LookupFact
    | MediaFact
    | ScriptFact
    | FaultFact
)
