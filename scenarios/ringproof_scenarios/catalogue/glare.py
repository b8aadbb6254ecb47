"""Glare: the subscriber decides just before, just as, or just after the caller gives up.

An action on ``gone`` without delay starts when the platform has sent its bye; a client in the same
process gets the command before that bye. A browser needs time to accept, so there the answers that
start some ms before the give-up are those that cross it.
"""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, carol, case, dave, erin
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, Reject

PATIENCE_MS = 60

SCENARIOS = (
    *(
        case(
            f"glare/answer-{when}",
            alice(patience_ms=PATIENCE_MS, talk_ms=40),
            Answer(after_ms=PATIENCE_MS + offset_ms),
        )
        for when, offset_ms in (
            ("40-ms-before", -40),
            ("12-ms-before", -12),
            ("4-ms-before", -4),
            ("at-the-same-time", 0),
            ("2-ms-after", 2),
            ("4-ms-after", 4),
            ("8-ms-after", 8),
        )
    ),
    case("glare/answer-as-the-bye-leaves", alice(patience_ms=40), Answer(on="gone")),
    case(
        "glare/video-answer-as-the-bye-leaves",
        alice(media=AUDIO_VIDEO, patience_ms=40),
        Answer(on="gone", audio=True, video=True),
    ),
    case("glare/decline-as-the-bye-leaves", alice(patience_ms=40), Reject(on="gone")),
    case(
        "glare/three-answers-as-the-byes-leave",
        *(caller(patience_ms=40) for caller in (alice, bob, carol)),
        *(Answer(call=call, on="gone") for call in range(3)),
    ),
    case("glare/answer-as-the-ring-time-ends", alice(), Answer(on="gone"), Platform(ring_ms=150)),
    case(
        "glare/five-callers-at-five-offsets",
        *(
            caller(patience_ms=PATIENCE_MS, talk_ms=40)
            for caller in (alice, bob, carol, dave, erin)
        ),
        *(
            Answer(call=call, after_ms=PATIENCE_MS + offset_ms)
            for call, offset_ms in enumerate((-25, 1, 3, 6, 10))
        ),
    ),
    case(
        "glare/both-devices-answer",
        alice(patience_ms=PATIENCE_MS, talk_ms=40),
        Answer(device=0, after_ms=PATIENCE_MS + 2),
        Answer(device=1, after_ms=PATIENCE_MS + 5),
        devices=2,
    ),
    case(
        "glare/video-answer-at-the-same-time",
        alice(media=AUDIO_VIDEO, patience_ms=PATIENCE_MS, talk_ms=40),
        Answer(audio=True, video=True, after_ms=PATIENCE_MS),
    ),
    case(
        "glare/decline-at-the-same-time",
        alice(patience_ms=PATIENCE_MS),
        Reject(after_ms=PATIENCE_MS),
    ),
    case(
        "glare/answer-at-ring-time-out",
        alice(talk_ms=40),
        Answer(after_ms=150),
        Platform(ring_ms=150),
    ),
)
