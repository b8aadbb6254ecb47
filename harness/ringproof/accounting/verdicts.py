"""The exit status of a run, and why a clause has its verdict: pure."""

from __future__ import annotations

from collections.abc import Iterable

from ringproof import exit_codes
from ringproof.results import (
    ClauseVerdict,
    Fault,
    FirstFailure,
    LeftOut,
    describe_left_out,
)
from ringproof.verdict import Owner, Verdict


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
    """Fold a run into its exit status; what makes the run unusable outranks what it found.

    A clause that was not exercised counts when the whole catalogue was played (``complete``); in
    one shard of a run (``sharded``) it never does, for another shard may have exercised it. A
    baseline with ``outdated`` entries counts when the run is ``strict``.
    """
    owners = {fault.owner for fault in faults}
    found = list(verdicts)
    if owners & {Owner.HARNESS, Owner.ENVIRONMENT}:
        return exit_codes.HARNESS_FAULT
    if Owner.ADAPTER in owners:
        return exit_codes.ADAPTER_FAULT
    red = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    if any(verdict.verdict in red for verdict in found):
        return exit_codes.SUT_FAILS
    unheard = [v for v in found if v.verdict is Verdict.NOT_EXERCISED and v.level == "M"]
    silent = (Verdict.NOT_EXERCISED, Verdict.NOT_APPLICABLE)
    unheard_of = all(v.verdict in silent for v in found)
    nothing = not judged or (unheard_of and not sharded)
    if nothing or (complete and unheard):
        return exit_codes.NOTHING_JUDGED
    return exit_codes.STALE_BASELINE if strict and outdated else exit_codes.AS_EXPECTED


def reason_of(
    verdict: Verdict,
    first: FirstFailure | None,
    *,
    sharded: bool = False,
    left_out: Iterable[LeftOut] = (),
) -> str:
    """Say in one sentence why a clause failed or was not exercised; nothing of one that passed.

    What was left out may explain why it was not exercised.
    """
    if first is not None:
        return first.failure.message
    if verdict is Verdict.NOT_EXERCISED:
        reason = f"no scenario of this {'shard' if sharded else 'run'} brought it about"
        return "; ".join(filter(None, (reason, describe_left_out(left_out))))
    return ""
