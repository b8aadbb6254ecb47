"""From what was seen of each clause to its verdict and the exit status: pure.

A run, ``judge`` and ``merge`` decide alike, by what is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ringproof import exit_codes
from ringproof.accounting.clause_stats import ClauseStats
from ringproof.accounting.variants import separating
from ringproof.baseline import (
    BaselineResult,
    ClauseCounts,
    EntryCounts,
    EntryState,
    EntryStatus,
    KnownFailures,
    judge,
)
from ringproof.results import ClauseVerdict, Fault, FirstFailure, LeftOut, describe_left_out
from ringproof.verdict import Owner, Verdict, decide
from ringproof_scenarios.ledger import Row

Clause = Row | ClauseVerdict
"""What says id, level and statement: a row of the ledger, or the verdict of a shard."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided at the end of a run."""

    verdicts: tuple[ClauseVerdict, ...]
    baseline: BaselineResult | None
    exit_code: int


def clause_verdict(
    clause: Clause, stats: ClauseStats, *, sharded: bool = False, left_out: Sequence[LeftOut] = ()
) -> ClauseVerdict:
    """Return a clause's verdict without regard to a baseline.

    ``sharded`` leaves conclusions that need the whole run to ``merge``.
    """
    exercised, failed = sum(stats.exercised.values()), sum(stats.failed.values())
    verdict = decide(clause.level, exercised, failed)
    first = stats.first()
    variants = stats.shown.variants if stats.shown is not None else ()
    return ClauseVerdict(
        id=clause.id,
        level=clause.level,
        statement=clause.statement,
        verdict=verdict,
        exercised=exercised,
        failed=failed,
        simulated_exercised=stats.exercised.get("simulated", 0),
        simulated_failed=stats.failed.get("simulated", 0),
        reason=_reason(verdict, first, sharded=sharded, left_out=left_out),
        variants=(variants or (() if sharded else separating(stats.by_variant))) if failed else (),
        played_under=dict(stats.by_variant) if sharded else {},
        first_failure=first,
        excused=sum(stats.known.values()),
        kinds=stats.kinds,
        kinds_left_out=stats.kinds_left_out,
    )


def _reason(
    verdict: Verdict, first: FirstFailure | None, *, sharded: bool, left_out: Sequence[LeftOut]
) -> str:
    """Say in one sentence why a clause failed or was not exercised; nothing of one that passed."""
    if first is not None:
        return first.failure.message
    if verdict is not Verdict.NOT_EXERCISED:
        return ""
    reason = f"no scenario of this {'shard' if sharded else 'run'} brought it about"
    return "; ".join(filter(None, (reason, describe_left_out(left_out))))


def decide_all(
    plain: Iterable[ClauseVerdict],
    faults: Sequence[Fault],
    *,
    judged: int,
    known_failures: KnownFailures,
    met: Sequence[EntryCounts] = (),
    baseline: BaselineResult | None = None,
    whole: bool,
    strict: bool = False,
    sharded: bool = False,
) -> Decision:
    """Apply the baseline to the ``plain`` verdicts, and decide the exit status.

    ``judged`` is the number of scenarios, ``met`` what each known failure met, and ``baseline``
    what is known of the files before the run. ``whole`` says that everything was played.
    """
    complete = whole and not faults
    verdicts = tuple(with_baseline(one, known_failures, met, complete=complete) for one in plain)
    if baseline is not None:
        statuses = tuple(one for verdict in verdicts for one in verdict.entry_statuses)
        baseline = msgspec.structs.replace(baseline, entry_statuses=statuses)
    code = exit_code(
        verdicts,
        faults,
        judged=judged,
        complete=whole,
        strict=strict,
        sharded=sharded,
        outdated=baseline is not None and bool(baseline.outdated),
    )
    return Decision(verdicts=verdicts, baseline=baseline, exit_code=code)


def with_baseline(
    plain: ClauseVerdict,
    known_failures: KnownFailures,
    met: Sequence[EntryCounts],
    *,
    complete: bool,
) -> ClauseVerdict:
    """Apply a baseline to a clause's verdict.

    ``complete`` says that everything was played without a fault, so that a known failure which
    was not seen is fixed.
    """
    seen = ClauseCounts(
        verdict=plain.verdict, failed=plain.failed, excused=plain.excused, complete=complete
    )
    verdict, statuses = judge(seen, known_failures, met, plain.id)
    reason = _baseline_reason(verdict, statuses, plain)
    return msgspec.structs.replace(plain, verdict=verdict, reason=reason, entry_statuses=statuses)


def _baseline_reason(
    verdict: Verdict, statuses: Sequence[EntryStatus], plain: ClauseVerdict
) -> str:
    def where(*states: EntryState) -> str:
        return ", ".join(one.entry.where for one in statuses if one.state in states)

    if verdict is Verdict.KNOWN:
        known = [one.entry for one in statuses if one.state is EntryState.KNOWN]
        return "; ".join(
            f"{one.reason} ({one.issue})" if one.issue else one.reason for one in known
        )
    if verdict is Verdict.FIXED:
        past = where(EntryState.FIXED, EntryState.EXPIRED)
        return f"in the baseline, and passed all {plain.exercised} times: remove {past}"
    if verdict in (Verdict.FAIL, Verdict.WARN) and plain.excused >= plain.failed:
        always = where(EntryState.ALWAYS)
        return f"said to happen sometimes ({always}), and failed every time: {plain.reason}"
    return plain.reason


def exit_code(
    verdicts: Iterable[ClauseVerdict],
    faults: Iterable[Fault],
    *,
    judged: int,
    complete: bool,
    strict: bool = False,
    sharded: bool = False,
    outdated: bool = False,
) -> int:
    """Return the exit status of a run; what makes the run unusable outranks every verdict.

    A MUST that was not exercised counts when the whole catalogue was played (``complete``). In
    one shard (``sharded``) it never does, for another shard may have exercised it. A baseline
    with ``outdated`` entries counts when the run is ``strict``.
    """
    owners = {fault.owner for fault in faults}
    if owners & {Owner.HARNESS, Owner.ENVIRONMENT}:
        return exit_codes.HARNESS_FAULT
    if Owner.ADAPTER in owners:
        return exit_codes.ADAPTER_FAULT
    given = list(verdicts)
    red = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    if any(one.verdict in red for one in given):
        return exit_codes.SUT_FAILS
    not_judged = (Verdict.NOT_EXERCISED, Verdict.NOT_APPLICABLE)
    missing = [one for one in given if one.verdict is Verdict.NOT_EXERCISED and one.level == "M"]
    nothing = not judged or (not sharded and all(one.verdict in not_judged for one in given))
    if nothing or (complete and missing):
        return exit_codes.NOTHING_JUDGED
    return exit_codes.STALE_BASELINE if strict and outdated else exit_codes.AS_EXPECTED
