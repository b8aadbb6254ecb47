"""Adds up what the scenarios of a run showed, and decides its verdicts: pure.

A failure that a check blames on somebody else than the SUT becomes a fault of the run, never a
failed clause; nothing else is ever downgraded.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from ringproof import baseline as baselines
from ringproof.accounting.capabilities import Scope
from ringproof.accounting.clause_stats import ClauseStats, FailingExample, ShownFailure
from ringproof.accounting.selection import Selection
from ringproof.accounting.verdicts import Decision, clause_verdict, decide_all
from ringproof.baseline import (
    Baseline,
    BaselineResult,
    EntryCounts,
    KnownFailureMatcher,
    KnownFailures,
)
from ringproof.results import ClauseVerdict, Counts, Fault, FirstFailure, Mode, ScenarioFinished
from ringproof.verdict import Outcome, Owner, Verdict
from ringproof_scenarios.ledger import Ledger, Row

FAULTS_KEPT = 100
"""Faults kept in full; a run that has more has one cause."""


class Tally:
    """Everything the run has seen so far."""

    def __init__(self, ledger: Ledger, selection: Selection) -> None:
        self._rows = [row for row in ledger if row.id in selection.clauses]
        self._selection = selection
        self._clauses = {row.id: ClauseStats() for row in ledger}
        self.faults: list[Fault] = []
        self.parts: dict[Mode, Counts] = {}
        self._matcher = KnownFailureMatcher(KnownFailures())
        self._baseline: BaselineResult | None = None
        self.scope = Scope()
        """What is not judged of this SUT; to be set before the verdicts are decided."""

    def expect(self, baseline: Baseline, names: Sequence[str], today: datetime.date) -> None:
        """Compare all that follows with a baseline; ``names`` are those that the SUT goes by.

        To be called once, before the first scenario is added.
        """
        chosen = baselines.select(baseline, names, self._selection.clauses, today)
        own = len(baseline.of(names))
        self._matcher = KnownFailureMatcher(chosen)
        self._baseline = BaselineResult(
            files=baseline.files,
            other_suts=len(baseline.entries) - own,
            other_clauses=own - len(chosen.entries),
        )

    @property
    def known_failures(self) -> KnownFailures:
        """The known failures of this SUT."""
        return self._matcher.known_failures

    @property
    def counts(self) -> Counts:
        """What was played, all parts together."""
        return sum(self.parts.values(), Counts())

    def add(self, finished: ScenarioFinished) -> None:
        """Add one scenario."""
        if finished.fault is not None:
            self.add_fault(finished.fault)
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

    def _add(self, clause: str, outcome: Outcome, finished: ScenarioFinished) -> None:
        planned, stats = finished.planned, self._clauses[clause]
        for failure in outcome.failures:
            if failure.owner is not Owner.SUT:
                text = f"{clause}: {failure.message}"
                self.add_fault(Fault(owner=failure.owner, text=text, scenario=planned.label))
        ours = [failure for failure in outcome.failures if failure.owner is Owner.SUT]
        known = self._matcher.note(clause, planned.scenario, outcome.exercised, ours)
        stats.add(planned, outcome.exercised, ours, known, finished.trace)
        if outcome.exercised or ours:
            stats.add_variants(planned.scenario.platform, failed=bool(ours))

    def add_drawn(
        self, counts: Counts, clauses: Mapping[str, ClauseStats], met: Iterable[EntryCounts]
    ) -> None:
        """Add seeds that were played in virtual time elsewhere.

        ``met`` is what each of the known failures met there.
        """
        self._count("simulated", counts)
        self._matcher.merge(met)
        for clause, stats in clauses.items():
            self._clauses[clause].merge(stats)

    def _count(self, mode: Mode, counts: Counts) -> None:
        self.parts[mode] = self.parts.get(mode, Counts()) + counts

    def add_fault(self, fault: Fault) -> None:
        """Add a fault; the first ``FAULTS_KEPT`` are kept."""
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(fault)

    def failing(self, mode: Mode = "network") -> list[str]:
        """Return the clauses that failed in one part of the run, in ledger order.

        Those are left out for which a failure that is not known was chosen already.
        """
        return [
            row.id
            for row in self._rows
            if (stats := self._clauses[row.id]).failed.get(mode)
            and (stats.shown is None or stats.shown.known)
        ]

    def unknown(self, clause: str, mode: Mode) -> bool:
        """Say whether a clause failed, in one part of the run, as no baseline describes it."""
        stats = self._clauses[clause]
        return stats.failed.get(mode, 0) > stats.known.get(mode, 0)

    def candidates(self, clause: str, mode: Mode = "network") -> list[FailingExample]:
        """Return failing scenarios of a clause, smallest first.

        Where some failure is unknown, those are left out that show known ones.
        """
        unknown = self.unknown(clause, mode)
        return [
            one
            for one in self._clauses[clause].examples
            if one.planned.mode == mode and not (one.known and unknown)
        ]

    def judges(self, clause: str) -> bool:
        """Say whether the run gives a verdict on the clause."""
        return clause in self._selection.clauses

    def reduced(self, clause: str, first: FirstFailure, variants: Iterable[str]) -> None:
        """Add what the reduction of a clause's failure came to."""
        known = self.known_failures.covers(clause, first.failure, first.scenario)
        shown = ShownFailure(first=first, variants=tuple(variants), known=known)
        self._clauses[clause].show(shown)

    def decide(self, features: Iterable[str], *, whole: bool, strict: bool = False) -> Decision:
        """Decide on all selected clauses; ``features`` is what the SUT declared.

        ``whole`` says that the whole catalogue was played to its end.
        """
        declared = frozenset(features)
        return decide_all(
            [self._verdict(row, declared) for row in self._rows],
            self.faults,
            judged=self.counts.run,
            known_failures=self.known_failures,
            met=self._matcher.met,
            baseline=self._baseline,
            whole=whole,
            strict=strict,
            sharded=self._selection.shard is not None,
        )

    def _verdict(self, row: Row, features: frozenset[str]) -> ClauseVerdict:
        if reason := self.scope.excludes(row, features):
            return ClauseVerdict(
                id=row.id,
                level=row.level,
                statement=row.statement,
                verdict=Verdict.NOT_APPLICABLE,
                reason=reason,
            )
        return clause_verdict(
            row,
            self._clauses[row.id],
            sharded=self._selection.shard is not None,
            left_out=self.scope.left_out,
        )
