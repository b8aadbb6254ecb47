"""What a run gives out: the stream of events that every report reads. Plain data.

A run knows no report, and a report asks a run nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from ringproof.baseline import BaselineResult, EntryStatus, FailureKind
from ringproof.trace import Trace
from ringproof.verdict import Failure, Outcome, Owner, Verdict
from ringproof_scenarios.model import Scenario

Status = Literal["complete", "incomplete"]
Mode = Literal["simulated", "network"]
"""In virtual time, or over real sockets."""

Modes = Literal["simulated", "network", "simulated+network"]
"""The parts of a run, in their order."""


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all run events."""


class SutInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The SUT, as its adapter describes it."""

    name: str
    version: str
    carrier: str
    language: str = ""
    runtime: str = ""
    """What it runs in, with its version; empty when that is unknown."""
    features: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario of the plan."""

    scenario: Scenario
    source: Literal["catalogue", "generated", "given", "seed"]
    """``seed``: drawn from the seed ``number``, and played in virtual time."""
    real_media: bool
    number: int = 0
    mode: Mode = "network"

    @property
    def label(self) -> str:
        """The catalogue name, or where a scenario without one comes from: ``generated/3``."""
        return self.scenario.name or f"{self.source}/{self.number}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong and is not a failure of the SUT."""

    owner: Owner
    text: str
    scenario: str = ""
    """Label of the scenario; empty when the fault concerns the whole run."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Scenarios that were played to their end."""

    run: int = 0
    generated: int = 0
    catalogue: int = 0
    real_media: int = 0
    calls: int = 0

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Counts(**dict(zip(self.__struct_fields__, map(sum, pairs), strict=True)))


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Which share of a plan was played; the first is ``number`` 1."""

    number: int
    of: int
    complete: bool
    """The whole plan contains the whole catalogue."""


class LeftOut(msgspec.Struct, frozen=True):
    """Scenarios that were not played because the SUT does not declare what they need."""

    capability: str
    scenarios: int


def describe_left_out(left_out: Iterable[LeftOut]) -> str:
    """Return one sentence about what was left out; empty when nothing was."""
    named = ", ".join(f"{one.capability} ({one.scenarios} scenarios)" for one in left_out)
    return f"left out, for the SUT does not declare it: {named}" if named else ""


class Certainty(enum.StrEnum):
    """Whether a failure happened again when its scenario was played again."""

    EVERY_TIME = "every-time"
    NOW_AND_THEN = "now-and-then"
    NOT_CONFIRMED = "not-confirmed"
    """The time was over before it could be played again."""


class FirstFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest known scenario that breaks a clause, with the trace that shows it."""

    scenario: Scenario
    failure: Failure
    trace: Trace
    label: str
    """Of the scenario that it was reduced from."""
    real_media: bool = False
    mode: Mode = "network"
    certainty: Certainty | None = None
    """None when it was not to be played again: without reduction, or in virtual time."""


class ClauseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one clause, with what it is based on."""

    id: str
    level: str
    statement: str
    verdict: Verdict
    exercised: int = 0
    failed: int = 0
    simulated_exercised: int = 0
    """The part of ``exercised`` that was in virtual time."""
    simulated_failed: int = 0
    reason: str = ""
    """One line: why it failed, was not exercised, or does not apply."""
    variants: tuple[str, ...] = ()
    """Sentences such as ``fails with bye_echo=False, passes with bye_echo=True``."""
    played_under: dict[str, tuple[int, int]] = {}
    """Of a shard: ``bye_echo=False`` → scenarios that exercised the clause, and that failed it."""
    first_failure: FirstFailure | None = None
    """One that the baseline does not describe, if there is any."""
    excused: int = 0
    """Those of ``failed`` that the baseline describes."""
    kinds: tuple[FailureKind, ...] = ()
    """The other failures by kind; ``ringproof.baseline.entry`` writes entries from them."""
    kinds_left_out: int = 0
    """Failures of further kinds."""
    entry_statuses: tuple[EntryStatus, ...] = ()
    """Of the baseline's entries for this clause."""

    @property
    def family(self) -> str:
        """The first word of the id."""
        return self.id.partition("/")[0]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct failure of an exploring run: a clause and the shape of what breaks it."""

    clause: str
    level: str
    statement: str
    shape: str
    """The reduced scenario without names and times (``ringproof/triage/canonical_form.py``)."""
    first: FirstFailure
    """The reduced scenario; as it was played where it could not be reduced."""
    failed: int
    """Of ``replays`` on fresh sessions."""
    replays: int
    """0 when the time was over."""
    scenarios: int
    """How many of the played ones it explains."""
    variants: tuple[str, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether it failed in all replays."""
        return self.failed == self.replays > 0

    @property
    def certainty(self) -> Certainty:
        """What the replays showed."""
        if not self.replays:
            return Certainty.NOT_CONFIRMED
        return Certainty.EVERY_TIME if self.confirmed else Certainty.NOW_AND_THEN


class Explored(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an exploring run."""

    walks: int
    """Played and judged."""
    within_s: float
    """The time that the run was given."""
    findings: tuple[Finding, ...]
    """In the order of the ledger; of each clause the confirmed and simple ones first."""
    unexamined: int
    """Failures there was no time for; each is of a kind that has a finding."""


class RunStarted(RunEvent, frozen=True, kw_only=True):
    """The SUT has said hello; nothing was played yet."""

    sut: SutInfo
    mode: Modes
    seed: int
    scenarios: int
    """Of the whole run."""


class PartStarted(RunEvent, frozen=True, kw_only=True):
    """One part of the run begins."""

    mode: Mode
    scenarios: int
    left_out: tuple[LeftOut, ...] = ()


class BlockPlayed(RunEvent, frozen=True, kw_only=True):
    """A block of seeds was played in virtual time and judged."""

    start: int
    scenarios: int
    calls: int
    broken: int
    """Scenarios in which at least one clause failed."""


class ScenarioStarted(RunEvent, frozen=True, kw_only=True):
    """A worker begins a scenario."""

    planned: Planned


class ScenarioFinished(RunEvent, frozen=True, kw_only=True):
    """A scenario is over. ``outcomes`` is empty when ``fault`` says why it was not judged."""

    planned: Planned
    trace: Trace
    outcomes: dict[str, Outcome]
    duration_ms: int
    fault: Fault | None = None


class Reducing(RunEvent, frozen=True, kw_only=True):
    """An attempt to make a failing scenario smaller was made."""

    clause: str
    steps: int
    tried: int


class Searching(RunEvent, frozen=True, kw_only=True):
    """An exploring run looks into what failed."""

    findings: int
    waiting: int
    """Failures that were not looked into yet."""
    left_s: int
    """The time that is left."""


class RunFinished(RunEvent, frozen=True, kw_only=True):
    """Always the last event, also of a run that was interrupted."""

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
    """Where it ran (``ringproof/runner/environment.py``); empty of recorded traces."""
    strict: bool = False
    """A SHOULD that fails counts in ``exit_code``."""
    fingerprint: str = ""
    """Of the whole plan, also in a shard: the same one means the same scenarios and clauses."""
    shard: Shard | None = None
    """None when the whole plan was played."""
    whole: bool = False
    """The whole catalogue was played to its end, so that a clause that was not exercised counts in
    ``exit_code``. Never true of a shard."""
    baseline: BaselineResult | None = None
    """None when there was none."""
    explored: Explored | None = None
    """None when the run did not explore."""
    left_out: tuple[LeftOut, ...] = ()


class Snapshot(RunEvent, frozen=True, kw_only=True):
    """What the last event would be if the run was killed now."""

    so_far: RunFinished
    """``incomplete``, with failures that are not reduced yet."""


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
