"""Speaks verdicts in the light of a baseline: for a run, and for shards put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof.baseline import (
    Baseline,
    BaselineResult,
    ClauseCounts,
    EntryCounts,
    EntryState,
    EntryStatus,
    KnownFailures,
    judge,
)
from ringproof.results import ClauseVerdict
from ringproof.verdict import Verdict


def held(
    plain: ClauseVerdict,
    known_failures: KnownFailures,
    met: Sequence[EntryCounts],
    *,
    complete: bool,
) -> ClauseVerdict:
    """Return a clause's verdict with the baseline held against it.

    ``plain`` is the verdict without one, its ``excused`` counted; ``complete`` says that the run
    played everything there is, so that what it did not see is not there.
    """
    seen = ClauseCounts(
        verdict=plain.verdict, failed=plain.failed, excused=plain.excused, complete=complete
    )
    verdict, entry_statuses = judge(seen, known_failures, met, plain.id)
    return msgspec.structs.replace(
        plain,
        verdict=verdict,
        reason=_reason(verdict, entry_statuses, plain),
        entry_statuses=entry_statuses,
    )


def _reason(verdict: Verdict, entry_statuses: Iterable[EntryStatus], plain: ClauseVerdict) -> str:
    by_state: dict[EntryState, list[EntryStatus]] = {}
    for entry_status in entry_statuses:
        by_state.setdefault(entry_status.state, []).append(entry_status)
    match verdict:
        case Verdict.KNOWN:
            return "; ".join([_told(one) for one in by_state[EntryState.KNOWN]])
        case Verdict.FIXED:
            past = by_state.get(EntryState.FIXED, []) + by_state.get(EntryState.EXPIRED, [])
            where = ", ".join([one.entry.where for one in past])
            return f"in the baseline, and held all {plain.exercised} times: remove {where}"
        case Verdict.FAIL | Verdict.WARN if plain.excused >= plain.failed:
            always = by_state.get(EntryState.ALWAYS, [])
            where = ", ".join([one.entry.where for one in always])
            return f"said to happen sometimes ({where}), and failed every time: {plain.reason}"
        case _:
            return plain.reason


def _told(entry_status: EntryStatus) -> str:
    entry = entry_status.entry
    return f"{entry.reason} ({entry.issue})" if entry.issue else entry.reason


def result(
    baseline: Baseline,
    names: Sequence[str],
    known_failures: KnownFailures,
    verdicts: Iterable[ClauseVerdict],
) -> BaselineResult:
    """Return what became of all files of a baseline."""
    own = len(baseline.of(names))
    return BaselineResult(
        files=baseline.files,
        entry_statuses=tuple(one for verdict in verdicts for one in verdict.entry_statuses),
        other_suts=len(baseline.entries) - own,
        other_clauses=own - len(known_failures.entries),
    )


def together(results: Sequence[BaselineResult]) -> tuple[KnownFailures, list[EntryCounts]]:
    """Return the entries of all shards of a run, each once, and what they met there together."""
    first = next((one for one in results if one.entry_statuses), BaselineResult())
    entries = tuple(one.entry for one in first.entry_statuses)
    expired = frozenset(
        index for index, one in enumerate(first.entry_statuses) if one.state is EntryState.EXPIRED
    )
    met = {entry: EntryCounts() for entry in entries}
    for entry_status in (one for share in results for one in share.entry_statuses):
        if entry_status.entry in met:
            met[entry_status.entry].exercised += entry_status.exercised
            met[entry_status.entry].matched += entry_status.matched
    return KnownFailures(entries, expired), [met[entry] for entry in entries]
