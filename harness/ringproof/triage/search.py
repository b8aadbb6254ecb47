"""Looks behind failures until every distinct one is known: one finding for each clause and shape.

Occurrences of one signature are taken together. The simplest is reduced first; what it explains
need not be reduced, as long as it fails under the same platform too. Others may hide behind an
explanation, so what is explained is tried again without each thing that the explanation needs.
What fails only now and then comes last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from ringproof.accounting.variants import OTHER_VALUES
from ringproof.triage.canonical_form import shape
from ringproof.triage.finding_store import FindingStore, StoredFinding
from ringproof.triage.replay import Replayer
from ringproof.triage.reproduce import DEFAULT_LIMITS, Limits, Reproducer, Reproduction
from ringproof.triage.signature import Occurrence, Occurrences, Signature
from ringproof.triage.subsumption import NOWHERE, FailurePlace, within, without
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

_Item = TypeVar("_Item")

Notify = Callable[[int], None]
"""Called with the number of occurrences that have not been looked into yet."""


class Search:
    """One search on one replayer; what it finds is in the store as soon as it is known."""

    def __init__(
        self,
        replayer: Replayer,
        store: FindingStore,
        notify: Notify,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._replayer = replayer
        self._store = store
        self._notify = notify
        self._reproducer = Reproducer(replayer, limits, lambda _: notify(self.waiting))
        self._turn = asyncio.Semaphore(replayer.workers)
        self._explained: list[tuple[StoredFinding, Occurrence]] = []
        self._unsure: dict[Signature, list[tuple[Occurrence, list[Reproduction]]]] = {}
        self.waiting = 0
        """Occurrences that have not been looked into."""

    async def run(self, occurrences: Occurrences) -> None:
        """Look into every occurrence, as long as the replayer has time."""
        self.waiting = sum(map(len, occurrences.by_signature.values()))
        async with asyncio.TaskGroup() as tasks:
            for alike in occurrences.by_signature.values():
                tasks.create_task(self._look_into(alike))
        await self._side_by_side(list(self._behind()), self._look_behind)
        await self._side_by_side(list(self._unsure.values()), self._rate)
        self._add_unexamined(occurrences)
        await self._side_by_side(self._store.confirmed(), self._try_variants)

    async def _side_by_side(
        self, items: Iterable[_Item], work: Callable[[_Item], Awaitable[None]]
    ) -> None:
        """Work through items, as many at once as there are workers."""
        queue = iter(items)

        async def worker() -> None:
            for item in queue:
                await work(item)

        async with asyncio.TaskGroup() as workers:
            for _ in range(self._replayer.workers):
                workers.create_task(worker())

    async def _look_into(self, alike: list[Occurrence]) -> None:
        """Look into all occurrences of one signature, simplest first, in turn with the others."""
        for occurrence in alike:
            finding = await self._explanation(occurrence)
            if finding is not None:
                finding.explain(occurrence)
                self._explained.append((finding, occurrence))
            elif self._replayer.out_of_time():
                continue
            else:
                async with self._turn:
                    await self._reduce(occurrence)
            self.waiting -= 1
            self._notify(self.waiting)

    async def _explanation(self, occurrence: Occurrence) -> StoredFinding | None:
        """Return the finding that explains an occurrence."""
        scenario, place = occurrence.planned.scenario, occurrence.place
        for finding in self._store.of(occurrence.signature):
            if await self._explains(finding, occurrence, scenario, place):
                return finding
        return None

    async def _explains(
        self,
        finding: StoredFinding,
        occurrence: Occurrence,
        scenario: Scenario,
        place: FailurePlace = NOWHERE,
    ) -> bool:
        """Say whether the finding lies within a scenario, and fails on that platform too."""
        small = finding.proof.scenario
        if not within(small, scenario, finding.place, place):
            return False
        there = msgspec.structs.replace(small, platform=_plain(scenario.platform))
        proof = await self._reproducer.fails_by_chance(
            occurrence.signature, occurrence.planned, there
        )
        return proof is not None

    async def _reduce(self, occurrence: Occurrence) -> None:
        """Make a finding of an occurrence, or remember that it did not fail again.

        On its way the reduction must not come upon what is known already.
        """
        scenario = occurrence.planned.scenario
        others = [
            finding
            for finding in self._store.of(occurrence.signature)
            if not await self._explains(finding, occurrence, scenario)
        ]

        async def known(smaller: Scenario) -> bool:
            for finding in others:
                if await self._explains(finding, occurrence, smaller):
                    return True
            return False

        proofs: list[Reproduction] = []
        for in_a_row in (1, self._reproducer.limits.in_a_row):
            proofs = await self._reproducer.shrink(
                occurrence.signature,
                [origin for origin, _ in occurrence.starts()],
                in_a_row=in_a_row,
                astray=known,
            )
            if await self._settle(occurrence, proofs):
                break
        else:
            self._unsure.setdefault(occurrence.signature, []).append((occurrence, proofs))

    async def _settle(self, occurrence: Occurrence, proofs: list[Reproduction]) -> bool:
        """Add the smallest that can be confirmed; say whether there is one."""
        for proof in self._reproducer.latest_first(proofs):
            known = self._store.get(occurrence.signature.clause, proof.scenario)
            if known is not None and known.confirmed:
                known.explain(occurrence)
                return True
            confirmed = await self._reproducer.confirmed(occurrence.signature, proof)
            if confirmed is not None:
                times = self._reproducer.limits.confirmed_by
                self._store.add(occurrence, confirmed, times, times)
                return True
        return False

    # -- what may hide behind an explanation --------------------------------------------------

    def _behind(self) -> Iterator[Occurrence]:
        """Yield what is explained without what explains it: the failing call alone comes first."""
        seen: set[tuple[Signature, str]] = set()
        later: list[Occurrence] = []
        for finding, occurrence in self._explained:
            for origin, place in occurrence.starts():
                scenario = origin.scenario
                for rest in without(finding.proof.scenario, scenario, finding.place, place):
                    key = occurrence.signature, shape(rest)
                    if key in seen:
                        continue
                    seen.add(key)
                    planned = msgspec.structs.replace(occurrence.planned, scenario=rest)
                    suspect = msgspec.structs.replace(occurrence, planned=planned, place=place)
                    if len(scenario.callers) == 1:
                        yield suspect
                    else:
                        later.append(suspect)
        yield from later

    async def _look_behind(self, suspect: Occurrence) -> None:
        if self._replayer.out_of_time() or await self._explanation(suspect) is not None:
            return
        planned, times = suspect.planned, self._reproducer.limits.in_a_row
        if await self._reproducer.fails(
            suspect.signature, planned, planned.scenario, in_a_row=times
        ):
            await self._reduce(suspect)
        self._notify(self.waiting)

    # -- what fails now and then --------------------------------------------------------------

    async def _rate(self, unsure: list[tuple[Occurrence, list[Reproduction]]]) -> None:
        """Find out how often one signature fails, in the smallest scenario that can be had."""
        left = [one for one in unsure if await self._explanation(one[0]) is None]
        if not left:
            return
        occurrence, proofs = min(left, key=lambda one: (not one[1], one[0].size))
        origins = [origin for origin, _ in occurrence.starts()]
        proofs = proofs or await self._reproducer.shrink(
            occurrence.signature, origins, by_chance=True
        )
        if await self._settle(occurrence, proofs):
            return
        proof = proofs[-1] if proofs else _as_played(occurrence)
        if proof is None:
            self.waiting += len(left)
            return
        failed, replays = await self._reproducer.rated(occurrence.signature, proof)
        finding = self._store.add(occurrence, proof, failed, replays)
        for another, _ in left:
            finding.explain(another)

    def _add_unexamined(self, occurrences: Occurrences) -> None:
        """Add what there was no time for as it was played."""
        for signature, alike in occurrences.by_signature.items():
            proof = _as_played(alike[0])
            if proof is not None and not self._store.shows(signature):
                self._store.add(alike[0], proof, 0, 0)

    async def _try_variants(self, finding: StoredFinding) -> None:
        row = ledger.load().row(finding.clause)
        finding.variants = tuple(await self._reproducer.variants(row, finding.proof))


def _as_played(occurrence: Occurrence) -> Reproduction | None:
    if occurrence.trace is None:
        return None
    planned = occurrence.planned
    return Reproduction(planned, planned.scenario, occurrence.failure, occurrence.trace)


def _plain(platform: Platform) -> Platform:
    """Return the platform with its variants at one value each: not every ring time is played."""
    usual = Platform()
    changed = {
        field: OTHER_VALUES[field]
        for field in Platform.__struct_fields__
        if getattr(platform, field) != getattr(usual, field)
    }
    return msgspec.structs.replace(usual, **changed)
