"""Shows a signature again, in scenarios as small as can be: by playing them, on whatever bench."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import msgspec

from ringproof.results import Planned
from ringproof.trace import Trace
from ringproof.triage.attempts import Bench, Shown
from ringproof.triage.signature import Occurrence, Signature, signature
from ringproof.triage.subsumption import Spot
from ringproof.verdict import Failure
from ringproof_scenarios.coarse_reduction import leaps
from ringproof_scenarios.model import Scenario
from ringproof_scenarios.reduction import keep, reduce

TRIES = 60
"""Scenarios tried to make one finding small: a walk has some 25 things to do without."""

TRIES_BY_CHANCE = 40
"""The same for what fails now and then, where each try takes up to ``CHANCES`` plays."""

FAILS_IN_A_ROW = 2
"""How often something has to fail before it is believed to fail every time, and the search goes on
from it: a race that is lost every other time would otherwise lead it astray."""

CHANCES = 3
"""How often what fails now and then may be played until it fails."""

CONFIRMED_BY = 3
"""Replays on fresh sessions, all of which have to fail, before a failure counts as confirmed."""

RATED_BY = 5
"""Replays on fresh sessions that show how often something fails now and then."""


class Proof(msgspec.Struct, frozen=True):
    """A scenario that shows a signature."""

    scenario: Scenario
    failure: Failure
    trace: Trace


async def _never(scenario: Scenario) -> bool:
    return False


class Reproducer:
    """Plays on a bench until a signature shows, or does not."""

    def __init__(self, bench: Bench, notice: Callable[[], None]) -> None:
        self._bench = bench
        self._notice = notice
        """Called after every scenario that was tried."""

    async def fails(
        self,
        wanted: Signature,
        planned: Planned,
        scenario: Scenario,
        *,
        in_a_row: int = FAILS_IN_A_ROW,
        fresh: bool = False,
    ) -> Proof | None:
        """Return the proof that the signature shows ``in_a_row`` times; the first pass ends it."""
        for one in self._bench.weathers(scenario):
            proof = None
            for number in range(1, in_a_row + 1):
                shown = (await self._bench.attempts(planned, one, number, fresh=fresh))[-1]
                proof = _proof(wanted, one, shown)
                if proof is None:
                    break
            if proof is not None:
                return proof
        return None

    async def fails_by_chance(
        self, wanted: Signature, planned: Planned, scenario: Scenario
    ) -> Proof | None:
        """Return the proof that the signature shows at least once in ``CHANCES`` times."""
        for one in self._bench.weathers(scenario):
            for number in range(1, CHANCES + 1):
                shown = (await self._bench.attempts(planned, one, number, fresh=False))[-1]
                proof = _proof(wanted, one, shown)
                if proof is not None:
                    return proof
        return None

    async def shrunk(
        self,
        occurrence: Occurrence,
        *,
        in_a_row: int = 1,
        by_chance: bool = False,
        astray: Callable[[Scenario], Awaitable[bool]] = _never,
    ) -> list[Proof]:
        """Return ever smaller scenarios that show what was sighted; none if nothing does.

        Each has failed ``in_a_row`` times; once is quick, but a race may lead it astray.
        Those of which ``astray`` says that they fail for another reason are passed by.
        """
        proofs: list[Proof] = []

        async def fails(scenario: Scenario) -> bool:
            wanted, planned = occurrence.signature, occurrence.planned
            if by_chance:
                proof = await self.fails_by_chance(wanted, planned, scenario)
            else:
                proof = await self.fails(wanted, planned, scenario, in_a_row=in_a_row)
            if proof is not None and await astray(scenario):
                return False
            if proof is not None:
                proofs.append(proof)
            self._notice()
            return proof is not None

        begun = [scenario for scenario, _ in starts(occurrence)]
        for scenario in begun:
            if await fails(scenario):
                break
        if proofs or by_chance:
            # What a busy machine keeps from failing again may still fail when less is going on.
            for leap in leaps(proofs[-1].scenario if proofs else begun[0]):
                if await fails(leap):
                    break
        if proofs:
            tries = TRIES_BY_CHANCE if by_chance else TRIES
            await reduce(proofs[-1].scenario, fails, tries)
        return proofs

    async def confirmed(self, occurrence: Occurrence, scenario: Scenario) -> Proof | None:
        """Return the proof that the scenario fails whenever it is played; None if it does not."""
        return await self.fails(
            occurrence.signature, occurrence.planned, scenario, in_a_row=CONFIRMED_BY, fresh=True
        )

    async def rated(self, occurrence: Occurrence, scenario: Scenario) -> tuple[int, int]:
        """Return how often the signature shows on fresh sessions, and of how many times."""
        attempts = await self._bench.attempts(occurrence.planned, scenario, RATED_BY, fresh=True)
        shown = [one for one in attempts if one is not None]
        failed = [one for one in shown if _proof(occurrence.signature, scenario, one) is not None]
        return len(failed), len(shown)


def starts(occurrence: Occurrence) -> Iterator[tuple[Scenario, Spot]]:
    """Yield what a reduction may begin with: the failing call alone, then the whole scenario.

    Each comes with the place of the failure in it.
    """
    scenario, spot = occurrence.planned.scenario, occurrence.spot
    if spot.call is not None and len(scenario.callers) > 1:
        yield keep(scenario, [spot.call]), Spot(0, spot.device)
    yield scenario, spot


def _proof(wanted: Signature, scenario: Scenario, shown: Shown | None) -> Proof | None:
    for failure in shown.failures.get(wanted.clause, ()) if shown is not None else ():
        if shown is not None and signature(wanted.clause, failure) == wanted:
            return Proof(scenario, failure, shown.trace)
    return None
