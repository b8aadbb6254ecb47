"""The book of findings: one entry for each clause and shape."""

from __future__ import annotations

import msgspec

from ringproof.results import Finding, FirstFailure, Planned
from ringproof.triage.canonical_form import shape
from ringproof.triage.reproduce import Proof
from ringproof.triage.signature import Occurrence, Signature, spot
from ringproof.triage.subsumption import Spot
from ringproof_scenarios.ledger import Ledger
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import size


class Found(msgspec.Struct, eq=False):
    """A finding that may still be told more of."""

    clause: str
    shape: str
    planned: Planned
    """What it was reduced from."""
    proof: Proof
    spot: Spot
    failed: int
    """Of ``replays`` on fresh sessions."""
    replays: int
    symptoms: set[Signature] = msgspec.field(default_factory=set)
    scenarios: set[Scenario] = msgspec.field(default_factory=set)
    """What was played and is explained by it."""
    variants: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """It failed whenever it was played again."""
        return self.failed == self.replays > 0

    def explain(self, occurrence: Occurrence) -> None:
        """Take in something that it explains."""
        self.symptoms.add(occurrence.signature)
        self.scenarios.add(occurrence.planned.scenario)


class FindingStore:
    """All findings of a run."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Found] = {}

    def __len__(self) -> int:
        return len(self._found)

    def confirmed(self) -> list[Found]:
        """Return what fails whenever it is played."""
        return [one for one in self._found.values() if one.confirmed]

    def of(self, signature: Signature) -> list[Found]:
        """Return the confirmed findings that show a signature, simplest first."""
        showing = [one for one in self.confirmed() if signature in one.symptoms]
        return sorted(showing, key=lambda one: size(one.proof.scenario))

    def shows(self, signature: Signature) -> bool:
        """Say whether any finding shows a signature, confirmed or not."""
        return any(signature in one.symptoms for one in self._found.values())

    def get(self, clause: str, scenario: Scenario) -> Found | None:
        """Return the finding of that clause and of the scenario's shape."""
        return self._found.get((clause, shape(scenario)))

    def note(self, occurrence: Occurrence, proof: Proof, failed: int, replays: int) -> Found:
        """Write down what a occurrence was reduced to; who finds the same again adds to it."""
        key = occurrence.signature.clause, shape(proof.scenario)
        new = Found(
            *key,
            planned=occurrence.planned,
            proof=proof,
            spot=spot(proof.trace, proof.failure),
            failed=failed,
            replays=replays,
        )
        known = self._found.setdefault(key, new)
        if new.confirmed and not known.confirmed:
            known.planned, known.proof, known.spot = new.planned, new.proof, new.spot
            known.failed, known.replays = failed, replays
        known.explain(occurrence)
        return known

    def findings(self, ledger: Ledger) -> tuple[Finding, ...]:
        """Return all findings clause by clause, confirmed ones first, simple ones first."""
        place = {row.id: number for number, row in enumerate(ledger)}
        found = sorted(
            self._found.values(),
            key=lambda one: (place[one.clause], not one.confirmed, size(one.proof.scenario)),
        )
        return tuple([_finding(one, ledger) for one in found])


def _finding(found: Found, ledger: Ledger) -> Finding:
    row = ledger.row(found.clause)
    return Finding(
        clause=row.id,
        level=row.level,
        statement=row.statement,
        shape=found.shape,
        failed=found.failed,
        replays=found.replays,
        scenarios=len(found.scenarios),
        variants=found.variants,
        first=FirstFailure(
            scenario=found.proof.scenario,
            failure=found.proof.failure,
            trace=found.proof.trace,
            label=found.planned.label,
            real_media=found.planned.real_media,
            mode=found.planned.mode,
        ),
    )
