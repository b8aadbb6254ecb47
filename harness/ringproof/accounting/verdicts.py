"""Adds up outcomes, scenario by scenario, and speaks the verdicts: pure.

A failure that a check blames on somebody else than the SUT becomes a fault of the run, never a
failed clause; nothing else is ever downgraded.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from ringproof import baseline as baselines
from ringproof import exit_codes
from ringproof.accounting.baseline_verdicts import held, result
from ringproof.accounting.capabilities import Scope
from ringproof.accounting.selection import Selection
from ringproof.accounting.variants import told_apart, under
from ringproof.baseline import Baseline, FailureKinds, KnownFailureMatcher, KnownFailures
from ringproof.results import (
    ClauseVerdict,
    Counts,
    Fault,
    FirstFailure,
    Mode,
    Planned,
    ScenarioFinished,
)
from ringproof.trace import Trace
from ringproof.triage.block import BlockResult, FailingScenario
from ringproof.verdict import Failure, Outcome, Owner, Verdict, decide
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.ledger import Ledger, Row
from ringproof_scenarios.reduction import size

FAULTS_KEPT = 100
"""Faults told in full; a run that has more has one cause."""

CANDIDATES_KEPT = 8
"""Failing scenarios remembered for a clause, smallest first: starting points of a reduction."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in which a clause failed."""

    planned: Planned
    trace: Trace
    failure: Failure
    known: bool = False
    """The baseline describes all of its failures."""

    @property
    def size(self) -> tuple[bool, int, int, int]:
        """Sort key: unknown, few steps, hand-written before generated, then short waiting."""
        scenario = self.planned.scenario
        generated = self.planned.source == "generated"
        return self.known, len(scenario.steps), int(generated), len(scenario.replay())


_Found = TypeVar("_Found", Candidate, FailingScenario)


class _Clause(msgspec.Struct, kw_only=True):
    exercised: Counter[Mode] = msgspec.field(default_factory=Counter)
    failed: Counter[Mode] = msgspec.field(default_factory=Counter)
    swept: list[FailingScenario] = []
    """Failing scenarios of a sweep; their traces are not kept, for virtual time repeats itself."""
    candidates: list[Candidate] = []
    first: FirstFailure | None = None
    shown: FirstFailure | None = None
    """A known failure, where there is no other."""
    excused: Counter[Mode] = msgspec.field(default_factory=Counter)
    """Those of ``failed`` that the baseline describes."""
    kinds: FailureKinds = msgspec.field(default_factory=FailureKinds)
    """Of the others."""
    by_variant: dict[tuple[str, object], list[int]] = {}
    """(platform field, value) → [scenarios that exercised it, scenarios in which it failed]."""
    variants: list[str] = []
    """Sentences from targeted replays, said before the counted ones."""


