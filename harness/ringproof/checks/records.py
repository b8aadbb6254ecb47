"""The facts of a trace by call, session and origin call, indexed for the checks.

``history.build`` fills the records once; checks only read them. Records do not judge: whether an
order is right is decided by the checks. Fields that end in ``_at`` are indexes of trace entries.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ringproof.trace import (
    Calls,
    Complete,
    Emitted,
    Getter,
    ListedCall,
    Packets,
    Registered,
    Reread,
    Settled,
    Status,
    Stream,
    SutEvent,
    Trace,
)
from ringproof.verdict import Arg, Failure, Owner
from ringproof_fakeserver.protocol.journal import CallFact, FrameFact, MediaFact

NEVER = -1
"""Trace index of what did not happen."""

CONNECTING: Final = frozenset({"answer", "answer-reply", "media", "devices"})
"""Points of faults without which an accepted call connects."""

HEARING: Final = frozenset({"bye", "bye-reply", "bye-request"})
"""Points of faults without which each side learns that the other has ended a call."""


def earliest(*indexes: int) -> int:
    """Return the first of the trace indexes that are not ``NEVER``; ``NEVER`` if all are."""
    return min([at for at in indexes if at >= 0], default=NEVER)


class WireRecord(msgspec.Struct, eq=False):
    """The platform's side of a call on one device: frames, the end of the dialog, and media."""

    invite: FrameFact | None = None
    invite_at: int = NEVER
    invite_read_at: int = NEVER
    """Where the client acknowledged the invite; not every client does."""
    outbound: bool = False
    """The client itself dialled."""
    answer: FrameFact | None = None
    """The client's first answer."""
    answer_at: int = NEVER
    answers: int = 0
    late_answer_at: int = NEVER
    """An answer frame that a ``CallCommands.late_answer`` caused."""
    bye_in: FrameFact | None = None
    """The client's first bye."""
    bye_in_at: int = NEVER
    bye_out: FrameFact | None = None
    """The platform's first bye."""
    bye_out_at: int = NEVER
    bye_result_at: int = NEVER
    ended_at: int = NEVER
    """When the platform's dialog ended or was lost to another device."""
    ended_reason: str = ""
    faults: frozenset[str] = frozenset()
    """Points of the injected faults: a frame lost or late, a request refused or unheard, dead
    media. Nothing that depends on it can be blamed on the client."""
    media_at: int = NEVER
    real: bool = False
    """The media crossed a socket."""
    packets: MediaFact | None = None
    """The platform's last count."""
    packets_at: int = NEVER

    def offered(self, field: str) -> Any:  # noqa: ANN401 - as it was on the wire
        """Return a field of the invite; None where it is missing, or there was no invite."""
        return None if self.invite is None else self.invite.detail.get(field)

    @property
    def platform_first(self) -> bool:
        """The platform sent its bye before the client did, or the client sent none."""
        out = self.bye_out_at
        return out >= 0 and (self.bye_in_at < 0 or out < self.bye_in_at)

    @property
    def answered_first(self) -> bool:
        """The platform had the client's answer before either side sent a bye."""
        bye_at = earliest(self.bye_out_at, self.bye_in_at)
        return self.answer_at >= 0 and (bye_at < 0 or self.answer_at < bye_at)


class Removal(msgspec.Struct, frozen=True):
    """An emission without a call that was in the emission before it."""

    emission: Calls
    at: int
    words: int
    """How many statuses the call had shown by then."""
    alive: bool
    """The last of them was no ending, or there was none."""
    arrival: bool
    """The same emission lists another call for the first time."""


