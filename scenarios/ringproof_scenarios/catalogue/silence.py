"""The platform never answers: each of these takes the five seconds a client waits for a reply."""

from __future__ import annotations

from ringproof_scenarios.faults import Drop, Ignore
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="silence/answer-never-heard",
        callers=(Caller(),),
        actions=(Answer(after_ms=20),),
        faults=(Ignore(),),
    ),
    Scenario(
        name="silence/answer-heard-but-not-confirmed",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(after_ms=20),),
        faults=(Drop(frame="answer-reply"),),
    ),
    Scenario(
        name="silence/decline-never-heard",
        callers=(Caller(patience_ms=100),),
        actions=(Reject(after_ms=20),),
        faults=(Ignore(request="bye"),),
    ),
    Scenario(
        name="silence/hang-up-not-confirmed",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=40)),
        faults=(Drop(frame="bye-reply"),),
    ),
)
