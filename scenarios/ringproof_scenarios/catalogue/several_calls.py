"""Several callers: ringing at once, or calling while another call is connected."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, carol, case, dave, erin
from ringproof_scenarios.model import Answer, HangUp, Reject

SCENARIOS = (
    # Two to five callers ring at once; each call has an outcome of its own.
    case("simultaneous/two", alice(patience_ms=100), bob(patience_ms=100)),
    case(
        "simultaneous/two-first-answered",
        alice(talk_ms=100),
        bob(at_ms=15, patience_ms=120),
        Answer(call=0, after_ms=40),
    ),
    case(
        "simultaneous/two-ring-for-a-while",
        alice(talk_ms=60),
        bob(at_ms=15, patience_ms=350),
        Answer(call=0, after_ms=200),
    ),
    case(
        "simultaneous/two-second-answered",
        alice(patience_ms=120),
        bob(at_ms=15, talk_ms=60),
        Answer(call=1, after_ms=40),
    ),
    case(
        "simultaneous/two-both-answered",
        alice(talk_ms=120),
        bob(talk_ms=60),
        Answer(call=0, after_ms=30),
        Answer(call=1, after_ms=50),
    ),
    case(
        "simultaneous/two-one-declined", alice(patience_ms=120), bob(), Reject(call=1, after_ms=40)
    ),
    case("simultaneous/same-caller-twice", alice(patience_ms=120), alice(patience_ms=90)),
    case(
        "simultaneous/same-caller-twice-one-answered",
        alice(talk_ms=60),
        alice(patience_ms=120),
        Answer(call=0, after_ms=30),
    ),
    case(
        "simultaneous/three-three-outcomes",
        alice(talk_ms=60),
        bob(at_ms=10),
        carol(at_ms=20, patience_ms=80),
        Answer(call=0, after_ms=60),
        Reject(call=1, after_ms=40),
    ),
    case(
        "simultaneous/four-all-declined",
        alice(),
        bob(),
        carol(),
        dave(),
        *(Reject(call=call, after_ms=60) for call in range(4)),
    ),
    case("simultaneous/five", *(who(patience_ms=120) for who in (alice, bob, carol, dave, erin))),
    case(
        "simultaneous/five-last-answered",
        *(who(patience_ms=150) for who in (alice, bob, carol, alice)),
        erin(at_ms=30, talk_ms=60),
        Answer(call=4, after_ms=40),
    ),
    # A call comes in while another is connected: both go on undisturbed.
    case(
        "busy/second-gives-up",
        alice(talk_ms=200),
        bob(at_ms=80, patience_ms=60),
        Answer(after_ms=10),
    ),
    case(
        "busy/second-declined",
        alice(talk_ms=200),
        bob(at_ms=80),
        Answer(after_ms=10),
        Reject(call=1, after_ms=40),
    ),
    case(
        "busy/second-answered-too",
        alice(talk_ms=250),
        bob(at_ms=80, talk_ms=60),
        Answer(after_ms=10),
        Answer(call=1, after_ms=30),
    ),
    case(
        "busy/first-ends-while-second-rings",
        alice(talk_ms=110),
        bob(at_ms=80, patience_ms=150),
        Answer(after_ms=10),
    ),
    case(
        "busy/hang-up-to-take-the-second",
        alice(),
        bob(at_ms=80, talk_ms=60),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=110),
        Answer(call=1, after_ms=80),
    ),
    case(
        "busy/hang-up-while-the-second-rings",
        alice(),
        bob(at_ms=80, patience_ms=250),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=150),
    ),
    case(
        "busy/same-caller-calls-again",
        alice(talk_ms=250),
        alice(at_ms=80, patience_ms=120),
        Answer(after_ms=10),
    ),
)
