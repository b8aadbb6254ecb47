"""``ringproof judge``: recorded traces, judged by the same checks as a live run."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringproof import checks, exit_codes
from ringproof.accounting.selection import Selection
from ringproof.accounting.tally import Tally
from ringproof.baseline import Baseline, KnownFailures, names
from ringproof.baseline.wording import summary
from ringproof.commands import baseline_option, run_plan
from ringproof.commands.errors import UsageStop
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag, Strings
from ringproof.report.document import encode
from ringproof.report.ladder.text import ladder as drawn_ladder
from ringproof.report.printable import printable
from ringproof.results import Planned, RunFinished, RunStarted, ScenarioFinished, SutInfo
from ringproof.trace import Trace, TraceError, loads
from ringproof.verdict import Verdict
from ringproof_scenarios import ledger


def judge(
    trace: Annotated[tuple[Path, ...], Parameter(negative="", consume_multiple=True)],
    /,
    *,
    ladder: Flag = False,
    baseline: Strings = (),
    sut: str | None = None,
    report_dir: Path | None = None,
    json: Flag = False,
) -> int:
    """Judge recorded traces, each by itself.

    Parameters
    ----------
    trace
        Files that a run wrote.
    ladder
        Draw each trace: caller, server, SDK and app side by side, failures marked.
    baseline
        A file of known failures, or the name of one that ringproof brings, as for `ringproof run`:
        what it describes is not red. Nothing counts as fixed, for these traces may not be all.
    sut
        The client that the traces are of, as the baseline names it: `chromium:4.0.0-beta.12`.
        Entries for `NAME@VERSION`, as the traces have it, apply without this option.
    report_dir
        Write the reports of a run here, report.html and report.json among them: one verdict per
        clause over all traces.
    json
        Print the outcomes as JSON.
    """
    entries = baseline_option.load(baseline)
    if not trace:
        raise UsageStop("name at least one trace file: `ringproof judge build/report/traces/*`")
    written = (report_dir / "traces").resolve() if report_dir is not None else None
    if any(path.resolve().parent == written for path in trace):
        raise UsageStop(
            f"--report-dir {report_dir} has a trace in it that is to be judged, and would lose it: "
            "choose another folder"
        )
    traces = [_read(path) for path in trace]
    name = sut or _sut(traces)[0]
    with run_plan.report_files(report_dir, name) if report_dir else nullcontext() as files:
        judged = [_judged(number, one) for number, one in enumerate(traces)]
        finished, known_failures = _finished(judged, entries, sut)
        if files is not None:
            assert finished.sut is not None, "it is read from the traces"
            mode, scenarios = finished.mode, len(judged)
            files.record(RunStarted(sut=finished.sut, mode=mode, seed=0, scenarios=scenarios))
            for one in judged:
                files.record(one)
            files.record(finished)
    if json:
        documents = []
        for path, one in zip(trace, judged, strict=True):
            exercised = {id: outcome for id, outcome in one.outcomes.items() if outcome.exercised}
            documents.append({"trace": str(path), "clauses": exercised})
        write_json(encode({"traces": documents}))
        return finished.exit_code
    for path, one in zip(trace, judged, strict=True):
        _print(path, one, known_failures, drawn=ladder)
    if finished.baseline is not None:
        say(printable(summary(finished.baseline)))
    if report_dir is not None:
        say(f"reports: {report_dir}")
    return finished.exit_code


def _sut(traces: Iterable[Trace]) -> tuple[str, str]:
    """Return name and version of the client that the traces are of."""
    names = {trace.header.sut for trace in traces}
    if len(names) > 1:
        return "several clients", ""
    name, _, version = names.pop().rpartition(" ")
    return (name, version) if name else (version or "unknown SUT", "")


def _judged(number: int, trace: Trace) -> ScenarioFinished:
    header = trace.header
    planned = Planned(
        scenario=header.scenario, source="given", real_media=False, number=number, mode=header.mode
    )
    outcomes = checks.judge(trace)
    return ScenarioFinished(planned=planned, trace=trace, outcomes=outcomes, duration_ms=0)


def _finished(
    judged: list[ScenarioFinished], baseline: Baseline | None, sut: str | None
) -> tuple[RunFinished, KnownFailures]:
    """Decide over all traces, as a run does; no clause has to be exercised by them.

    Returned beside the last event are the known failures of the client.
    """
    rows = ledger.load()
    clauses = frozenset(row.id for row in rows)
    tally = Tally(rows, Selection(planned=(), clauses=clauses, complete=False))
    name, version = _sut(one.trace for one in judged)
    headers = [one.trace.header for one in judged]
    features = tuple(sorted({word for header in headers for word in header.features}))
    info = SutInfo(name=name, version=version, carrier="trace", features=features)
    if baseline is not None:
        tally.expect(baseline, names(sut or name, info), datetime.date.today())
    for one in judged:
        tally.add(one)
    decision = tally.decide(features, whole=False)
    # Other than in a run, a client that fails is not hidden by a fault of the platform's: a trace
    # may be cut off, and no faults are looked for in one of a real platform.
    fails = any(verdict.verdict is Verdict.FAIL for verdict in decision.verdicts)
    modes = sorted({header.mode for header in headers}, reverse=True)
    finished = RunFinished(
        status="complete",
        sut=info,
        mode="simulated+network" if len(modes) > 1 else modes[0],
        seed=0,
        counts=tally.counts,
        parts=tally.parts,
        verdicts=decision.verdicts,
        faults=tuple(tally.faults),
        duration_s=0.0,
        exit_code=exit_codes.SUT_FAILS if fails else decision.exit_code,
        baseline=decision.baseline,
    )
    return finished, tally.known_failures


def _read(path: Path) -> Trace:
    try:
        return loads(path.read_bytes())
    except (OSError, TraceError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageStop(f"{path}: {reason}") from error


def _print(
    path: Path, one: ScenarioFinished, known_failures: KnownFailures, *, drawn: bool
) -> None:
    trace, outcomes = one.trace, one.outcomes
    say(f"{path}: {trace.header.sut or 'unknown SUT'}, {trace.header.mode}")
    failing = [(id, failure) for id, outcome in outcomes.items() for failure in outcome.failures]
    if drawn:
        ladders = [drawn_ladder(trace, failure) for _, failure in failing] or [drawn_ladder(trace)]
        say(*ladders, sep="\n")
    for id, failure in failing:
        excused = known_failures.covers(id, failure, trace.header.scenario)
        say(f"  {'KNOWN' if excused else 'FAIL'} {id}: {printable(failure.message)}")
    passed = sum(bool(outcome.exercised and not outcome.failures) for outcome in outcomes.values())
    say(f"  {passed} clauses passed, {len({id for id, _ in failing})} failed")
