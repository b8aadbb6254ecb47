"""The trace: one ordered record of a scenario, the only thing that checks may read.

Two sides are recorded: the platform (facts of its journal: frames, calls, media) and the SUT
(events that its adapter numbers in one sequence ``n`` per session, including its receipt of
commands). The harness adds its own commands. Order between SUT events is decided by ``n`` alone,
never by comparing two clocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from ringproof_fakeserver.protocol.journal import AnyFact
from ringproof_scenarios.model import Scenario

FORMAT = 1
Mode = Literal["simulated", "network"]


class ListedCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of an emitted list, values raw as the SDK's user sees them."""

    c: str
    """The call's id as the SDK shows it: the ``callID`` of the wire."""
    status: str | None = None
    direction: str | None = None
    from_: str | None = msgspec.field(default=None, name="from")
    from_name: str | None = None
    to: str | None = None
    to_name: str | None = None
    display: str | None = None
    """What the client itself would show for the caller, where it offers that."""


class SutEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="ev"):
    """Base of adapter events. Source: the adapter protocol, version 1."""

    s: str
    """The session."""
    n: int
    """Per-session counter without gaps, from 0."""
    t_us: int = 0
    """The SUT's own monotonic clock."""


class Registered(SutEvent, frozen=True, kw_only=True, tag="registered"):
    """The client is online and its list is subscribed to."""


class Calls(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="calls"):
    """One emission of the list of inbound calls, whole and in the SDK's order."""

    list: tuple[ListedCall, ...] = ()
    observer: str = ""
    """Empty for the adapter's first subscription; else the id of the ``observe`` command."""


class Reread(SutEvent, frozen=True, kw_only=True, tag="reread"):
    """An earlier emission read again: the ids its list object holds now (at a ``sync``)."""

    of: int
    """``n`` of the ``calls`` event."""
    list: tuple[str, ...] = ()


class Dialled(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="dialled"):
    """The SDK has placed the call of a ``call.dial``; its statuses and streams follow."""

    id: str
    """The command."""
    c: str
    to: str | None = None
    """The address as the SDK shows it."""


class Status(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="status"):
    """One emission of a call's status, as the SDK names it."""

    c: str
    status: str
    observer: str = ""


class Getter(SutEvent, frozen=True, kw_only=True, tag="getter"):
    """The synchronous status of a call, read at a ``sync`` once handlers have run."""

    c: str
    status: str | None


class Stream(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="stream"):
    """One emission of a stream observable."""

    c: str
    side: Literal["local", "remote"]
    stream: str
    """Identity of the stream *object*: two emissions of one object carry one value."""
    tracks: tuple[str, ...] = ()
    """Kinds of the tracks it holds at this moment, sorted."""
    observer: str = ""


class Complete(SutEvent, frozen=True, kw_only=True, tag="complete"):
    """An observable completed: ``status``, ``local_stream``, ``remote_stream`` or ``list``."""

    what: str
    c: str = ""
    observer: str = ""


class Packets(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="media"):
    """RTP counted by the SUT for one side and kind of a call, since it began."""

    c: str
    side: Literal["sent", "received"]
    kind: str
    packets: int
    content: dict[str, int] = {}
    """Of received media, where the adapter looks into it: of sound ``hz``, the loudest frequency,
    0 for silence; of a picture the means ``red``, ``green``, ``blue``, 0 to 255."""


class DeviceRequest(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="devices"):
    """The client asked for devices that the harness has made fail or wait, and what it got.

    Source: the op ``session.devices``. Requests that such a state does not concern are not told.
    """

    c: str
    """The call that the state was set for."""
    state: Literal["asked", "granted", "failed"]
    """First ``asked``, then one of the others: at once, or when the user has decided."""
    kinds: tuple[str, ...] = ()
    """What was asked for: ``audio``, ``video``, sorted."""
    error: str = ""
    """Why it failed, as browsers name it: ``NotAllowedError`` …"""


class Received(SutEvent, frozen=True, kw_only=True, tag="command"):
    """The command reached the SUT: logged just before the SDK method is called."""

    id: str


class Settled(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="settled"):
    """The promise of a command's SDK method settled; ``error`` is empty when it resolved."""

    id: str
    error: str = ""


class SutError(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="error"):
    """The SDK reported an error to its user."""

    text: str
    c: str = ""
    fatal: bool = False


class Issue(SutEvent, frozen=True, kw_only=True, tag="issue"):
    """The SDK told its user of trouble with a call's media that is no error to it."""

    c: str
    text: str


class Sources(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="sources"):
    """The devices behind the tracks that a call sends now, read at a ``sync``."""

    c: str
    devices: dict[str, int] = {}
    """``microphone`` and ``camera``: the place of each in the list of them, from 0."""


