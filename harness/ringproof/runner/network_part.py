"""The network part of a run: workers side by side, each playing scenarios over real sockets."""

from __future__ import annotations

import asyncio
import shlex
import time
import traceback
from collections import deque
from collections.abc import Callable

import msgspec

from ringproof import checks
from ringproof.accounting.capabilities import RestrictedPlan, restrict
from ringproof.accounting.tally import Tally
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Played, Worker, info_of
from ringproof.play.deadlines import Deadlines
from ringproof.rest_client import RestClient
from ringproof.results import (
    Emit,
    Fault,
    PartStarted,
    Planned,
    ScenarioFinished,
    ScenarioStarted,
    SutInfo,
)
from ringproof.runner.exploration import Exploration
from ringproof.runner.plan import Plan
from ringproof.suts.sut import Sut
from ringproof.triage.clause_reduction import reduce_clauses
from ringproof.verdict import Outcome, Owner
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

DEAD_IN_A_ROW_MAX = 3
"""Scenarios that die one after the other end the run as environment (docs/adapter-protocol.md)."""

REPLAYS_AT_ONCE_MAX = 6
"""Replays that play at once; more pages than that only queue for two cores."""

WORKERS_PER_REPLAY = 2
"""Workers for each of them: many replays wait for what never comes, and make room for others."""


