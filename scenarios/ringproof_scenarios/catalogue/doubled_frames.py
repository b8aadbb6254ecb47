"""Frames that come twice."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Duplicate, Refuse
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

SCENARIOS = (
    Scenario(
        name="doubled-frames/invite",
        callers=(Caller(patience_ms=120),),
        faults=(Duplicate(frame="invite"),),
    ),
    Scenario(
        name="doubled-frames/invite-while-connected",
        callers=(Caller(talk_ms=200),),
        actions=(Answer(after_ms=10),),
        faults=(Duplicate(frame="invite", delay_ms=100),),
    ),
    Scenario(
        name="doubled-frames/bye-beside-another-call",
        callers=(Caller(patience_ms=50), but(BOB, at_ms=10, talk_ms=80)),
        actions=(Answer(call=1, after_ms=20),),
        faults=(Duplicate(delay_ms=30),),
    ),
    Scenario(
        name="doubled-frames/replies",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=60)),
        faults=(Duplicate(frame="answer-reply"), Duplicate(frame="bye-reply", delay_ms=10)),
    ),
    Scenario(
        name="doubled-frames/invite-after-a-refused-answer",
        callers=(Caller(patience_ms=400),),
        actions=(Answer(after_ms=10),),
        faults=(Refuse(code=-32002), Duplicate(frame="invite", delay_ms=150)),
    ),
)
