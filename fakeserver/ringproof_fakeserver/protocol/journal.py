"""What the platform witnesses: the facts that a trace keeps from the server's side.

Facts are commands of the core like any other: the shell that performs them stamps the time and
hands them to whoever listens. ``subscriber`` routes a fact to the run that owns it; ``session``
is the ``jti`` of the access token that opened the session, so a test can tell its own apart.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

KEEP_ALIVE = "keep-alive"
"""What pings are called that nobody asked for; the others prove to somebody that all was read."""


class Direction(enum.StrEnum):
    """Which way a frame went."""

    TO_CLIENT = "to_client"
    FROM_CLIENT = "from_client"


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact"):
    """Base of all facts; ``subscriber`` is the id of the subscriber concerned, "" if unknown."""

    subscriber: str


class FrameFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="frame"):
    """One WebSocket frame, with what a reader wants to know of it already picked out."""

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
    """The method's highlights. invite: from, from_name, to, to_name, media (kind → direction of the
    offer: ``sendrecv``, ``sendonly`` …). answer: media (kind → direction of the answer). bye:
    cause, cause_code. ping: ping. error: code, message."""


class SessionFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="session"):
    """A session changed: ``state`` is connected, resumed, online, offline, detached or closed."""

    session: str
    state: str
    code: int = 0
    """The WebSocket close code, when state is detached or closed."""


class CallFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="call"):
    """The origin call changed, seen from the far party: created, ringing, answered or ended."""

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
    """One device's dialog of a call changed: offered, answered, winner, lost or ended."""

    call: str
    dialog: str
    session: str
    state: str
    reason: str = ""


class LookupFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="lookup"):
    """The client asked the directory for an address; ``state`` is asked or answered."""

    name: str
    state: str
    status: int = 0
    """The HTTP status, when answered."""


class MediaFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="media"):
    """The platform's end of a media leg: ``state`` is connected, packets, failed or closed."""

    dialog: str
    state: str
    sent: dict[str, int] = {}
    """RTP packets sent so far, by kind (``audio``, ``video``)."""
    received: dict[str, int] = {}
    """RTP packets received so far, by kind."""
    real: bool = False
    """True when the packets crossed a socket; False in the event model."""


class ScriptFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="script"):
    """The caller's SWML script did something worth telling a person."""

    call: str
    verb: str
    note: str


class FaultFact(Fact, frozen=True, kw_only=True, omit_defaults=True, tag="fault"):
    """A fault on purpose has struck (``faults.py``): what it hit is no doing of the client's.

    Frames have facts of their own for what really left: a frame that was dropped has none, one that
    was held back has its fact where it was let go (``released``).
    """

    session: str
    what: str
    """``drop``, ``delay``, ``duplicate``, ``reorder``, ``refuse``, ``ignore``, ``fail``, ``cut``,
    ``expire``, ``stray``; later ``released`` or ``withdrawn`` for what was held back."""
    point: str = ""
    """``invite``, ``bye``, ``answer-reply``, ``bye-reply`` (frames to the client), ``answer``,
    ``bye-request`` (its requests), ``look-up``, ``media``, ``devices``; empty for a session."""
    dialog: str = ""
    delay_ms: int = 0


AnyFact = (
    FrameFact
    | SessionFact
    | CallFact
    | DialogFact
    | LookupFact
    | MediaFact
    | ScriptFact
    | FaultFact
)
