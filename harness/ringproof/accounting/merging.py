"""Puts the shards of one run together again, as if one machine had played it all: pure.

Counts are added, and verdicts and the exit status are decided anew from the sums, so that a clause
which one shard did not exercise and another did is judged, and one that none did is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from ringproof import exit_codes
from ringproof.accounting.clause_stats import ClauseStats, ShownFailure
from ringproof.accounting.tally import FAULTS_KEPT
from ringproof.accounting.verdicts import clause_verdict, decide_all
from ringproof.baseline import BaselineResult, EntryCounts, EntryState, KnownFailures
from ringproof.results import (
    ClauseVerdict,
    Counts,
    Fault,
    LeftOut,
    Mode,
    RunFinished,
    Shard,
    SutInfo,
)
from ringproof.verdict import Verdict


class MergeError(ValueError):
    """These reports are not the shards of one run; the message says which one is in the way."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one shard left behind."""

    where: str
    """Its report folder, for messages."""
    ringproof: str
    """The version that played it."""
    option: str
    """What ``--sut`` was given."""
    finished: RunFinished


def merge(ordered: Sequence[Part]) -> RunFinished:
    """Return the end of the whole run, of parts that ``in_order`` has put in order.

    ``duration_s`` is that of the slowest shard. The first failure of a clause is the smallest
    that any shard found: those from virtual time first, as in a run that was not sharded.
    """
    ends = [part.finished for part in ordered]
    first = ends[0]
    complete = all(end.status == "complete" for end in ends)
    whole = complete and _shard(ordered[0]).complete
    counts = sum((end.counts for end in ends), Counts())
    faults = _faults(ordered)
    results = [end.baseline for end in ends if end.baseline is not None]
    known_failures, met = known_in_all(results)
    left_out = _left_out(ends)
    decision = decide_all(
        [
            _verdict(shares, known_failures, left_out)
            for shares in zip(*(end.verdicts for end in ends), strict=True)
        ],
        faults,
        judged=counts.run,
        known_failures=known_failures,
        met=met,
        baseline=results[0] if results else None,
        whole=whole,
        strict=first.strict,
    )
    return msgspec.structs.replace(
        first,
        status="complete" if complete else "incomplete",
        sut=next((end.sut for end in ends if end.sut is not None), None),
        counts=counts,
        parts=_parts(ends),
        verdicts=decision.verdicts,
        faults=faults,
        duration_s=max(end.duration_s for end in ends),
        exit_code=decision.exit_code if complete else exit_codes.INTERRUPTED,
        shard=None,
        whole=whole,
        baseline=decision.baseline,
        environment=_environment(ends),
        left_out=left_out,
    )


# -- whether they belong together --------------------------------------------------------------


def in_order(parts: Sequence[Part]) -> list[Part]:
    """Return the shards 1 to N, each once and all of one plan. Raises ``MergeError``."""
    if not parts:
        raise MergeError("there is nothing to merge: name the report folder of every shard")
    by_number: dict[int, Part] = {}
    for part in parts:
        shard = _shard(part)
        twin = by_number.setdefault(shard.number, part)
        if twin is not part:
            raise MergeError(
                f"{twin.where} and {part.where} are both shard {_name(shard)}: name each once"
            )
        _alike(parts[0], part)
    of = _shard(parts[0]).of
    missing = [str(number) for number in range(1, of + 1) if number not in by_number]
    if missing:
        raise MergeError(
            f"of {of} shards these are missing: {', '.join(missing)}; run them with "
            f"`--shard {missing[0]}/{of}` and name their report folders too"
        )
    return [by_number[number] for number in range(1, of + 1)]


def _shard(part: Part) -> Shard:
    if part.finished.shard is None:
        raise MergeError(f"{part.where} is the report of a whole run, not of a shard (--shard K/N)")
    return part.finished.shard


def _name(shard: Shard) -> str:
    return f"{shard.number}/{shard.of}"


def _alike(one: Part, other: Part) -> None:
    """Refuse parts of different runs, by the first thing in which they differ."""
    for name, mine, theirs in (
        ("ringproof version", one.ringproof, other.ringproof),
        ("--sut", one.option, other.option),
        ("SUT", _who(one.finished.sut), _who(other.finished.sut)),
        ("--seed", one.finished.seed, other.finished.seed),
        ("number of shards", _shard(one).of, _shard(other).of),
        ("mode", one.finished.mode, other.finished.mode),
        ("--strict", one.finished.strict, other.finished.strict),
        ("plan (--examples, --only, own scenarios)", *_plans(one, other)),
        ("--baseline", _baseline_key(one), _baseline_key(other)),
    ):
        unknown = name in ("SUT", "--baseline") and None in (mine, theirs)
        if mine != theirs and not unknown:
            raise MergeError(
                f"{one.where} and {other.where} are not shards of one run, the {name} differs: "
                f"{mine} and {theirs}"
            )


