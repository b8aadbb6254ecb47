"""Reads a report folder back: ``report.json``, and the traces beside it.

What other tools write may hold more keys than we know; what is missing has a default or is an
error that names the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ringproof.baseline import BaselineEntry, BaselineResult, EntryState, EntryStatus, FailureKind
from ringproof.report import document as json_report
from ringproof.results import (
    ClauseVerdict,
    Counts,
    Fault,
    FirstFailure,
    Mode,
    Modes,
    RunFinished,
    Shard,
    Status,
    SutInfo,
)
from ringproof.trace import TraceError, loads
from ringproof.verdict import Arg, Failure, Owner, Verdict
from ringproof_scenarios.model import Scenario

SIZE_MAX_BYTES = 64 * 1024 * 1024
"""Of one report.json: a hundred times the largest that we write."""


class ReportError(ValueError):
    """The file is no report that can be used; the message says which file and why."""


class PartCounts(msgspec.Struct, frozen=True):
    """How often a clause occurred in one part of a run, and how often it failed there."""

    exercised: int = 0
    failed: int = 0


class ReportedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """``first_failure`` of a clause."""

    scenario: Scenario
    message: str
    kind: str = ""
    """Empty in reports of versions that knew no kinds."""
    expected: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    args: dict[str, Arg] = {}
    replay: str = ""
    trace: str = ""
    """Path of the trace file, below the report folder."""
    owner: Owner = Owner.SUT
    entry: int = -1
    dialog: str = ""
    reduced_from: str = ""
    real_media: bool = False
    mode: Mode = "network"


class ReportedClause(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``clauses``."""

    id: str
    level: str
    verdict: Verdict
    exercised: int
    failed: int
    statement: str = ""
    simulated: PartCounts | None = None
    """None in reports that do not tell the parts of a run apart."""
    network: PartCounts | None = None
    reason: str = ""
    variants: tuple[str, ...] = ()
    excused: int = 0
    kinds: tuple[FailureKind, ...] = ()
    kinds_left_out: int = 0
    played_under: dict[str, tuple[int, int]] = {}
    first_failure: ReportedFailure | None = None


class ReportedSut(SutInfo, frozen=True, kw_only=True):
    """``sut``: its own words, and what ``--sut`` was given."""

    version: str = ""
    carrier: str = ""
    """Empty when it never said hello."""
    option: str = ""


class ReportedEntry(BaselineEntry, frozen=True, kw_only=True):
    """One of ``baseline.entries``: the entry, and how it stood."""

    state: EntryState
    exercised: int = 0
    matched: int = 0


class ReportedBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """``baseline`` of a run that was given one."""

    files: tuple[str, ...] = ()
    entries: tuple[ReportedEntry, ...] = ()
    other_suts: int = 0
    other_clauses: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``report.json``, format 1, of a run that came to an end."""

    ringproof: str
    format: int
    mode: Modes
    seed: int
    duration_s: float
    exit: int
    sut: ReportedSut
    scenarios: Counts
    clauses: tuple[ReportedClause, ...]
    status: Status = "complete"
    strict: bool = False
    fingerprint: str = ""
    shard: Shard | None = None
    whole: bool = False
    """False too in reports of before this was told."""
    parts: dict[Mode, Counts] = {}
    faults: tuple[Fault, ...] = ()
    baseline: ReportedBaseline | None = None
    environment: dict[str, str] = {}
    left_out: str = ""


def read(path: Path) -> Report:
    """Read a ``report.json``, or that of a folder. Raises ``ReportError``."""
    path = path / json_report.NAME if path.is_dir() else path
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ReportError(f"{path}: larger than {SIZE_MAX_BYTES} bytes; this is no report")
        data = path.read_bytes()
        document: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ReportError(f"{path}: not a report.json: {error}") from error
    if document.get("format") != json_report.FORMAT:
        raise ReportError(
            f"{path}: report format {document.get('format')!r}; this ringproof reads "
            f"{json_report.FORMAT}"
        )
    if not document.get("clauses") and document.get("status") == "incomplete":
        raise ReportError(f"{path}: the run ended before it judged anything; play it again")
    try:
        return msgspec.convert(document, Report)
    except msgspec.ValidationError as error:
        raise ReportError(f"{path}: not a report.json: {error}") from error


def finished(report: Report, folder: Path) -> RunFinished:
    """Return the end of the run as its event, traces included. Raises ``ReportError``."""
    baseline = None if report.baseline is None else _baseline(report.baseline)
    entry_statuses = () if baseline is None else baseline.entry_statuses
    return RunFinished(
        status=report.status,
        sut=_sut(report.sut),
        mode=report.mode,
        seed=report.seed,
        counts=report.scenarios,
        parts=report.parts,
        verdicts=tuple(_verdict(clause, folder, entry_statuses) for clause in report.clauses),
        faults=report.faults,
        duration_s=report.duration_s,
        exit_code=report.exit,
        strict=report.strict,
        fingerprint=report.fingerprint,
        shard=report.shard,
        whole=report.whole,
        baseline=baseline,
        environment=report.environment,
        left_out=report.left_out,
    )


def _baseline(reported: ReportedBaseline) -> BaselineResult:
    entry_statuses = tuple(
        EntryStatus(
            entry=BaselineEntry(
                **{name: getattr(one, name) for name in BaselineEntry.__struct_fields__}
            ),
            state=one.state,
            exercised=one.exercised,
            matched=one.matched,
        )
        for one in reported.entries
    )
    return BaselineResult(
        files=reported.files,
        entry_statuses=entry_statuses,
        other_suts=reported.other_suts,
        other_clauses=reported.other_clauses,
    )


def _sut(sut: ReportedSut) -> SutInfo | None:
    if not sut.carrier:
        return None
    return SutInfo(**{name: getattr(sut, name) for name in SutInfo.__struct_fields__})


def _verdict(
    clause: ReportedClause, folder: Path, entry_statuses: tuple[EntryStatus, ...]
) -> ClauseVerdict:
    simulated = clause.simulated or PartCounts()
    first = clause.first_failure
    return ClauseVerdict(
        id=clause.id,
        level=clause.level,
        statement=clause.statement,
        verdict=clause.verdict,
        exercised=clause.exercised,
        failed=clause.failed,
        simulated_exercised=simulated.exercised,
        simulated_failed=simulated.failed,
        reason=clause.reason,
        variants=clause.variants,
        played_under=clause.played_under,
        first_failure=None if first is None else _first(first, folder),
        excused=clause.excused,
        kinds=clause.kinds,
        kinds_left_out=clause.kinds_left_out,
        entry_statuses=tuple(one for one in entry_statuses if one.entry.clause == clause.id),
    )


def _first(first: ReportedFailure, folder: Path) -> FirstFailure:
    path = folder / first.trace
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ReportError(f"{folder}: the trace {first.trace!r} lies outside the report folder")
    try:
        trace = loads(path.read_bytes())
    except OSError as error:
        raise ReportError(
            f"{path}: {error.strerror}; keep the whole report folder, traces included"
        ) from error
    except TraceError as error:
        raise ReportError(f"{path}: {error}") from error
    return FirstFailure(
        scenario=first.scenario,
        failure=Failure(
            kind=first.kind or first.message,
            expected=first.expected,
            seen=first.seen,
            args=first.args,
            entry=first.entry,
            dialog=first.dialog,
            owner=first.owner,
        ),
        trace=trace,
        label=first.reduced_from,
        real_media=first.real_media,
        mode=first.mode,
    )
