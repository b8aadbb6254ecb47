"""A bye for a call that the client has never heard of: nothing of its own may change."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import StrayBye
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="stray-bye/while-ringing",
        callers=(Caller(patience_ms=150),),
        faults=(StrayBye(after_ms=40),),
    ),
    Scenario(
        name="stray-bye/while-connected",
        callers=(Caller(talk_ms=120),),
        actions=(Answer(after_ms=10),),
        faults=(StrayBye(on="connected", after_ms=30),),
    ),
    Scenario(
        name="stray-bye/while-two-ring",
        callers=(Caller(patience_ms=150), but(BOB, at_ms=10, patience_ms=150)),
        faults=(StrayBye(after_ms=50), StrayBye(on="gone", after_ms=20)),
    ),
)
