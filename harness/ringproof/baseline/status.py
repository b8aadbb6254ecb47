"""What a run makes of a baseline: the state of every entry, and the verdict of every clause. Pure.

An entry excuses the failures that it describes and no others: one failure that no entry describes
leaves the clause failed. What an entry describes has to be seen failing in this very run.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Collection, Sequence

import msgspec

from ringproof.baseline.entries import Baseline, BaselineEntry
from ringproof.baseline.matching import EntryCounts, KnownFailures
from ringproof.verdict import Verdict

ALWAYS_FROM = 10
"""As many occurrences that all fail are no race: the clause fails every time."""


class EntryState(enum.StrEnum):
    """What a run showed about an entry."""

    KNOWN = "known"
    """Seen failing, as described."""
    FIXED = "fixed"
    """The clause was exercised in the entry's scenarios, and never failed."""
    STALE = "stale"
    """The clause failed, and never as described."""
    EXPIRED = "expired"
    """Past its date: it excuses nothing."""
    ALWAYS = "always"
    """Marked ``sometimes``, and failed every time: it excuses nothing."""
    NOT_SEEN = "not_seen"
    """Not seen, which shows nothing: it happens sometimes, or the run was a part of one."""
    NOT_EXERCISED = "not_exercised"
    """The clause was not exercised in the entry's scenarios."""
    NOT_APPLICABLE = "not_applicable"
    """The SUT does not declare the capability that the clause requires."""


OUTDATED = frozenset({EntryState.FIXED, EntryState.STALE, EntryState.EXPIRED, EntryState.ALWAYS})
"""The entry has to be removed or rewritten: exit status 5 under ``--strict``."""


class EntryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One entry after a run."""

    entry: BaselineEntry
    state: EntryState
    exercised: int = 0
    """How often its clause was exercised in its scenarios."""
    matched: int = 0
    """How many failures it describes."""

    @property
    def outdated(self) -> bool:
        """The entry has to be removed or rewritten."""
        return self.state in OUTDATED


class BaselineResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all files together."""

    files: tuple[str, ...] = ()
    entry_statuses: tuple[EntryStatus, ...] = msgspec.field(default=(), name="entries")
    """Of the entries that concern this SUT and the clauses of the run."""
    other_suts: int = 0
    """Entries that were passed over because they name another SUT."""
    other_clauses: int = 0
    """Entries for this SUT that were passed over because the run has no such clause."""

    @property
    def outdated(self) -> tuple[EntryStatus, ...]:
        """The entries that have to be removed or rewritten."""
        return tuple(entry_status for entry_status in self.entry_statuses if entry_status.outdated)


class ClauseCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a run saw of one clause."""

    verdict: Verdict
    """Without a baseline."""
    failed: int = 0
    excused: int = 0
    """Those of ``failed`` that some entry describes."""
    complete: bool = True
    """The run played everything there is to play: what it did not see is not there."""


def select(
    baseline: Baseline, names: Collection[str], clauses: Collection[str], today: datetime.date
) -> KnownFailures:
    """Return the entries for a SUT, by any of its ``names``, and for the clauses."""
    entries = tuple(entry for entry in baseline.of(names) if entry.clause in clauses)
    expired = [n for n, entry in enumerate(entries) if entry.expires and entry.expires < today]
    return KnownFailures(entries, frozenset(expired))


def judge(
    seen: ClauseCounts, known_failures: KnownFailures, met: Sequence[EntryCounts], clause: str
) -> tuple[Verdict, tuple[EntryStatus, ...]]:
    """Return a clause's verdict in the light of the baseline, and the states of its entries."""
    entry_statuses = tuple(
        EntryStatus(
            entry=entry,
            state=_state(seen, entry, met[index], expired=index in known_failures.expired),
            exercised=met[index].exercised,
            matched=met[index].matched,
        )
        for index, entry in enumerate(known_failures.entries)
        if entry.clause == clause
    )
    return _verdict(seen, entry_statuses), entry_statuses


def _state(
    seen: ClauseCounts, entry: BaselineEntry, met: EntryCounts, *, expired: bool
) -> EntryState:
    if expired:
        return EntryState.EXPIRED
    if seen.verdict is Verdict.NOT_APPLICABLE:
        return EntryState.NOT_APPLICABLE
    if met.matched:
        every_time = seen.complete and met.matched >= max(met.exercised, ALWAYS_FROM)
        return EntryState.ALWAYS if entry.sometimes and every_time else EntryState.KNOWN
    if not met.exercised:
        return EntryState.NOT_EXERCISED
    if entry.sometimes or not seen.complete:
        return EntryState.NOT_SEEN
    return EntryState.STALE if seen.failed else EntryState.FIXED


def _verdict(seen: ClauseCounts, entry_statuses: tuple[EntryStatus, ...]) -> Verdict:
    states = {entry_status.state for entry_status in entry_statuses}
    if seen.failed:
        # An entry of a race that fails every time describes something else than was meant.
        known = seen.excused >= seen.failed and EntryState.ALWAYS not in states
        return Verdict.KNOWN if known else seen.verdict
    past = any(one.state is EntryState.EXPIRED and one.exercised for one in entry_statuses)
    if EntryState.FIXED in states or (past and seen.complete):
        return Verdict.FIXED
    return seen.verdict
