"""Several callers at once: two to five, the same and different ones, decided in different ways."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import ALICE, BOB, CAROL, DAVE, ERIN, but
from ringproof_scenarios.model import Answer, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="simultaneous/two",
        callers=(but(ALICE, patience_ms=100), but(BOB, patience_ms=100)),
    ),
    Scenario(
        name="simultaneous/two-first-answered",
        callers=(but(ALICE, talk_ms=100), but(BOB, at_ms=15, patience_ms=120)),
        actions=(Answer(call=0, after_ms=40),),
    ),
    Scenario(
        name="simultaneous/two-ring-for-a-while",
        callers=(but(ALICE, talk_ms=60), but(BOB, at_ms=15, patience_ms=350)),
        actions=(Answer(call=0, after_ms=200),),
    ),
    Scenario(
        name="simultaneous/two-second-answered",
        callers=(but(ALICE, patience_ms=120), but(BOB, at_ms=15, talk_ms=60)),
        actions=(Answer(call=1, after_ms=40),),
    ),
    Scenario(
        name="simultaneous/two-both-answered",
        callers=(but(ALICE, talk_ms=120), but(BOB, talk_ms=60)),
        actions=(Answer(call=0, after_ms=30), Answer(call=1, after_ms=50)),
    ),
    Scenario(
        name="simultaneous/two-one-declined",
        callers=(but(ALICE, patience_ms=120), BOB),
        actions=(Reject(call=1, after_ms=40),),
    ),
    Scenario(
        name="simultaneous/same-caller-twice",
        callers=(but(ALICE, patience_ms=120), but(ALICE, patience_ms=90)),
    ),
    Scenario(
        name="simultaneous/same-caller-twice-one-answered",
        callers=(but(ALICE, talk_ms=60), but(ALICE, patience_ms=120)),
        actions=(Answer(call=0, after_ms=30),),
    ),
    Scenario(
        name="simultaneous/three-three-outcomes",
        callers=(
            but(ALICE, talk_ms=60),
            but(BOB, at_ms=10),
            but(CAROL, at_ms=20, patience_ms=80),
        ),
        actions=(Answer(call=0, after_ms=60), Reject(call=1, after_ms=40)),
    ),
    Scenario(
        name="simultaneous/four-all-declined",
        callers=(ALICE, BOB, CAROL, DAVE),
        actions=tuple(Reject(call=call, after_ms=60) for call in range(4)),
    ),
    Scenario(
        name="simultaneous/five",
        callers=tuple(but(who, patience_ms=120) for who in (ALICE, BOB, CAROL, DAVE, ERIN)),
    ),
    Scenario(
        name="simultaneous/five-last-answered",
        callers=(
            *(but(who, patience_ms=150) for who in (ALICE, BOB, CAROL, ALICE)),
            but(ERIN, at_ms=30, talk_ms=60),
        ),
        actions=(Answer(call=4, after_ms=40),),
    ),
)
