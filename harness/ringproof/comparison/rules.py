"""The rules by which two reports are compared (docs/ci.md lists them). Pure, without wording.

A check that silently stops running looks like a check that passes, so whatever was checked before
and is not now is red, as red as a failure.
"""

from __future__ import annotations

import enum
import math
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import msgspec

from ringproof import exit_codes
from ringproof.report.document import Document, PartCounts, ReportedClause
from ringproof.results import Mode
from ringproof.verdict import Verdict

SEVERITY = {
    Verdict.PASS: 0,
    Verdict.FIXED: 0,
    Verdict.KNOWN: 1,
    Verdict.WARN: 2,
    Verdict.FAIL: 3,
}
"""Of the verdicts that judge; a higher number is a worse verdict. The others do not judge."""

MODES: tuple[Mode, ...] = get_args(Mode)

CHANCE = 3.0
"""Standard deviations. Between runs of one version, of 30 to 5,000 drawn scenarios beside the
catalogue and with other seeds, this raised one needless alarm in 125 comparisons; "fewer than half"
alone raised one in every other, and "fewer than before" 27 in each."""


class Kind(enum.StrEnum):
    """What a change means; the first two are red."""

    WORSE = "worse"
    STOPPED = "stopped"
    """No longer checked, or less than before."""
    BETTER = "better"
    NOTE = "note"
    """What explains a difference, or is good to know."""


RED = frozenset({Kind.WORSE, Kind.STOPPED})


class Rule(enum.StrEnum):
    """The rule by which something is a change."""

    VERDICT = "verdict"
    NEW_CLAUSE = "new-clause"
    VANISHED = "clause-vanished"
    NOT_JUDGED = "no-longer-judged"
    FEWER_EXERCISED = "fewer-exercised"
    LEVEL = "level"
    INCOMPLETE = "incomplete"
    PART = "part-missing"
    FEWER_SCENARIOS = "fewer-scenarios"
    FAULTS = "faults"
    EXPLANATION = "explanation"