class Tally:
    """Everything the run has seen so far."""

    def __init__(self, ledger: Ledger, selection: Selection) -> None:
        self._ledger = ledger
        self._selection = selection
        self._clauses = {row.id: _Clause() for row in ledger}
        self.faults: list[Fault] = []
        self.parts: dict[Mode, Counts] = {}
        self._matcher = KnownFailureMatcher(KnownFailures())
        self._baseline: Baseline | None = None
        self._names: tuple[str, ...] = ()
        self.scope = Scope()
        """What is not judged of this SUT; to be set before the verdicts are spoken."""

    def expect(self, baseline: Baseline, names: Sequence[str], today: datetime.date) -> None:
        """Hold all that follows against a baseline; ``names`` are those that the SUT goes by.

        To be called once, before the first scenario is taken in.
        """
        self._baseline, self._names = baseline, tuple(names)
        chosen = baselines.select(baseline, self._names, self._selection.clauses, today)
        self._matcher = KnownFailureMatcher(chosen)

    @property
    def known_failures(self) -> KnownFailures:
        """The known failures of this SUT."""
        return self._matcher.known_failures

    @property
    def counts(self) -> Counts:
        """What was played, all parts together."""
        return sum(self.parts.values(), Counts())

    def add(self, finished: ScenarioFinished) -> None:
        """Take in one scenario."""
        if finished.fault is not None:
            self.blame(finished.fault)
            return
        planned = finished.planned
        counts = Counts(
            run=1,
            generated=int(planned.source == "generated"),
            catalogue=int(planned.source == "catalogue"),
            real_media=int(planned.real_media),
            calls=len(planned.scenario.callers),
        )
        self._count(planned.mode, counts)
        for clause, outcome in finished.outcomes.items():
            self._add(clause, outcome, finished)

    def sweep(self, play_block: BlockResult) -> None:
        """Take in a block of seeds that was played in virtual time."""
        played = play_block.scenarios
        self._count("simulated", Counts(run=played, generated=played, calls=play_block.calls))
        for fault in play_block.faults:
            self.blame(Fault(owner=fault.owner, text=fault.text, scenario=f"seed/{fault.seed}"))
        for clause, exercised in play_block.exercised.items():
            self._clauses[clause].exercised["simulated"] += exercised
        for clause, failed in play_block.failed.items():
            self._clauses[clause].failed["simulated"] += failed
        for clause, excused in play_block.excused.items():
            self._clauses[clause].excused["simulated"] += excused
        for clause, kinds in play_block.kinds.items():
            self._clauses[clause].kinds.merge(kinds, play_block.kinds_left_out.get(clause, 0))
        self._matcher.merge(play_block.met)
        for failing in play_block.failing:
            known = self._clauses[failing.clause].swept
            known.append(failing)
            known.sort(key=lambda one: (one.known, size(one.scenario), one.seed))
            del known[CANDIDATES_KEPT:]

    def _count(self, mode: Mode, counts: Counts) -> None:
        self.parts[mode] = self.parts.get(mode, Counts()) + counts

    def blame(self, fault: Fault) -> None:
        """Write down a fault."""
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(fault)

    def failing(self, mode: Mode = "network") -> list[str]:
        """Return the clauses that failed in one part of the run, in ledger order.

        Those are left out of which a reduced failure is known already.
        """
        return [
            row.id
            for row in self._ledger
            if self._clauses[row.id].failed[mode]
            and self._clauses[row.id].first is None
            and self._spoken(row)
        ]

    def unknown(self, clause: str, mode: Mode) -> bool:
        """Say whether a clause failed, in one part of the run, as no baseline describes it."""
        known = self._clauses[clause]
        return known.failed[mode] > known.excused[mode]

    def candidates(self, clause: str, mode: Mode = "network") -> list[Candidate]:
        """Return failing scenarios of a clause, smallest first; not those of a sweep.

        Where some failure is unknown, those are left out that show known ones.
        """
        found = self._clauses[clause].candidates
        found = [candidate for candidate in found if candidate.planned.mode == mode]
        return self._telling(clause, mode, found)

    def swept(self, clause: str) -> list[FailingScenario]:
        """Return failing scenarios of a clause that a sweep found, smallest first, likewise."""
        return self._telling(clause, "simulated", self._clauses[clause].swept)

    def _telling(self, clause: str, mode: Mode, found: list[_Found]) -> list[_Found]:
        return [one for one in found if not (one.known and self.unknown(clause, mode))]

    def speaks_of(self, clause: str) -> bool:
        """Say whether the run gives a verdict on the clause."""
        return clause in self._selection.clauses

    def reduced(self, clause: str, first: FirstFailure, variants: Iterable[str]) -> None:
        """Take in what the reduction of a clause's failure found."""
        known = self._clauses[clause]
        if self.known_failures.covers(clause, first.failure, first.scenario):
            known.shown = first
        else:
            known.first = first
        known.variants = list(variants)

    def verdicts(
        self, features: frozenset[str], *, complete: bool = True
    ) -> tuple[ClauseVerdict, ...]:
        """Speak the verdicts of all selected clauses; ``features`` is what the SUT declared.

        ``complete`` says that everything was played, so that known failures that did not occur
        are fixed.
        """
        spoken = (self._verdict(row, features) for row in self._ledger if self._spoken(row))
        known_failures, met = self._matcher.known_failures, self._matcher.met
        return tuple(held(verdict, known_failures, met, complete=complete) for verdict in spoken)

    def baseline(self, verdicts: Iterable[ClauseVerdict]) -> baselines.BaselineResult | None:
        """Return what became of the baseline; None without one."""
        if self._baseline is None:
            return None
        return result(self._baseline, self._names, self.known_failures, verdicts)

    def _spoken(self, row: Row) -> bool:
        return row.id in self._selection.clauses

    def _add(self, clause: str, outcome: Outcome, finished: ScenarioFinished) -> None:
        known = self._clauses[clause]
        ours = [failure for failure in outcome.failures if failure.owner is Owner.SUT]
        label = finished.planned.label
        for failure in outcome.failures:
            if failure.owner is not Owner.SUT:
                text = f"{clause}: {failure.message}"
                self.blame(Fault(owner=failure.owner, text=text, scenario=label))
        known.exercised[finished.planned.mode] += outcome.exercised
        known.failed[finished.planned.mode] += len(ours)
        if outcome.exercised or ours:
            self._count_variants(known, finished.planned.scenario.platform, failed=bool(ours))
        scenario = finished.planned.scenario
        excused = self._matcher.note(clause, scenario, outcome.exercised, ours)
        known.excused[finished.planned.mode] += sum(excused)
        unknown = [failure for failure, known in zip(ours, excused, strict=True) if not known]
        for failure in unknown:
            known.kinds.note(failure)
        if ours:
            candidate = Candidate(
                planned=finished.planned,
                trace=finished.trace,
                failure=(unknown or ours)[0],
                known=not unknown,
            )
            known.candidates.append(candidate)
            known.candidates.sort(key=lambda one: one.size)
            del known.candidates[CANDIDATES_KEPT:]

    def _count_variants(self, known: _Clause, platform: Platform, *, failed: bool) -> None:
        for field in Platform.__struct_fields__:
            counts = known.by_variant.setdefault((field, getattr(platform, field)), [0, 0])
            counts[0] += 1
            counts[1] += failed

    def _verdict(self, row: Row, features: frozenset[str]) -> ClauseVerdict:
        known = self._clauses[row.id]
        if reason := self.scope.excludes(row, features):
            return ClauseVerdict(
                id=row.id,
                level=row.level,
                statement=row.statement,
                verdict=Verdict.NOT_APPLICABLE,
                reason=reason,
            )
        failures = (Failure(message=""),) * known.failed.total()
        outcome = Outcome(known.exercised.total(), failures)
        verdict, exercised, failed = decide(row.level, [outcome])
        first = known.first or _first_of(known.candidates, known.shown)
        return ClauseVerdict(
            id=row.id,
            level=row.level,
            statement=row.statement,
            verdict=verdict,
            exercised=exercised,
            failed=failed,
            simulated_exercised=known.exercised["simulated"],
            simulated_failed=known.failed["simulated"],
            reason=self._reason(verdict, first),
            variants=tuple(known.variants or self._counted(known)) if failed else (),
            played_under=under(known.by_variant) if self._selection.shard else {},
            first_failure=first,
            excused=known.excused.total(),
            kinds=tuple(known.kinds),
            kinds_left_out=known.kinds.more,
        )

    def _reason(self, verdict: Verdict, first: FirstFailure | None) -> str:
        sharded = self._selection.shard is not None
        return reason_of(verdict, first, sharded=sharded, left_out=self.scope.told)

    def _counted(self, known: _Clause) -> list[str]:
        """Say what the counts tell of the variants; a shard has not seen enough to say it."""
        return [] if self._selection.shard else told_apart(under(known.by_variant))


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


def _first_of(
    candidates: list[Candidate], shown: FirstFailure | None = None
) -> FirstFailure | None:
    """Return the smallest unknown failure, else what is ``shown`` of a known one, else any."""
    if not candidates or (candidates[0].known and shown is not None):
        return shown
    best = candidates[0]
    return FirstFailure(
        scenario=best.planned.scenario,
        failure=best.failure,
        trace=best.trace,
        label=best.planned.label,
        real_media=best.planned.real_media,
        mode=best.planned.mode,
    )


def reason_of(
    verdict: Verdict, first: FirstFailure | None, *, sharded: bool = False, left_out: str = ""
) -> str:
    """Say in one sentence why a clause failed or was not exercised; nothing of one that passed.

    ``left_out`` is ``Scope.told``, which may explain why it was not exercised.
    """
    if first is not None:
        return first.failure.message
    if verdict is Verdict.NOT_EXERCISED:
        reason = f"no scenario of this {'shard' if sharded else 'run'} brought it about"
        return f"{reason}; {left_out}" if left_out else reason
    return ""
