"""The findings of an exploring run: one for each clause and canonical form of what breaks it."""

from __future__ import annotations

import msgspec

from ringproof.results import Finding
from ringproof.triage.canonical_form import shape
from ringproof.triage.reproduce import Reproduction
from ringproof.triage.signature import Occurrence, Signature, failure_place
from ringproof.triage.subsumption import FailurePlace
from ringproof_scenarios.ledger import Ledger
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size


class StoredFinding(msgspec.Struct, eq=False):
    """A finding, and what it explains so far."""

    clause: str
    shape: str
    proof: Reproduction
    place: FailurePlace
    failed: int
    """Of ``replays`` on fresh sessions."""
    replays: int
    signatures: set[Signature] = msgspec.field(default_factory=set)
    scenarios: set[Scenario] = msgspec.field(default_factory=set)
    """What was played and is explained by it."""
    variants: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """It failed whenever it was played again."""
        return self.failed == self.replays > 0

    def explain(self, occurrence: Occurrence) -> None:
        """Add an occurrence that it explains."""
        self.signatures.add(occurrence.signature)
        self.scenarios.add(occurrence.planned.scenario)

    def result(self, ledger: Ledger) -> Finding:
        """Return it as reports show it."""
        row = ledger.row(self.clause)
        return Finding(
            clause=row.id,
            level=row.level,
            statement=row.statement,
            shape=self.shape,
            failed=self.failed,
            replays=self.replays,
            scenarios=len(self.scenarios),
            variants=self.variants,
            first=self.proof.first_failure(),
        )


class FindingStore:
    """All findings of a run."""

    def __init__(self) -> None:
        self._findings: dict[tuple[str, str], StoredFinding] = {}

    def __len__(self) -> int:
        return len(self._findings)

    def confirmed(self) -> list[StoredFinding]:
        """Return those that fail whenever they are played."""
        return [one for one in self._findings.values() if one.confirmed]

    def of(self, signature: Signature) -> list[StoredFinding]:
        """Return the confirmed findings that show a signature, simplest first."""
        showing = [one for one in self.confirmed() if signature in one.signatures]
        return sorted(showing, key=lambda one: size(one.proof.scenario))

    def shows(self, signature: Signature) -> bool:
        """Say whether any finding shows a signature, confirmed or not."""
        return any(signature in one.signatures for one in self._findings.values())

    def get(self, clause: str, scenario: Scenario) -> StoredFinding | None:
        """Return the finding of that clause and of the scenario's shape."""
        return self._findings.get((clause, shape(scenario)))

    def add(
        self, occurrence: Occurrence, proof: Reproduction, failed: int, replays: int
    ) -> StoredFinding:
        """Add what an occurrence was reduced to, or the occurrence to the finding that is there."""
        key = occurrence.signature.clause, shape(proof.scenario)
        place = failure_place(proof.trace, proof.failure)
        new = StoredFinding(*key, proof=proof, place=place, failed=failed, replays=replays)
        stored = self._findings.setdefault(key, new)
        if new.confirmed and not stored.confirmed:
            stored.proof, stored.place = proof, place
            stored.failed, stored.replays = failed, replays
        stored.explain(occurrence)
        return stored

    def findings(self, ledger: Ledger) -> tuple[Finding, ...]:
        """Return all findings clause by clause, confirmed ones first, simple ones first."""
        order = {row.id: number for number, row in enumerate(ledger)}
        stored = sorted(
            self._findings.values(),
            key=lambda one: (order[one.clause], not one.confirmed, size(one.proof.scenario)),
        )
        return tuple([one.result(ledger) for one in stored])
