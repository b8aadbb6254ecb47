"""Speaks verdicts in the light of a baseline: for a run, and for shards put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof.baseline import Baseline, KnownFailures, Met, Result, Seen, Standing, State, judge
from ringproof.results import ClauseVerdict
from ringproof.verdict import Verdict


def held(
    plain: ClauseVerdict, known_failures: KnownFailures, met: Sequence[Met], *, complete: bool
) -> ClauseVerdict:
    """Return a clause's verdict with the baseline held against it.

    ``plain`` is the verdict without one, its ``excused`` counted; ``complete`` says that the run
    played everything there is, so that what it did not see is not there.
    """
    seen = Seen(
        verdict=plain.verdict, failed=plain.failed, excused=plain.excused, complete=complete
    )
    verdict, standings = judge(seen, known_failures, met, plain.id)
    return msgspec.structs.replace(
        plain,
        verdict=verdict,
        reason=_reason(verdict, standings, plain),
        standings=standings,
    )


def _reason(verdict: Verdict, standings: Iterable[Standing], plain: ClauseVerdict) -> str:
    by_state: dict[State, list[Standing]] = {}
    for standing in standings:
        by_state.setdefault(standing.state, []).append(standing)
    match verdict:
        case Verdict.KNOWN:
            return "; ".join([_told(one) for one in by_state[State.KNOWN]])
        case Verdict.FIXED:
            past = by_state.get(State.FIXED, []) + by_state.get(State.EXPIRED, [])
            where = ", ".join([one.entry.where for one in past])
            return f"in the baseline, and held all {plain.exercised} times: remove {where}"
        case Verdict.FAIL | Verdict.WARN if plain.excused >= plain.failed:
            always = by_state.get(State.ALWAYS, [])
            where = ", ".join([one.entry.where for one in always])
            return f"said to happen sometimes ({where}), and failed every time: {plain.reason}"
        case _:
            return plain.reason


def _told(standing: Standing) -> str:
    entry = standing.entry
    return f"{entry.reason} ({entry.issue})" if entry.issue else entry.reason


def result(
    baseline: Baseline,
    names: Sequence[str],
    known_failures: KnownFailures,
    verdicts: Iterable[ClauseVerdict],
) -> Result:
    """Return what became of all files of a baseline."""
    own = len(baseline.of(names))
    return Result(
        files=baseline.files,
        standings=tuple(one for verdict in verdicts for one in verdict.standings),
        other_suts=len(baseline.entries) - own,
        other_clauses=own - len(known_failures.entries),
    )


def together(results: Sequence[Result]) -> tuple[KnownFailures, list[Met]]:
    """Return the entries of all shards of a run, each once, and what they met there together."""
    first = next((one for one in results if one.standings), Result())
    entries = tuple(one.entry for one in first.standings)
    expired = frozenset(
        index for index, one in enumerate(first.standings) if one.state is State.EXPIRED
    )
    met = {entry: Met() for entry in entries}
    for standing in (one for share in results for one in share.standings):
        if standing.entry in met:
            met[standing.entry].exercised += standing.exercised
            met[standing.entry].matched += standing.matched
    return KnownFailures(entries, expired), [met[entry] for entry in entries]
