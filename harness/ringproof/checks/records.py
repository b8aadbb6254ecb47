"""The facts of a trace by call, session and origin call, indexed for the checks.

``history.build`` fills the records once; checks only read them. Records do not judge: whether an
order is right is decided by the checks. Fields that end in ``_at`` are indexes of trace entries.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ringproof.checks.commanded import CallCommands as CallCommands
from ringproof.checks.commanded import Command as Command
from ringproof.checks.shown_record import Removal as Removal
from ringproof.checks.shown_record import ShownRecord as ShownRecord
from ringproof.checks.wire_record import NEVER as NEVER
from ringproof.checks.wire_record import WireRecord as WireRecord
from ringproof.checks.wire_record import earliest as earliest
from ringproof.trace import (
    Calls,
    Emitted,
    Registered,
    Reread,
    Rested,
    SutEvent,
    Trace,
    User,
)
from ringproof.verdict import Arg, Failure, Owner
from ringproof_fakeserver.protocol.journal import CallFact
from ringproof_scenarios.model import Caller
from ringproof_scenarios.reloads import reattaching

CONNECTING: Final = frozenset({"answer", "answer-reply", "media", "devices"})
"""Points of faults without which an accepted call connects."""

HEARING: Final = frozenset({"bye", "bye-reply", "bye-request"})
"""Points of faults without which each side learns that the other has ended a call."""


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
            owner=Owner.HARNESS if isinstance(self, OriginRecord | RequestRecord) else Owner.SUT,
        )


class CallRecord(Record, eq=False):
    """One call on one device."""

    session: SessionRecord
    origin: OriginRecord | None = None
    wire: WireRecord = msgspec.field(default_factory=WireRecord)
    shown: ShownRecord = msgspec.field(default_factory=ShownRecord)
    commands: CallCommands = msgspec.field(default_factory=CallCommands)

    @property
    def kept(self) -> bool:
        """Its page was opened again, and the page before had the call: nobody offers it anew."""
        returned = self.session.returned
        if returned is None or self.wire.invite is not None:
            return False
        before = self.history.sessions.get(str(returned.args.get("of")))
        return before is not None and any(one.id == self.id for one in before.calls)

    @property
    def lost_socket(self) -> bool:
        """The socket was lost during the call: whatever was under way may not have arrived."""
        start, end = self.wire.invite_at, self.shown.destroyed_at
        return any(start < at and (end < 0 or at < end) for at in self.session.lost_at)

    @property
    def kept_from_connecting(self) -> bool:
        """A fault may have kept an accepted call from connecting."""
        silent = self.session.stun_ignored_at >= 0
        return silent or not self.wire.faults.isdisjoint(CONNECTING) or self.lost_socket

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
    opening: Command | None = None
    """The ``session.open`` that constructed the client, where the trace shows it."""
    connected_at: int = NEVER
    """When the platform first let it in."""
    kept_out: list[tuple[int, str]] = []
    """When a fault kept it from connecting, and how: refuse, ignore or close."""
    silent_at: list[int] = []
    """When its socket became half open, and when that was over."""
    heard_at: list[int] = []
    unanswered_at: list[int] = []
    """When a fault had the directory ignore a look-up of its own."""
    stun_ignored_at: int = NEVER
    """When it was first told of STUN servers that answer nobody."""
    token_refused_at: list[int] = []
    """When it was not let in because its token had expired meanwhile."""
    error_at: list[int] = []
    """When it reported an error that belongs to no call."""
    never_back: bool = False
    """It lost its socket and was not back in time."""
    online_at: int = NEVER
    """When the platform took it to be online."""
    online_asked_at: list[int] = []
    """When it asked to come online."""
    online_refused_at: list[int] = []
    """When a fault refused that."""
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
    late_lists: dict[str, tuple[Calls, int, int]] = {}
    """The first emission that each of them got, with how many others came before, and where."""
    rereads: list[Reread] = []
    reports_settled: bool = False
    """The adapter reports how promises settle."""
    barriers: list[int] = []
    """Trace indexes: what was sent before is known to be handled, and emitted."""
    ping_sent: int = NEVER
    ping_covers: int = NEVER
    renewals: list[int] = []
    """When it was handed another token."""
    users: list[tuple[int, User]] = []
    """What it told of its user, with the trace indexes."""
    vanished: Command | None = None
    returned: Command | None = None
    """By which its page was opened again, with what an earlier one had kept."""
    presence_commands: list[Command] = []
    presence: list[tuple[int, str]] = []
    """When the platform took it to be online or offline from then on."""
    left_at: int = NEVER
    """When its socket closed after it was made to vanish, and the close code."""
    left_code: int = 0
    gone_at: int = NEVER
    """When the harness closed or killed it; nothing is expected of it afterwards."""
    offline: bool = False
    """It has no socket."""
    lost_at: list[int] = []
    """When its socket was lost."""
    resumed_at: list[int] = []
    """When it was resumed on a new one."""

    def half_open(self, at: int) -> bool:
        """Say whether nothing passed the socket at trace index ``at``, and neither side knew."""
        last = max((one for one in self.silent_at if one < at), default=NEVER)
        return last >= 0 and not any(last < over < at for over in (*self.heard_at, *self.lost_at))

    def settled_after(self, at: int) -> bool:
        """Say whether what happened at trace index ``at`` is known to be handled."""
        barriers = self.barriers
        return bool(barriers) and barriers[-1] > at

    def settled_between(self, start: int, end: int) -> bool:
        """Say whether a barrier lies between; ``end`` of ``NEVER`` is the end of the trace."""
        if end < 0:
            return self.settled_after(start)
        return any(start < barrier < end for barrier in self.barriers)

    def overdue(self, start: int, end: int, within_ms: int) -> bool:
        """Say whether what was due at ``start``, within ``within_ms``, had its time before ``end``.

        Proof is a barrier in between, or the time itself. ``end`` of ``NEVER`` is the end of the
        trace, where only a barrier counts.
        """
        if self.settled_between(start, end):
            return True
        return end >= 0 and self.history.elapsed_ms(start, end) >= within_ms


class OriginRecord(Record, eq=False):
    """One caller's call, from the dial to its end, with the dialogs it rang."""

    facts: list[CallFact] = []
    created_at: int = NEVER
    answered_at: int = NEVER
    ended: CallFact | None = None
    """The first fact with the state ended."""
    ended_at: int = NEVER
    dialogs: list[CallRecord] = []
    winner: CallRecord | None = None
    winner_at: int = NEVER
    holder: CallRecord | None = None
    """The call on the page that was opened again and got it back."""
    dial: Command | None = None
    """The caller's request, where the harness made it: over REST, or by the caller's client."""
    callbacks: list[tuple[int, str]] = []
    """The status callbacks about it, with their trace indexes."""
    rung_elsewhere_at: list[int] = []
    """When devices rang at a destination to which the call was handed over."""
    played_at: int = NEVER
    """When its script began to play a file."""

    @property
    def caller(self) -> Caller | None:
        """Who placed it, where that is a caller of the scenario."""
        callers = self.history.trace.header.scenario.callers
        number = self.dial.args.get("caller") if self.dial is not None else None
        if isinstance(number, int) and 0 <= number < len(callers):
            return callers[number]
        return None


