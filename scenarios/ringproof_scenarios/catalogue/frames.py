"""Frames to the client that are lost, late, out of order or duplicated."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Delay, Drop, Duplicate, Refuse, Reorder
from ringproof_scenarios.model import Answer, HangUp, Reject

SCENARIOS = (
    # A frame is lost on its way to the client, and the user acts without knowing.
    case(
        "lost-frames/invite",
        alice(patience_ms=60),
        bob(at_ms=20, patience_ms=100),
        Drop(frame="invite"),
    ),
    case(
        "lost-frames/invite-to-one-of-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=30),
        Drop(frame="invite"),
        devices=2,
    ),
    case(
        "lost-frames/bye-then-declined",
        alice(patience_ms=60),
        Reject(on="gone", after_ms=40),
        Drop(),
    ),
    case(
        "lost-frames/bye-then-answered",
        alice(patience_ms=60),
        Answer(on="gone", after_ms=40),
        Drop(),
    ),
    case(
        "lost-frames/bye-then-hung-up",
        alice(talk_ms=40),
        Answer(after_ms=10),
        HangUp(on="gone", after_ms=60),
        Drop(),
    ),
    case(
        "lost-frames/bye-of-one-of-two-calls",
        alice(patience_ms=60),
        bob(at_ms=10, talk_ms=60),
        Answer(call=1, after_ms=100),
        Reject(on="gone", after_ms=120),
        Drop(),
    ),
    # A frame is late, or is overtaken by the next one.
    case(
        "late-frames/invite-answered",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Delay(frame="invite", delay_ms=80),
    ),
    case(
        "late-frames/invite-after-its-bye",
        alice(patience_ms=30),
        Delay(frame="invite", delay_ms=120),
    ),
    case(
        "late-frames/bye-answered-meanwhile",
        alice(patience_ms=50),
        Answer(after_ms=90),
        Delay(delay_ms=100),
    ),
    case(
        "late-frames/answer-reply",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Delay(frame="answer-reply", delay_ms=60),
    ),
    case(
        "late-frames/swapped-invites",
        alice(patience_ms=120),
        bob(patience_ms=120),
        Reorder(frame="invite"),
        Reorder(call=1, frame="invite"),
    ),
    # A frame is duplicated.
    case("doubled-frames/invite", alice(patience_ms=120), Duplicate(frame="invite")),
    case(
        "doubled-frames/invite-while-connected",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Duplicate(frame="invite", delay_ms=100),
    ),
    case(
        "doubled-frames/bye-beside-another-call",
        alice(patience_ms=50),
        bob(at_ms=10, talk_ms=80),
        Answer(call=1, after_ms=20),
        Duplicate(delay_ms=30),
    ),
    case(
        "doubled-frames/replies",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=60),
        Duplicate(frame="answer-reply"),
        Duplicate(frame="bye-reply", delay_ms=10),
    ),
    case(
        "doubled-frames/invite-after-a-refused-answer",
        alice(patience_ms=400),
        Answer(after_ms=10),
        Refuse(code=-32002),
        Duplicate(frame="invite", delay_ms=150),
    ),
)
