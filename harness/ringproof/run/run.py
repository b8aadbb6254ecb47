"""One run from the first dial to the verdicts: virtual time first, then workers side by side."""

from __future__ import annotations

import asyncio
import datetime
import shlex
import time
import traceback
from collections import deque

import msgspec

from ringproof import checks, exit_codes
from ringproof.accounting.capabilities import Fitted, fit
from ringproof.accounting.selection import Selection
from ringproof.accounting.verdicts import Tally, exit_code
from ringproof.adapters.protocol import AdapterError, Hello
from ringproof.baseline import Baseline, names
from ringproof.network.supervisor import Supervisor
from ringproof.network.worker import Played, Worker, info_of, leaves
from ringproof.rest_client import Rest
from ringproof.results import (
    Emit,
    Fault,
    PartStarted,
    Planned,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    Status,
    SutInfo,
)
from ringproof.run.environment import environment
from ringproof.run.exploration import Exploration
from ringproof.run.simulated_part import NOT_REDUCED, REDUCED, SimulatedPart
from ringproof.run.snapshot import SnapshotEmitter
from ringproof.suts.registry import Sut
from ringproof.triage.clause_reduction import SEARCHING_WITHIN_S, Hints, reduce_clauses
from ringproof.verdict import Outcome, Owner
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_scenarios import ledger

DEAD_IN_A_ROW_MAX = 3
"""Scenarios that die one after the other end the run as environment (docs/adapter-protocol.md)."""

REDUCING_WORKERS_MAX = 6
"""Workers that make failures smaller; more pages than that only queue for two cores."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a run needs to know before it starts."""

    sut: Sut
    selection: Selection
    seed: int
    jobs: int | None = None
    """Lanes side by side at most; None is the SUT's own number."""
    strict: bool = False
    """A SHOULD that fails makes the exit status red too."""
    reduce: bool = True
    """Make failing scenarios smaller after the run; known failures stay as they are."""
    baseline: Baseline | None = None
    """Known failures."""
    today: datetime.date | None = None
    """The day on which entries of the baseline expire or do not; None is the machine's own."""
    reduce_within_s: float = SEARCHING_WITHIN_S
    """Time for the search for smaller failing scenarios over the network."""
    hints: Hints = {}
    """Small scenarios that broke clauses of other clients, to be tried before that search."""
    explore_within_s: float | None = None
    """Look for every distinct failure and end within this time; None shows one of each clause."""


async def run(plan: Plan, emit: Emit) -> RunFinished:
    """Play the plan and return the last event; it is emitted too.

    Being cancelled (Ctrl-C) ends the run early and cleanly: status ``incomplete``.
    """
    return await _Run(plan, emit).play()