class Change(msgspec.Struct, frozen=True):
    """One difference between two reports: which fields are set depends on the rule."""

    kind: Kind
    rule: Rule
    before: int | str = ""
    """A count, a verdict, or whatever the rule compares."""
    after: int | str = ""
    subject: str = ""
    """Of a change of the whole run: the sort of scenario, the owner of faults, or the setting."""
    detail: str = ""
    """Text of the report: the first fault."""
    mode: Mode | None = None
    """The part of the run in which counts fell."""
    clause: str = ""
    """Empty when it is about the whole run."""
    now: ReportedClause | None = None
    """The clause as the new report has it."""

    @property
    def replay(self) -> str:
        """The line that plays a new failure again; empty where there is none."""
        first = self.now.first_failure if self.now and self.kind is Kind.WORSE else None
        return first.replay if first else ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs between two reports."""

    same_plan: bool
    """The same ringproof played the same scenarios, so that counts have to be equal."""
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of a kind, those of the whole run first."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def exit_code(self) -> int:
        """1 when anything is worse or no longer checked."""
        red = any(change.kind in RED for change in self.changes)
        return exit_codes.SUT_FAILS if red else exit_codes.AS_EXPECTED


def compare(old: Document, new: Document) -> Comparison:
    """Compare a report with an older one; both of whole runs, the older one complete."""
    plans = {(report.fingerprint, report.ringproof) for report in (old, new)}
    same = len(plans) == 1 and bool(old.fingerprint)
    before = {clause.id: clause for clause in old.clauses}
    after = {clause.id: clause for clause in new.clauses}
    changes = [*_run(old, new), *_explanations(old, new)]
    parts = [mode for mode in MODES if mode in old.parts and mode in new.parts]
    for id, clause in before.items():
        if id not in after:
            changes.append(Change(Kind.STOPPED, Rule.VANISHED, clause.verdict, clause=id))
        else:
            changes += _clause(clause, after[id], parts, same_plan=same)
    changes += [_new(clause) for id, clause in after.items() if id not in before]
    return Comparison(same_plan=same, changes=tuple(changes))


def fewer(before: int, after: int, *, exact: bool = False) -> bool:
    """Return whether a count has fallen by more than chance explains.

    Virtual time repeats itself: there every drop of the same plan counts (``exact``). Otherwise
    drawn scenarios differ, or the order of events over sockets does: less than half is a drop,
    and by more than ``CHANCE`` standard deviations of counts such as these.
    """
    if exact:
        return after < before
    return 2 * after < before and before - after > CHANCE * math.sqrt(before + after)


# -- the whole run -----------------------------------------------------------------------------


def _run(old: Document, new: Document) -> Iterator[Change]:
    if new.status == "incomplete":
        yield Change(Kind.STOPPED, Rule.INCOMPLETE)
    for mode, before in old.parts.items():
        after = new.parts.get(mode)
        if after is None:
            yield Change(Kind.STOPPED, Rule.PART, mode=mode)
            continue
        for sort in KINDS_COUNTED:
            was, now = getattr(before, sort), getattr(after, sort)
            if now < was if sort != "real_media" else fewer(was, now):
                yield Change(Kind.STOPPED, Rule.FEWER_SCENARIOS, was, now, sort, mode=mode)
    known = {fault.owner for fault in old.faults}
    for owner, number in Counter(fault.owner for fault in new.faults).items():
        kind = Kind.NOTE if owner in known else Kind.WORSE
        first = next(fault.text for fault in new.faults if fault.owner is owner)
        yield Change(kind, Rule.FAULTS, after=number, subject=owner, detail=first)


KINDS_COUNTED = ("catalogue", "generated", "real_media")
"""Of scenarios that are counted; how many have real media depends on chance."""


def _explanations(old: Document, new: Document) -> Iterator[Change]:
    """Yield what differs between the runs themselves, for whoever reads the rest."""
    after = _settings(new)
    for name, value in _settings(old).items():
        if value != after[name]:
            yield Change(Kind.NOTE, Rule.EXPLANATION, value, after[name], name)


def _settings(report: Document) -> dict[str, str]:
    baseline = report.baseline
    return {
        "ringproof": report.ringproof,
        "client": report.sut.title or "unknown",
        "--sut": report.sut.option or "unknown",
        "features": ", ".join(report.sut.features) or "none",
        "mode": report.mode,
        "seed": str(report.seed),
        "--strict": str(report.strict),
        "baseline": "none"
        if baseline is None
        else f"{', '.join(baseline.files)} with {len(baseline.entry_statuses)} entries",
    }


# -- one clause --------------------------------------------------------------------------------


def _new(clause: ReportedClause) -> Change:
    severity = SEVERITY.get(clause.verdict)
    kind = Kind.NOTE if severity is None else Kind.WORSE if severity else Kind.BETTER
    return Change(kind, Rule.NEW_CLAUSE, clause=clause.id, now=clause)


def _clause(
    old: ReportedClause, new: ReportedClause, parts: list[Mode], *, same_plan: bool
) -> Iterator[Change]:
    rule, kind = _verdict_change(old.verdict, new.verdict)
    if kind is not None:
        yield Change(kind, rule, old.verdict, clause=new.id, now=new)
    if old.level != new.level:
        yield Change(Kind.NOTE, Rule.LEVEL, old.level, new.level, clause=new.id)
    if new.verdict not in SEVERITY:
        return
    for mode in parts:
        before, after = _counts(old, mode).exercised, _counts(new, mode).exercised
        if fewer(before, after, exact=same_plan and mode == "simulated"):
            rule = Rule.FEWER_EXERCISED
            yield Change(Kind.STOPPED, rule, before, after, mode=mode, clause=new.id)


def _verdict_change(old: Verdict, new: Verdict) -> tuple[Rule, Kind | None]:
    """Return what a change of verdict means; no kind where it means nothing."""
    before, after = SEVERITY.get(old), SEVERITY.get(new)
    if after is None:
        return Rule.NOT_JUDGED, None if before is None else Kind.STOPPED
    if after > (before or 0):
        return Rule.VERDICT, Kind.WORSE
    if before is None or before > after:
        return Rule.VERDICT, Kind.NOTE if after else Kind.BETTER
    return Rule.VERDICT, None


def _counts(clause: ReportedClause, mode: Mode) -> PartCounts:
    return clause.simulated if mode == "simulated" else clause.network
