"""Frames that come late, or in another order than they were sent."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Delay, Reorder
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="late-frames/invite-answered",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=20),),
        faults=(Delay(frame="invite", delay_ms=80),),
    ),
    Scenario(
        name="late-frames/invite-after-its-bye",
        callers=(Caller(patience_ms=30),),
        faults=(Delay(frame="invite", delay_ms=120),),
    ),
    Scenario(
        name="late-frames/bye-answered-meanwhile",
        callers=(Caller(patience_ms=50),),
        actions=(Answer(after_ms=90),),
        faults=(Delay(delay_ms=100),),
    ),
    Scenario(
        name="late-frames/answer-reply",
        callers=(Caller(talk_ms=200),),
        actions=(Answer(after_ms=10),),
        faults=(Delay(frame="answer-reply", delay_ms=60),),
    ),
    Scenario(
        name="late-frames/swapped-invites",
        callers=(Caller(patience_ms=120), but(BOB, patience_ms=120)),
        faults=(Reorder(frame="invite"), Reorder(call=1, frame="invite")),
    ),
)
