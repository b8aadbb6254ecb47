"""Plays scenarios again and again, over the network or in virtual time, and says what they show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from ringproof.accounting.variants import describe_variant, variants_to_try
from ringproof.adapters.protocol import AdapterError
from ringproof.baseline import KnownFailures
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Played, Worker
from ringproof.results import Fault, Planned
from ringproof.simulation.player import Player
from ringproof.trace import Trace
from ringproof.triage.shrink import WEATHERS, played
from ringproof.verdict import Failure, Outcome, Owner
from ringproof_scenarios.ledger import Row
from ringproof_scenarios.model import Scenario

VARIANTS_TRIED = 2
"""Attempts at a failing scenario under another variant."""

NO_KNOWN_FAILURES = KnownFailures()

Judge = Callable[[Planned, Played], tuple[dict[str, Outcome], Fault | None]]


class Shown(msgspec.Struct, frozen=True):
    """What one attempt showed: its trace, and the failures of each clause that failed.

    A clause that failed in known ways only shows nothing: it counts as not exercised.
    """

    trace: Trace
    failures: dict[str, tuple[Failure, ...]]
    exercised: frozenset[str]


class Bench(Protocol):
    """Where scenarios are tried."""

    @property
    def workers(self) -> int:
        """How many can be tried at once."""

    def weathers(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield the scenario as it can be tried; in virtual time, with several seeds of delays."""

    def over(self, *, fresh: bool = False) -> bool:
        """Say whether nothing is played any more, on fresh sessions or on used ones."""

    async def attempts(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> list[Shown | None]:
        """Return the first ``number`` attempts at a scenario, playing those not played before.

        ``planned`` says how it is played. ``fresh`` asks for sessions that no scenario has used
        yet. None stands for an attempt that could not be judged, or came when time was over.
        """


class _Made(msgspec.Struct):
    """The attempts made at one scenario."""

    shown: list[Shown | None] = []
    playing: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class NetworkReplayer:
    """Tries scenarios on workers of its own. Times are of ``time.monotonic()``.

    Nothing is played any more after ``search_until_s``, on fresh sessions ``confirm_until_s``.
    ``known_failures`` are the failures that are known, and not looked at.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        supervisor: Supervisor,
        judge: Judge,
        *,
        search_until_s: float,
        confirm_until_s: float,
        known_failures: KnownFailures = NO_KNOWN_FAILURES,
    ) -> None:
        self._all = workers
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in workers:
            self._free.put_nowait(worker)
        self._supervisor = supervisor
        self._judge = judge
        self._known_failures = known_failures
        self._until_s = {False: search_until_s, True: confirm_until_s}
        self._made: dict[tuple[Scenario, bool, bool], _Made] = {}
        self._dead = False

    @property
    def workers(self) -> int:
        """How many scenarios are played side by side."""
        return len(self._all)

    def weathers(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield it as it is: a network has a weather of its own."""
        return (scenario,)

    async def attempts(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> list[Shown | None]:
        """See ``Bench``."""
        made = self._made.setdefault((scenario, planned.real_media, fresh), _Made())
        async with made.playing:
            while len(made.shown) < number:
                made.shown.append(await self._play(planned, scenario, fresh=fresh))
        return made.shown[:number]

    def over(self, *, fresh: bool = False) -> bool:
        """See ``Bench``."""
        return self._dead or time.monotonic() > self._until_s[fresh]

    async def close(self) -> None:
        """Leave the workers; nothing may be played any more."""
        for worker in self._all:
            await worker.leave(answering=not self._dead)

    async def _play(self, planned: Planned, scenario: Scenario, *, fresh: bool) -> Shown | None:
        if self.over(fresh=fresh):
            return None
        worker = await self._free.get()
        try:
            if self.over(fresh=fresh):  # it may have been a long wait
                return None
            if fresh:
                await worker.leave()
            generation = self._supervisor.generation
            attempt = msgspec.structs.replace(planned, scenario=scenario)
            played = await worker.play(attempt)
            if played.adapter_died:
                await self._restart(generation)
        finally:
            self._free.put_nowait(worker)
        outcomes, fault = self._judge(attempt, played)
        return None if fault else shown(scenario, played.trace, outcomes, self._known_failures)

    async def _restart(self, generation: int) -> None:
        try:
            await self._supervisor.restart(generation)
        except AdapterError:
            self._dead = True  # What was found until now is worth more than another fault.


class VirtualReplayer:
    """Tries scenarios in virtual time, one by one: a second attempt would show the same."""

    workers = 1

    def __init__(self, player: Player, *, until_s: float) -> None:
        self._player = player
        self._until_s = until_s

    def weathers(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield it with other delays too: what is left of a race rarely meets under the same."""
        for seed in dict.fromkeys((scenario.seed, *WEATHERS)):
            yield msgspec.structs.replace(scenario, seed=seed)

    async def attempts(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> list[Shown | None]:
        """See ``Bench``."""
        if self.over():
            return [None] * number
        found = played(scenario, self._player)
        await asyncio.sleep(0)  # whoever wants to interrupt has to get a turn
        return [None if found is None else shown(scenario, *found)] * number

    def over(self, *, fresh: bool = False) -> bool:
        """See ``Bench``."""
        return time.monotonic() > self._until_s


def shown(
    scenario: Scenario,
    trace: Trace,
    outcomes: dict[str, Outcome],
    known_failures: KnownFailures = NO_KNOWN_FAILURES,
) -> Shown:
    """Return what a judged trace shows of the SUT; what others are to blame for is left out."""
    failures: dict[str, tuple[Failure, ...]] = {}
    exercised = set()
    for clause, outcome in outcomes.items():
        found = [failure for failure in outcome.failures if failure.owner is Owner.SUT]
        unknown = [one for one in found if not known_failures.covers(clause, one, scenario)]
        if unknown:
            failures[clause] = tuple(unknown)
        if outcome.exercised and (unknown or not found):
            exercised.add(clause)
    return Shown(trace, failures, frozenset(exercised))


async def variant_sentences(
    bench: Bench, row: Row, planned: Planned, scenario: Scenario
) -> list[str]:
    """Say how a failing scenario does under the other platform variants that its row names."""
    sentences = []
    for word, other in variants_to_try(row, scenario):
        attempts = await bench.attempts(planned, other, VARIANTS_TRIED, fresh=True)
        seen = {
            row.id in one.failures
            for one in attempts
            if one is not None and row.id in one.exercised
        }
        if len(seen) == 1:  # attempts that disagree say nothing
            sentences.append(describe_variant(scenario, word, fails=seen.pop()))
    return sentences
