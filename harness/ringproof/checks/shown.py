"""What the SUT shows its user of a call: list entries, statuses, streams."""

from __future__ import annotations

import dataclasses

import msgspec

from ringproof.checks.wire import NEVER
from ringproof.trace import Complete, Emitted, Getter, ListedCall, Status, Stream


class Removal(msgspec.Struct, frozen=True):
    """An emission without a call that the emission before it held."""

    emission: int
    """Index into the session's emissions."""
    words: int
    """How many statuses the call had shown by then."""
    arrival: bool
    """The same emission lists another call for the first time."""


@dataclasses.dataclass(slots=True, eq=False)
class ShownRecord:
    """What the adapter reported, by the first subscription to each observable."""

    entries: list[ListedCall] = dataclasses.field(default_factory=list)
    listings: list[int] = dataclasses.field(default_factory=list)
    """The emission of each entry."""
    listed_at: int = NEVER
    removals: list[Removal] = dataclasses.field(default_factory=list)
    stale: int | None = None
    """The first emission that shows the call as ringing after its status had moved on."""
    words: list[str] = dataclasses.field(default_factory=list)
    """The status words of ``statuses``."""
    statuses: list[Status] = dataclasses.field(default_factory=list)
    status_at: list[int] = dataclasses.field(default_factory=list)
    left: int = NEVER
    """Position of the first status that is not ringing."""
    over: Status | None = None
    """The first status of an ending."""
    destroyed: Status | None = None
    status_done: Complete | None = None
    late_statuses: list[Status] = dataclasses.field(default_factory=list)
    """What later subscribers got; of streams likewise."""
    getters: list[tuple[Getter, str]] = dataclasses.field(default_factory=list)
    """Each read of the status property, with the status that was emitted last."""
    revived: list[Status] = dataclasses.field(default_factory=list)
    """What answering a call that is over brought about, from the first status of no ending."""
    local: list[Stream] = dataclasses.field(default_factory=list)
    remote: list[Stream] = dataclasses.field(default_factory=list)
    local_done: Complete | None = None
    remote_done: Complete | None = None
    late_streams: list[Stream] = dataclasses.field(default_factory=list)
    rtp: list[Emitted] = dataclasses.field(default_factory=list)
    """Entries whose event is a ``Packets``."""

    @property
    def listed(self) -> bool:
        """The call was in the list."""
        return self.listed_at >= 0
