"""What a run tells the world: one stream of events that every report reads.

The runner knows no report; a report never asks the runner anything. Events are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from harness.trace import Trace
from harness.verdict import Failure, Outcome, Owner, Verdict
from scenarios.model import Scenario

Status = Literal["complete", "incomplete"]


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all run events."""


class SutInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who is judged, in its adapter's own words."""

    name: str
    version: str
    carrier: str
    language: str = ""
    features: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario of the plan."""

    scenario: Scenario
    source: Literal["catalogue", "generated", "given"]
    real_media: bool
    number: int = 0

    @property
    def label(self) -> str:
        """The catalogue name, or the number of a generated scenario."""
        return self.scenario.name or f"{self.source}/{self.number}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that could not be played, or a check that blames somebody else than the SUT."""

    owner: Owner
    text: str
    scenario: str = ""
    """Label of the scenario it happened in; empty when it concerns the whole run."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many scenarios were played to their end."""

    run: int = 0
    generated: int = 0
    catalogue: int = 0
    real_media: int = 0


class FirstFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest known scenario that breaks a clause, with the trace that shows it."""

    scenario: Scenario
    failure: Failure
    trace: Trace
    label: str
    """Which scenario of the plan it was reduced from."""
    real_media: bool = False


class ClauseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The run's last word on one clause."""

    id: str
    level: str
    statement: str
    verdict: Verdict
    exercised: int = 0
    failed: int = 0
    reason: str = ""
    """One line: why it failed, was not exercised, or does not apply."""
    variants: tuple[str, ...] = ()
    """Sentences such as ``fails with bye_echo=False, passes with bye_echo=True``."""
    first_failure: FirstFailure | None = None

    @property
    def family(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """The SUT said hello; nothing was played yet."""

    sut: SutInfo
    mode: Literal["simulated", "network"]
    seed: int
    scenarios: int


class ScenarioStarted(RunEvent, frozen=True, kw_only=True):
    """A lane took up a scenario."""

    planned: Planned


class ScenarioFinished(RunEvent, frozen=True, kw_only=True):
    """A scenario is over. ``outcomes`` is empty when ``fault`` says why it was not judged."""

    planned: Planned
    trace: Trace
    outcomes: dict[str, Outcome]
    duration_ms: int
    fault: Fault | None = None


class Reducing(RunEvent, frozen=True, kw_only=True):
    """A failing scenario was made smaller, or another attempt at it was made."""

    clause: str
    steps: int
    tried: int


class RunFinished(RunEvent, frozen=True, kw_only=True):
    """The end, always the last event, also of a run that was interrupted."""

    status: Status
    sut: SutInfo | None
    """None when the SUT never said hello."""
    mode: Literal["simulated", "network"]
    seed: int
    counts: Counts
    verdicts: tuple[ClauseVerdict, ...]
    faults: tuple[Fault, ...]
    duration_s: float
    exit_code: int


AnyRunEvent = RunStarted | ScenarioStarted | ScenarioFinished | Reducing | RunFinished
Emit = Callable[[AnyRunEvent], None]
