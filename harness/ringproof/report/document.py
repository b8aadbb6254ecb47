"""``report.json``: what a run writes for other tools, and what ``compare`` and ``merge`` read.

One type describes both. Keys that other tools add are ignored. The traces lie beside the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ringproof import results
from ringproof.baseline import BaselineResult, FailureKind
from ringproof.report.wording import ShownFailure, shown_finding, shown_first_failure
from ringproof.trace import TraceError, loads
from ringproof.verdict import Failure, Verdict
from ringproof.version import VERSION
from ringproof_scenarios.model import Scenario

FORMAT = 2
"""Raised when a key changes its meaning or goes; not when one is added."""

NAME = "report.json"

SIZE_MAX_BYTES = 64 * 1024 * 1024
"""Of a file that is read: a hundred times the largest that we write."""

T = TypeVar("T", bound=msgspec.Struct)


class ReportError(ValueError):
    """The file is no report that can be used; the message has the file and the reason."""


class PartCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How often a clause was exercised in one part of a run, and how often it failed there."""

    exercised: int = 0
    failed: int = 0


class ReportedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A first failure, with its trace in a file of its own."""

    message: str
    """``failure`` in words."""
    failure: Failure
    scenario: Scenario
    steps: int = 0
    sentences: tuple[str, ...] = ()
    """``scenario`` in words."""
    replay: str = ""
    """A line for the shell."""
    trace_path: str = msgspec.field(default="", name="trace")
    """Below the report folder."""
    label: str = msgspec.field(default="", name="reduced_from")
    real_media: bool = False
    mode: results.Mode = "network"
    certainty: results.Certainty | None = None


class ReportedClause(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one clause."""

    id: str
    level: str
    verdict: Verdict
    statement: str = ""
    exercised: int
    failed: int
    simulated: PartCounts
    network: PartCounts
    reason: str = ""
    variants: tuple[str, ...] = ()
    excused: int = 0
    kinds: tuple[FailureKind, ...] = ()
    kinds_left_out: int = 0
    played_under: dict[str, tuple[int, int]] = {}
    first_failure: ReportedFailure | None = None


class ReportedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct failure of an exploring run."""

    clause: str
    level: str
    statement: str
    shape: str
    confirmed: bool
    failed: int
    replays: int
    scenarios: int
    variants: tuple[str, ...] = ()
    first: ReportedFailure = msgspec.field(name="first_failure")


class ReportedExploration(msgspec.Struct, frozen=True, kw_only=True):
    """What an exploring run found."""

    walks: int
    within_s: float
    unexamined: int
    findings: tuple[ReportedFinding, ...]


class ReportedSut(results.SutInfo, frozen=True, kw_only=True):
    """Who was judged."""

    version: str = ""
    carrier: str = ""
    """Empty when the SUT never said hello."""
    option: str = ""
    """What ``--sut`` was given."""

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    ringproof: str
    """The version that wrote it."""
    format: int
    status: results.Status = "complete"
    mode: results.Modes
    seed: int
    duration_s: float
    exit_code: int = msgspec.field(name="exit")
    strict: bool = False
    sut: ReportedSut
    fingerprint: str = ""
    shard: results.Shard | None = None
    whole: bool = False
    counts: results.Counts = msgspec.field(name="scenarios")
    parts: dict[results.Mode, results.Counts] = {}
    environment: dict[str, str] = {}
    left_out: tuple[results.LeftOut, ...] = ()
    clauses: tuple[ReportedClause, ...]
    faults: tuple[results.Fault, ...] = ()
    baseline: BaselineResult | None = None
    explored: ReportedExploration | None = None


def encode(document: object) -> bytes:
    """Write a document as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


# -- from a run --------------------------------------------------------------------------------


def from_finished(finished: results.RunFinished, sut: str) -> Document:
    """Return the document of a run, complete or not; ``sut`` is what ``--sut`` was given."""
    info, explored = finished.sut, finished.explored
    return like(
        Document,
        finished,
        ringproof=VERSION,
        format=FORMAT,
        sut=like(ReportedSut, info, option=sut) if info else ReportedSut(name=sut, option=sut),
        clauses=tuple([_clause(verdict, sut) for verdict in finished.verdicts]),
        explored=None if explored is None else _exploration(explored, sut),
    )