def _who(sut: SutInfo | None) -> str | None:
    """Say who was judged; None when the SUT never said hello, which is a fault of its own."""
    if sut is None:
        return None
    return f"{sut.name} {sut.version} ({sut.carrier}; {', '.join(sut.features) or 'no features'})"


def _baseline_key(part: Part) -> object:
    """Return what tells baselines apart; None when there was no hello, so none applied."""
    if part.finished.sut is None:
        return None
    result = part.finished.baseline
    if result is None:
        return "none"
    return [*result.files, *(msgspec.json.encode(one.entry) for one in result.entry_statuses)]


def _plans(one: Part, other: Part) -> tuple[object, object]:
    """Return what tells their plans apart: the fingerprints, or the clauses they speak of."""
    if one.finished.fingerprint != other.finished.fingerprint:
        return one.finished.fingerprint, other.finished.fingerprint
    ids = [[verdict.id for verdict in part.finished.verdicts] for part in (one, other)]
    return (0, 0) if ids[0] == ids[1] else (f"{len(ids[0])} clauses", f"{len(ids[1])} others")


# -- adding up ---------------------------------------------------------------------------------


def _verdict(
    shares: Sequence[ClauseVerdict], known_failures: KnownFailures, left_out: Sequence[LeftOut]
) -> ClauseVerdict:
    """Return the verdict on one clause without regard to the baseline."""
    # A shard whose SUT never said hello judges nothing, whatever the others do.
    judging = [one for one in shares if one.verdict is not Verdict.NOT_APPLICABLE]
    if not judging:
        return msgspec.structs.replace(shares[0], entry_statuses=())
    stats = ClauseStats()
    for share in shares:
        stats.merge(_stats(share, known_failures))
    return clause_verdict(judging[0], stats, left_out=left_out)


def _stats(share: ClauseVerdict, known_failures: KnownFailures) -> ClauseStats:
    """Return what a shard has seen of a clause."""
    first = share.first_failure
    shown = None
    if first is not None:
        known = known_failures.covers(share.id, first.failure, first.scenario)
        shown = ShownFailure(first=first, variants=share.variants, known=known)
    return ClauseStats(
        exercised={
            "simulated": share.simulated_exercised,
            "network": share.exercised - share.simulated_exercised,
        },
        failed={
            "simulated": share.simulated_failed,
            "network": share.failed - share.simulated_failed,
        },
        known={"network": share.excused},
        kinds=share.kinds,
        kinds_left_out=share.kinds_left_out,
        by_variant=share.played_under,
        shown=shown,
    )


def known_in_all(
    results: Sequence[BaselineResult],
) -> tuple[KnownFailures, list[EntryCounts]]:
    """Return the entries of all shards of a run, each once, and what they met there together."""
    first = next((one for one in results if one.entry_statuses), BaselineResult())
    entries = tuple(one.entry for one in first.entry_statuses)
    expired = frozenset(
        index for index, one in enumerate(first.entry_statuses) if one.state is EntryState.EXPIRED
    )
    met = {entry: EntryCounts() for entry in entries}
    for status in (one for result in results for one in result.entry_statuses):
        if status.entry in met:
            met[status.entry].exercised += status.exercised
            met[status.entry].matched += status.matched
    return KnownFailures(entries, expired), [met[entry] for entry in entries]


def _parts(ends: Sequence[RunFinished]) -> dict[Mode, Counts]:
    parts: dict[Mode, Counts] = {}
    for end in ends:
        for mode, counts in end.parts.items():
            parts[mode] = parts.get(mode, Counts()) + counts
    return parts


def _left_out(ends: Sequence[RunFinished]) -> tuple[LeftOut, ...]:
    sums: Counter[str] = Counter()
    for one in (one for end in ends for one in end.left_out):
        sums[one.capability] += one.scenarios
    return tuple(LeftOut(*one) for one in sums.items())


def _faults(parts: Sequence[Part]) -> tuple[Fault, ...]:
    """Return the faults of all shards; where each came from stands before its text."""
    found = [
        msgspec.structs.replace(fault, text=f"shard {_name(_shard(part))}: {fault.text}")
        for part in parts
        for fault in part.finished.faults
    ]
    return tuple(found[:FAULTS_KEPT])


def _environment(ends: Sequence[RunFinished]) -> dict[str, str]:
    """Return where the shards ran: once what is the same everywhere, else what each one says."""
    said: dict[str, list[str]] = {}
    for end in ends:
        for name, value in end.environment.items():
            said.setdefault(name, []).append(value)
    return {name: "; ".join(dict.fromkeys(values)) for name, values in said.items()}
