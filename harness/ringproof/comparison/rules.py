"""The rules by which two reports are compared (docs/ci.md tells them): pure.

A check that silently stops running looks like a check that passes, so whatever was checked before
and is not now is red, as red as a failure.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator

import msgspec

from ringproof import exit_codes
from ringproof.report.reading import PartCounts, Report, ReportedClause
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

WORDS: dict[Mode, str] = {"simulated": "in virtual time", "network": "over the network"}


CHANCE = 3.0
"""Standard deviations. Between runs of one version, of 30 to 5,000 drawn scenarios beside the
catalogue and with other seeds, this raised one needless alarm in 125 comparisons; "fewer than half"
alone raised one in every other, and "fewer than before" 27 in each."""


class Kind(enum.StrEnum):
    """What a finding means; the first two are red."""

    WORSE = "worse"
    STOPPED = "stopped"
    """No longer checked, or less than before."""
    BETTER = "better"
    NOTE = "note"
    """What explains a difference, or is good to know."""


RED = frozenset({Kind.WORSE, Kind.STOPPED})


class Rule(enum.StrEnum):
    """By which rule something was found."""

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


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One difference."""

    kind: Kind
    rule: Rule
    text: str
    clause: str = ""
    """Empty when it is about the whole run."""
    replay: str = ""
    """What plays the new failure again."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs between two reports."""

    same_plan: bool
    """The same ringproof played the same scenarios, so that counts can be held against each
    other one to one."""
    findings: tuple[Finding, ...]

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of a kind, those about the whole run first."""
        return tuple(finding for finding in self.findings if finding.kind is kind)

    @property
    def exit_code(self) -> int:
        """1 when anything is worse or no longer checked."""
        red = any(finding.kind in RED for finding in self.findings)
        return exit_codes.SUT_FAILS if red else exit_codes.AS_EXPECTED


def compare(old: Report, new: Report) -> Comparison:
    """Compare a report with an older one; both of whole runs, the older one complete."""
    same = (
        bool(old.fingerprint)
        and old.fingerprint == new.fingerprint
        and old.ringproof == new.ringproof
    )
    before = {clause.id: clause for clause in old.clauses}
    after = {clause.id: clause for clause in new.clauses}
    findings = [*_whole(old, new), *_explained(old, new)]
    parts = [part for part in WORDS if part in old.parts and part in new.parts]
    for id, clause in before.items():
        if id not in after:
            findings.append(_vanished(clause))
        else:
            findings += _clause(clause, after[id], parts, same_plan=same)
    findings += [_new(clause) for id, clause in after.items() if id not in before]
    return Comparison(same_plan=same, findings=tuple(findings))


def fewer(before: int, after: int, *, exact: bool = False) -> bool:
    """Say whether a count has fallen by more than chance explains.

    Virtual time repeats itself: there every drop of the same plan tells (``exact``). Otherwise
    drawn scenarios differ, or the order of events over sockets does: less than half is a drop,
    and by more than ``CHANCE`` standard deviations of counts such as these.
    """
    if exact:
        return after < before
    return 2 * after < before and before - after > CHANCE * math.sqrt(before + after)


# -- the whole run -----------------------------------------------------------------------------


def _whole(old: Report, new: Report) -> Iterator[Finding]:
    def red(kind: Kind, rule: Rule, text: str) -> Finding:
        return Finding(kind=kind, rule=rule, text=text)

    if new.status == "incomplete":
        yield red(Kind.STOPPED, Rule.INCOMPLETE, "the new run did not come to its end")
    for part, before in old.parts.items():
        after = new.parts.get(part)
        if after is None:
            text = f"nothing is played {WORDS[part]} any more"
            yield red(Kind.STOPPED, Rule.PART, text)
            continue
        for sort in ("catalogue", "generated"):
            counts = getattr(before, sort), getattr(after, sort)
            if counts[1] < counts[0]:
                text = f"{sort} scenarios {WORDS[part]}: {counts[1]} instead of {counts[0]}"
                yield red(Kind.STOPPED, Rule.FEWER_SCENARIOS, text)
        media = before.real_media, after.real_media
        if fewer(*media):
            text = f"scenarios with real media: {media[1]} instead of {media[0]}"
            yield red(Kind.STOPPED, Rule.FEWER_SCENARIOS, text)
    yield from _faults(old, new)


def _faults(old: Report, new: Report) -> Iterator[Finding]:
    known = {fault.owner for fault in old.faults}
    for owner in dict.fromkeys(fault.owner for fault in new.faults):
        theirs = [fault for fault in new.faults if fault.owner is owner]
        text = f"{len(theirs)} faults of the {owner}, the first: {theirs[0].text}"
        kind = Kind.NOTE if owner in known else Kind.WORSE
        yield Finding(kind=kind, rule=Rule.FAULTS, text=text)


def _explained(old: Report, new: Report) -> Iterator[Finding]:
    """Say what differs between the runs themselves, for whoever reads the rest."""
    pairs = {
        "ringproof": (old.ringproof, new.ringproof),
        "client": (f"{old.sut.name} {old.sut.version}", f"{new.sut.name} {new.sut.version}"),
        "--sut": (old.sut.option, new.sut.option),
        "features": (", ".join(old.sut.features) or "none", ", ".join(new.sut.features) or "none"),
        "mode": (old.mode, new.mode),
        "seed": (old.seed, new.seed),
        "--strict": (old.strict, new.strict),
        "baseline": (_files(old), _files(new)),
    }
    for name, (before, after) in pairs.items():
        if before != after:
            text = f"{name}: {_said(before)} before, {_said(after)} now"
            yield Finding(kind=Kind.NOTE, rule=Rule.EXPLANATION, text=text)


def _said(value: object) -> str:
    return str(value).strip() or "unknown"


def _files(report: Report) -> str:
    if report.baseline is None:
        return "none"
    return f"{', '.join(report.baseline.files)} with {len(report.baseline.entries)} entries"


# -- one clause --------------------------------------------------------------------------------


def _vanished(clause: ReportedClause) -> Finding:
    told = f"was {clause.verdict}, and the new run does not speak of it"
    return Finding(kind=Kind.STOPPED, rule=Rule.VANISHED, clause=clause.id, text=told)


def _new(clause: ReportedClause) -> Finding:
    bad = SEVERITY.get(clause.verdict, 0) > 0
    judged = clause.verdict in SEVERITY
    kind = Kind.WORSE if bad else Kind.BETTER if judged else Kind.NOTE
    return Finding(
        kind=kind,
        rule=Rule.NEW_CLAUSE,
        clause=clause.id,
        text=f"the old run did not speak of it; {_told(clause)}",
        replay=_replay(clause),
    )


def _clause(
    old: ReportedClause, new: ReportedClause, parts: list[Mode], *, same_plan: bool
) -> Iterator[Finding]:
    yield from _verdicts(old, new)
    if old.level != new.level:
        text = f"was level {old.level}, is level {new.level} now"
        yield Finding(kind=Kind.NOTE, rule=Rule.LEVEL, clause=new.id, text=text)
    if new.verdict not in SEVERITY:
        return
    for part in parts:
        before, after = _counts(old, part).exercised, _counts(new, part).exercised
        if fewer(before, after, exact=same_plan and part == "simulated"):
            text = f"exercised {after} times {WORDS[part]}, {before} times before"
            yield Finding(kind=Kind.STOPPED, rule=Rule.FEWER_EXERCISED, clause=new.id, text=text)


def _verdicts(old: ReportedClause, new: ReportedClause) -> Iterator[Finding]:
    before, after = SEVERITY.get(old.verdict), SEVERITY.get(new.verdict)
    if before is None and after is None:
        return
    if after is None:
        reason = f": {new.reason}" if new.reason else ""
        text = f"was {old.verdict}, is {new.verdict} now{reason}"
        yield Finding(kind=Kind.STOPPED, rule=Rule.NOT_JUDGED, clause=new.id, text=text)
    elif after > (before or 0):
        yield Finding(
            kind=Kind.WORSE,
            rule=Rule.VERDICT,
            clause=new.id,
            text=f"was {old.verdict}; {_told(new)}",
            replay=_replay(new),
        )
    elif before is None or before > after:
        kind = Kind.NOTE if after else Kind.BETTER
        text = f"was {old.verdict}; {_told(new)}"
        yield Finding(kind=kind, rule=Rule.VERDICT, clause=new.id, text=text)


def _counts(clause: ReportedClause, part: Mode) -> PartCounts:
    told = clause.simulated if part == "simulated" else clause.network
    return told or PartCounts(exercised=clause.exercised, failed=clause.failed)


def _told(clause: ReportedClause) -> str:
    reason = f": {clause.reason}" if clause.reason else ""
    return f"is {clause.verdict} now ({clause.failed} of {clause.exercised} failed){reason}"


def _replay(clause: ReportedClause) -> str:
    return "" if clause.first_failure is None else clause.first_failure.replay
