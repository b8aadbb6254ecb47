"""What a run tells the world: one stream of events that every report reads.

The runner knows no report; a report never asks the runner anything. Events are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ringproof.baseline import BaselineResult, EntryStatus, FailureKind
from ringproof.trace import Trace
from ringproof.verdict import Failure, Outcome, Owner, Verdict
from ringproof_scenarios.model import Scenario

Status = Literal["complete", "incomplete"]
Mode = Literal["simulated", "network"]
"""In virtual time, with both cores in one queue of events; or over real sockets."""

Modes = Literal["simulated", "network", "simulated+network"]
"""What a run consisted of; the simulation comes first."""


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all run events."""


class SutInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who is judged, in its adapter's own words."""

    name: str
    version: str
    carrier: str
    language: str = ""
    runtime: str = ""
    """What it runs in, with its version; empty when it does not say."""
    features: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario of the plan."""

    scenario: Scenario
    source: Literal["catalogue", "generated", "given", "seed"]
    real_media: bool
    number: int = 0
    mode: Mode = "network"

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
    calls: int = 0
    """Calls that were placed in them."""

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Counts(**dict(zip(self.__struct_fields__, map(sum, pairs), strict=True)))


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Which share of a plan was played: the first of three is ``number`` 1 ``of`` 3."""

    number: int
    of: int
    complete: bool
    """What ``Selection.complete`` is for the whole plan; one share makes no such claim."""


class FirstFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest known scenario that breaks a clause, with the trace that shows it."""

    scenario: Scenario
    failure: Failure
    trace: Trace
    label: str
    """Which scenario of the plan it was reduced from."""
    real_media: bool = False
    mode: Mode = "network"
    """How it was played: it fails again when it is played in the same way."""


class ClauseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The run's last word on one clause."""

    id: str
    level: str
    statement: str
    verdict: Verdict
    exercised: int = 0
    failed: int = 0
    simulated_exercised: int = 0
    """How much of ``exercised`` was in virtual time."""
    simulated_failed: int = 0
    reason: str = ""
    """One line: why it failed, was not exercised, or does not apply."""
    variants: tuple[str, ...] = ()
    """Sentences such as ``fails with bye_echo=False, passes with bye_echo=True``."""
    played_under: dict[str, tuple[int, int]] = {}
    """Of a shard: ``bye_echo=False`` → scenarios that exercised the clause, and that broke it."""
    first_failure: FirstFailure | None = None
    """One that no baseline describes, if there is any."""
    excused: int = 0
    """Those of ``failed`` that the baseline describes."""
    kinds: tuple[FailureKind, ...] = ()
    """The others, kind by kind: what ``ringproof.baseline.entry`` writes entries from."""
    kinds_left_out: int = 0
    """Failures of still other kinds."""
    entry_statuses: tuple[EntryStatus, ...] = ()
    """How the baseline's entries for this clause stand."""

    @property
    def family(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct failure of an exploring run: a clause, and the shape of what breaks it."""

    clause: str
    level: str
    statement: str
    shape: str
    """``ringproof/triage/canonical_form.py``: the reduced scenario without names and times."""
    first: FirstFailure
    """The reduced scenario; as it was played where it could not be reduced."""
    failed: int
    """Of ``replays`` on fresh sessions."""
    replays: int
    """0 when the time was over."""
    scenarios: int
    """Of those that were played, how many it explains."""
    variants: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """It failed whenever it was played again."""
        return self.failed == self.replays > 0

    @property
    def certainty(self) -> str:
        """How sure it is, in words."""
        if not self.replays:
            return "not played again: the time was over"
        if self.confirmed:
            return f"failed in all of {self.replays} replays"
        return f"now and then: failed in {self.failed} of {self.replays} replays"


class Explored(msgspec.Struct, frozen=True, kw_only=True):
    """What an exploring run found."""

    walks: int
    """How many were played and judged."""
    within_s: float
    """How long the run was given."""
    findings: tuple[Finding, ...]
    """In the order of the ledger, of each clause the confirmed ones first, simple ones first."""
    unexamined: int
    """Failures there was no time to look into; none of them is of a kind without a finding."""


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """The SUT said hello; nothing was played yet."""

    sut: SutInfo
    mode: Modes
    seed: int
    scenarios: int
    """Of the whole run."""


class PartStarted(RunEvent, frozen=True, kw_only=True):
    """The simulated part begins, or the one over the network."""

    mode: Mode
    scenarios: int
    left_out: str = ""
    """One sentence about scenarios that the SUT cannot play; empty when it can play all."""


class BlockPlayed(RunEvent, frozen=True, kw_only=True):
    """A block of seeds was played in virtual time and judged."""

    start: int
    scenarios: int
    calls: int
    broken: int
    """Scenarios in which a clause failed."""


class ScenarioStarted(RunEvent, frozen=True, kw_only=True):
    """A worker took up a scenario."""

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


class Searching(RunEvent, frozen=True, kw_only=True):
    """An exploring run looks into what failed."""

    findings: int
    waiting: int
    """Failures that nobody has looked into yet."""
    left_s: int
    """How long it may still take."""


class RunFinished(RunEvent, frozen=True, kw_only=True):
    """The end, always the last event, also of a run that was interrupted."""

    status: Status
    sut: SutInfo | None
    """None when the SUT never said hello."""
    mode: Modes
    seed: int
    counts: Counts
    """Of all parts together."""
    parts: dict[Mode, Counts] = {}
    verdicts: tuple[ClauseVerdict, ...]
    faults: tuple[Fault, ...]
    duration_s: float
    exit_code: int
    environment: dict[str, str] = {}
    """Where it ran (``ringproof/run/environment.py``); empty of recorded traces."""
    strict: bool = False
    """A SHOULD that fails counts in ``exit_code``."""
    fingerprint: str = ""
    """Of the whole plan, also in a shard: the same one means the same scenarios and clauses."""
    shard: Shard | None = None
    """None when the whole plan was played."""
    whole: bool = False
    """The whole catalogue was played to its end: a clause that did not occur counts in
    ``exit_code``. Never of a shard, nor of a part of the scenarios."""
    baseline: BaselineResult | None = None
    """None when there was none."""
    explored: Explored | None = None
    """None when the run did not explore."""
    left_out: str = ""
    """One sentence about scenarios that the SUT cannot play; empty when it can play all."""


class Snapshot(RunEvent, frozen=True, kw_only=True):
    """What is to be said of the run should it be killed now; never its last word."""

    so_far: RunFinished
    """``incomplete``, with failures as they were found: not reduced yet."""


AnyRunEvent = (
    RunStarted
    | PartStarted
    | ScenarioStarted
    | ScenarioFinished
    | BlockPlayed
    | Reducing
    | Searching
    | Snapshot
    | RunFinished
)
Emit = Callable[[AnyRunEvent], None]
