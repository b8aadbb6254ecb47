"""``ringproof mutants``: proof that every check can fail."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from ringproof import exit_codes
from ringproof.commands import run_plan as running
from ringproof.commands.errors import UsageStop
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag, Simulate

if TYPE_CHECKING:
    from ringproof.mutants import Mutant, Stub
    from ringproof.triage.mutation import MutantResult, MutantTest

DEFAULT_EXAMPLES = 200

OF_EACH_FAMILY = 4
"""Scenarios of each catalogue family that are played over the network, where time is real."""

ALONE_MAX = 4
"""Clients that are not worth starting processes for."""

REFERENCE = "reference"


def mutants(
    *,
    only: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    network: Simulate = None,
    examples: NonNegativeInt = DEFAULT_EXAMPLES,
    jobs: PositiveInt | None = None,
    json: Flag = False,
) -> int:
    """Show that clients with exactly one fault are caught, each under its own clause.

    Then, that clients which do not do the work pass nothing that takes any, and that the reference
    client passes all of the same scenarios. Exit status 4 when one of this is not so: then a green
    run proves nothing. With --simulate, a client whose fault only packets show is left out and
    named.

    Parameters
    ----------
    only
        Glob over the names of mutants or the clauses they break; may be given several times.
    network
        All over real sockets (which takes minutes), or all in virtual time. Unless given: in
        virtual time what can be seen there, and over sockets what needs packets.
    examples
        How many scenarios to draw beside the catalogue, in virtual time.
    jobs
        How many clients, or scenarios over the network, to play side by side.
    json
        Print the result as JSON, and the progress to standard error.
    """
    from ringproof import mutants as known

    chosen = [one for one in known.all() if not only or _fits(one, only)]
    cheats = [one for one in known.STUBS if not only or _fits(one, only)]
    if not chosen and not cheats:
        raise UsageStop(f"--only {' '.join(only)}: there is no such mutant, and none breaks it")
    results = _results([*chosen, *cheats], network, examples, jobs, to_stderr=json)
    rows = [_row(mutant, results[mutant.name], network) for mutant in chosen]
    cheating = [_cheat_row(cheat, results[cheat.name]) for cheat in cheats]
    reference = results[REFERENCE]
    left_out = [row["name"] for row in rows if _lacks_packets(row, results[row["name"]])]
    rows = [row for row in rows if row["name"] not in left_out]
    document = {
        "mutants": rows,
        "caught": sum(row["caught"] for row in rows),
        "total": len(rows),
        "left_out": left_out,
        "cheats": cheating,
        "reference": {"scenarios": reference.scenarios, "failed": list(reference.failed)},
    }
    if json:
        from ringproof.report.document import encode

        write_json(encode(document))
    else:
        _print(document)
    well = all(row["under_expected_clause"] for row in rows)
    honest = all(row["caught"] and not row["unearned"] for row in cheating)
    green = not reference.failed and not reference.faults
    return exit_codes.AS_EXPECTED if well and honest and green else exit_codes.HARNESS_FAULT


def _fits(mutant: Mutant, globs: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(word, g) for g in globs for word in (mutant.name, mutant.clause))


# -- testing ---------------------------------------------------------------------------------


def _results(
    chosen: list[Mutant], network: bool | None, examples: int, jobs: int | None, *, to_stderr: bool
) -> dict[str, MutantResult]:
    """Test every client; returns the results by name, that of the reference client among them."""
    from ringproof.report.terminal import console, progress_bar
    from ringproof.triage.mutation import MutantTest

    over_network = [one for one in chosen if _needs_network(one, network)]
    tests = [
        MutantTest(sut=f"mutant:{one.name}", clause=one.clause, examples=examples)
        for one in chosen
        if one not in over_network
    ]
    tests.append(MutantTest(sut=REFERENCE, examples=examples))
    results: dict[str, MutantResult] = {}
    with progress_bar(console(to_stderr=to_stderr)) as bar:
        task = bar.add_task("mutants", total=len(tests) + len(over_network))
        for result in _tested(tests, jobs or os.cpu_count() or 1):
            results[result.sut.removeprefix("mutant:")] = result
            bar.advance(task)
        for mutant in over_network:
            results[mutant.name] = _played(mutant, jobs, all_of_it=bool(network))
            bar.advance(task)
    return results


def _needs_network(mutant: Mutant, network: bool | None) -> bool:
    return _needs_packets(mutant.clause) if network is None else network


def _needs_packets(clause: str) -> bool:
    from ringproof_scenarios import ledger

    return "rtp" in ledger.load().row(clause).requires


def _lacks_packets(row: dict[str, Any], result: MutantResult) -> bool:
    """Say whether a client was played in virtual time where only packets show its fault."""
    never = row["clause"] not in result.exercised  # another clause may fail, too, on the way
    return row["mode"] == "simulated" and never and _needs_packets(row["clause"])


def _tested(tests: list[MutantTest], processes: int) -> Iterator[MutantResult]:
    from ringproof.triage.mutation import run_test

    if processes < 2 or len(tests) <= ALONE_MAX:
        yield from map(run_test, tests)
        return
    from concurrent.futures import as_completed

    from ringproof.processes import submitted

    with submitted(run_test, tests, processes) as futures:
        for future in as_completed(futures):
            yield future.result()


def _played(mutant: Mutant, jobs: int | None, *, all_of_it: bool) -> MutantResult:
    """Test a client over real sockets: with some of every family, or with two with media."""
    from ringproof.accounting.selection import Selection, given
    from ringproof.runner.plan import Plan
    from ringproof.triage.mutation import MutantResult
    from ringproof_scenarios import ledger

    sut = running.find_sut(f"mutant:{mutant.name}")
    selection = Selection(
        planned=given(_some(all_of_it), sut, real_media=not all_of_it),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    # What is played for its media is small already, and playing media takes long.
    plan = Plan(sut=sut, selection=selection, seed=0, jobs=jobs, reduce=all_of_it)
    finished = running.play(plan, [])
    red = [verdict for verdict in finished.verdicts if verdict.failed]
    shown = next((one for one in red if one.id == mutant.clause), red[0] if red else None)
    first = shown.first_failure if shown else None
    return MutantResult(
        sut=sut.name,
        scenarios=finished.counts.run,
        exercised=frozenset(one.id for one in finished.verdicts if one.exercised),
        failed=tuple([verdict.id for verdict in red]),
        smallest=first.scenario if first else None,
        faults=tuple([fault.text for fault in finished.faults]),
    )


def _some(all_of_it: bool) -> Iterator[Any]:
    from itertools import groupby, islice

    from ringproof_scenarios import catalogue

    if not all_of_it:
        yield from (one for one in catalogue.all() if one.name in WITH_MEDIA)
        return
    for _, family in groupby(catalogue.all(), key=lambda one: one.name.partition("/")[0]):
        yield from islice(family, OF_EACH_FAMILY)


WITH_MEDIA = ("accept/audio", "accept/audio-video", "media-loss/to-client", "script/plays-pictures")
"""Scenarios that are enough to see packets flow, stop, or never come."""


# -- printing --------------------------------------------------------------------------------


def _row(mutant: Mutant, result: MutantResult, network: bool | None) -> dict[str, Any]:
    from ringproof.report.wording import replay_line

    over_network = _needs_network(mutant, network)
    return {
        "name": mutant.name,
        "clause": mutant.clause,
        "fault": mutant.fault,
        "caught": bool(result.failed),
        "caught_by": list(result.failed),
        "under_expected_clause": mutant.clause in result.failed,
        "beside": [id for id in result.failed if id not in (mutant.clause, *mutant.entails)],
        "steps": len(result.smallest.steps) if result.smallest else 0,
        "replay": ""
        if result.smallest is None
        else replay_line(
            result.smallest,
            f"mutant:{mutant.name}",
            simulated=not over_network,
            real_media=over_network and not network,
        ),
        "mode": "network" if over_network else "simulated",
        "faults": list(result.faults),
    }


def _cheat_row(cheat: Stub, result: MutantResult) -> dict[str, Any]:
    passed = sorted(result.exercised - set(result.failed))
    return {
        "name": cheat.name,
        "fault": cheat.fault,
        "caught": cheat.clause in result.failed,
        "failed": len(result.failed),
        "passed": passed,
        "unearned": [clause for clause in passed if clause not in cheat.passes],
    }


def _print(document: dict[str, Any]) -> None:
    rows, cheats = document["mutants"], document["cheats"]
    if rows:
        widest = {key: max(len(row[key]) for row in rows) for key in ("name", "clause")}
        head = f"{'':7}  {'mutant':{widest['name']}}  {'clause':{widest['clause']}}  steps  "
        say(f"{head}also caught by; replay")
        for row in rows:
            say(_line(row, widest))
    for cheat in cheats:
        earned = (
            "nothing that takes work" if not cheat["unearned"] else ", ".join(cheat["unearned"])
        )
        say(f"{cheat['name']}: {cheat['fault']}; fails {cheat['failed']} clauses, passes {earned}")
    reference = document["reference"]
    failed = ", ".join(reference["failed"]) or "nothing"
    say(f"reference client: fails {failed} in {reference['scenarios']} scenarios")
    say(f"{document['caught']} of {document['total']} mutants caught")
    if document["left_out"]:
        names = ", ".join(document["left_out"])
        say(f"left out, for only packets show their fault (play them with --network): {names}")


def _line(row: dict[str, Any], widest: dict[str, int]) -> str:
    start = f"{row['name']:{widest['name']}}  {row['clause']:{widest['clause']}}"
    if not row["caught"]:
        return f"MISSED   {start}         {row['fault']}"
    word = "caught" if row["under_expected_clause"] else "ASTRAY"
    others = ", ".join(id for id in row["caught_by"] if id != row["clause"])
    return f"{word:7}  {start}  {row['steps']:5}  {f'{others}; ' if others else ''}{row['replay']}"
