"""``ringproof judge``: recorded traces, judged by the same checks as a live run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from harness import exit_codes
from harness.commands.parameters import Flag
from harness.commands.stops import UsageStop

if TYPE_CHECKING:
    from harness.trace import Trace
    from harness.verdict import Outcome
    from scenarios.ledger import Ledger


def judge(
    trace: Annotated[tuple[Path, ...], Parameter(negative="", consume_multiple=True)],
    /,
    *,
    ladder: Flag = False,
    json: Flag = False,
) -> int:
    """Judge recorded traces, each by itself.

    Parameters
    ----------
    trace
        Files that a run wrote.
    ladder
        Draw each trace: caller, server, SDK and app side by side, failures marked.
    json
        Print the outcomes as JSON.
    """
    from harness import checks
    from scenarios import ledger

    if not trace:
        raise UsageStop("name at least one trace file: `ringproof judge build/report/traces/*`")
    known = ledger.load()
    results = []
    exit_code = exit_codes.AS_EXPECTED
    judged = 0
    for path in trace:
        read = _read(path)
        outcomes = checks.judge(read)
        judged += sum(outcome.exercised for outcome in outcomes.values())
        results.append(_as_json(path, outcomes))
        if _breaks_a_must(known, outcomes):
            exit_code = exit_codes.SUT_FAILS
        if not json:
            _print(path, read, outcomes, drawn=ladder)
    if json:
        from harness.report.json_report import encode

        sys.stdout.write(encode({"traces": results}).decode())
    return exit_code if judged else exit_codes.NOTHING_JUDGED


def _breaks_a_must(known: Ledger, outcomes: dict[str, Outcome]) -> bool:
    return any(outcome.failures and known.row(id).level == "M" for id, outcome in outcomes.items())


def _read(path: Path) -> Trace:
    from harness.trace import TraceError, loads

    try:
        return loads(path.read_bytes())
    except OSError as error:
        raise UsageStop(f"{path}: {error.strerror}") from error
    except TraceError as error:
        raise UsageStop(f"{path}: {error}") from error


def _as_json(path: Path, outcomes: dict[str, Outcome]) -> dict[str, Any]:
    import msgspec

    found = {id: outcome for id, outcome in outcomes.items() if outcome.exercised}
    return {"trace": str(path), "clauses": msgspec.to_builtins(found)}


def _print(path: Path, trace: Trace, outcomes: dict[str, Outcome], *, drawn: bool) -> None:
    from harness.report.ladder import ladder, printable

    print(f"{path}: {trace.header.sut or 'unknown SUT'}, {trace.header.mode}")
    failing = [(id, failure) for id, outcome in outcomes.items() for failure in outcome.failures]
    if drawn:
        for _, failure in failing:
            print(ladder(trace, failure))
        if not failing:
            print(ladder(trace))
    for id, failure in failing:
        print(f"  FAIL {id}: {printable(failure.message)}")
    held = sum(bool(outcome.exercised and not outcome.failures) for outcome in outcomes.values())
    print(f"  {held} clauses held, {len({id for id, _ in failing})} failed")
