"""One run from the first hello to the verdicts: virtual time first, then the network."""

from __future__ import annotations

import asyncio
import datetime
import time
import traceback

from ringproof import exit_codes
from ringproof.accounting.tally import Tally
from ringproof.adapters.protocol import AdapterError
from ringproof.baseline import names
from ringproof.disk import KeepError
from ringproof.network.worker import leaves
from ringproof.results import Emit, Fault, RunFinished, RunStarted, Status, SutInfo
from ringproof.runner.environment import environment
from ringproof.runner.exploration import Exploration
from ringproof.runner.network_part import NetworkPart
from ringproof.runner.plan import Plan
from ringproof.runner.simulated_part import NOT_REDUCED, REDUCED, SimulatedPart
from ringproof.runner.snapshot import SnapshotEmitter
from ringproof.verdict import Owner
from ringproof_fakeserver.tls import CertificateError
from ringproof_scenarios import ledger


async def run(plan: Plan, emit: Emit) -> RunFinished:
    """Play the plan and return the last event; it is emitted too.

    Being cancelled (Ctrl-C) ends the run early and cleanly: status ``incomplete``.
    """
    return await _Run(plan, emit).play()


class _Run:
    """The state of one run."""

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._tally = Tally(ledger.load(), plan.selection)
        self._emit: Emit = SnapshotEmitter(emit, lambda: self._finished("incomplete"))
        self._exploration: Exploration | None = None
        if plan.explore_within_s is not None:
            self._exploration = Exploration(self._tally, self._emit, plan.explore_within_s)
            self._emit = self._exploration
        self._sut: SutInfo | None = None
        self._started_s = time.monotonic()
        self._environment = environment()

    async def play(self) -> RunFinished:
        """Play both parts; whatever ends them, the last event is emitted."""
        status: Status = "complete"
        try:
            await self._play_parts()
        except asyncio.CancelledError:
            status = "incomplete"
        except AdapterError as error:
            self._tally.add_fault(Fault(owner=Owner.ADAPTER, text=str(error)))
        except CertificateError as error:  # of the environment: one sentence says what to do
            self._tally.add_fault(Fault(owner=Owner.HARNESS, text=str(error)))
        except Exception as error:  # outermost loop: what we did not foresee is ours
            self._tally.add_fault(_fault(next(leaves(error))))
        finished = self._finished(status)
        try:
            self._emit(finished)
        except KeepError as error:
            self._tally.add_fault(_fault(error))
            finished = self._finished(status)
            self._emit(finished)
        return finished

    async def _play_parts(self) -> None:
        plan = self._plan
        if plan.selection.simulated or plan.selection.sweep:
            part = SimulatedPart(
                plan.sut.name, plan.selection, self._tally, self._emit, jobs=plan.jobs
            )
            self._introduce(part.info, len(plan.selection.planned))
            await part.play()
            if self._exploration is not None:
                await self._exploration.look_into_simulated(plan.sut.name)
            else:
                await part.reduce(REDUCED if plan.reduce else NOT_REDUCED)
        if plan.selection.planned:
            network = NetworkPart(plan, self._tally, self._emit, self._exploration)
            await network.play(self._introduce)

    def _introduce(self, info: SutInfo, on_network: int) -> None:
        """Emit who plays, once; what the network part knows of it is kept for the end."""
        first = self._sut is None
        self._sut = info
        if not first:
            return
        plan, selection = self._plan, self._plan.selection
        if plan.baseline is not None:
            today = plan.today or datetime.date.today()
            self._tally.expect(plan.baseline, names(plan.sut.name, info), today)
        scenarios = len(selection.simulated) + len(selection.sweep) + on_network
        self._emit(RunStarted(sut=info, mode=selection.mode, seed=plan.seed, scenarios=scenarios))

    def _finished(self, status: Status) -> RunFinished:
        plan, tally, selection = self._plan, self._tally, self._plan.selection
        whole = selection.complete and status == "complete"
        features = self._sut.features if self._sut else ()
        decision = tally.decide(features, whole=whole, strict=plan.strict)
        return RunFinished(
            status=status,
            sut=self._sut,
            mode=selection.mode,
            seed=plan.seed,
            counts=tally.counts,
            parts=tally.parts,
            verdicts=decision.verdicts,
            faults=tuple(tally.faults),
            duration_s=round(time.monotonic() - self._started_s, 3),
            exit_code=exit_codes.INTERRUPTED if status == "incomplete" else decision.exit_code,
            environment=self._environment,
            strict=plan.strict,
            fingerprint=selection.fingerprint,
            shard=selection.shard,
            whole=whole,
            baseline=decision.baseline,
            explored=self._exploration.explored if self._exploration is not None else None,
            left_out=tally.scope.left_out,
        )


def _fault(error: BaseException) -> Fault:
    """Return what ended a run. Workers fail together, for one reason: the first is kept in full."""
    if isinstance(error, KeepError):
        return Fault(owner=Owner.ENVIRONMENT, text=str(error))
    text = "".join(traceback.format_exception(error))
    return Fault(owner=Owner.HARNESS, text=text.strip())
