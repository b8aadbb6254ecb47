"""A call comes in while another is connected: it rings like any other, and neither disturbs."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import ALICE, BOB, but
from ringproof_scenarios.model import Answer, HangUp, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="busy/second-gives-up",
        callers=(but(ALICE, talk_ms=200), but(BOB, at_ms=80, patience_ms=60)),
        actions=(Answer(after_ms=10),),
    ),
    Scenario(
        name="busy/second-declined",
        callers=(but(ALICE, talk_ms=200), but(BOB, at_ms=80)),
        actions=(Answer(after_ms=10), Reject(call=1, after_ms=40)),
    ),
    Scenario(
        name="busy/second-answered-too",
        callers=(but(ALICE, talk_ms=250), but(BOB, at_ms=80, talk_ms=60)),
        actions=(Answer(after_ms=10), Answer(call=1, after_ms=30)),
    ),
    Scenario(
        name="busy/first-ends-while-second-rings",
        callers=(but(ALICE, talk_ms=110), but(BOB, at_ms=80, patience_ms=150)),
        actions=(Answer(after_ms=10),),
    ),
    Scenario(
        name="busy/hang-up-to-take-the-second",
        callers=(ALICE, but(BOB, at_ms=80, talk_ms=60)),
        actions=(
            Answer(after_ms=10),
            HangUp(on="connected", after_ms=110),
            Answer(call=1, after_ms=80),
        ),
    ),
    Scenario(
        name="busy/hang-up-while-the-second-rings",
        callers=(ALICE, but(BOB, at_ms=80, patience_ms=250)),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=150)),
    ),
    Scenario(
        name="busy/same-caller-calls-again",
        callers=(but(ALICE, talk_ms=250), but(ALICE, at_ms=80, patience_ms=120)),
        actions=(Answer(after_ms=10),),
    ),
)
