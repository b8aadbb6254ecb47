"""The platform says no to what the client asks of it."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Refuse
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

NO_SUCH_CALL = -32_002

SCENARIOS = (
    Scenario(
        name="refused/answer",
        callers=(Caller(patience_ms=200),),
        actions=(Answer(after_ms=20),),
        faults=(Refuse(),),
    ),
    Scenario(
        name="refused/answer-as-no-such-call-beside-another",
        callers=(Caller(patience_ms=150), but(BOB, at_ms=10, patience_ms=200)),
        actions=(Answer(after_ms=20),),
        faults=(Refuse(code=NO_SUCH_CALL),),
    ),
    Scenario(
        name="refused/decline",
        callers=(Caller(patience_ms=200),),
        actions=(Reject(after_ms=20),),
        faults=(Refuse(request="bye", code=NO_SUCH_CALL),),
    ),
    Scenario(
        name="refused/hang-up",
        callers=(Caller(talk_ms=200),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=40)),
        faults=(Refuse(request="bye"),),
    ),
)