class UserAddress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One address of the client's user."""

    name: str | None = None
    channels: dict[str, str] = {}
    """Kind (``audio``, ``video`` …) → what to dial for it."""


class User(SutEvent, frozen=True, kw_only=True, omit_defaults=True, tag="user"):
    """What the client tells of its user, when the app reads it."""

    display_name: str | None = None
    addresses: tuple[UserAddress, ...] = ()


class Log(SutEvent, frozen=True, kw_only=True, tag="log"):
    """Free text, kept and never judged."""

    level: str
    text: str


AnySutEvent = (
    Registered
    | Calls
    | Reread
    | Dialled
    | Status
    | Getter
    | Stream
    | Complete
    | Packets
    | DeviceRequest
    | Received
    | Settled
    | SutError
    | Issue
    | User
    | Sources
    | Log
)


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="entry"):
    """Base of trace entries; ``at_us`` counts from the start of the scenario (harness clock)."""

    at_us: int


class Platformed(Entry, frozen=True, kw_only=True, tag="platform"):
    """A fact of the platform."""

    fact: AnyFact


class Emitted(Entry, frozen=True, kw_only=True, tag="sut"):
    """What the SUT's adapter reported."""

    event: AnySutEvent


class Commanded(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="command"):
    """The harness sent a command to the adapter."""

    id: str
    op: str
    s: str = ""
    c: str = ""
    args: dict[str, Any] = {}


class Replied(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="reply"):
    """The adapter's reply to a command; ``error`` is its code, empty for ok."""

    id: str
    error: str = ""
    text: str = ""
    definite: bool = True


class Note(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="note"):
    """A note of the harness: ``settled``, ``waited`` (a deadline passed), ``lost`` (the session in
    ``text`` never came back from a lost socket), ``stalled`` (for so many ms the harness itself
    stood still), ``blame`` …"""

    what: str
    text: str = ""


class Rested(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="rest"):
    """A REST request of a caller or an app's backend, with its answer; without secrets."""

    method: str
    path: str
    status: int
    asked: dict[str, Any] = {}
    """What of the request clauses need. ``credentials``: ``project``, ``wrong``, ``none`` or
    ``token``. Of tokens ``reference`` and ``display_name``; of dials ``caller`` (its index) or
    ``to`` and ``origin`` (``TryDial``)."""
    told: dict[str, Any] = {}
    """What of the answer clauses need. Of tokens ``subscriber`` and ``token``, a digest; of users
    ``subscriber`` and ``display_name``; ``addresses``: each with its ``name`` and ``channels``; of
    dials ``call`` (its id), ``from``, ``to`` and ``status``; of refusals their ``codes``."""


class CalledBack(Entry, frozen=True, kw_only=True, omit_defaults=True, tag="callback"):
    """A status callback that the harness received for a caller."""

    caller: int
    call: str
    state: str


AnyEntry = Platformed | Emitted | Commanded | Replied | Note | Rested | CalledBack


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """First line of a trace file."""

    ringproof: str
    format: int
    mode: Mode
    scenario: Scenario
    sut: str = ""
    features: tuple[str, ...] = ()
    """What the SUT declared: ``display_name``, ``rtp`` … decides what is applicable."""
    sessions: tuple[str, ...] = ()
    """Session id of each device, in device order."""


class Trace:
    """A header and its entries, append-only while a scenario runs."""

    __slots__ = ("entries", "header")

    def __init__(self, header: Header, entries: Iterable[AnyEntry] = ()) -> None:
        self.header = header
        self.entries: list[AnyEntry] = list(entries)

    def __iter__(self) -> Iterator[AnyEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def dumps(self) -> bytes:
        """Encode as JSON lines: the header, then one line an entry."""
        encode = msgspec.json.encode
        return b"\n".join([encode(self.header), *(encode(entry) for entry in self.entries), b""])


class TraceError(ValueError):
    """The text is no trace of a format we know; the message names the line."""


def loads(data: bytes) -> Trace:
    """Decode what ``Trace.dumps`` wrote. Raises ``TraceError``."""
    lines = data.splitlines()
    if not lines:
        raise TraceError("empty file: a trace starts with a header line")
    try:
        header = msgspec.json.decode(lines[0], type=Header)
    except msgspec.DecodeError as error:
        raise TraceError(f"line 1: not a trace header: {error}") from error
    if header.format != FORMAT:
        raise TraceError(f"line 1: trace format {header.format}; this ringproof reads {FORMAT}")
    decoder = msgspec.json.Decoder(AnyEntry)
    trace = Trace(header)
    for number, line in enumerate(lines[1:], start=2):
        try:
            trace.entries.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise TraceError(f"line {number}: {error}") from error
    return trace
