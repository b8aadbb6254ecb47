"""``ringproof run``: the whole catalogue and generated scenarios against one client."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from harness.commands import running
from harness.commands.parameters import Flag
from harness.commands.stops import UsageStop

DEFAULT_EXAMPLES = 200


def run(
    *,
    sut: str = "reference",
    network: Annotated[bool, Parameter(negative="--simulate")] = True,
    examples: NonNegativeInt = DEFAULT_EXAMPLES,
    seed: int = 0,
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    report_dir: Path = Path("build/report"),
    jobs: PositiveInt | None = None,
    strict: Flag = False,
    json: Flag = False,
    keep_traces: Flag = False,
    reduce: bool = True,
) -> int:
    """Play scenarios against a client and give one verdict per clause.

    Parameters
    ----------
    sut
        Who is judged: `reference`, `chromium[:VERSION|:DIR]` or `mutant:NAME`.
    network
        Play over real sockets, or in virtual time.
    examples
        How many scenarios to generate beside the catalogue.
    seed
        Of the generated scenarios: the same seed gives the same scenarios.
    only
        Glob over clause ids or scenario names; may be given several times.
    report_dir
        Where report.json, junit.xml, events.jsonl and traces/ are written.
    jobs
        How many scenarios to play side by side; the default suits the SUT.
    strict
        Let a SHOULD that fails make the exit status 1 too.
    json
        Print report.json to standard output, and the progress to standard error.
    keep_traces
        Write the trace of every scenario, not only of first failures.
    reduce
        Make failing scenarios smaller after the run.
    """
    if not network:
        raise UsageStop("--simulate is not there yet: run over the network (--network)")
    return _run(sut, examples, seed, only, report_dir, jobs, strict, json, keep_traces, reduce)


def _run(
    sut: str,
    examples: int,
    seed: int,
    only: tuple[str, ...],
    report_dir: Path,
    jobs: int | None,
    strict: bool,
    json: bool,
    keep_traces: bool,
    reduce: bool,
) -> int:
    from harness.report import json_report
    from harness.report.junit import JUnitReport
    from harness.report.terminal import TerminalReport, console
    from harness.report.traces import EventFile, TraceFiles
    from harness.runner.run import Plan
    from harness.runner.selection import SelectionError, select
    from scenarios import catalogue, ledger, strategies

    thing = running.find_sut(sut)
    try:
        selection = select(
            catalogue=catalogue.all(),
            generated=strategies.draw_examples(examples, seed),
            ledger=ledger.load(),
            sut=thing,
            only=only,
        )
    except SelectionError as error:
        raise UsageStop(str(error)) from error
    reports: list[running.Report] = [
        json_report.JsonReport(report_dir, sut),
        JUnitReport(report_dir, sut),
        TraceFiles(report_dir, keep_all=keep_traces),
        EventFile(report_dir),
        TerminalReport(console(to_stderr=json), sut, str(report_dir)),
    ]
    plan = Plan(sut=thing, selection=selection, seed=seed, jobs=jobs, strict=strict, reduce=reduce)
    finished = running.play(plan, reports)
    if json:
        sys.stdout.write(json_report.encode(json_report.render(finished, sut)).decode())
    return finished.exit_code
