"""Hand-made columns of a matrix."""

from __future__ import annotations

import msgspec

from ringproof.matrix.columns import Column, Play
from ringproof.matrix.differences import ProbeResults
from ringproof.matrix.document import MatrixDocument, from_columns
from ringproof.results import ClauseVerdict, FirstFailure, Planned, RunFinished, Status, SutInfo
from ringproof.verdict import Failure, Verdict
from ringproof_scenarios.model import Answer, Caller, Scenario
from tests.harness.report import runs

SHORT = Scenario(callers=(Caller(),))
LONG = Scenario(callers=(Caller(), Caller(at_ms=5)), actions=(Answer(),))


def first(scenario: Scenario, message: str = "it broke", *, real_media: bool = False):
    """Return a first failure in a scenario."""
    return FirstFailure(
        scenario=scenario,
        failure=Failure(kind=message),
        trace=runs.trace(),
        label="x",
        real_media=real_media,
    )


def verdict(id: str, word: str = "PASS", failure: FirstFailure | None = None) -> ClauseVerdict:
    """Return a clause's verdict, with counts to match."""
    judged = word not in ("NOT_EXERCISED", "NOT_APPLICABLE")
    return ClauseVerdict(
        id=id,
        level="M",
        statement=f"statement of {id}",
        verdict=Verdict(word),
        exercised=3 * judged,
        failed=int(failure is not None),
        reason="" if failure is None else failure.failure.message,
        first_failure=failure,
    )


def column(
    option: str,
    *verdicts: ClauseVerdict,
    exit_code: int = 0,
    played: dict[str, Play] | None = None,
    always_real: bool = False,
    sdk: str = "",
    runtime: str = "",
) -> Column:
    """Return a client that was played; of an SDK of its own unless one is named."""
    finished = msgspec.structs.replace(
        runs.FINISHED,
        sut=SutInfo(name=sdk or f"sdk of {option}", version="1", carrier="ws", runtime=runtime),
        verdicts=verdicts,
        faults=(),
        exit_code=exit_code,
    )
    return Column(
        option=option,
        folder=option,
        finished=finished,
        exit_code=exit_code,
        played=played or {},
        always_real=always_real,
    )


def shown(scenario: Scenario, label: str, *, failed: str = "", passed: str = "") -> Play:
    """Return what a played scenario showed, the clauses separated by blanks."""
    planned = Planned(
        scenario=msgspec.structs.replace(scenario, name=label),
        source="catalogue",
        real_media=False,
    )
    return Play(planned, frozenset(failed.split()), frozenset(passed.split()))


def matrix(
    *columns: Column, results: ProbeResults | None = None, status: Status = "complete"
) -> MatrixDocument:
    """Return a matrix of them."""
    return from_columns(columns, results, seed=0, examples=20, duration_s=9.0, status=status)


def unfinished(option: str, error: str = "no hello", exit_code: int = 3) -> Column:
    """Return a client that could not be played."""
    return Column(option=option, folder=option, error=error, exit_code=exit_code)


def finished_of(column: Column) -> RunFinished:
    """Return the end of a client's run."""
    assert column.finished is not None
    return column.finished
