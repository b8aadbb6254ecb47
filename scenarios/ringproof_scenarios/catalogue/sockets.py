"""The client's socket breaks; the platform still knows the session, or has dropped it."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Cut
from ringproof_scenarios.model import Answer, HangUp

SCENARIOS = (
    # The socket breaks, and the client resumes its session on a new one.
    case("cut/while-ringing", alice(talk_ms=40), Answer(after_ms=280), Cut(after_ms=30)),
    case("cut/while-answering", alice(talk_ms=60), Answer(after_ms=10), Cut(after_ms=12)),
    case(
        "cut/while-connected",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=250),
        Cut(on="connected", after_ms=20),
    ),
    case(
        "cut/hang-up-while-away",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        Cut(on="connected", after_ms=20, back_ms=100),
    ),
    case(
        "cut/caller-hangs-up-meanwhile",
        alice(talk_ms=60),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=20, back_ms=120),
    ),
    case("cut/caller-gives-up-meanwhile", alice(patience_ms=80), Cut(after_ms=30, back_ms=120)),
    case(
        "cut/second-call-arrives-meanwhile",
        alice(),
        bob(at_ms=100, patience_ms=250),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=10, back_ms=20),
    ),
    case(
        "cut/one-of-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=60),
        Cut(after_ms=20),
        devices=2,
    ),
    # The socket breaks, and the platform has dropped the session when the client reconnects.
    case("expiry/while-ringing", alice(patience_ms=300), Cut(after_ms=30, resume=False)),
    case(
        "expiry/while-connected",
        alice(),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=40, resume=False),
    ),
    case(
        "expiry/next-call-finds-the-client",
        alice(),
        bob(at_ms=250, talk_ms=60),
        Answer(after_ms=10),
        Answer(call=1, after_ms=20),
        Cut(on="connected", resume=False),
    ),
)
