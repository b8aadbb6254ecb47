"""Declining: at once, after a while, with video on offer, and more than once."""

from __future__ import annotations

from ringproof_scenarios.model import Answer, Caller, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="decline/after-a-while",
        callers=(Caller(),),
        actions=(Reject(after_ms=60),),
    ),
    Scenario(
        name="decline/at-once",
        callers=(Caller(),),
        actions=(Reject(),),
    ),
    Scenario(
        name="decline/video-offer",
        callers=(Caller(media=("audio", "video")),),
        actions=(Reject(after_ms=20),),
    ),
    Scenario(
        name="decline/twice",
        callers=(Caller(),),
        actions=(Reject(after_ms=20), Reject(after_ms=25)),
    ),
    Scenario(
        name="decline/then-answer",
        callers=(Caller(),),
        actions=(Reject(after_ms=20), Answer(on="gone", after_ms=20)),
    ),
)
