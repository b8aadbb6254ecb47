"""Commands out of season: answering what is gone, answering twice, declining what was answered."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="late-commands/answer-after-the-caller-gave-up",
        callers=(Caller(patience_ms=40),),
        actions=(Answer(on="gone", after_ms=20),),
    ),
    Scenario(
        name="late-commands/answer-the-gone-while-another-rings",
        callers=(
            Caller(patience_ms=40),
            but(BOB, at_ms=10, patience_ms=150),
        ),
        actions=(Answer(call=0, on="gone", after_ms=10),),
    ),
    Scenario(
        name="late-commands/decline-after-the-caller-gave-up",
        callers=(Caller(patience_ms=40),),
        actions=(Reject(on="gone", after_ms=20),),
    ),
    Scenario(
        name="late-commands/answer-after-hang-up",
        callers=(Caller(talk_ms=40),),
        actions=(Answer(after_ms=10), Answer(on="gone", after_ms=20)),
    ),
    Scenario(
        name="late-commands/answer-twice",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(after_ms=10), Answer(after_ms=14)),
    ),
    Scenario(
        name="late-commands/answer-again-when-connected",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(after_ms=10), Answer(on="connected", after_ms=20, video=True)),
    ),
    Scenario(
        name="late-commands/decline-after-answer",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(after_ms=10), Reject(after_ms=14)),
    ),
    Scenario(
        name="late-commands/decline-when-connected",
        callers=(Caller(),),
        actions=(
            Answer(after_ms=10),
            Reject(on="connected", after_ms=20),
            HangUp(on="connected", after_ms=70),
        ),
    ),
)
