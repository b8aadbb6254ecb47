"""What a trace says about each session and origin call, indexed for the checks.

Records are filled once by ``history.build`` and only read afterwards. They hold no judgement beyond
the order of things: whether an order is right is the business of the checks. Calls and commands:
``call_record``.
"""

from __future__ import annotations

from ringproof.checks.call_record import NEVER, CallRecord, Command
from ringproof.trace import Calls, Emitted, Registered, Reread, SutEvent, Trace
from ringproof.verdict import Arg, Failure, Owner
from ringproof_fakeserver.protocol.journal import CallFact


class SessionRecord:
    """One device: its emissions, its calls, and the barriers that bound what it can still do."""

    __slots__ = (
        "away",
        "barriers",
        "calls",
        "current",
        "duplicates",
        "emission_at",
        "emissions",
        "gone_at",
        "history",
        "id",
        "last_n",
        "late_lists",
        "lists_asked",
        "lost_at",
        "most",
        "online_at",
        "ping_covers",
        "ping_sent",
        "registered",
        "registered_at",
        "rereads",
        "settles",
        "together",
        "twice",
        "vanished",
        "zombie",
    )

    def __init__(self, id: str, history: History) -> None:
        self.id = id
        self.history = history
        self.calls: list[CallRecord] = []
        """In the order of their first mention."""
        self.registered: Registered | None = None
        self.registered_at = NEVER
        self.last_n = NEVER
        self.online_at = NEVER
        """When the platform took it to be online."""
        self.emissions: list[Calls] = []
        self.emission_at: list[int] = []
        self.current: dict[str, CallRecord] = {}
        """The calls of the last emission."""
        self.most = 0
        """How many calls the longest emission holds."""
        self.together = False
        """An emission holds two calls that both ring."""
        self.duplicates: list[int] = []
        """Emissions that hold the same calls as the one before."""
        self.twice: tuple[int, str] | None = None
        """The first emission that holds one call more than once."""
        self.zombie: tuple[int, CallRecord] | None = None
        """The first emission that holds a call after it was destroyed."""
        self.lists_asked: dict[str, tuple[Command, int]] = {}
        """Late subscriptions to the list, by command, with how many emissions came before."""
        self.late_lists: dict[str, tuple[Calls, int]] = {}
        """The first emission that each of them got, with how many others came before."""
        self.rereads: list[Reread] = []
        self.settles = False
        """The adapter reports how promises settle."""
        self.barriers: list[int] = []
        """Trace indexes: what was sent before is known to be handled, and emitted."""
        self.ping_sent = NEVER
        self.ping_covers = NEVER
        self.vanished: Command | None = None
        self.gone_at = NEVER
        """When the harness closed or killed it; nothing is expected of it afterwards."""
        self.away = False
        """It has no socket."""
        self.lost_at: list[int] = []
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


class OriginRecord:
    """One caller's call, from the dial to its end, with the dialogs it rang."""

    __slots__ = (
        "created_at",
        "dial",
        "dialogs",
        "ended",
        "ended_at",
        "facts",
        "history",
        "id",
        "winner",
        "winner_at",
    )

    def __init__(self, id: str, history: History) -> None:
        self.id = id
        self.history = history
        self.facts: list[CallFact] = []
        self.created_at = NEVER
        self.ended: CallFact | None = None
        """The first fact that says ended."""
        self.ended_at = NEVER
        self.dialogs: list[CallRecord] = []
        self.winner: CallRecord | None = None
        self.winner_at = NEVER
        self.dial: Command | None = None
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


class History:
    """A whole trace, indexed. Build it with ``history.build``."""

    __slots__ = (
        "asked_at",
        "calls",
        "doubtful",
        "looked_up_at",
        "origins",
        "sessions",
        "settled_at",
        "trace",
    )

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.sessions: dict[str, SessionRecord] = {}
        self.calls: list[CallRecord] = []
        """Every call of every session, in the order of its first mention."""
        self.origins: dict[str, OriginRecord] = {}
        self.asked_at: list[int] = []
        """When clients asked the directory, and when it answered."""
        self.looked_up_at: list[int] = []
        self.settled_at = NEVER
        """Index of the last note that says settled."""
        self.doubtful: list[str] = []
        """Ids of commands of which nobody knows whether they were carried out."""
