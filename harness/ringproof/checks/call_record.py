"""What a trace says about each call on a device, and about each command: see ``records``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ringproof.trace import Complete, Emitted, Getter, ListedCall, Settled, Status, Stream, SutEvent
from ringproof.verdict import Arg, Failure
from ringproof_fakeserver.protocol.journal import FrameFact, MediaFact

if TYPE_CHECKING:
    from ringproof.checks.records import OriginRecord, SessionRecord

NO_FAULTS: Final[frozenset[str]] = frozenset()

CONNECTING: Final = frozenset({"answer", "answer-reply", "media", "devices"})
"""Points of faults without which an accepted call connects."""

HEARING: Final = frozenset({"bye", "bye-reply", "bye-request"})
"""Points of faults without which each side hears that the other has ended a call."""

NEVER: Final = -1
"""Trace index of what did not happen."""


class Command:
    """One command of the harness, and what became of it."""

    __slots__ = (
        "args",
        "c",
        "error",
        "id",
        "local_before",
        "n",
        "op",
        "received_at",
        "remote_before",
        "s",
        "sent_at",
        "settled",
        "settled_at",
        "words_before",
    )

    def __init__(self, id: str, op: str, s: str, c: str, args: dict[str, Any], at: int) -> None:
        self.id = id
        self.op = op
        self.s = s
        self.c = c
        self.args = args
        self.sent_at = at
        self.received_at = NEVER
        self.n = NEVER
        """``n`` of its receipt."""
        self.words_before = 0
        """How many statuses its call had shown at the receipt; the streams likewise."""
        self.local_before = 0
        self.remote_before = 0
        self.settled: Settled | None = None
        self.settled_at = NEVER
        self.error = ""
        """The code of the adapter's reply."""


class Removal(msgspec.Struct, frozen=True):
    """An emission that does not hold a call which the emission before it held."""

    emission: int
    """Index into the session's emissions."""
    words: int
    """How many statuses the call had shown by then."""
    arrival: bool
    """The same emission lists another call for the first time."""


class CallRecord:
    """One call on one device: what the platform and the SUT each say of it."""

    __slots__ = (
        "accept",
        "again",
        "answer",
        "answer_at",
        "answers",
        "bye_in",
        "bye_in_at",
        "bye_out",
        "bye_out_at",
        "bye_result_at",
        "decline",
        "destroyed",
        "ended_at",
        "ended_reason",
        "entries",
        "faults",
        "getters",
        "hangup",
        "id",
        "invite",
        "invite_at",
        "invite_read_at",
        "late_answer",
        "late_frame_at",
        "late_statuses",
        "late_streams",
        "left",
        "listed_at",
        "listings",
        "local",
        "local_done",
        "media_at",
        "observed",
        "origin",
        "outbound",
        "over",
        "packets",
        "packets_at",
        "real",
        "reject_again",
        "remote",
        "remote_done",
        "removals",
        "revived",
        "rtp",
        "session",
        "stale",
        "status_at",
        "status_done",
        "statuses",
        "words",
    )

    def __init__(self, id: str, session: SessionRecord) -> None:
        self.id = id
        self.session = session
        self.origin: OriginRecord | None = None
        # The platform's side.
        self.invite: FrameFact | None = None
        self.invite_at = NEVER
        self.invite_read_at = NEVER
        """Where the client acknowledged the invite; not every client does."""
        self.outbound = False
        """The client itself dialled."""
        self.answer: FrameFact | None = None
        """The client's first answer, as it arrived."""
        self.answer_at = NEVER
        self.answers = 0
        self.bye_in: FrameFact | None = None
        """The client's first bye, as it arrived."""
        self.bye_in_at = NEVER
        self.bye_out: FrameFact | None = None
        """The platform's first bye, as it left."""
        self.bye_out_at = NEVER
        self.bye_result_at = NEVER
        self.ended_at = NEVER
        """When the platform's dialog ended or was lost to another device."""
        self.ended_reason = ""
        self.faults: frozenset[str] = NO_FAULTS
        """Where faults on purpose have struck: a frame that was lost or late, a request that was
        refused or unheard, dead media. Nothing that depends on it can be blamed on the client."""
        self.media_at = NEVER
        self.real = False
        """The media crossed a socket."""
        self.packets: MediaFact | None = None
        """The platform's last count."""
        self.packets_at = NEVER
        # The SUT's list.
        self.entries: list[ListedCall] = []
        self.listings: list[int] = []
        """The emission of each entry."""
        self.listed_at = NEVER
        self.removals: list[Removal] = []
        self.stale: int | None = None
        """The first emission that shows the call as ringing after its status had moved on."""
        # The SUT's statuses, by the adapter's first subscription.
        self.words: list[str] = []
        self.statuses: list[Status] = []
        self.status_at: list[int] = []
        self.left = NEVER
        """Position of the first status that is not ringing."""
        self.over: Status | None = None
        """The first status of an ending."""
        self.destroyed: Status | None = None
        self.status_done: Complete | None = None
        self.getters: list[tuple[Getter, str]] = []
        """What was read, and the status emitted last before."""
        self.late_statuses: list[Status] = []
        """Of later subscriptions."""
        # Commands, in the order of their receipt.
        self.accept: Command | None = None
        self.decline: Command | None = None
        self.hangup: Command | None = None
        self.again: Command | None = None
        """A second answer while the call is accepted."""
        self.reject_again: Command | None = None
        """A reject while the call is accepted."""
        self.late_answer: Command | None = None
        """An answer after the SUT itself showed that the caller is gone."""
        self.late_frame_at = NEVER
        """When an answer frame arrived after that."""
        self.revived: list[Status] = []
        """Statuses that such an answer brought about: no ending is among the first of them."""
        self.observed: list[Command] = []
        # Media as the SUT shows it.
        self.local: list[Stream] = []
        self.remote: list[Stream] = []
        self.local_done: Complete | None = None
        self.remote_done: Complete | None = None
        self.late_streams: list[Stream] = []
        self.rtp: list[Emitted] = []
        """Entries whose event is a ``Packets``."""

    @property
    def disturbed(self) -> bool:
        """The socket was lost while the client had the call: whatever was under way is in doubt."""
        lost_at = self.session.lost_at
        if not lost_at:
            return False
        end = self.status_at[self.words.index("destroyed")] if self.destroyed is not None else NEVER
        return any(self.invite_at < at and (end < 0 or at < end) for at in lost_at)

    @property
    def kept_from_connecting(self) -> bool:
        """A fault stands between an accepted call and its connection."""
        return not self.faults.isdisjoint(CONNECTING) or self.disturbed

    @property
    def kept_from_ending(self) -> bool:
        """A fault stands between a call's end on one side and the other side's hearing of it."""
        return not self.faults.isdisjoint(HEARING) or self.disturbed

    @property
    def platform_first(self) -> bool:
        """The platform said bye, and not in reply to the client's."""
        out = self.bye_out_at
        return out >= 0 and (self.bye_in_at < 0 or out < self.bye_in_at)

    @property
    def answered_first(self) -> bool:
        """The platform had the client's answer before anybody said bye."""
        at = self.answer_at
        return (
            at >= 0
            and (self.bye_out_at < 0 or at < self.bye_out_at)
            and (self.bye_in_at < 0 or at < self.bye_in_at)
        )

    @property
    def listed(self) -> bool:
        """The SUT has shown the call in its list."""
        return self.listed_at >= 0

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
