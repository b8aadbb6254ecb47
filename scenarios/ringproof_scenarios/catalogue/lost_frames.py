"""Frames that never reach the client, and what its user does in the dark."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Drop
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="lost-frames/invite",
        callers=(Caller(patience_ms=60), but(BOB, at_ms=20, patience_ms=100)),
        faults=(Drop(frame="invite"),),
    ),
    Scenario(
        name="lost-frames/invite-to-one-of-two-devices",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(device=1, after_ms=30),),
        devices=2,
        faults=(Drop(frame="invite"),),
    ),
    Scenario(
        name="lost-frames/bye-then-declined",
        callers=(Caller(patience_ms=60),),
        actions=(Reject(on="gone", after_ms=40),),
        faults=(Drop(),),
    ),
    Scenario(
        name="lost-frames/bye-then-answered",
        callers=(Caller(patience_ms=60),),
        actions=(Answer(on="gone", after_ms=40),),
        faults=(Drop(),),
    ),
    Scenario(
        name="lost-frames/bye-then-hung-up",
        callers=(Caller(talk_ms=40),),
        actions=(Answer(after_ms=10), HangUp(on="gone", after_ms=60)),
        faults=(Drop(),),
    ),
    Scenario(
        name="lost-frames/bye-of-one-of-two-calls",
        callers=(Caller(patience_ms=60), but(BOB, at_ms=10, talk_ms=60)),
        actions=(Answer(call=1, after_ms=100), Reject(on="gone", after_ms=120)),
        faults=(Drop(),),
    ),
)
