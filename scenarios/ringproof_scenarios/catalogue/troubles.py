"""Everyday calls while something else goes wrong: lost sockets, frames twice or for nobody."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import ALICE, BOB, but
from ringproof_scenarios.faults import Cut, Duplicate, StrayBye
from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="troubles/socket-lost-while-connected",
        callers=(Caller(talk_ms=250),),
        actions=(Answer(after_ms=10),),
        faults=(Cut(on="connected", after_ms=30),),
    ),
    Scenario(
        name="troubles/socket-lost-while-ringing",
        callers=(Caller(patience_ms=250),),
        faults=(Cut(after_ms=40),),
    ),
    Scenario(
        name="troubles/session-forgotten-between-two-calls",
        callers=(but(ALICE, patience_ms=40), but(BOB, at_ms=220, patience_ms=120)),
        faults=(Cut(after_ms=50, resume=False),),
    ),
    Scenario(
        name="troubles/invite-twice",
        callers=(Caller(talk_ms=100),),
        actions=(Answer(after_ms=40),),
        faults=(Duplicate(frame="invite", delay_ms=20),),
    ),
    Scenario(
        name="troubles/bye-twice",
        callers=(Caller(patience_ms=60),),
        faults=(Duplicate(frame="bye"),),
    ),
    Scenario(
        name="troubles/bye-for-nobody",
        callers=(Caller(patience_ms=120),),
        faults=(StrayBye(after_ms=30),),
    ),
    Scenario(
        name="troubles/bye-for-nobody-while-connected",
        callers=(Caller(talk_ms=150),),
        actions=(Answer(after_ms=10),),
        faults=(StrayBye(on="connected", after_ms=30),),
    ),
)
