"""What a running script asks for, and what it is told of the outcome."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof_fakeserver.protocol import operation
from ringproof_fakeserver.protocol.swml.document import Script


class Play(msgspec.Struct, frozen=True):
    """Play these URLs, then go on."""

    urls: tuple[str, ...]
    volume_db: float = 0.0


class Wait(msgspec.Struct, frozen=True):
    """Wait, then go on; ``delay_ms`` None waits until the call ends."""

    verb: str
    delay_ms: int | None
    note: str = ""
    sound: str = ""
    """What to play meanwhile, as a URL of ``play``; empty: nothing new."""


class Finish(msgspec.Struct, frozen=True):
    """Hang up: the script is over; ``note`` is the error that ended it, if one did."""

    verb: str
    reason: str
    note: str = ""


class Accepted(msgspec.Struct, frozen=True):
    """Record a verb that has no effect here, or whose effect is within the script; go on."""

    verb: str
    note: str


class SendDigits(msgspec.Struct, frozen=True):
    """Send digits in the media, then go on. Reply: why they could not be sent, or nothing."""

    digits: str


class UserEvent(msgspec.Struct, frozen=True):
    """Push an event to the device that answered; go on."""

    event: dict[str, Any]


class Fetch(msgspec.Struct, frozen=True):
    """Fetch a document. Reply: the script, or why there is none as a text."""

    verb: str
    url: str


class Request(msgspec.Struct, frozen=True):
    """Send an HTTP request. Reply: a ``Response``."""

    url: str
    method: str
    headers: dict[str, str] = {}
    body: Any = None


class Response(msgspec.Struct, frozen=True):
    """What came of a request; ``status`` 0 where nothing came, ``body`` then says why."""

    status: int
    body: str
    headers: dict[str, str] = {}


class Record(msgspec.Struct, frozen=True):
    """Record what the callee says from now on; go on."""

    control: str
    operation: operation.Record
    status_url: str | None = None


class StopRecord(msgspec.Struct, frozen=True):
    """End a recording, or all of the script's (empty); go on."""

    control: str


class Target(msgspec.Struct, frozen=True):
    """Whom to connect the leg to."""

    to: str
    from_: str | None = None
    """None: the caller of the call."""
    from_name: str | None = None
    timeout_ms: int = 60_000
    status_url: str | None = None
    status_events: tuple[str, ...] = ("ended",)


class Connect(msgspec.Struct, frozen=True):
    """Ring these targets, one group after the other, all of a group at once.

    The first that answers is connected to the leg. Reply: a ``ConnectResult``, once the two are
    separated or nobody answered.
    """

    groups: tuple[tuple[Target, ...], ...]


class ConnectResult(msgspec.Struct, frozen=True):
    """What came of ``Connect``; ``reason`` of a failure."""

    connected: bool
    reason: str = ""


Cue = (
    Play
    | Wait
    | Finish
    | Accepted
    | SendDigits
    | UserEvent
    | Fetch
    | Request
    | Record
    | StopRecord
    | Connect
)

Reply = None | str | Script | Response | ConnectResult
"""What ``send`` of a run takes; None after a cue that has no reply."""
