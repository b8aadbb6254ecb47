"""What a trace says about each call, session and origin call, indexed for the checks.

``history.build`` fills the records once; checks only read them. They hold no judgement beyond the
order of things: whether an order is right is the business of the checks.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from ringproof.checks.commands import CallCommands, Command
from ringproof.checks.shown import ShownRecord
from ringproof.checks.wire import NEVER, WireRecord
from ringproof.trace import Calls, Emitted, Registered, Reread, SutEvent, Trace
from ringproof.verdict import Arg, Failure, Owner
from ringproof_fakeserver.protocol.journal import CallFact

CONNECTING: Final = frozenset({"answer", "answer-reply", "media", "devices"})
"""Points of faults without which an accepted call connects."""

HEARING: Final = frozenset({"bye", "bye-reply", "bye-request"})
"""Points of faults without which each side hears that the other has ended a call."""


@dataclasses.dataclass(slots=True, eq=False)
class CallRecord:
    """One call on one device."""

    id: str
    session: SessionRecord
    origin: OriginRecord | None = None
    wire: WireRecord = dataclasses.field(default_factory=WireRecord)
    shown: ShownRecord = dataclasses.field(default_factory=ShownRecord)
    commands: CallCommands = dataclasses.field(default_factory=CallCommands)

    @property
    def disturbed(self) -> bool:
        """The socket was lost while the client had the call: whatever was under way is in doubt."""
        lost_at = self.session.lost_at
        if not lost_at:
            return False
        shown = self.shown
        end = NEVER if shown.destroyed is None else shown.status_at[shown.words.index("destroyed")]
        return any(self.wire.invite_at < at and (end < 0 or at < end) for at in lost_at)

    @property
    def kept_from_connecting(self) -> bool:
        """A fault stands between an accepted call and its connection."""
        return not self.wire.faults.isdisjoint(CONNECTING) or self.disturbed

    @property
    def kept_from_ending(self) -> bool:
        """A fault stands between a call's end on one side and the other side's hearing of it."""
        return not self.wire.faults.isdisjoint(HEARING) or self.disturbed

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
        """Make a failure of this call, at an SUT event or at a trace index."""
        index = self.session.trace_index(event) if event is not None else at
        return Failure(
            kind=kind, expected=expected, seen=seen, args=args, entry=index, dialog=self.id
        )


@dataclasses.dataclass(slots=True, eq=False)
class SessionRecord:
    """One device: its emissions, its calls, and the barriers that bound what it can still do."""

    id: str
    history: History
    calls: list[CallRecord] = dataclasses.field(default_factory=list)
    """In the order of their first mention."""
    registered: Registered | None = None
    registered_at: int = NEVER
    last_n: int = NEVER
    online_at: int = NEVER
    """When the platform took it to be online."""
    emissions: list[Calls] = dataclasses.field(default_factory=list)
    emission_at: list[int] = dataclasses.field(default_factory=list)
    current: dict[str, CallRecord] = dataclasses.field(default_factory=dict)
    """The calls of the last emission."""
    most: int = 0
    """How many calls the longest emission holds."""
    together: bool = False
    """An emission holds two calls that both ring."""
    duplicates: list[int] = dataclasses.field(default_factory=list)
    """Emissions that hold the same calls as the one before."""
    twice: tuple[int, str] | None = None
    """The first emission that holds one call more than once."""
    destroyed_listed: tuple[int, CallRecord] | None = None
    """The first emission that holds a call after it was destroyed."""
    lists_asked: dict[str, tuple[Command, int]] = dataclasses.field(default_factory=dict)
    """Late subscriptions to the list, by command, with how many emissions came before."""
    late_lists: dict[str, tuple[Calls, int]] = dataclasses.field(default_factory=dict)
    """The first emission that each of them got, with how many others came before."""
    rereads: list[Reread] = dataclasses.field(default_factory=list)
    settles: bool = False
    """The adapter reports how promises settle."""
    barriers: list[int] = dataclasses.field(default_factory=list)
    """Trace indexes: what was sent before is known to be handled, and emitted."""
    ping_sent: int = NEVER
    ping_covers: int = NEVER
    vanished: Command | None = None
    gone_at: int = NEVER
    """When the harness closed or killed it; nothing is expected of it afterwards."""
    away: bool = False
    """It has no socket."""
    lost_at: list[int] = dataclasses.field(default_factory=list)
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

    def elapsed_ms(self, start: int, end: int) -> int:
        """Return the harness's own time between two entries; ``NEVER`` is the end of the trace."""
        entries = self.history.trace.entries
        return (entries[end].at_us - entries[start].at_us) // 1000

    def fail(self, kind: str, event: SutEvent | None = None, **args: Arg) -> Failure:
        """Make a failure of this device, at an SUT event."""
        index = NEVER if event is None else self.trace_index(event)
        return Failure(kind=kind, args=args, entry=index)

    def trace_index(self, event: SutEvent) -> int:
        """Find an event's entry: linear, and asked only for failures."""
        for index, entry in enumerate(self.history.trace.entries):
            if type(entry) is Emitted and entry.event is event:
                return index
        return NEVER


@dataclasses.dataclass(slots=True, eq=False)
class OriginRecord:
    """One caller's call, from the dial to its end, with the dialogs it rang."""

    id: str
    history: History
    facts: list[CallFact] = dataclasses.field(default_factory=list)
    created_at: int = NEVER
    ended: CallFact | None = None
    """The first fact that says ended."""
    ended_at: int = NEVER
    dialogs: list[CallRecord] = dataclasses.field(default_factory=list)
    winner: CallRecord | None = None
    winner_at: int = NEVER
    dial: Command | None = None
    """The caller's request, where the harness made it over REST."""

    def fail(
        self,
        kind: str,
        *,
        at: int = NEVER,
        expected: tuple[str, ...] = (),
        seen: tuple[str, ...] = (),
        **args: Arg,
    ) -> Failure:
        """Make a failure of the platform, at a trace index: the client is not to blame."""
        return Failure(
            kind=kind, expected=expected, seen=seen, args=args, entry=at, owner=Owner.HARNESS
        )


@dataclasses.dataclass(slots=True, eq=False)
class History:
    """A whole trace, indexed. Build it with ``history.build``."""

    trace: Trace
    sessions: dict[str, SessionRecord] = dataclasses.field(default_factory=dict)
    calls: list[CallRecord] = dataclasses.field(default_factory=list)
    """Every call of every session, in the order of its first mention."""
    origins: dict[str, OriginRecord] = dataclasses.field(default_factory=dict)
    asked_at: list[int] = dataclasses.field(default_factory=list)
    """When clients asked the directory, and when it answered."""
    looked_up_at: list[int] = dataclasses.field(default_factory=list)
    settled_at: int = NEVER
    """Index of the last note that says settled."""
    doubtful: list[str] = dataclasses.field(default_factory=list)
    """Ids of commands of which nobody knows whether they were carried out."""