class ShownRecord(msgspec.Struct, eq=False):
    """What the SUT shows its user of a call, by the first subscription to each observable."""

    entries: list[ListedCall] = []
    listings: list[int] = []
    """The emission of each entry."""
    listed_at: int = NEVER
    removals: list[Removal] = []
    stale_listing: Calls | None = None
    """The first emission that shows the call as ringing after its status had moved on."""
    words: list[str] = []
    """The status words of ``statuses``."""
    statuses: list[Status] = []
    status_at: list[int] = []
    after_ringing: int = NEVER
    """Position of the first status that is not ringing."""
    over: Status | None = None
    """The first status of an ending."""
    over_at: int = NEVER
    destroyed: Status | None = None
    destroyed_at: int = NEVER
    status_done: Complete | None = None
    late_statuses: list[Status] = []
    """What later subscribers got; of streams likewise."""
    getters: list[tuple[Getter, str]] = []
    """Each read of the status property, with the status that was emitted last."""
    revived: list[Status] = []
    """Statuses after a ``CallCommands.late_answer``, from the first one of no ending."""
    local: list[Stream] = []
    remote: list[Stream] = []
    local_done: Complete | None = None
    remote_done: Complete | None = None
    late_streams: list[Stream] = []
    packets: list[Packets] = []

    @property
    def listed(self) -> bool:
        """The call was in the list."""
        return self.listed_at >= 0


class Command(msgspec.Struct, eq=False):
    """One command of the harness, and what became of it."""

    id: str
    op: str
    s: str
    c: str
    args: dict[str, Any]
    sent_at: int
    received_at: int = NEVER
    n: int = NEVER
    """``n`` of its receipt."""
    words_before: int = 0
    """How many statuses its call had shown at the receipt; the streams likewise."""
    local_before: int = 0
    remote_before: int = 0
    settled: Settled | None = None
    settled_at: int = NEVER
    error: str = ""
    """The code of the adapter's reply."""


class CallCommands(msgspec.Struct, eq=False):
    """The commands of one call by their meaning, as the SUT received them."""

    accept: Command | None = None
    decline: Command | None = None
    hangup: Command | None = None
    second_answer: Command | None = None
    """A second answer while the call is accepted."""
    late_reject: Command | None = None
    """A reject while the call is accepted."""
    late_answer: Command | None = None
    """An answer after the SUT itself showed that the caller is gone."""
    observed: list[Command] = []


class Record(msgspec.Struct, eq=False):
    """What a check looks at."""

    id: str
    history: History

    def fail(
        self,
        kind: str,
        event: SutEvent | None = None,
        *,
        at: int = NEVER,
        expected: tuple[str, ...] = (),
        seen: tuple[str, ...] = (),
        **args: Arg,
    ) -> Failure:
        """Make a failure, at an SUT event or at a trace index.

        A failure of a caller's call is the platform's fault, not the client's.
        """
        return Failure(
            kind=kind,
            expected=expected,
            seen=seen,
            args=args,
            entry=at if event is None else self.history.trace_index(event),
            dialog=self.id if isinstance(self, CallRecord) else "",
            owner=Owner.HARNESS if isinstance(self, OriginRecord) else Owner.SUT,
        )


class CallRecord(Record, eq=False):
    """One call on one device."""

    session: SessionRecord
    origin: OriginRecord | None = None
    wire: WireRecord = msgspec.field(default_factory=WireRecord)
    shown: ShownRecord = msgspec.field(default_factory=ShownRecord)
    commands: CallCommands = msgspec.field(default_factory=CallCommands)

    @property
    def lost_socket(self) -> bool:
        """The socket was lost during the call: whatever was under way may not have arrived."""
        start, end = self.wire.invite_at, self.shown.destroyed_at
        return any(start < at and (end < 0 or at < end) for at in self.session.lost_at)

    @property
    def kept_from_connecting(self) -> bool:
        """A fault may have kept an accepted call from connecting."""
        return not self.wire.faults.isdisjoint(CONNECTING) or self.lost_socket

    @property
    def kept_from_ending(self) -> bool:
        """A fault may have kept one side from learning that the other has ended the call."""
        return not self.wire.faults.isdisjoint(HEARING) or self.lost_socket


