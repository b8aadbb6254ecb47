"""Media that never connects: the call is accepted, and nobody is heard."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import DeadMedia
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

SCENARIOS = (
    Scenario(
        name="dead-media/caller-hangs-up",
        callers=(Caller(),),
        actions=(Answer(after_ms=20),),
        faults=(DeadMedia(),),
    ),
    Scenario(
        name="dead-media/subscriber-hangs-up",
        callers=(Caller(media=("audio", "video")),),
        actions=(Answer(audio=True, video=True, after_ms=20), HangUp(after_ms=150)),
        faults=(DeadMedia(),),
    ),
    Scenario(
        name="dead-media/beside-a-call-that-works",
        callers=(Caller(), but(BOB, at_ms=10, talk_ms=60)),
        actions=(Answer(after_ms=10), Answer(call=1, after_ms=60)),
        faults=(DeadMedia(),),
    ),
)
