"""What all reports show alike: failures, scenarios, replay lines, paths of traces. Pure."""

from __future__ import annotations

import hashlib
import re
import shlex
from typing import NamedTuple

from ringproof.results import Certainty, ClauseVerdict, Finding, FirstFailure, RunFinished
from ringproof_scenarios.model import Scenario

UNCERTAIN = {
    Certainty.NOW_AND_THEN: "fails now and then: no scenario failed every time it was played again",
    Certainty.NOT_CONFIRMED: "not confirmed: the time for playing failures again was over",
}
"""Added to a first failure that may not happen again when it is replayed."""

SHAPE_DIGITS = 6
"""Of a hash: enough to tell the findings of one clause apart."""


class ShownFailure(NamedTuple):
    """One way in which a clause fails, as every report shows it."""

    first: FirstFailure
    trace: str
    """Path of its trace below the report folder."""
    replay: str
    """A line for the shell that plays it again."""
    sentences: list[str]
    """The scenario in words."""
    remarks: list[str]
    """What the failure depends on, and whether it may not happen again."""
    finding: Finding | None = None
    """None for the first failure of a run that did not explore."""


def shown_failures(verdict: ClauseVerdict, finished: RunFinished, sut: str) -> list[ShownFailure]:
    """Return the findings on a clause, or its first failure where there are none."""
    findings = finished.explored.findings if finished.explored is not None else ()
    shown = [shown_finding(one, sut) for one in findings if one.clause == verdict.id]
    first = shown_first_failure(verdict, sut)
    return shown or ([first] if first is not None else [])


def shown_finding(finding: Finding, sut: str) -> ShownFailure:
    """Return a finding; ``sut`` is what ``--sut`` was given."""
    path, variants = finding_path(finding), list(finding.variants)
    return _shown(finding.first, path, sut, variants, finding)


def shown_first_failure(verdict: ClauseVerdict, sut: str) -> ShownFailure | None:
    """Return the first failure of a clause; None where there is none to show."""
    if verdict.first_failure is None:
        return None
    return _shown(verdict.first_failure, trace_path(verdict.id), sut, remarks(verdict))


def _shown(
    first: FirstFailure, trace: str, sut: str, notes: list[str], finding: Finding | None = None
) -> ShownFailure:
    replay = replay_line(
        first.scenario,
        sut,
        simulated=first.mode == "simulated",
        # Chromium plays real media anyway.
        real_media=first.real_media and not sut.startswith("chromium"),
    )
    return ShownFailure(first, trace, replay, sentences(first.scenario), notes, finding)


def replay_line(
    scenario: Scenario, sut: str, *, simulated: bool = False, real_media: bool = False
) -> str:
    """Return a line for the shell that plays a scenario in the way it was played."""
    words = ["ringproof", "replay", scenario.replay(), "--sut", sut]
    words += ["--simulate"] if simulated else []
    words += ["--real-media"] if real_media else []
    return shlex.join(words)


def sentences(scenario: Scenario) -> list[str]:
    """Describe the scenario, and the platform variants in which it is not the usual one."""
    variants = scenario.platform.variants()
    return [*scenario.steps, *([f"the platform has {', '.join(variants)}"] if variants else [])]


def remarks(verdict: ClauseVerdict) -> list[str]:
    """Return what a failure depends on, and whether it may not happen again."""
    first = verdict.first_failure
    uncertain = UNCERTAIN.get(first.certainty) if first and first.certainty else None
    return [*verdict.variants, *([uncertain] if uncertain else [])]


def replays(finding: Finding) -> str:
    """Return how often a finding failed when it was played again."""
    match finding.certainty:
        case Certainty.NOT_CONFIRMED:
            return "not played again: the time was over"
        case Certainty.EVERY_TIME:
            return f"failed in all of {finding.replays} replays"
        case Certainty.NOW_AND_THEN:
            return f"now and then: failed in {finding.failed} of {finding.replays} replays"


def counted(number: int, noun: str) -> str:
    """Return ``1 step`` or ``2 steps``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def trace_path(clause: str) -> str:
    """Return the path of the trace of a clause's first failure, below the report folder."""
    return f"traces/{slug(clause)}.jsonl"


def finding_path(finding: Finding) -> str:
    """Return the path of a finding's trace, below the report folder: the same in every run."""
    digest = hashlib.sha256(finding.shape.encode()).hexdigest()
    return f"traces/finding-{slug(finding.clause)}-{digest[:SHAPE_DIGITS]}.jsonl"


def slug(text: str) -> str:
    """Return ``text`` as a file name that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80] or "unnamed"
