"""``ringproof judge``: recorded traces, judged by the same checks as a live run."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringproof import exit_codes
from ringproof.commands import baseline_option as known
from ringproof.commands import run_plan as running
from ringproof.commands.errors import UsageStop
from ringproof.commands.parameters import Baselines, Flag

if TYPE_CHECKING:
    from ringproof.baseline import Baseline, KnownFailures
    from ringproof.report.files import ReportFiles
    from ringproof.results import ClauseVerdict, Fault, RunFinished, ScenarioFinished
    from ringproof.trace import Trace


def judge(
    trace: Annotated[tuple[Path, ...], Parameter(negative="", consume_multiple=True)],
    /,
    *,
    ladder: Flag = False,
    baseline: Baselines = (),
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
        Which client the traces are of, in the baseline's word: `chromium:4.0.0-beta.12`. Entries
        for `NAME@VERSION`, as the traces have it, apply without.
    report_dir
        Write the reports of a run here, report.html and report.json among them: one verdict per
        clause over all traces.
    json
        Print the outcomes as JSON.
    """
    held = known.load(baseline)
    if not trace:
        raise UsageStop("name at least one trace file: `ringproof judge build/report/traces/*`")
    if report_dir is not None and any(_within(path, report_dir) for path in trace):
        raise UsageStop(
            f"--report-dir {report_dir} holds a trace that is to be judged, and would lose it: "
            "choose another folder"
        )
    read = [(path, _read(path)) for path in trace]
    with _opened(report_dir, sut or _sut(found for _, found in read)[0]) as files:
        judged = [_judged(number, found) for number, (_, found) in enumerate(read)]
        finished, known_failures = _finished(judged, held, sut)
        for report in files:
            _tell(report, judged, finished)
    results = [(path, one) for (path, _), one in zip(read, judged, strict=True)]
    if json:
        from ringproof.report.document import encode

        sys.stdout.write(encode({"traces": [_as_json(*one) for one in results]}).decode())
    else:
        from ringproof.baseline.wording import summary
        from ringproof.report.printable import printable

        for path, one in results:
            _print(path, one, known_failures, drawn=ladder)
        if finished.baseline is not None:
            print(printable(summary(finished.baseline)))
        if report_dir is not None:
            print(f"reports: {report_dir}")
    return finished.exit_code


@contextmanager
def _opened(report_dir: Path | None, sut: str) -> Iterator[tuple[ReportFiles, ...]]:
    if report_dir is None:
        yield ()
        return
    with running.report_files(report_dir, sut) as files:
        yield (files,)


def _tell(report: ReportFiles, judged: list[ScenarioFinished], finished: RunFinished) -> None:
    from ringproof.results import RunStarted

    assert finished.sut is not None, "traces say whose they are"
    mode, seed = finished.mode, finished.seed
    report.record(RunStarted(sut=finished.sut, mode=mode, seed=seed, scenarios=len(judged)))
    for one in judged:
        report.record(one)
    report.record(finished)


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().parent == (folder / "traces").resolve()


def _sut(traces: Iterable[Trace]) -> tuple[str, str]:
    """Return name and version of whom the traces are of: one word for all where they differ."""
    names = {found.header.sut for found in traces}
    if len(names) > 1:
        return "several clients", ""
    name, _, version = names.pop().rpartition(" ")
    return (name, version) if name else (version or "unknown SUT", "")


def _judged(number: int, trace: Trace) -> ScenarioFinished:
    from ringproof import checks
    from ringproof.results import Planned, ScenarioFinished

    header = trace.header
    planned = Planned(
        scenario=header.scenario,
        source="given",
        real_media=False,
        number=number,
        mode=header.mode,
    )
    outcomes = checks.judge(trace)
    return ScenarioFinished(planned=planned, trace=trace, outcomes=outcomes, duration_ms=0)


def _finished(
    judged: list[ScenarioFinished], baseline: Baseline | None, sut: str | None
) -> tuple[RunFinished, KnownFailures]:
    """Fold all traces into verdicts, as a run does; nothing is asked of a trace that lacks it.

    Returned beside them are the known failures of whom the traces are of.
    """
    from ringproof.accounting.selection import Selection
    from ringproof.accounting.verdicts import Tally
    from ringproof.baseline import names
    from ringproof.results import RunFinished, SutInfo
    from ringproof_scenarios import ledger

    clauses = frozenset(row.id for row in ledger.load())
    tally = Tally(ledger.load(), Selection(planned=(), clauses=clauses, complete=False))
    name, version = _sut(one.trace for one in judged)
    headers = [one.trace.header for one in judged]
    features = frozenset.union(*(frozenset(header.features) for header in headers))
    info = SutInfo(name=name, version=version, carrier="trace", features=tuple(sorted(features)))
    if baseline is not None:
        tally.expect(baseline, names(sut or name, info), datetime.date.today())
    for one in judged:
        tally.add(one)
    verdicts = tally.verdicts(features, complete=False)
    exercised = sum(o.exercised for one in judged for o in one.outcomes.values())
    modes = sorted({header.mode for header in headers}, reverse=True)
    finished = RunFinished(
        status="complete",
        sut=info,
        mode="simulated+network" if len(modes) > 1 else modes[0],
        seed=0,
        counts=tally.counts,
        parts=tally.parts,
        verdicts=verdicts,
        faults=tuple(tally.faults),
        duration_s=0.0,
        exit_code=_exit_code(verdicts, tally.faults, exercised),
        baseline=tally.baseline(verdicts),
    )
    return finished, tally.known_failures


def _exit_code(verdicts: Iterable[ClauseVerdict], faults: list[Fault], exercised: int) -> int:
    """Fold the verdicts into the exit status.

    Other than in a run, a client that fails is not hidden by a fault of the platform's: a recorded
    trace may be cut off, and no faults are looked for in one of a real platform.
    """
    from ringproof.accounting.verdicts import exit_code

    found = tuple(verdicts)
    code = exit_code(found, (), judged=exercised, complete=False)
    if code == exit_codes.SUT_FAILS:
        return code
    return exit_code(found, faults, judged=exercised, complete=False)


def _read(path: Path) -> Trace:
    from ringproof.trace import TraceError, loads

    try:
        return loads(path.read_bytes())
    except OSError as error:
        raise UsageStop(f"{path}: {error.strerror}") from error
    except TraceError as error:
        raise UsageStop(f"{path}: {error}") from error


def _as_json(path: Path, one: ScenarioFinished) -> dict[str, Any]:
    import msgspec

    found = {id: outcome for id, outcome in one.outcomes.items() if outcome.exercised}
    return {"trace": str(path), "clauses": msgspec.to_builtins(found)}


def _print(
    path: Path, one: ScenarioFinished, known_failures: KnownFailures, *, drawn: bool
) -> None:
    from ringproof.report.ladder.text import ladder, printable

    trace, outcomes = one.trace, one.outcomes
    print(f"{path}: {trace.header.sut or 'unknown SUT'}, {trace.header.mode}")
    failing = [(id, failure) for id, outcome in outcomes.items() for failure in outcome.failures]
    if drawn:
        for _, failure in failing:
            print(ladder(trace, failure))
        if not failing:
            print(ladder(trace))
    for id, failure in failing:
        excused = known_failures.covers(id, failure, trace.header.scenario)
        print(f"  {'KNOWN' if excused else 'FAIL'} {id}: {printable(failure.message)}")
    held = sum(bool(outcome.exercised and not outcome.failures) for outcome in outcomes.values())
    print(f"  {held} clauses held, {len({id for id, _ in failing})} failed")
