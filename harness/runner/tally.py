"""Adds up outcomes, scenario by scenario, and speaks the verdicts: pure.

A failure that a check blames on somebody else than the SUT becomes a fault of the run, never a
failed clause; nothing else is ever downgraded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from fakeserver.protocol.platform import Platform
from harness import exit_codes
from harness.campaign.block import Failing, Harvest
from harness.runner.events import (
    ClauseVerdict,
    Counts,
    Fault,
    FirstFailure,
    Mode,
    Planned,
    ScenarioFinished,
)
from harness.runner.selection import Selection
from harness.trace import Trace
from harness.verdict import Failure, Outcome, Owner, Verdict, decide
from scenarios.ledger import Ledger, Row
from scenarios.model import Scenario
from scenarios.reduction import size

FAULTS_KEPT = 100
"""Faults told in full; a run that has more has one cause."""

CANDIDATES_KEPT = 8
"""Failing scenarios remembered for a clause, smallest first: starting points of a reduction."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in which a clause failed."""

    planned: Planned
    trace: Trace
    failure: Failure

    @property
    def size(self) -> tuple[int, int, int]:
        """Sort key: few steps first, hand-written before generated, then short waiting."""
        scenario = self.planned.scenario
        generated = self.planned.source == "generated"
        return len(scenario.steps), int(generated), len(scenario.replay())


class _Clause(msgspec.Struct, kw_only=True):
    exercised: Counter[Mode] = msgspec.field(default_factory=Counter)
    failed: Counter[Mode] = msgspec.field(default_factory=Counter)
    swept: list[Failing] = []
    """Failing scenarios of a sweep; their traces are not kept, for virtual time repeats itself."""
    candidates: list[Candidate] = []
    first: FirstFailure | None = None
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

    def sweep(self, harvest: Harvest) -> None:
        """Take in a block of seeds that was played in virtual time."""
        played = harvest.scenarios
        self._count("simulated", Counts(run=played, generated=played, calls=harvest.calls))
        for fault in harvest.faults:
            self.blame(Fault(owner=fault.owner, text=fault.text, scenario=f"seed/{fault.seed}"))
        for clause, exercised in harvest.exercised.items():
            self._clauses[clause].exercised["simulated"] += exercised
        for clause, failed in harvest.failed.items():
            self._clauses[clause].failed["simulated"] += failed
        for failing in harvest.failing:
            known = self._clauses[failing.clause].swept
            known.append(failing)
            known.sort(key=lambda one: (size(one.scenario), one.seed))
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

    def candidates(self, clause: str, mode: Mode = "network") -> list[Candidate]:
        """Return known failing scenarios of a clause, smallest first; not those of a sweep."""
        known = self._clauses[clause].candidates
        return [candidate for candidate in known if candidate.planned.mode == mode]

    def swept(self, clause: str) -> list[Failing]:
        """Return failing scenarios of a clause that a sweep found, smallest first."""
        return self._clauses[clause].swept

    def reduced(self, clause: str, first: FirstFailure, variants: Iterable[str]) -> None:
        """Take in what the reduction of a clause's failure found."""
        self._clauses[clause].first = first
        self._clauses[clause].variants = list(variants)

    def verdicts(self, features: frozenset[str]) -> tuple[ClauseVerdict, ...]:
        """Speak the verdicts of all selected clauses; ``features`` is what the SUT declared."""
        return tuple(self._verdict(row, features) for row in self._ledger if self._spoken(row))

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
        if ours:
            candidate = Candidate(planned=finished.planned, trace=finished.trace, failure=ours[0])
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
        missing = [word for word in row.requires if word not in features]
        if row.excluded or missing:
            reason = row.excluded or f"the SUT does not declare {', '.join(missing)}"
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
        first = known.first or _first_of(known.candidates)
        return ClauseVerdict(
            id=row.id,
            level=row.level,
            statement=row.statement,
            verdict=verdict,
            exercised=exercised,
            failed=failed,
            simulated_exercised=known.exercised["simulated"],
            simulated_failed=known.failed["simulated"],
            reason=_reason(verdict, first),
            variants=tuple(known.variants or _told_apart(known.by_variant)) if failed else (),
            first_failure=first,
        )


def exit_code(
    verdicts: Iterable[ClauseVerdict],
    faults: Iterable[Fault],
    *,
    judged: int,
    complete: bool,
    strict: bool = False,
) -> int:
    """Fold a run into its exit status; what makes the run unusable outranks what it found.

    A clause that was not exercised counts when the whole catalogue was played (``complete``).
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
    nothing = not judged or all(v.verdict is Verdict.NOT_EXERCISED for v in found)
    if nothing or (complete and unheard):
        return exit_codes.NOTHING_JUDGED
    return exit_codes.AS_EXPECTED


def _first_of(candidates: list[Candidate]) -> FirstFailure | None:
    if not candidates:
        return None
    best = candidates[0]
    return FirstFailure(
        scenario=best.planned.scenario,
        failure=best.failure,
        trace=best.trace,
        label=best.planned.label,
        real_media=best.planned.real_media,
        mode=best.planned.mode,
    )


def _reason(verdict: Verdict, first: FirstFailure | None) -> str:
    if first is not None:
        return first.failure.message
    if verdict is Verdict.NOT_EXERCISED:
        return "no scenario of this run brought it about"
    return ""


def _told_apart(by_variant: dict[tuple[str, object], list[int]]) -> list[str]:
    """Say which platform variants tell failing from passing scenarios, over the whole run."""
    fields: dict[str, dict[object, list[int]]] = {}
    for (field, value), counts in by_variant.items():
        fields.setdefault(field, {})[value] = counts
    sentences = []
    for field, values in fields.items():
        failing = [value for value, (_, failed) in values.items() if failed]
        passing = [value for value, (_, failed) in values.items() if not failed]
        always = all(values[value][0] == values[value][1] for value in failing)
        if failing and passing and always and len(values) == 2:
            sentences.append(
                f"fails with {field}={failing[0]!r}, passes with {field}={passing[0]!r}"
            )
    return sentences


def variants_to_try(row: Row, scenario: Scenario) -> list[tuple[str, Scenario]]:
    """Return the scenario under the other value of each platform variant that the row names.

    The first item of each pair is the sentence's word for it, ``bye_echo=True``.
    """
    others = []
    for field in row.variants:
        now = getattr(scenario.platform, field)
        default = getattr(Platform(), field)
        other = OTHER_VALUES[field] if now == default else default
        platform = msgspec.structs.replace(scenario.platform, **{field: other})
        others.append((f"{field}={other!r}", msgspec.structs.replace(scenario, platform=platform)))
    return others


OTHER_VALUES: dict[str, object] = {
    "bye_echo": True,
    "msid": False,
    "lookup_delay_ms": 60,
    "ring_ms": 300,
}
"""What stands against each default of ``Platform`` when a failure is tried under its variant."""
