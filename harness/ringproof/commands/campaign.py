"""``ringproof campaign``: seed after seed in virtual time, over all cores or a cluster."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from ringproof import extras
from ringproof.commands.errors import AdapterStop, Stop, UsageStop
from ringproof.commands.folder_lock import alone_in
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag

if TYPE_CHECKING:
    from rich.console import Console

    from ringproof.campaign.campaign import Result
    from ringproof.campaign.findings import Finding
    from ringproof.campaign.plan import Plan

DEFAULT_SEEDS = 10_000
FAULTS_SHOWN = 10


def campaign(
    *,
    seeds: PositiveInt = DEFAULT_SEEDS,
    sut: str = "reference",
    start: Annotated[NonNegativeInt, Parameter(name=("--start", "--seed"))] = 0,
    scheduler: str | None = None,
    workers: PositiveInt | None = None,
    dir: Path | None = None,
    fresh: Flag = False,
    json: Flag = False,
) -> int:
    """Play one drawn scenario for every seed, judge it, and show every way in which it fails.

    Failing scenarios are made small; of those that break one clause in the same shape, one is
    shown. A campaign that was stopped or killed goes on where it was when started again.

    Parameters
    ----------
    seeds
        How many.
    sut
        Who is judged: `reference` or `mutant:NAME`.
    start
        The first seed.
    scheduler
        Address of a dask scheduler (`tcp://HOST:PORT`) whose workers have ringproof installed.
        Without it, processes of this machine play.
    workers
        How many to start on this machine; one for every core unless given.
    dir
        Folder in which finished blocks of seeds are kept; `build/campaign/SUT` unless given.
    fresh
        Play every seed again, even those that the folder has.
    json
        Print the result as JSON, and the progress to standard error.
    """
    from ringproof.campaign.plan import Plan
    from ringproof.simulation.player import NoSuchClient, player

    try:
        player(sut)
    except NoSuchClient as error:
        raise UsageStop(str(error)) from error
    plan = Plan(
        sut=sut,
        start=start,
        seeds=seeds,
        folder=dir or Path("build/campaign") / sut.replace(":", "-"),
        workers=workers or os.cpu_count() or 1,
        scheduler=scheduler,
        fresh=fresh,
    )
    if scheduler is not None:
        purpose = "--scheduler"
        extras.require("distributed", extra="cluster", purpose=purpose, error=AdapterStop)
    with alone_in(plan.folder, "--dir"):
        result = _run(plan, to_stderr=json)
    if json:
        from ringproof.report.document import encode

        write_json(encode(document(result, sut)))
    return result.exit_code


def _run(plan: Plan, *, to_stderr: bool) -> Result:
    from ringproof.campaign import campaign as campaigns
    from ringproof.campaign.plan import CampaignError
    from ringproof.report.terminal import console, progress_bar

    screen = console(to_stderr=to_stderr)
    # SIGTERM is as good as Ctrl-C: workers are stopped, and the result so far is printed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with progress_bar(screen) as bar:
        task = bar.add_task(plan.sut, total=plan.seeds)

        def show(so_far: Result) -> None:
            if so_far.failures:
                counts = f"{so_far.failures} broken, {len(so_far.findings)} findings"
                bar.update(task, description=f"{plan.sut}: {counts}")
            bar.update(task, completed=so_far.seeds)

        try:
            result = campaigns.run(plan, show)
        except CampaignError as error:
            raise Stop(str(error)) from error
    if not to_stderr:
        _print(screen, result, plan)
    return result


def document(result: Result, sut: str) -> dict[str, Any]:
    """Return the JSON of a result; the keys up to ``workers`` are those that other tools read."""
    return {
        "seeds": result.seeds,
        "scenarios": result.scenarios,
        "failures": result.failures,
        "findings": [_finding(finding, sut) for finding in result.findings],
        "duration_s": result.duration_s,
        "workers": result.workers,
        "calls": result.calls,
        "exercised": result.exercised,
        "taken_over": result.taken_over,
        "status": "complete" if result.complete else "incomplete",
        "faults": [
            {"seed": fault.seed, "owner": fault.owner.value, "text": fault.text}
            for fault in result.faults
        ],
        "exit": result.exit_code,
    }


def _finding(finding: Finding, sut: str) -> dict[str, Any]:
    from ringproof.report.wording import replay_line, sentences

    return {
        "clause": finding.clause,
        "seed": finding.seed,
        "replay": replay_line(finding.scenario, sut, simulated=True),
        "shape": finding.shape,
        "steps": len(finding.scenario.steps),
        "sentences": sentences(finding.scenario),
        "program": repr(finding.scenario),
        "message": finding.message,
    }


def _print(screen: Console, result: Result, plan: Plan) -> None:
    from ringproof.report.ladder.text import printable
    from ringproof.report.wording import replay_line, sentences

    for finding in result.findings:
        say(f"\nFAIL {finding.clause} (seed {finding.seed})")
        say(f"  {printable(finding.message)}\n")
        say(*(f"  {printable(line)}" for line in sentences(finding.scenario)), sep="\n")
        say(f"\n  {replay_line(finding.scenario, plan.sut, simulated=True)}")
    for fault in result.faults[:FAULTS_SHOWN]:
        say(f"fault of the {fault.owner} (seed {fault.seed}): {printable(fault.text)}")
    say(_summary(result))
    if not result.complete:
        say(f"stopped: the same command goes on from here ({plan.folder})")


def _summary(result: Result) -> str:
    played = result.seeds - result.taken_over
    rate = f"{played / result.duration_s:.0f} scenarios/s" if played else "none played anew"
    kept = f", {result.taken_over} of them by an earlier campaign" if result.taken_over else ""
    least = min(result.exercised.values(), default=0)
    return (
        f"{result.seeds} seeds{kept}: {result.calls} calls, {result.failures} scenarios broke a "
        f"clause, {len(result.findings)} findings; {len(result.exercised)} clauses exercised, each "
        f"at least {least} times; {result.duration_s:.1f} s on {result.workers} workers ({rate}), "
        f"exit {result.exit_code}"
    )
