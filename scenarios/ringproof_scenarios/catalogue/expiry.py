"""The socket breaks off, and the platform no longer knows the session when the client is back."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Cut
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="expiry/while-ringing",
        callers=(Caller(patience_ms=300),),
        faults=(Cut(after_ms=30, resume=False),),
    ),
    Scenario(
        name="expiry/while-connected",
        callers=(Caller(),),
        actions=(Answer(after_ms=10),),
        faults=(Cut(on="connected", after_ms=40, resume=False),),
    ),
    Scenario(
        name="expiry/next-call-finds-the-client",
        callers=(Caller(), but(BOB, at_ms=250, talk_ms=60)),
        actions=(Answer(after_ms=10), Answer(call=1, after_ms=20)),
        faults=(Cut(on="connected", resume=False),),
    ),
)
