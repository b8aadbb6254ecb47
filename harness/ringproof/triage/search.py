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

from ringproof.accounting.variants import OTHER_VALUES
from ringproof.triage.attempts import Bench, variant_sentences
from ringproof.triage.canonical_form import shape
from ringproof.triage.finding_store import FindingStore, Found
from ringproof.triage.reproduce import CONFIRMED_BY, FAILS_IN_A_ROW, Proof, Reproducer, starts
from ringproof.triage.signature import Occurrence, Occurrences, Signature
from ringproof.triage.subsumption import NOWHERE, Spot, within, without
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

    def __init__(self, bench: Bench, book: FindingStore, notice: Notice) -> None:
        self._bench = bench
        self._book = book
        self._tell = notice
        self._prover = Reproducer(bench, lambda: notice(self.waiting))
        self._turn = asyncio.Semaphore(bench.workers)
        self._explained: list[tuple[Found, Occurrence]] = []
        self._unsure: dict[Signature, list[tuple[Occurrence, list[Proof]]]] = {}
        self.waiting = 0
        """Failures that nobody has looked into."""

    async def run(self, occurrences: Occurrences) -> None:
        """Look into everything that was sighted, as long as the bench has time."""
        self.waiting = sum(map(len, occurrences.by_signature.values()))
        async with asyncio.TaskGroup() as looks:
            for seen in occurrences.by_signature.values():
                looks.create_task(self._look_into(seen))
        await self._side_by_side(list(self._behind()), self._look_behind)
        await self._side_by_side(list(self._unsure.values()), self._rate)
        self._note_unexamined(occurrences)
        await self._side_by_side(self._book.confirmed(), self._try_variants)

    async def _side_by_side(
        self, things: Iterable[_Thing], work: Callable[[_Thing], Awaitable[None]]
    ) -> None:
        """Work through things, as many at once as the bench has workers."""
        queue = iter(things)

        async def worker() -> None:
            for thing in queue:
                await work(thing)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._bench.workers):
                workers.create_task(worker())

    async def _look_into(self, seen: list[Occurrence]) -> None:
        """Look into all occurrences of one signature, simplest first, in turn with the others."""
        for occurrence in seen:
            found = await self._explanation(occurrence)
            if found is not None:
                found.explain(occurrence)
                self._explained.append((found, occurrence))
            elif self._bench.over():
                continue
            else:
                async with self._turn:
                    await self._reduce(occurrence)
            self.waiting -= 1
            self._tell(self.waiting)

    async def _explanation(self, occurrence: Occurrence) -> Found | None:
        """Return the finding that explains what was seen."""
        for found in self._book.of(occurrence.signature):
            if await self._explains(
                found, occurrence, occurrence.planned.scenario, occurrence.spot
            ):
                return found
        return None

    async def _explains(
        self, found: Found, occurrence: Occurrence, scenario: Scenario, spot: Spot = NOWHERE
    ) -> bool:
        """Say whether the finding lies within a scenario, and fails on that platform too."""
        small = found.proof.scenario
        if not within(small, scenario, found.spot, spot):
            return False
        there = msgspec.structs.replace(small, platform=_plain(scenario.platform))
        proof = await self._prover.fails_by_chance(occurrence.signature, occurrence.planned, there)
        return proof is not None

    async def _reduce(self, occurrence: Occurrence) -> None:
        """Make a finding of what was seen, or remember that it did not fail again.

        On its way the reduction must not come upon what is known already.
        """
        scenario = occurrence.planned.scenario
        others = [
            found
            for found in self._book.of(occurrence.signature)
            if not await self._explains(found, occurrence, scenario)
        ]

        async def known(smaller: Scenario) -> bool:
            for found in others:
                if await self._explains(found, occurrence, smaller):
                    return True
            return False

        proofs: list[Proof] = []
        for in_a_row in (1, FAILS_IN_A_ROW):
            proofs = await self._prover.shrunk(occurrence, in_a_row=in_a_row, astray=known)
            if await self._settle(occurrence, proofs):
                break
        else:
            self._unsure.setdefault(occurrence.signature, []).append((occurrence, proofs))

    async def _settle(self, occurrence: Occurrence, proofs: list[Proof]) -> bool:
        """Note the smallest that can be confirmed; say whether there is one."""
        for proof in _latest_first(proofs):
            known = self._book.get(occurrence.signature.clause, proof.scenario)
            if known is not None and known.confirmed:
                known.explain(occurrence)
                return True
            confirmed = await self._prover.confirmed(occurrence, proof.scenario)
            if confirmed is not None:
                self._book.note(occurrence, confirmed, CONFIRMED_BY, CONFIRMED_BY)
                return True
        return False

    # -- what may hide behind an explanation --------------------------------------------------

    def _behind(self) -> Iterator[Occurrence]:
        """Yield what is explained without what explains it: the failing call alone comes first."""
        seen: set[tuple[Signature, str]] = set()
        later: list[Occurrence] = []
        for found, occurrence in self._explained:
            for scenario, spot in starts(occurrence):
                alone = len(scenario.callers) == 1
                for rest in without(found.proof.scenario, scenario, found.spot, spot):
                    key = occurrence.signature, shape(rest)
                    if key not in seen:
                        seen.add(key)
                        planned = msgspec.structs.replace(occurrence.planned, scenario=rest)
                        suspect = msgspec.structs.replace(occurrence, planned=planned, spot=spot)
                        if alone:
                            yield suspect
                        else:
                            later.append(suspect)
        yield from later

    async def _look_behind(self, suspect: Occurrence) -> None:
        if self._bench.over() or await self._explanation(suspect) is not None:
            return
        planned = suspect.planned
        if await self._prover.fails(suspect.signature, planned, planned.scenario) is not None:
            await self._reduce(suspect)
        self._tell(self.waiting)

    # -- what fails now and then --------------------------------------------------------------

    async def _rate(self, unsure: list[tuple[Occurrence, list[Proof]]]) -> None:
        """Say of one signature how often it fails, in the smallest scenario that can be had."""
        left = [one for one in unsure if await self._explanation(one[0]) is None]
        if not left:
            return
        occurrence, proofs = min(left, key=lambda one: (not one[1], one[0].size))
        proofs = proofs or await self._prover.shrunk(occurrence, by_chance=True)
        if await self._settle(occurrence, proofs):
            return
        proof = proofs[-1] if proofs else _first(occurrence)
        if proof is None:
            self.waiting += len(left)
            return
        failed, replays = await self._prover.rated(occurrence, proof.scenario)
        found = self._book.note(occurrence, proof, failed, replays)
        for another, _ in left:
            found.explain(another)

    def _note_unexamined(self, occurrences: Occurrences) -> None:
        """Keep what there was no time for from being forgotten."""
        for signature, seen in occurrences.by_signature.items():
            proof = _first(seen[0])
            if proof is not None and not self._book.shows(signature):
                self._book.note(seen[0], proof, 0, 0)

    async def _try_variants(self, found: Found) -> None:
        row, scenario = ledger.load().row(found.clause), found.proof.scenario
        sentences = await variant_sentences(self._bench, row, found.planned, scenario)
        found.variants = tuple(sentences)


def _first(occurrence: Occurrence) -> Proof | None:
    """Return what was seen first, as it was seen."""
    if occurrence.trace is None:
        return None
    return Proof(occurrence.planned.scenario, occurrence.failure, occurrence.trace)


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
