"""Plays scenarios again, over the network or in virtual time, and remembers what they showed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, Self

import msgspec

from ringproof import checks
from ringproof.adapters.protocol import AdapterError
from ringproof.baseline import KnownFailures
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Played, Worker
from ringproof.results import Fault, Planned
from ringproof.simulation.player import Player
from ringproof.trace import Trace
from ringproof.triage.room import Room
from ringproof.verdict import Failure, Outcome, Owner
from ringproof_scenarios.model import Scenario

DELAY_SEEDS = (0, 1)
"""Other delays with which a scenario is played in virtual time before it counts as passing: what is
left of a race rarely meets under the very delays that it failed under. 0 is the default seed."""

FRESH_AT_ONCE_MAX = 4
"""Scenarios played on fresh sessions at once: a browser that opens many pages is late for calls,
and what depends on a race is not seen again."""

NO_KNOWN_FAILURES = KnownFailures()

OF_THE_SUT = (Owner.SUT,)

Judge = Callable[[Planned, Played], tuple[dict[str, Outcome], Fault | None]]


class Attempt(msgspec.Struct, frozen=True):
    """What one replay showed: its trace, and the failures of each clause that failed.

    A clause all of whose failures are known is in neither ``failures`` nor ``exercised``.
    """

    trace: Trace
    failures: dict[str, tuple[Failure, ...]]
    exercised: frozenset[str]


class Replayer(Protocol):
    """Plays scenarios again."""

    @property
    def workers(self) -> int:
        """How many scenarios can be played at once."""

    def with_delays(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield the scenario as it can be played; in virtual time, with several delay seeds."""

    def out_of_time(self, *, fresh: bool = False) -> bool:
        """Say whether nothing is played any more, on fresh sessions or on used ones."""

    async def attempt(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> Attempt | None:
        """Return attempt ``number``, counted from 0, at a scenario; each is played only once.

        ``planned`` says how it is played. ``fresh`` asks for sessions that no scenario has used
        yet. None stands for an attempt that could not be judged, or that there was no time for.
        """

    def play_ahead(
        self, planned: Planned, scenarios: Sequence[Scenario], times: int = 1, *, fresh: bool
    ) -> None:
        """Begin attempts that will probably be asked for, while workers have nothing to do."""


class NetworkReplayer:
    """Plays on workers of its own; an async context manager, after which they have no sessions.

    So many play ``at_once``, by default all workers: more of them are of use while some wait.
    Times are of ``time.monotonic()``: nothing is played any more after ``search_until_s``, on fresh
    sessions after ``confirm_until_s``. ``known_failures`` are not looked at.
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
        at_once: int | None = None,
        fresh_at_once: int = FRESH_AT_ONCE_MAX,
    ) -> None:
        self._workers = workers
        self._at_once = len(workers) if at_once is None else at_once
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in workers:
            self._free.put_nowait(worker)
        self._supervisor = supervisor
        self._judge = judge
        self._known_failures = known_failures
        self._until_s = {False: search_until_s, True: confirm_until_s}
        self._room = Room(self._at_once, fresh_at_once)
        self._plays = asyncio.TaskGroup()
        self._attempts: dict[tuple[Scenario, bool, bool], list[asyncio.Task[Attempt | None]]] = {}
        self._unfinished: set[asyncio.Task[Attempt | None]] = set()
        self._dead = False

    async def __aenter__(self) -> Self:
        await self._plays.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:  # noqa: ANN401 - as the group takes it
        for task in self._unfinished:
            task.cancel()  # nobody waits for it any more
        try:
            await self._plays.__aexit__(*error)
        finally:
            for worker in self._workers:
                await worker.leave(answering=not self._dead)

    @property
    def workers(self) -> int:
        """See ``Replayer``."""
        return self._at_once

    def with_delays(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield it as it is: a network has delays of its own."""
        return (scenario,)

    def out_of_time(self, *, fresh: bool = False) -> bool:
        """See ``Replayer``."""
        return self._dead or time.monotonic() > self._until_s[fresh]

    async def attempt(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> Attempt | None:
        """See ``Replayer``."""
        # Whoever stops waiting leaves the attempt to others, who may want the same one.
        return await asyncio.shield(self._begin(planned, scenario, number, fresh=fresh))

    def play_ahead(
        self, planned: Planned, scenarios: Sequence[Scenario], times: int = 1, *, fresh: bool
    ) -> None:
        """See ``Replayer``; one worker stays free for what is asked for meanwhile."""
        for scenario in scenarios:
            for number in range(times):
                unfinished = len(self._unfinished)
                busy = unfinished - self._room.waiting
                if busy >= self._at_once - 1 or unfinished >= len(self._workers) - 1:
                    return
                self._begin(planned, scenario, number, fresh=fresh)

    def _begin(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> asyncio.Task[Attempt | None]:
        nameless = msgspec.structs.replace(scenario, name="")  # which is played no differently
        begun = self._attempts.setdefault((nameless, planned.real_media, fresh), [])
        while len(begun) <= number:
            task = self._plays.create_task(self._play(planned, scenario, fresh=fresh))
            self._unfinished.add(task)
            task.add_done_callback(self._unfinished.discard)
            begun.append(task)
        return begun[number]

    async def _play(self, planned: Planned, scenario: Scenario, *, fresh: bool) -> Attempt | None:
        again = msgspec.structs.replace(planned, scenario=scenario)
        async with self._room.place(fresh=fresh) as begin:
            worker = await self._free.get()
            begin()
            try:
                if self.out_of_time(fresh=fresh):
                    return None
                if fresh:
                    await worker.leave()
                generation = self._supervisor.generation
                played = await worker.play(again)
                if played.adapter_died:
                    await self._restart(generation)
            finally:
                self._free.put_nowait(worker)
        outcomes, fault = self._judge(again, played)
        return None if fault else attempt(scenario, played.trace, outcomes, self._known_failures)

    async def _restart(self, generation: int) -> None:
        try:
            await self._supervisor.restart(generation)
        except AdapterError:
            self._dead = True  # Results until now are worth more than another fault.


class VirtualReplayer:
    """Plays in virtual time, one by one: a second attempt would show the same.

    ``until_s`` is of ``time.monotonic()``; ``owners`` says whose failures count.
    """

    workers = 1

    def __init__(
        self,
        player: Player,
        *,
        until_s: float = float("inf"),
        known_failures: KnownFailures = NO_KNOWN_FAILURES,
        owners: Collection[Owner] = OF_THE_SUT,
    ) -> None:
        self._player = player
        self._until_s = until_s
        self._known_failures = known_failures
        self._owners = owners
        self._last: tuple[Scenario, Attempt | None] | None = None

    def with_delays(self, scenario: Scenario) -> Iterable[Scenario]:
        """Yield it with its own delays and with those of ``DELAY_SEEDS``."""
        for seed in dict.fromkeys((scenario.seed, *DELAY_SEEDS)):
            yield msgspec.structs.replace(scenario, seed=seed)

    def out_of_time(self, *, fresh: bool = False) -> bool:
        """See ``Replayer``."""
        return time.monotonic() > self._until_s

    async def attempt(
        self, planned: Planned, scenario: Scenario, number: int, *, fresh: bool
    ) -> Attempt | None:
        """See ``Replayer``."""
        if self.out_of_time():
            return None
        await asyncio.sleep(0)  # whoever wants to interrupt has to get a turn
        if self._last is None or self._last[0] != scenario:
            self._last = scenario, self._play(scenario)
        return self._last[1]

    def play_ahead(
        self, planned: Planned, scenarios: Sequence[Scenario], times: int = 1, *, fresh: bool
    ) -> None:
        """Do nothing: there is one worker."""

    def _play(self, scenario: Scenario) -> Attempt | None:
        try:
            trace = self._player.play(scenario)
            outcomes = checks.judge(trace)
        except Exception:  # a fault of ours shows nothing of the client
            return None
        return attempt(scenario, trace, outcomes, self._known_failures, self._owners)


def attempt(
    scenario: Scenario,
    trace: Trace,
    outcomes: dict[str, Outcome],
    known_failures: KnownFailures = NO_KNOWN_FAILURES,
    owners: Collection[Owner] = OF_THE_SUT,
) -> Attempt:
    """Return what a judged trace shows; failures of others than ``owners`` are left out."""
    failures: dict[str, tuple[Failure, ...]] = {}
    exercised = set()
    for clause, outcome in outcomes.items():
        counted = [failure for failure in outcome.failures if failure.owner in owners]
        unknown = [one for one in counted if not known_failures.covers(clause, one, scenario)]
        if unknown:
            failures[clause] = tuple(unknown)
        if outcome.exercised and (unknown or not counted):
            exercised.add(clause)
    return Attempt(trace, failures, frozenset(exercised))
