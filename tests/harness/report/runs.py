"""Run events as the reports see them, with texts that would break a careless report."""

from __future__ import annotations

import msgspec

from ringproof.baseline import BaselineEntry, BaselineResult, EntryState, EntryStatus, FailureFields
from ringproof.results import (
    ClauseVerdict,
    Counts,
    Explored,
    Fault,
    Finding,
    FirstFailure,
    Planned,
    RunFinished,
    RunStarted,
    ScenarioFinished,
    ScenarioStarted,
    SutInfo,
)
from ringproof.trace import (
    Calls,
    Commanded,
    Emitted,
    Header,
    ListedCall,
    Note,
    Platformed,
    Received,
    Replied,
    Status,
    Trace,
)
from ringproof.verdict import Failure, Outcome, Owner, Verdict
from ringproof_fakeserver.protocol.journal import CallFact, DialogFact, Direction, FrameFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Answer, Caller, Scenario

NASTY = "[red]<b>&\x1b[31m\x00\u202eעדס"
"""Console markup, XML, a terminal escape, a character XML cannot hold, and a turn to the right."""

SCENARIO = Scenario(
    name="accept/audio",
    callers=(Caller(name=NASTY),),
    actions=(Answer(after_ms=20),),
    platform=Platform(bye_echo=True),
)
SUT = SutInfo(name="reference", version="9.9", carrier="python", language="python")


def trace() -> Trace:
    """Return the trace of one call that was answered, and connected without ``connecting``."""
    header = Header(
        ringproof="0", format=1, mode="network", scenario=SCENARIO, sut="reference", sessions=("s",)
    )
    invite = FrameFact(
        subscriber="u",
        session="s",
        direction=Direction.TO_CLIENT,
        text="{}",
        kind="request",
        method="verto.invite",
        dialog="dialog-1",
        detail={"from_name": NASTY, "media": {"audio": "sendrecv"}},
    )
    facts = (
        CallFact(subscriber="u", call="call-1", state="created", to="/private/bob"),
        DialogFact(subscriber="u", call="call-1", dialog="dialog-1", session="s", state="offered"),
        invite,
    )
    listed = ListedCall(c="dialog-1", status="ringing", from_name=NASTY)
    return Trace(
        header,
        [
            Commanded(at_us=500, id="d", op="rest.dial", args={"caller": 0, "to": "/private/bob"}),
            *(Platformed(at_us=1_000, fact=fact) for fact in facts),
            Replied(at_us=1_500, id="d", text="call-1"),
            Emitted(at_us=2_000, event=Calls(s="s", n=0, list=(listed,))),
            Commanded(at_us=3_000, id="a", op="call.answer", s="s", c="dialog-1"),
            Emitted(at_us=3_100, event=Received(s="s", n=1, id="a")),
            Emitted(at_us=4_250, event=Status(s="s", n=2, c="dialog-1", status="connected")),
            Note(at_us=5_000, what="settled"),
        ],
    )


WRONG_ENTRY = 8
"""Index of the status that has no ``connecting`` before it."""

FIRST = FirstFailure(
    scenario=SCENARIO,
    failure=Failure(kind=f"connecting was skipped {NASTY}", entry=WRONG_ENTRY),
    trace=trace(),
    label="accept/audio",
)

PASSED = ClauseVerdict(
    id="list/whole-list", level="M", statement="all", verdict=Verdict.PASS, exercised=3
)
FAILED = ClauseVerdict(
    id="status/answer-order",
    level="M",
    statement="in order",
    verdict=Verdict.FAIL,
    exercised=4,
    failed=1,
    reason=FIRST.failure.message,
    variants=("fails with bye_echo=True, passes with bye_echo=False",),
    first_failure=FIRST,
)
NOT_EXERCISED = ClauseVerdict(
    id="status/late", level="M", statement="late", verdict=Verdict.NOT_EXERCISED, reason="never"
)
EXCLUDED = ClauseVerdict(
    id="advice/x", level="S", statement="x", verdict=Verdict.NOT_APPLICABLE, reason="not a call"
)
WARNED = ClauseVerdict(
    id="list/snapshot",
    level="S",
    statement="stays",
    verdict=Verdict.WARN,
    exercised=1,
    failed=1,
    reason=NASTY,
    first_failure=FIRST,
)
ENTRY = BaselineEntry(
    sut="reference",
    clause="status/answer-order",
    reason=f"skips connecting {NASTY}",
    failure=FailureFields(kind="skipped"),
    issue="https://example.com/issues/7",
    file="known.toml",
    number=3,
)
KNOWN = ClauseVerdict(
    id="status/answer-order",
    level="M",
    statement="in order",
    verdict=Verdict.KNOWN,
    exercised=4,
    failed=1,
    excused=1,
    reason=f"{ENTRY.reason} ({ENTRY.issue})",
    first_failure=FIRST,
    entry_statuses=(EntryStatus(entry=ENTRY, state=EntryState.KNOWN, exercised=4, matched=1),),
)
FIXED = ClauseVerdict(
    id="status/hangup-order",
    level="M",
    statement="in order",
    verdict=Verdict.FIXED,
    exercised=4,
    reason="in the baseline, and passed all 4 times: remove known.toml: entry 4",
    entry_statuses=(
        EntryStatus(
            entry=msgspec.structs.replace(ENTRY, clause="status/hangup-order", number=4),
            state=EntryState.FIXED,
            exercised=4,
        ),
    ),
)
FAULT = Fault(owner=Owner.ADAPTER, text=f"it crashed {NASTY}", scenario="accept/audio")

PLANNED = Planned(scenario=SCENARIO, source="catalogue", real_media=False)
STARTED = RunStarted(sut=SUT, mode="network", seed=7, scenarios=2)
SCENARIO_STARTED = ScenarioStarted(planned=PLANNED)
SCENARIO_FINISHED = ScenarioFinished(
    planned=PLANNED,
    trace=trace(),
    outcomes={
        "list/whole-list": Outcome(1),
        "status/answer-order": Outcome(1, (FIRST.failure,)),
    },
    duration_ms=41,
)
SCENARIO_DIED = ScenarioFinished(
    planned=PLANNED, trace=trace(), outcomes={}, duration_ms=5, fault=FAULT
)
COUNTS = Counts(run=2, generated=1, catalogue=1, real_media=1, calls=3)
FINDINGS = tuple(
    Finding(
        clause=FAILED.id,
        level="M",
        statement=FAILED.statement,
        shape=shape,
        first=FIRST,
        failed=failed,
        replays=3,
        scenarios=12,
    )
    for shape, failed in (("answer", 3), (f"give up {NASTY}", 1))
)
EXPLORED = Explored(walks=40, within_s=60.0, findings=FINDINGS, unexamined=2)
FINISHED = RunFinished(
    status="complete",
    sut=SUT,
    mode="network",
    seed=7,
    counts=COUNTS,
    parts={"network": COUNTS},
    verdicts=(PASSED, WARNED, FAILED, NOT_EXERCISED, EXCLUDED),
    faults=(FAULT,),
    duration_s=3.2,
    exit_code=3,
    whole=True,
)
WITH_BASELINE = msgspec.structs.replace(
    FINISHED,
    verdicts=(PASSED, KNOWN, FIXED),
    faults=(),
    exit_code=0,
    baseline=BaselineResult(
        files=("known.toml",),
        entry_statuses=(*KNOWN.entry_statuses, *FIXED.entry_statuses),
        other_suts=2,
    ),
)
"""A run with a known failure and one that is fixed."""
