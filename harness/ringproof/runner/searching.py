"""Looks behind failures until every distinct one is known: one finding for each clause and shape.

Failures that look alike are taken together. The simplest is reduced first; what it explains need
not be reduced, as long as it fails under the same platform too. Others may hide behind an
explanation, so what is explained is tried again without each thing that the explanation needs.
What fails only now and then comes last, and is shown as such.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from ringproof.campaign.containment import NOWHERE, Spot, within, without
from ringproof.campaign.shape import shape
from ringproof.runner.attempts import Bench, variant_sentences
from ringproof.runner.found import Book, Found
from ringproof.runner.proving import CONFIRMED_BY, FAILS_IN_A_ROW, Proof, Prover, starts
from ringproof.runner.symptom import Sighting, Sightings, Symptom
from ringproof.runner.variants import OTHER_VALUES
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

BACKTRACKS_MAX = 4
"""Larger ancestors of the smallest scenario that are confirmed in its place, one after the other.
"""

_Thing = TypeVar("_Thing")

Notice = Callable[[int], None]
"""Told how many failures nobody has looked into yet."""


class Search:
    """One search on one bench; what it finds goes into the book as soon as it is known."""

    def __init__(self, bench: Bench, book: Book, notice: Notice) -> None:
        self._bench = bench
        self._book = book
        self._tell = notice
        self._prover = Prover(bench, lambda: notice(self.waiting))
        self._turn = asyncio.Semaphore(bench.lanes)
        self._explained: list[tuple[Found, Sighting]] = []
        self._unsure: dict[Symptom, list[tuple[Sighting, list[Proof]]]] = {}
        self.waiting = 0
        """Failures that nobody has looked into."""

    async def run(self, sightings: Sightings) -> None:
        """Look into everything that was sighted, as long as the bench has time."""
        self.waiting = sum(map(len, sightings.by_symptom.values()))
        async with asyncio.TaskGroup() as looks:
            for seen in sightings.by_symptom.values():
                looks.create_task(self._look_into(seen))
        await self._side_by_side(list(self._behind()), self._look_behind)
        await self._side_by_side(list(self._unsure.values()), self._rate)
        self._note_unexamined(sightings)
        await self._side_by_side(self._book.confirmed(), self._try_variants)

    async def _side_by_side(
        self, things: Iterable[_Thing], work: Callable[[_Thing], Awaitable[None]]
    ) -> None:
        """Work through things, as many at once as the bench has lanes."""
        queue = iter(things)

        async def worker() -> None:
            for thing in queue:
                await work(thing)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._bench.lanes):
                workers.create_task(worker())

    async def _look_into(self, seen: list[Sighting]) -> None:
        """Look into the sightings of one symptom, simplest first, taking turns with the others."""
        for sighting in seen:
            found = await self._explanation(sighting)
            if found is not None:
                found.explain(sighting)
                self._explained.append((found, sighting))
            elif self._bench.over():
                continue
            else:
                async with self._turn:
                    await self._reduce(sighting)
            self.waiting -= 1
            self._tell(self.waiting)

    async def _explanation(self, sighting: Sighting) -> Found | None:
        """Return the finding that explains what was seen."""
        for found in self._book.of(sighting.symptom):
            if await self._explains(found, sighting, sighting.planned.scenario, sighting.spot):
                return found
        return None

    async def _explains(
        self, found: Found, sighting: Sighting, scenario: Scenario, spot: Spot = NOWHERE
    ) -> bool:
        """Say whether the finding lies within a scenario, and fails on that platform too."""
        small = found.proof.scenario
        if not within(small, scenario, found.spot, spot):
            return False
        there = msgspec.structs.replace(small, platform=_plain(scenario.platform))
        proof = await self._prover.fails_by_chance(sighting.symptom, sighting.planned, there)
        return proof is not None

    async def _reduce(self, sighting: Sighting) -> None:
        """Make a finding of what was seen, or remember that it did not fail again.

        On its way the reduction must not come upon what is known already.
        """
        scenario = sighting.planned.scenario
        others = [
            found
            for found in self._book.of(sighting.symptom)
            if not await self._explains(found, sighting, scenario)
        ]

        async def known(smaller: Scenario) -> bool:
            for found in others:
                if await self._explains(found, sighting, smaller):
                    return True
            return False

        proofs: list[Proof] = []
        for in_a_row in (1, FAILS_IN_A_ROW):
            proofs = await self._prover.shrunk(sighting, in_a_row=in_a_row, astray=known)
            if await self._settle(sighting, proofs):
                break
        else:
            self._unsure.setdefault(sighting.symptom, []).append((sighting, proofs))

    async def _settle(self, sighting: Sighting, proofs: list[Proof]) -> bool:
        """Note the smallest that can be confirmed; say whether there is one."""
        for proof in _latest_first(proofs):
            known = self._book.get(sighting.symptom.clause, proof.scenario)
            if known is not None and known.confirmed:
                known.explain(sighting)
                return True
            confirmed = await self._prover.confirmed(sighting, proof.scenario)
            if confirmed is not None:
                self._book.note(sighting, confirmed, CONFIRMED_BY, CONFIRMED_BY)
                return True
        return False

    # -- what may hide behind an explanation --------------------------------------------------

    def _behind(self) -> Iterator[Sighting]:
        """Yield what is explained without what explains it: the failing call alone comes first."""
        seen: set[tuple[Symptom, str]] = set()
        later: list[Sighting] = []
        for found, sighting in self._explained:
            for scenario, spot in starts(sighting):
                alone = len(scenario.callers) == 1
                for rest in without(found.proof.scenario, scenario, found.spot, spot):
                    key = sighting.symptom, shape(rest)
                    if key not in seen:
                        seen.add(key)
                        planned = msgspec.structs.replace(sighting.planned, scenario=rest)
                        suspect = msgspec.structs.replace(sighting, planned=planned, spot=spot)
                        if alone:
                            yield suspect
                        else:
                            later.append(suspect)
        yield from later

    async def _look_behind(self, suspect: Sighting) -> None:
        if self._bench.over() or await self._explanation(suspect) is not None:
            return
        planned = suspect.planned
        if await self._prover.fails(suspect.symptom, planned, planned.scenario) is not None:
            await self._reduce(suspect)
        self._tell(self.waiting)

    # -- what fails now and then --------------------------------------------------------------

    async def _rate(self, unsure: list[tuple[Sighting, list[Proof]]]) -> None:
        """Say of one symptom how often it fails, in the smallest scenario that can be had."""
        left = [one for one in unsure if await self._explanation(one[0]) is None]
        if not left:
            return
        sighting, proofs = min(left, key=lambda one: (not one[1], one[0].size))
        proofs = proofs or await self._prover.shrunk(sighting, by_chance=True)
        if await self._settle(sighting, proofs):
            return
        proof = proofs[-1] if proofs else _first(sighting)
        if proof is None:
            self.waiting += len(left)
            return
        failed, replays = await self._prover.rated(sighting, proof.scenario)
        found = self._book.note(sighting, proof, failed, replays)
        for another, _ in left:
            found.explain(another)

    def _note_unexamined(self, sightings: Sightings) -> None:
        """Keep what there was no time for from being forgotten."""
        for symptom, seen in sightings.by_symptom.items():
            proof = _first(seen[0])
            if proof is not None and not self._book.shows(symptom):
                self._book.note(seen[0], proof, 0, 0)

    async def _try_variants(self, found: Found) -> None:
        row, scenario = ledger.load().row(found.clause), found.proof.scenario
        sentences = await variant_sentences(self._bench, row, found.planned, scenario)
        found.variants = tuple(sentences)


def _first(sighting: Sighting) -> Proof | None:
    """Return what was seen first, as it was seen."""
    if sighting.trace is None:
        return None
    return Proof(sighting.planned.scenario, sighting.failure, sighting.trace)


def _latest_first(proofs: list[Proof]) -> Iterator[Proof]:
    """Yield the smallest proofs, then the one that the reduction began with."""
    yield from reversed(proofs[1:][-BACKTRACKS_MAX:])
    yield from proofs[:1]


def _plain(platform: Platform) -> Platform:
    """Return the platform with its variants at one value each: not every ring time is played."""
    usual = Platform()
    changed = {
        field: OTHER_VALUES[field]
        for field in Platform.__struct_fields__
        if getattr(platform, field) != getattr(usual, field)
    }
    return msgspec.structs.replace(usual, **changed)
