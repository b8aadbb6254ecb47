"""``ringproof mutants``: proof that the suite can say no."""

from __future__ import annotations

import sys
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from cyclopts.types import PositiveInt

from harness import exit_codes
from harness.commands import running
from harness.commands.parameters import Flag

if TYPE_CHECKING:
    from harness.mutants.mutant import Mutant
    from harness.runner.events import ClauseVerdict, RunFinished
    from scenarios.model import Scenario

OF_EACH_FAMILY = 4
"""Scenarios of each catalogue family that a mutant has to get through unnoticed."""


def mutants(*, jobs: PositiveInt | None = None, json: Flag = False) -> int:
    """Show that clients with exactly one fault are found out, each under its own clause.

    Exit status 4 when one is not: then a green run proves nothing.

    Parameters
    ----------
    jobs
        How many scenarios to play side by side.
    json
        Print the result as JSON.
    """
    from harness import mutants as known
    from scenarios import catalogue

    scenarios = tuple(
        scenario
        for _, family in groupby(catalogue.all(), key=lambda one: one.name.partition("/")[0])
        for scenario in islice(family, OF_EACH_FAMILY)
    )
    rows = []
    for mutant in known.all():
        rows.append(_row(mutant, _play(mutant, scenarios, jobs)))
        if not json:
            print(_told(rows[-1]), flush=True)
    caught = sum(row["caught"] for row in rows)
    if json:
        from harness.report.json_report import encode

        document = {"mutants": rows, "caught": caught, "total": len(rows)}
        sys.stdout.write(encode(document).decode())
    else:
        print(f"{caught} of {len(rows)} mutants caught")
    well = all(row["under_expected_clause"] and not row["beside"] for row in rows)
    return exit_codes.AS_EXPECTED if well else exit_codes.HARNESS_FAULT


def _play(mutant: Mutant, scenarios: tuple[Scenario, ...], jobs: int | None) -> RunFinished:
    from harness.runner.run import Plan
    from harness.runner.selection import Selection, given
    from scenarios import ledger

    thing = running.find_sut(f"mutant:{mutant.name}")
    selection = Selection(
        planned=given(scenarios, thing, real_media=False),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    return running.play(Plan(sut=thing, selection=selection, seed=0, jobs=jobs), [])


def _row(mutant: Mutant, finished: RunFinished) -> dict[str, Any]:
    red = [verdict for verdict in finished.verdicts if verdict.failed]
    expected = next((verdict for verdict in red if verdict.id == mutant.clause), None)
    shown = expected or (red[0] if red else None)
    return {
        "name": mutant.name,
        "clause": mutant.clause,
        "fault": mutant.fault,
        "caught": bool(red),
        "caught_by": [verdict.id for verdict in red],
        "under_expected_clause": expected is not None,
        "beside": [v.id for v in red if v.id not in (mutant.clause, *mutant.entails)],
        "steps": _steps(shown),
        "replay": _replay(shown, mutant),
        "faults": [fault.text for fault in finished.faults],
    }


def _steps(verdict: ClauseVerdict | None) -> int:
    first = verdict.first_failure if verdict else None
    return len(first.scenario.steps) if first else 0


def _replay(verdict: ClauseVerdict | None, mutant: Mutant) -> str:
    from harness.report.replaying import replay_command

    first = verdict.first_failure if verdict else None
    return replay_command(first, f"mutant:{mutant.name}") if first else ""


def _told(row: dict[str, Any]) -> str:
    if not row["caught"]:
        return f"MISSED  {row['name']}: {row['fault']}; expected {row['clause']} to fail"
    beside = f", and beside it {', '.join(row['beside'])}" if row["beside"] else ""
    place = "" if row["under_expected_clause"] else f", not by {row['clause']}"
    return (
        f"caught  {row['name']}: {row['fault']}\n"
        f"        by {', '.join(row['caught_by'])}{place}{beside}\n"
        f"        {row['steps']} steps: {row['replay']}"
    )
