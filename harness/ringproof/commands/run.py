"""``ringproof run``: the whole catalogue and generated scenarios against one client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cyclopts.types import NonNegativeInt, PositiveFloat, PositiveInt

from ringproof.accounting.selection import Selection, SelectionError, select
from ringproof.commands import baseline_option, exploration, own_scenarios, run_plan
from ringproof.commands.errors import UsageStop
from ringproof.commands.parameters import (
    Attach,
    Baselines,
    Explore,
    Flag,
    ReportFolder,
    Shard,
    Simulate,
    Strings,
    SutName,
)
from ringproof.commands.reach import HERE, Listening
from ringproof.runner import sharding
from ringproof.suts.sut import LOOPBACK, Reach, Sut
from ringproof_scenarios import ledger
from ringproof_scenarios.model import Scenario

if TYPE_CHECKING:
    from ringproof.runner.plan import Plan

DEFAULT_EXAMPLES = 200
"""Over the network; they take about half a minute on two cores."""

VIRTUAL_PER_EXAMPLE = 25
"""Scenarios in virtual time for each over the network; 5,000 have more than 10,000 calls."""

SEEDS_APART = 1_000_000
"""Between the first seeds of two values of ``--seed``, so that no scenario is drawn by both."""


def run(
    *,
    sut: SutName = "reference",
    network: Simulate = None,
    examples: NonNegativeInt | None = None,
    seed: int = 0,
    only: Strings = (),
    shard: Shard = None,
    report_dir: ReportFolder = Path("build/report"),
    jobs: PositiveInt | None = None,
    baseline: Baselines = (),
    strict: Flag = False,
    json: Flag = False,
    keep_traces: Flag = False,
    reduce: bool = True,
    explore: Explore = False,
    minutes: PositiveFloat = exploration.DEFAULT_MINUTES,
    attach: Attach = False,
    listening: Listening = HERE,
) -> int:
    """Play scenarios against a client and give one verdict per clause.

    A client that can be simulated is played in virtual time first; both parts count.

    Parameters
    ----------
    network
        Only over real sockets, or only in virtual time.
    examples
        How many scenarios to generate beside the catalogue: 200 over the network, 25 times as many
        in virtual time. With `--simulate` the number itself, 5000 unless given.
    seed
        Of the generated scenarios: the same seed gives the same scenarios.
    only
        Glob over clause ids or scenario names; may be given several times.
    jobs
        How many scenarios to play side by side; the default suits the SUT.
    strict
        Exit with 1 for a SHOULD that fails too, and with 5 for a stale baseline.
    json
        Print report.json to standard output, and the progress to standard error.
    keep_traces
        Write the trace of every scenario, not only of first failures.
    reduce
        Make failing scenarios smaller after the run.
    minutes
        How long `--explore` may take in all: three fifths at most for walks, the rest for failures.
    """
    sut = run_plan.named(sut, attach=attach)
    if explore and shard is not None:
        raise UsageStop("--explore takes no --shard: give each machine a --seed of its own instead")
    with run_plan.report_files(report_dir, sut, seed=seed, keep_traces=keep_traces) as files:
        plan = make_plan(
            sut,
            network=network,
            examples=examples,
            seed=seed,
            only=only,
            shard=shard,
            jobs=jobs,
            baseline=baseline,
            strict=strict,
            reduce=reduce,
            explore_minutes=minutes if explore else None,
            reach=listening.reach(sut),
        )
        finished = run_plan.play(plan, [files, run_plan.terminal(sut, report_dir, to_stderr=json)])
    if json:
        run_plan.print_json(finished, sut)
    return finished.exit_code


def make_plan(
    sut: str,
    *,
    network: bool | None = None,
    examples: int | None = None,
    seed: int = 0,
    only: tuple[str, ...] = (),
    shard: str | None = None,
    jobs: int | None = None,
    baseline: tuple[str, ...] = (),
    strict: bool = False,
    reduce: bool = True,
    explore_minutes: float | None = None,
    reach: Reach = LOOPBACK,
) -> Plan:
    """Decide what a run plays; the arguments are the options of the command. Raises ``Stop``."""
    from ringproof.runner.plan import Plan

    entries = baseline_option.load(baseline)
    client = msgspec.structs.replace(run_plan.find_sut(sut), reach=reach)
    select = _select if explore_minutes is None else exploration.select_walks
    selection = select(client, run_plan.modes(client, network), examples, seed, only)
    selection = msgspec.structs.replace(selection, fingerprint=sharding.fingerprint(selection))
    try:
        share = selection if shard is None else sharding.cut(selection, *sharding.parse(shard))
    except sharding.ShardError as error:
        raise UsageStop(str(error)) from error
    return Plan(
        sut=client,
        selection=share,
        seed=seed,
        jobs=jobs,
        strict=strict,
        reduce=reduce,
        baseline=entries,
        explore_within_s=None if explore_minutes is None else explore_minutes * 60,
    )


def _select(
    client: Sut,
    modes: tuple[run_plan.Mode, ...],
    examples: int | None,
    seed: int,
    only: tuple[str, ...],
) -> Selection:
    drawn = DEFAULT_EXAMPLES if examples is None else examples
    swept = drawn * VIRTUAL_PER_EXAMPLE
    if "network" not in modes:
        drawn, swept = 0, swept if examples is None else examples
    generated: tuple[Scenario, ...] = ()
    if drawn:
        # Imported only where something is drawn for the network: Hypothesis takes half a second.
        from ringproof_scenarios.generate.strategies import draw_examples

        generated = draw_examples(drawn, seed)
    first = seed * SEEDS_APART
    try:
        return select(
            catalogue=own_scenarios.everything(),
            generated=generated,
            ledger=ledger.load(),
            sut=client,
            only=only,
            modes=modes,
            sweep=range(first, first + swept),
        )
    except SelectionError as error:
        raise UsageStop(str(error)) from error