def _clause(verdict: results.ClauseVerdict, sut: str) -> ReportedClause:
    exercised, failed = verdict.simulated_exercised, verdict.simulated_failed
    shown = shown_first_failure(verdict, sut)
    return like(
        ReportedClause,
        verdict,
        simulated=PartCounts(exercised=exercised, failed=failed),
        network=PartCounts(exercised=verdict.exercised - exercised, failed=verdict.failed - failed),
        first_failure=None if shown is None else _failure(shown),
    )


def _failure(shown: ShownFailure) -> ReportedFailure:
    return like(
        ReportedFailure,
        shown.first,
        message=shown.first.failure.message,
        steps=len(shown.first.scenario.steps),
        sentences=tuple(shown.sentences),
        replay=shown.replay,
        trace_path=shown.trace,
    )


def _exploration(explored: results.Explored, sut: str) -> ReportedExploration:
    findings = [
        like(ReportedFinding, finding, first=_failure(shown_finding(finding, sut)))
        for finding in explored.findings
    ]
    return like(ReportedExploration, explored, findings=tuple(findings))


def like(kind: type[T], source: msgspec.Struct, **other: object) -> T:
    """Make a ``kind`` of ``other`` and of what ``source`` has under the names of its fields."""
    names = [name for name in kind.__struct_fields__ if name not in other and hasattr(source, name)]
    values: dict[str, Any] = {name: getattr(source, name) for name in names}
    return kind(**values, **other)


# -- back to a run -----------------------------------------------------------------------------


def read(path: Path) -> Document:
    """Read a ``report.json``, or that of a folder. Raises ``ReportError``."""
    path = path / NAME if path.is_dir() else path
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ReportError(f"{path}: larger than {SIZE_MAX_BYTES} bytes; this is no report")
        fields = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if fields.get("format") != FORMAT:
            raise ReportError(f"{path}: {_other_format(fields)}")
        if not fields.get("clauses") and fields.get("status") == "incomplete":
            raise ReportError(f"{path}: the run ended before it judged anything; play it again")
        return msgspec.convert(fields, Document)
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ReportError(f"{path}: not a report.json: {error}") from error


def _other_format(fields: dict[str, Any]) -> str:
    number, version = fields.get("format"), fields.get("ringproof")
    if not isinstance(number, int) or not isinstance(version, str):
        return "not a report.json: it names no format and no version of ringproof"
    newer = number > FORMAT
    remedy = "read it with that version or a newer one" if newer else "run again with this one"
    return (
        f"written by ringproof {version} in format {number}, and this version, {VERSION}, reads "
        f"format {FORMAT}: {remedy}"
    )


def to_finished(document: Document, folder: Path) -> results.RunFinished:
    """Return the end of the run as its event, with the traces in ``folder``.

    Raises ``ReportError`` when one of them is missing or damaged.
    """
    sut, explored = document.sut, document.explored
    return like(
        results.RunFinished,
        document,
        sut=like(results.SutInfo, sut) if sut.carrier else None,
        verdicts=tuple([_verdict(clause, document, folder) for clause in document.clauses]),
        explored=None if explored is None else _explored(explored, folder),
    )


def _verdict(clause: ReportedClause, document: Document, folder: Path) -> results.ClauseVerdict:
    first, baseline = clause.first_failure, document.baseline
    statuses = () if baseline is None else baseline.entry_statuses
    return like(
        results.ClauseVerdict,
        clause,
        simulated_exercised=clause.simulated.exercised,
        simulated_failed=clause.simulated.failed,
        first_failure=None if first is None else _first_failure(first, folder),
        entry_statuses=tuple([one for one in statuses if one.entry.clause == clause.id]),
    )


def _first_failure(first: ReportedFailure, folder: Path) -> results.FirstFailure:
    path = folder / first.trace_path
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ReportError(
            f"{folder}: the trace {first.trace_path!r} lies outside the report folder"
        )
    try:
        return like(results.FirstFailure, first, trace=loads(path.read_bytes()))
    except OSError as error:
        raise ReportError(
            f"{path}: {error.strerror}; keep the whole report folder, traces included"
        ) from error
    except TraceError as error:
        raise ReportError(f"{path}: {error}") from error


def _explored(explored: ReportedExploration, folder: Path) -> results.Explored:
    findings = [
        like(results.Finding, one, first=_first_failure(one.first, folder))
        for one in explored.findings
    ]
    return like(results.Explored, explored, findings=tuple(findings))
