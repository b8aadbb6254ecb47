"""How a call ends, and commands that come when they no longer apply."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import Answer, HangUp, Reject

SCENARIOS = (
    # Hangup by the subscriber, by the caller, by both at once, while ringing, and after the end.
    case(
        "hang-up/by-subscriber", alice(), Answer(after_ms=10), HangUp(on="connected", after_ms=60)
    ),
    case("hang-up/by-caller", alice(talk_ms=60), Answer(after_ms=10)),
    case(
        "hang-up/by-subscriber-as-soon-as-connected",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected"),
    ),
    case("hang-up/by-caller-as-soon-as-answered", alice(talk_ms=0), Answer(after_ms=10)),
    case(
        "hang-up/by-both-together",
        alice(talk_ms=60),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=55),
    ),
    case("hang-up/while-ringing", alice(), HangUp(after_ms=40)),
    case("hang-up/while-connecting", alice(), Answer(after_ms=10), HangUp(after_ms=12)),
    case(
        "hang-up/twice",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        HangUp(on="connected", after_ms=41),
    ),
    case(
        "hang-up/after-the-end",
        alice(talk_ms=40),
        Answer(after_ms=10),
        HangUp(on="gone", after_ms=20),
    ),
    # Commands that no longer apply: answer after the end, answer twice, decline after answer.
    case(
        "late-commands/answer-after-the-caller-gave-up",
        alice(patience_ms=40),
        Answer(on="gone", after_ms=20),
    ),
    case(
        "late-commands/answer-the-gone-while-another-rings",
        alice(patience_ms=40),
        bob(at_ms=10, patience_ms=150),
        Answer(call=0, on="gone", after_ms=10),
    ),
    case(
        "late-commands/decline-after-the-caller-gave-up",
        alice(patience_ms=40),
        Reject(on="gone", after_ms=20),
    ),
    case(
        "late-commands/answer-after-hang-up",
        alice(talk_ms=40),
        Answer(after_ms=10),
        Answer(on="gone", after_ms=20),
    ),
    case("late-commands/answer-twice", alice(talk_ms=80), Answer(after_ms=10), Answer(after_ms=14)),
    case(
        "late-commands/answer-again-when-connected",
        alice(talk_ms=80),
        Answer(after_ms=10),
        Answer(on="connected", after_ms=20, video=True),
    ),
    case(
        "late-commands/decline-after-answer",
        alice(talk_ms=80),
        Answer(after_ms=10),
        Reject(after_ms=14),
    ),
    case(
        "late-commands/decline-when-connected",
        alice(),
        Answer(after_ms=10),
        Reject(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=70),
    ),
)
