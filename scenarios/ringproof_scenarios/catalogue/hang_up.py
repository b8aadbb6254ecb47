"""Hanging up: from either side, at the same moment, while ringing, and when it is too late."""

from __future__ import annotations

from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

SCENARIOS = (
    Scenario(
        name="hang-up/by-subscriber",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=60)),
    ),
    Scenario(
        name="hang-up/by-caller",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=10),),
    ),
    Scenario(
        name="hang-up/by-subscriber-as-soon-as-connected",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected")),
    ),
    Scenario(
        name="hang-up/by-caller-as-soon-as-answered",
        callers=(Caller(talk_ms=0),),
        actions=(Answer(after_ms=10),),
    ),
    Scenario(
        name="hang-up/by-both-together",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=55)),
    ),
    Scenario(
        name="hang-up/while-ringing",
        callers=(Caller(),),
        actions=(HangUp(after_ms=40),),
    ),
    Scenario(
        name="hang-up/while-connecting",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(after_ms=12)),
    ),
    Scenario(
        name="hang-up/twice",
        callers=(Caller(),),
        actions=(
            Answer(after_ms=10),
            HangUp(on="connected", after_ms=40),
            HangUp(on="connected", after_ms=41),
        ),
    ),
    Scenario(
        name="hang-up/after-the-end",
        callers=(Caller(talk_ms=40),),
        actions=(Answer(after_ms=10), HangUp(on="gone", after_ms=20)),
    ),
)
