"""Puts the shards of one run together again, as if one machine had played it all: pure.

Counts are added, and verdicts and the exit status are spoken anew from the sums, so that a clause
which one shard did not exercise and another did is judged, and one that none did is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof import exit_codes
from ringproof.accounting import capabilities as fitting
from ringproof.accounting.baseline_verdicts import held, together
from ringproof.accounting.variants import told_apart
from ringproof.accounting.verdicts import FAULTS_KEPT, exit_code, reason_of
from ringproof.baseline import BaselineResult, FailureKinds, KnownFailures
from ringproof.results import ClauseVerdict, Counts, Fault, Mode, RunFinished, Shard, SutInfo
from ringproof.verdict import Verdict, decide


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
    everything = complete and _shard(ordered[0]).complete
    counts = sum((end.counts for end in ends), Counts())
    faults = _faults(ordered)
    known_failures, met = together([end.baseline for end in ends if end.baseline is not None])
    left_out = fitting.together(end.left_out for end in ends)
    plain = [
        _verdict(shares, known_failures, left_out)
        for shares in zip(*(e.verdicts for e in ends), strict=True)
    ]
    verdicts = tuple(
        held(verdict, known_failures, met, complete=everything and not faults) for verdict in plain
    )
    baseline = _baseline(ends, verdicts)
    code = exit_code(
        verdicts,
        faults,
        judged=counts.run,
        complete=everything,
        strict=first.strict,
        outdated=baseline is not None and bool(baseline.outdated),
    )
    return RunFinished(
        status="complete" if complete else "incomplete",
        sut=next((end.sut for end in ends if end.sut is not None), None),
        mode=first.mode,
        seed=first.seed,
        counts=counts,
        parts=_parts(ends),
        verdicts=verdicts,
        faults=faults,
        duration_s=max(end.duration_s for end in ends),
        exit_code=code if complete else exit_codes.INTERRUPTED,
        strict=first.strict,
        fingerprint=first.fingerprint,
        whole=everything,
        baseline=baseline,
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
                f"{twin.where} and {part.where} are both shard {_told(shard)}: name each once"
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


def _told(shard: Shard) -> str:
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
        ("--baseline", _held(one), _held(other)),
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


def _held(part: Part) -> object:
    """Return what tells baselines apart; None when there was no hello, so nothing was held."""
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
    shares: Sequence[ClauseVerdict], known_failures: KnownFailures, left_out: str
) -> ClauseVerdict:
    """Return the verdict on one clause, no baseline held against it yet."""
    told = _most_told(shares)
    if told.verdict is Verdict.NOT_APPLICABLE:
        return msgspec.structs.replace(told, entry_statuses=())
    exercised = sum(share.exercised for share in shares)
    failed = sum(share.failed for share in shares)
    verdict = decide(told.level, exercised, failed)
    shown = _smallest(shares, known_failures)
    kinds = FailureKinds()
    for share in shares:
        kinds.merge(share.kinds, share.kinds_left_out)
    first = shown.first_failure if shown is not None else None
    targeted = shown.variants if shown is not None else ()
    return ClauseVerdict(
        id=told.id,
        level=told.level,
        statement=told.statement,
        verdict=verdict,
        exercised=exercised,
        failed=failed,
        simulated_exercised=sum(share.simulated_exercised for share in shares),
        simulated_failed=sum(share.simulated_failed for share in shares),
        reason=reason_of(verdict, first, left_out=left_out),
        variants=(targeted or tuple(told_apart(_under(shares)))) if failed else (),
        first_failure=first,
        excused=sum(share.excused for share in shares),
        kinds=tuple(kinds),
        kinds_left_out=kinds.more,
    )


def _most_told(shares: Sequence[ClauseVerdict]) -> ClauseVerdict:
    """Prefer a share whose SUT said what it can: one that died before hello applies to nothing."""
    return next(
        (share for share in shares if share.verdict is not Verdict.NOT_APPLICABLE), shares[0]
    )


def _smallest(
    shares: Sequence[ClauseVerdict], known_failures: KnownFailures
) -> ClauseVerdict | None:
    """Return the share with the failure to show: unknown before known, virtual time first."""

    def size(share: ClauseVerdict) -> tuple[bool, bool, int, int]:
        first = share.first_failure
        assert first is not None, "only of failing clauses"
        scenario = first.scenario
        known = known_failures.covers(share.id, first.failure, scenario)
        return known, first.mode == "network", len(scenario.steps), len(scenario.replay())

    failing = [share for share in shares if share.first_failure is not None]
    return min(failing, key=size, default=None)


def _baseline(
    ends: Sequence[RunFinished], verdicts: Iterable[ClauseVerdict]
) -> BaselineResult | None:
    given = next((end.baseline for end in ends if end.baseline is not None), None)
    if given is None:
        return None
    entry_statuses = tuple(one for verdict in verdicts for one in verdict.entry_statuses)
    return msgspec.structs.replace(given, entry_statuses=entry_statuses)


def _under(shares: Sequence[ClauseVerdict]) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for share in shares:
        for word, (seen, failed) in share.played_under.items():
            before = sums.get(word, (0, 0))
            sums[word] = (before[0] + seen, before[1] + failed)
    return sums


def _parts(ends: Sequence[RunFinished]) -> dict[Mode, Counts]:
    parts: dict[Mode, Counts] = {}
    for end in ends:
        for mode, counts in end.parts.items():
            parts[mode] = parts.get(mode, Counts()) + counts
    return parts


def _faults(parts: Sequence[Part]) -> tuple[Fault, ...]:
    """Return the faults of all shards; where each came from stands before its text."""
    found = [
        msgspec.structs.replace(fault, text=f"shard {_told(_shard(part))}: {fault.text}")
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