class _Run:
    """The state of one run."""

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._emit: Emit = SnapshotEmitter(emit, lambda: self._finished("incomplete"))
        self._tally = Tally(ledger.load(), plan.selection)
        self._exploration: Exploration | None = None
        if plan.explore_within_s is not None:
            self._exploration = Exploration(self._tally, self._emit, plan.explore_within_s)
            self._emit = self._exploration
        self._sut: SutInfo | None = None
        self._dead_in_a_row = 0
        self._dead_generation = -1
        self._stopped = False
        self._fitted = Fitted(planned=plan.selection.planned)
        self._started_s = time.monotonic()
        self._environment = environment()

    async def play(self) -> RunFinished:
        status: Status = "complete"
        try:
            await self._play()
        except asyncio.CancelledError:
            status = "incomplete"
        except AdapterError as error:
            self._tally.blame(Fault(owner=Owner.ADAPTER, text=str(error)))
        except Exception as error:  # outermost loop: what we did not foresee is ours
            # Lanes fail together, and for one reason: the first one is told in full.
            told = "".join(traceback.format_exception(next(leaves(error))))
            self._tally.blame(Fault(owner=Owner.HARNESS, text=told.strip()))
        finished = self._finished(status)
        self._emit(finished)
        return finished

    async def _play(self) -> None:
        plan = self._plan
        if plan.selection.simulated or plan.selection.sweep:
            part = SimulatedPart(
                plan.sut.name, plan.selection, self._tally, self._emit, jobs=plan.jobs
            )
            self._introduce(part.info)
            await part.play()
            if self._exploration is not None:
                await self._exploration.look_into_simulated(plan.sut.name)
            else:
                await part.reduce(REDUCED if plan.reduce else NOT_REDUCED)
        if plan.selection.planned:
            await self._play_on_network()

    async def _play_on_network(self) -> None:
        sut = self._plan.sut
        async with (
            Server(Config(mounts=sut.mounts), exchange=sut.exchange) as server,
            Rest(server.space_url, server.project, server.api_token, server.ca_file) as rest,
        ):
            supervisor = Supervisor(lambda: sut.make(server))
            try:
                hello = await supervisor.start()
                self._fit(hello)
                self._greeted(hello)
                await self._play_all(server, rest, supervisor, hello)
                workers = [
                    Worker(server, rest, supervisor, hello) for _ in range(self._reducing_workers())
                ]
                if self._exploration is not None and not self._stopped:
                    await self._exploration.look_into_network(workers, supervisor, judged)
                elif self._plan.reduce and not self._stopped:
                    await reduce_clauses(
                        workers,
                        supervisor,
                        self._tally,
                        self._emit,
                        judged,
                        within_s=self._plan.reduce_within_s,
                        hints=self._plan.hints,
                    )
            finally:
                await supervisor.close()
                self._blame_server(server)

    def _blame_server(self, server: Server) -> None:
        """A fault inside the stand-in is ours, whatever the client made of it."""
        for error in server.faults:
            where = traceback.extract_tb(error.__traceback__)[-1:]
            place = f" at {where[0].filename}:{where[0].lineno}" if where else ""
            text = f"the stand-in: {type(error).__name__}: {error}{place}"
            self._tally.blame(Fault(owner=Owner.HARNESS, text=text))

    def _fit(self, hello: Hello) -> None:
        """Leave out what the SUT does not declare."""
        sut = self._plan.sut
        self._fitted = fit(
            self._plan.selection.planned, hello, media_by_caps=sut.media_by_caps, skips=sut.skips
        )
        self._tally.scope = self._fitted.scope

    def _greeted(self, hello: Hello) -> None:
        self._introduce(info_of(hello))
        left_out = self._fitted.scope.told
        scenarios = len(self._fitted.planned)
        self._emit(PartStarted(mode="network", scenarios=scenarios, left_out=left_out))

    def _introduce(self, info: SutInfo) -> None:
        """Say who plays; what the network part knows of it is the last word."""
        first = self._sut is None
        self._sut = info
        if first:
            if self._plan.baseline is not None:
                today = self._plan.today or datetime.date.today()
                self._tally.expect(self._plan.baseline, names(self._plan.sut.name, info), today)
            selection = self._plan.selection
            parts = (selection.simulated, selection.sweep, self._fitted.planned)
            scenarios = sum(map(len, parts))
            started = RunStarted(
                sut=info, mode=selection.mode, seed=self._plan.seed, scenarios=scenarios
            )
            self._emit(started)

    async def _play_all(
        self, server: Server, rest: Rest, supervisor: Supervisor, hello: Hello
    ) -> None:
        planned = sorted(self._fitted.planned, key=lambda one: one.scenario.devices)
        waiting = {
            real: deque(one for one in planned if one.real_media is real) for real in (True, False)
        }
        event_workers, real_workers = self._workers()
        wanted = [(True, real_workers), (False, event_workers)]
        # A SUT with few sessions plays one part after the other.
        together = event_workers + real_workers <= self._fitted.capacity
        for parts in [wanted] if together else [[part] for part in wanted]:
            async with asyncio.TaskGroup() as workers:
                for real, number in parts:
                    for _ in range(min(number, len(waiting[real]), self._fitted.capacity)):
                        worker = Worker(server, rest, supervisor, hello)
                        workers.create_task(self._work(worker, waiting[real], supervisor))

    async def _work(self, worker: Worker, waiting: deque[Planned], supervisor: Supervisor) -> None:
        walk = self._exploration
        while waiting and not self._stopped and not (walk and walk.walking_is_over):
            planned = waiting.popleft()
            generation = supervisor.generation
            self._emit(ScenarioStarted(planned=planned))
            started_s = time.monotonic()
            played = await worker.play(planned)
            self._finish(planned, played, round((time.monotonic() - started_s) * 1000), generation)
            if played.adapter_died and not self._stopped:
                await supervisor.restart(generation)
        await worker.leave()

    def _finish(self, planned: Planned, played: Played, took_ms: int, generation: int) -> None:
        outcomes, fault = judged(planned, played)
        if fault is not None and played.adapter_died:
            fault = _repeatable(fault, planned, self._plan.sut.name)
        finished = ScenarioFinished(
            planned=planned,
            trace=played.trace,
            outcomes=outcomes,
            duration_ms=took_ms,
            fault=fault,
        )
        self._tally.add(finished)
        self._emit(finished)
        if fault is None:
            self._dead_in_a_row = 0
        elif not (played.adapter_died and generation == self._dead_generation):
            # One death of the adapter takes the scenarios of all workers along: it counts once.
            self._dead_in_a_row += 1
            self._dead_generation = generation if played.adapter_died else -1
        if self._dead_in_a_row >= DEAD_IN_A_ROW_MAX and not self._stopped:
            self._stopped = True
            text = f"{DEAD_IN_A_ROW_MAX} dead scenarios in a row: the run was ended"
            self._tally.blame(Fault(owner=Owner.ENVIRONMENT, text=text))

    def _workers(self) -> tuple[int, int]:
        sut, jobs = self._plan.sut, self._plan.jobs
        if jobs is None:
            return sut.event_workers, sut.real_workers
        if sut.media_by_caps:
            return jobs, jobs
        return (0 if sut.always_real else jobs), (jobs if sut.always_real else min(jobs, 2))

    def _reducing_workers(self) -> int:
        """Replays of failures mostly wait for deadlines: twice as many fit as play otherwise.

        Not so where two are all that a SUT can do, or where the user has said how many.
        """
        playing = sum(self._workers())
        fitting = playing if self._plan.jobs is not None or playing <= 2 else 2 * playing
        return max(1, min(fitting, REDUCING_WORKERS_MAX, self._fitted.capacity))

    def _finished(self, status: Status) -> RunFinished:
        declared = frozenset(self._sut.features if self._sut else ())
        whole = self._plan.selection.complete and status == "complete"
        verdicts = self._tally.verdicts(declared, complete=whole and not self._tally.faults)
        baseline = self._tally.baseline(verdicts)
        code = exit_code(
            verdicts,
            self._tally.faults,
            judged=self._tally.counts.run,
            complete=whole,
            strict=self._plan.strict,
            sharded=self._plan.selection.shard is not None,
            outdated=baseline is not None and bool(baseline.outdated),
        )
        return RunFinished(
            status=status,
            sut=self._sut,
            mode=self._plan.selection.mode,
            seed=self._plan.seed,
            counts=self._tally.counts,
            parts=self._tally.parts,
            verdicts=verdicts,
            faults=tuple(self._tally.faults),
            duration_s=round(time.monotonic() - self._started_s, 3),
            exit_code=exit_codes.INTERRUPTED if status == "incomplete" else code,
            environment=self._environment,
            strict=self._plan.strict,
            fingerprint=self._plan.selection.fingerprint,
            shard=self._plan.selection.shard,
            whole=whole,
            baseline=baseline,
            explored=self._exploration.explored if self._exploration is not None else None,
            left_out=self._fitted.scope.told,
        )


def _repeatable(fault: Fault, planned: Planned, sut: str) -> Fault:
    """Add to what is said of a crash how to bring it about again."""
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
