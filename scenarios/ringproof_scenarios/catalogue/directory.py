"""The directory that a client asks before it lists a call: slow, failing, and out of order."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import LookUp
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="directory/not-found",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=20),),
        faults=(LookUp(status=404),),
    ),
    Scenario(
        name="directory/fails",
        callers=(Caller(patience_ms=300, talk_ms=60),),
        actions=(Answer(after_ms=20),),
        faults=(LookUp(status=500),),
    ),
    Scenario(
        name="directory/slow-and-fails",
        callers=(Caller(patience_ms=250),),
        faults=(LookUp(delay_ms=80, status=500),),
    ),
    Scenario(
        name="directory/second-call-is-listed-first",
        callers=(Caller(patience_ms=200), but(BOB, at_ms=20, patience_ms=200)),
        faults=(LookUp(delay_ms=120),),
    ),
    Scenario(
        name="directory/caller-gone-before-the-answer",
        callers=(Caller(patience_ms=40), but(BOB, at_ms=60, patience_ms=150)),
        faults=(LookUp(delay_ms=150),),
    ),
)