class SessionRecord(Record, eq=False):
    """One device: its emissions, its calls, and the barriers that bound what it can still do."""

    calls: list[CallRecord] = []
    """In the order of their first mention."""
    registered: Registered | None = None
    registered_at: int = NEVER
    last_n: int = NEVER
    online_at: int = NEVER
    """When the platform took it to be online."""
    emissions: list[Calls] = []
    emission_at: list[int] = []
    current: dict[str, CallRecord] = {}
    """The calls of the last emission."""
    longest_list: int = 0
    """How many calls the longest emission has."""
    rang_together: bool = False
    """Two calls that both ring are in one emission."""
    duplicates: list[int] = []
    """Emissions of the same calls as the one before."""
    listed_twice: tuple[Calls, str] | None = None
    """The first emission that lists one call more than once."""
    destroyed_listed: tuple[Calls, CallRecord] | None = None
    """The first emission that lists a call after it was destroyed."""
    list_requests: dict[str, tuple[Command, int]] = {}
    """Late subscriptions to the list, by command, with how many emissions came before."""
    late_lists: dict[str, tuple[Calls, int]] = {}
    """The first emission that each of them got, with how many others came before."""
    rereads: list[Reread] = []
    reports_settled: bool = False
    """The adapter reports how promises settle."""
    barriers: list[int] = []
    """Trace indexes: what was sent before is known to be handled, and emitted."""
    ping_sent: int = NEVER
    ping_covers: int = NEVER
    vanished: Command | None = None
    gone_at: int = NEVER
    """When the harness closed or killed it; nothing is expected of it afterwards."""
    offline: bool = False
    """It has no socket."""
    lost_at: list[int] = []
    """When its socket was lost."""

    def settled_after(self, at: int) -> bool:
        """Say whether what happened at trace index ``at`` is known to be handled."""
        barriers = self.barriers
        return bool(barriers) and barriers[-1] > at

    def settled_between(self, start: int, end: int) -> bool:
        """Say whether a barrier lies between; ``end`` of ``NEVER`` is the end of the trace."""
        if end < 0:
            return self.settled_after(start)
        return any(start < barrier < end for barrier in self.barriers)


class OriginRecord(Record, eq=False):
    """One caller's call, from the dial to its end, with the dialogs it rang."""

    facts: list[CallFact] = []
    created_at: int = NEVER
    ended: CallFact | None = None
    """The first fact with the state ended."""
    ended_at: int = NEVER
    dialogs: list[CallRecord] = []
    winner: CallRecord | None = None
    winner_at: int = NEVER
    dial: Command | None = None
    """The caller's request, where the harness made it over REST."""


class History(msgspec.Struct, eq=False):
    """A whole trace, indexed. Build it with ``history.build``."""

    trace: Trace
    sessions: dict[str, SessionRecord] = {}
    origins: dict[str, OriginRecord] = {}
    commands: dict[str, Command] = {}
    calls_by_id: dict[str, CallRecord] = {}
    """A second call of one id, on another session, has the session in its key."""
    lookups_open: int = 0
    asked_at: list[int] = []
    """When clients asked the directory, and when it answered."""
    looked_up_at: list[int] = []
    settled_at: int = NEVER
    """Index of the last ``settled`` note."""
    indefinite_ids: list[str] = []
    """Ids of commands that may or may not have been carried out (``definite: false``)."""

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """Every call of every session, in the order of its first mention."""
        return tuple(self.calls_by_id.values())

    def session(self, id: str) -> SessionRecord:
        """Return the session of that id; makes it where it is missing, as the next two do."""
        session = self.sessions.get(id)
        if session is None:
            session = self.sessions[id] = SessionRecord(id, self)
        return session

    def call(self, s: str, c: str) -> CallRecord:
        """Return the call ``c`` as it is on session ``s``."""
        key, call = c, self.calls_by_id.get(c)
        if call is not None and call.session.id != s:
            key = f"{s}\n{c}"  # one id on two sessions: never by the platform's doing
            call = self.calls_by_id.get(key)
        if call is None:
            session = self.session(s)
            call = self.calls_by_id[key] = CallRecord(c, self, session)
            session.calls.append(call)
        return call

    def origin(self, id: str) -> OriginRecord:
        """Return the caller's call of that id."""
        origin = self.origins.get(id)
        if origin is None:
            origin = self.origins[id] = OriginRecord(id, self)
        return origin

    def elapsed_ms(self, start: int, end: int) -> int:
        """Return the harness's own time between two entries; ``NEVER`` is the end of the trace."""
        entries = self.trace.entries
        return (entries[end].at_us - entries[start].at_us) // 1000

    def trace_index(self, event: SutEvent) -> int:
        """Find an event's entry: linear, and asked only for failures."""
        for index, entry in enumerate(self.trace.entries):
            if type(entry) is Emitted and entry.event is event:
                return index
        return NEVER
