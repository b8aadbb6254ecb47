"""Glare: the answer leaves at the moment the caller gives up, a little earlier, a little later.

An action on ``gone`` without delay starts when the platform has sent its bye: a client in the same
process gets the command first. In a browser, where accepting takes time, the earlier offsets cross.
"""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.people import ALICE, BOB, CAROL, DAVE, ERIN, but
from ringproof_scenarios.model import Answer, Caller, Reject, Scenario

PATIENCE_MS = 60

SCENARIOS = (
    *(
        Scenario(
            name=f"glare/answer-{case}",
            callers=(Caller(patience_ms=PATIENCE_MS, talk_ms=40),),
            actions=(Answer(after_ms=PATIENCE_MS + offset_ms),),
        )
        for case, offset_ms in (
            ("40-ms-before", -40),
            ("12-ms-before", -12),
            ("4-ms-before", -4),
            ("at-the-same-time", 0),
            ("2-ms-after", 2),
            ("4-ms-after", 4),
            ("8-ms-after", 8),
        )
    ),
    Scenario(
        name="glare/answer-as-the-bye-leaves",
        callers=(Caller(patience_ms=40),),
        actions=(Answer(on="gone"),),
    ),
    Scenario(
        name="glare/video-answer-as-the-bye-leaves",
        callers=(Caller(media=("audio", "video"), patience_ms=40),),
        actions=(Answer(on="gone", audio=True, video=True),),
    ),
    Scenario(
        name="glare/decline-as-the-bye-leaves",
        callers=(Caller(patience_ms=40),),
        actions=(Reject(on="gone"),),
    ),
    Scenario(
        name="glare/three-answers-as-the-byes-leave",
        callers=tuple(but(caller, patience_ms=40) for caller in (ALICE, BOB, CAROL)),
        actions=tuple(Answer(call=call, on="gone") for call in range(3)),
    ),
    Scenario(
        name="glare/answer-as-the-ring-time-ends",
        callers=(Caller(),),
        actions=(Answer(on="gone"),),
        platform=Platform(ring_ms=150),
    ),
    Scenario(
        name="glare/five-callers-at-five-offsets",
        callers=tuple(
            but(caller, patience_ms=PATIENCE_MS, talk_ms=40)
            for caller in (ALICE, BOB, CAROL, DAVE, ERIN)
        ),
        actions=tuple(
            Answer(call=call, after_ms=PATIENCE_MS + offset_ms)
            for call, offset_ms in enumerate((-25, 1, 3, 6, 10))
        ),
    ),
    Scenario(
        name="glare/both-devices-answer",
        callers=(Caller(patience_ms=PATIENCE_MS, talk_ms=40),),
        actions=(
            Answer(device=0, after_ms=PATIENCE_MS + 2),
            Answer(device=1, after_ms=PATIENCE_MS + 5),
        ),
        devices=2,
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
