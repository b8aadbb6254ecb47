"""Glare: the answer leaves at the moment the caller gives up, a little earlier, a little later."""

from __future__ import annotations

from fakeserver.protocol.platform import Platform
from scenarios.model import Answer, Caller, Reject, Scenario

PATIENCE_MS = 60

SCENARIOS = (
    *(
        Scenario(
            name=f"glare/answer-{case}",
            callers=(Caller(patience_ms=PATIENCE_MS, talk_ms=40),),
            actions=(Answer(after_ms=PATIENCE_MS + offset_ms),),
        )
        for case, offset_ms in (
            ("12-ms-before", -12),
            ("6-ms-before", -6),
            ("3-ms-before", -3),
            ("at-the-same-time", 0),
            ("3-ms-after", 3),
        )
    ),
    Scenario(
        name="glare/video-answer-at-the-same-time",
        callers=(Caller(media=("audio", "video"), patience_ms=PATIENCE_MS, talk_ms=40),),
        actions=(Answer(audio=True, video=True, after_ms=PATIENCE_MS),),
    ),
    Scenario(
        name="glare/decline-at-the-same-time",
        callers=(Caller(patience_ms=PATIENCE_MS),),
        actions=(Reject(after_ms=PATIENCE_MS),),
    ),
    Scenario(
        name="glare/answer-at-ring-time-out",
        callers=(Caller(talk_ms=40),),
        actions=(Answer(after_ms=150),),
        platform=Platform(ring_ms=150),
    ),
)
