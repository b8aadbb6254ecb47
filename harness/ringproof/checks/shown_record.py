"""What a SUT shows its user of one call, as the checks read it."""

from __future__ import annotations

import msgspec

from ringproof.checks.wire_record import NEVER
from ringproof.trace import (
    Calls,
    Complete,
    DeviceRequest,
    Getter,
    Issue,
    ListedCall,
    Packets,
    Sources,
    Status,
    Stream,
    SutError,
)


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
    errors: list[tuple[int, SutError]] = []
    """Each error of the call with its trace index; the issues likewise."""
    issues: list[tuple[int, Issue]] = []
    requests: list[tuple[int, DeviceRequest]] = []
    """Requests for devices that a fault concerns, and their outcomes, with their trace indexes."""
    packets: list[Packets] = []
    looked_into: list[tuple[int, Packets]] = []
    """Those with a look into what came, with their trace indexes."""
    sources: list[tuple[int, Sources]] = []
    """The devices behind the tracks that it sends, each time that they were read."""

    def words_before(self, at: int) -> list[str]:
        """Return the statuses that the call had shown before trace index ``at``."""
        return [word for word, seen in zip(self.words, self.status_at, strict=True) if seen < at]

    @property
    def listed(self) -> bool:
        """The call was in the list."""
        return self.listed_at >= 0
