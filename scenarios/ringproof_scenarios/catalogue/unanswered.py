"""Nobody decides: the caller gives up, or the platform's ring time is over."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.model import Caller, Scenario

SCENARIOS = (
    Scenario(
        name="unanswered/caller-gives-up",
        callers=(Caller(patience_ms=60),),
    ),
    Scenario(
        name="unanswered/caller-gives-up-at-once",
        callers=(Caller(patience_ms=0),),
    ),
    Scenario(
        name="unanswered/video-caller-gives-up",
        callers=(Caller(media=("audio", "video"), patience_ms=80),),
    ),
    Scenario(
        name="unanswered/caller-tries-again",
        callers=(Caller(patience_ms=50), Caller(at_ms=120, patience_ms=150)),
    ),
    Scenario(
        name="unanswered/ring-time-out",
        callers=(Caller(),),
        platform=Platform(ring_ms=200),
    ),
    Scenario(
        name="unanswered/ring-time-before-patience",
        callers=(Caller(patience_ms=400),),
        platform=Platform(ring_ms=150),
    ),
    Scenario(
        name="unanswered/ring-time-of-two",
        callers=(Caller(), but(BOB, at_ms=60)),
        platform=Platform(ring_ms=180),
    ),
)
