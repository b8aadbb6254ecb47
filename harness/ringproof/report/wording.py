"""The line that plays a failure again, and where its trace lies: shared words of all reports."""

from __future__ import annotations

import re
import shlex

from ringproof.results import Certainty, ClauseVerdict, Finding, FirstFailure
from ringproof_scenarios.model import Scenario


def replay_command(first: FirstFailure, sut: str) -> str:
    """Return a line for the shell; ``sut`` is what ``--sut`` was given."""
    real_media = first.real_media and not sut.startswith("chromium")
    simulated = first.mode == "simulated"
    return replay_line(first.scenario, sut, simulated=simulated, real_media=real_media)


def replay_line(
    scenario: Scenario, sut: str, *, simulated: bool = False, real_media: bool = False
) -> str:
    """Return a line for the shell that plays a scenario in the way it was played."""
    words = ["ringproof", "replay", scenario.replay(), "--sut", sut]
    words += ["--simulate"] if simulated else []
    words += ["--real-media"] if real_media else []
    return shlex.join(words)


def sentences(scenario: Scenario) -> list[str]:
    """Tell the scenario, and the platform variants it depends on where they are not the usual."""
    variants = scenario.platform.variants()
    return [*scenario.steps, *([f"the platform has {', '.join(variants)}"] if variants else [])]


UNCERTAIN = {
    Certainty.NOW_AND_THEN: "fails now and then: no scenario failed every time it was played again",
    Certainty.NOT_CONFIRMED: "not confirmed: the time for playing failures again was over",
}
"""What is said of a first failure that may not happen again for whoever replays it."""


def remarks(verdict: ClauseVerdict) -> list[str]:
    """Say what a failure depends on, and whether it may not be seen again."""
    first = verdict.first_failure
    uncertain = UNCERTAIN.get(first.certainty) if first and first.certainty else None
    return [*verdict.variants, *([uncertain] if uncertain else [])]


def replays(finding: Finding) -> str:
    """Say how often a finding failed when it was played again."""
    match finding.certainty:
        case Certainty.NOT_CONFIRMED:
            return "not played again: the time was over"
        case Certainty.EVERY_TIME:
            return f"failed in all of {finding.replays} replays"
        case Certainty.NOW_AND_THEN:
            return f"now and then: failed in {finding.failed} of {finding.replays} replays"


def trace_path(clause: str) -> str:
    """Return where the trace of a clause's first failure lies, below the report folder."""
    return f"traces/{slug(clause)}.jsonl"


def slug(text: str) -> str:
    """Return ``text`` as a file name that no system objects to."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80] or "unnamed"