class RequestRecord(Record, eq=False):
    """A REST request with its answer; ``id`` is its number in the trace."""

    at: int
    entry: Rested
    earlier: tuple[RequestRecord, ...]
    """The requests before it."""

    @property
    def reference(self) -> str:
        """The user that it is about; empty if none."""
        return str(self.entry.asked.get("reference", ""))


class History(msgspec.Struct, eq=False):
    """A whole trace, indexed. Build it with ``history.build``."""

    trace: Trace
    sessions: dict[str, SessionRecord] = {}
    origins: dict[str, OriginRecord] = {}
    requests: list[RequestRecord] = []
    commands: dict[str, Command] = {}
    calls_by_id: dict[str, CallRecord] = {}
    """A second call of one id, on another session, has the session in its key."""
    lookups_open: int = 0
    asked_at: list[int] = []
    """When clients asked the directory, and when it answered."""
    looked_up_at: list[int] = []
    settled_at: int = NEVER
    """Index of the last ``settled`` note."""
    stalls: list[tuple[int, int]] = []
    """When the harness noticed that it had stood still, and for how many ms."""
    indefinite_ids: list[str] = []
    """Ids of commands that may or may not have been carried out (``definite: false``)."""

    @property
    def simulated(self) -> bool:
        """The trace is of virtual time, where nothing is ever busy."""
        return self.trace.header.mode == "simulated"

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

    def hand_over(self, call: CallRecord, s: str) -> None:
        """Give a call to the session whose page was offered it, in place of a page that left."""
        call.session.calls.remove(call)
        call.session = self.session(s)
        call.session.calls.append(call)

    def take_over(self, c: str, s: str) -> CallRecord:
        """Return the call of a page that was opened again, in place of that of the page before.

        What the platform reports of the call from now on belongs to it.
        """
        old = self.calls_by_id.get(c)
        if old is None or old.session.id == s:
            return self.call(s, c)
        new = self.call(s, c)
        self.calls_by_id.pop(f"{s}\n{c}", None)
        self.calls_by_id[f"{old.session.id}\n{c}"] = old
        self.calls_by_id[c] = new
        new.origin = old.origin
        return new

    def keeps_calls(self, session: SessionRecord) -> bool:
        """Say whether the app opened this page so that its calls outlive it."""
        header = self.trace.header
        if session.id not in header.sessions:
            return False
        return header.sessions.index(session.id) in reattaching(header.scenario)

    def origin(self, id: str) -> OriginRecord:
        """Return the caller's call of that id."""
        origin = self.origins.get(id)
        if origin is None:
            origin = self.origins[id] = OriginRecord(id, self)
        return origin

    def elapsed_ms(self, start: int, end: int) -> int:
        """Return the harness's own time between two entries; ``NEVER`` is the end of the trace.

        The time for which it stood still does not count: its clients had no more than the rest.
        """
        entries = self.trace.entries
        lasted_ms = (entries[end].at_us - entries[start].at_us) // 1000
        return lasted_ms - self.stalled_ms(start, end) if self.stalls else lasted_ms

    def stalled_ms(self, start: int, end: int) -> int:
        """Return for how long the harness stood still between two entries.

        It notices that afterwards: what waited all the while may be handled, and recorded, before.
        """
        noticed = sum([ms for at, ms in self.stalls if start < at and (end < 0 or at <= end)])
        if end < 0:
            return noticed
        entries = self.trace.entries
        start_us, end_us = entries[start].at_us, entries[end].at_us
        later_us = [
            max(0, end_us - max(start_us, entries[at].at_us - ms * 1000))
            for at, ms in self.stalls
            if at > end
        ]
        return noticed + sum(later_us) // 1000

    def trace_index(self, event: SutEvent) -> int:
        """Find an event's entry: linear, and asked only for failures."""
        for index, entry in enumerate(self.trace.entries):
            if type(entry) is Emitted and entry.event is event:
                return index
        return NEVER