class NetworkPart:
    """The network part of a plan; adds everything to the tally."""

    def __init__(
        self, plan: Plan, tally: Tally, emit: Emit, exploration: Exploration | None
    ) -> None:
        self._plan = plan
        self._tally = tally
        self._emit = emit
        self._exploration = exploration
        self._dead_in_a_row = 0
        self._dead_generation: int | None = None
        self._stopped = False
        self._slowest_end_ms = 0

    async def play(self, introduce: Callable[[SutInfo, int], None]) -> None:
        """Play everything, then look into what failed.

        ``introduce`` is called with the SUT and the number of scenarios that it will play.
        """
        sut = self._plan.sut
        async with (
            Server(_config(sut), exchange=sut.exchange, rest=sut.rest) as server,
            RestClient(server.local_url, server.project, server.api_token, server.ca_file) as rest,
        ):
            supervisor = Supervisor(lambda: sut.make(server))
            try:
                hello = await supervisor.start()
                restricted = restrict(
                    self._plan.selection.planned,
                    hello,
                    media_by_caps=sut.media_by_caps,
                    skips=sut.skips,
                )
                self._tally.scope = restricted.scope
                introduce(info_of(hello), len(restricted.planned))
                self._emit(
                    PartStarted(
                        mode="network",
                        scenarios=len(restricted.planned),
                        left_out=restricted.scope.left_out,
                    )
                )

                def make_worker(deadlines: Deadlines) -> Worker:
                    return Worker(server, rest, supervisor, hello, deadlines)

                await self._play_all(restricted, supervisor, make_worker)
                if not self._stopped:
                    await self._look_into_failures(restricted.capacity, supervisor, make_worker)
            finally:
                await supervisor.close()
                self._add_server_faults(server)

    async def _play_all(
        self,
        restricted: RestrictedPlan,
        supervisor: Supervisor,
        make_worker: Callable[[Deadlines], Worker],
    ) -> None:
        planned = sorted(restricted.planned, key=lambda one: one.scenario.devices)
        waiting = {
            real: deque(one for one in planned if one.real_media is real) for real in (True, False)
        }
        event_workers, real_workers = self._workers()
        wanted = [(True, real_workers), (False, event_workers)]
        # A SUT with few sessions plays one part after the other.
        together = event_workers + real_workers <= restricted.capacity
        for parts in [wanted] if together else [[part] for part in wanted]:
            async with asyncio.TaskGroup() as workers:
                for real, number in parts:
                    for _ in range(min(number, len(waiting[real]), restricted.capacity)):
                        worker = make_worker(self._plan.deadlines)
                        workers.create_task(self._work(worker, waiting[real], supervisor))

    async def _work(self, worker: Worker, waiting: deque[Planned], supervisor: Supervisor) -> None:
        walks = self._exploration
        while waiting and not self._stopped and not (walks and walks.walking_is_over):
            planned = waiting.popleft()
            generation = supervisor.generation
            self._emit(ScenarioStarted(planned=planned))
            started_s = time.monotonic()
            played = await worker.play(planned)
            self._finish(planned, played, round((time.monotonic() - started_s) * 1000), generation)
            if played.adapter_died and not self._stopped:
                await supervisor.restart(generation)
        self._slowest_end_ms = max(self._slowest_end_ms, worker.slowest_end_ms)
        await worker.leave()

    def _finish(self, planned: Planned, played: Played, duration_ms: int, generation: int) -> None:
        outcomes, fault = judged(planned, played)
        if fault is not None and played.adapter_died:
            fault = _with_replay(fault, planned, self._plan.sut.name)
        finished = ScenarioFinished(
            planned=planned,
            trace=played.trace,
            outcomes=outcomes,
            duration_ms=duration_ms,
            fault=fault,
        )
        self._tally.add(finished)
        self._emit(finished)
        died_with = generation if played.adapter_died else None
        if fault is None:
            self._dead_in_a_row = 0
        elif died_with is None or died_with != self._dead_generation:
            # One death of the adapter takes the scenarios of all workers along: it counts once.
            self._dead_in_a_row += 1
            self._dead_generation = died_with
        if self._dead_in_a_row >= DEAD_IN_A_ROW_MAX and not self._stopped:
            self._stopped = True
            text = f"{DEAD_IN_A_ROW_MAX} dead scenarios in a row: the run was ended"
            self._tally.add_fault(Fault(owner=Owner.ENVIRONMENT, text=text))

    async def _look_into_failures(
        self, capacity: int, supervisor: Supervisor, make_worker: Callable[[Deadlines], Worker]
    ) -> None:
        deadlines = self._plan.deadlines.for_replays(self._slowest_end_ms)
        at_once = self._replays_at_once(capacity)
        fitting = at_once * WORKERS_PER_REPLAY if self._bears_more else at_once
        workers = [make_worker(deadlines) for _ in range(min(fitting, capacity))]
        if self._exploration is not None:
            await self._exploration.look_into_network(workers, supervisor, judged, at_once)
        elif self._plan.reduce:
            await reduce_clauses(
                workers,
                supervisor,
                self._tally,
                self._emit,
                judged,
                at_once=at_once,
                within_s=self._plan.reduce_within_s,
                hints=self._plan.hints,
            )

    def _replays_at_once(self, capacity: int) -> int:
        """Replays of failures mostly wait: twice as many fit as play otherwise."""
        playing = sum(self._workers())
        fitting = 2 * playing if self._bears_more else playing
        return max(1, min(fitting, REPLAYS_AT_ONCE_MAX, capacity))

    @property
    def _bears_more(self) -> bool:
        """Not where two scenarios are all that a SUT can do, or the user has said how many."""
        return self._plan.jobs is None and sum(self._workers()) > 2

    def _workers(self) -> tuple[int, int]:
        """Return how many workers play scenarios without and with real media."""
        sut, jobs = self._plan.sut, self._plan.jobs
        if jobs is None:
            return sut.event_workers, sut.real_workers
        if sut.media_by_caps:
            return jobs, jobs
        return (0 if sut.always_real else jobs), (jobs if sut.always_real else min(jobs, 2))

    def _add_server_faults(self, server: Server) -> None:
        """A fault inside the stand-in is ours, whatever the client made of it."""
        for error in server.faults:
            where = traceback.extract_tb(error.__traceback__)[-1:]
            place = f" at {where[0].filename}:{where[0].lineno}" if where else ""
            text = f"the stand-in: {type(error).__name__}: {error}{place}"
            self._tally.add_fault(Fault(owner=Owner.HARNESS, text=text))


def _config(sut: Sut) -> Config:
    reach = sut.reach
    return Config(
        mounts=sut.mounts, host=reach.host, public_name=reach.public_name, port=reach.port
    )


def _with_replay(fault: Fault, planned: Planned, sut: str) -> Fault:
    """Add how to make the SUT crash again."""
    line = shlex.join(["ringproof", "replay", planned.scenario.replay(), "--sut", sut])
    return msgspec.structs.replace(fault, text=f"{fault.text}\nplay it again: {line}")


def judged(planned: Planned, played: Played) -> tuple[dict[str, Outcome], Fault | None]:
    """Judge a played scenario; a check that raises is a harness fault, not an SDK failure."""
    if played.fault is not None:
        return {}, played.fault
    try:
        return checks.judge(played.trace), None
    except Exception as error:  # outermost loop of the judging half
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"a check raised {type(error).__name__}: {error} at {where.filename}:{where.lineno}"
        return {}, Fault(owner=Owner.HARNESS, text=text, scenario=planned.label)
