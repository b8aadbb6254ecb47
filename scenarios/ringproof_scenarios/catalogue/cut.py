"""The socket breaks off under the client, and the session is taken up again."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.faults import Cut
from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

SCENARIOS = (
    Scenario(
        name="cut/while-ringing",
        callers=(Caller(talk_ms=40),),
        actions=(Answer(after_ms=280),),
        faults=(Cut(after_ms=30),),
    ),
    Scenario(
        name="cut/while-answering",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=10),),
        faults=(Cut(after_ms=12),),
    ),
    Scenario(
        name="cut/while-connected",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=250)),
        faults=(Cut(on="connected", after_ms=20),),
    ),
    Scenario(
        name="cut/hang-up-while-away",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=40)),
        faults=(Cut(on="connected", after_ms=20, back_ms=100),),
    ),
    Scenario(
        name="cut/caller-hangs-up-meanwhile",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=10),),
        faults=(Cut(on="connected", after_ms=20, back_ms=120),),
    ),
    Scenario(
        name="cut/caller-gives-up-meanwhile",
        callers=(Caller(patience_ms=80),),
        faults=(Cut(after_ms=30, back_ms=120),),
    ),
    Scenario(
        name="cut/second-call-arrives-meanwhile",
        callers=(Caller(), but(BOB, at_ms=100, patience_ms=250)),
        actions=(Answer(after_ms=10),),
        faults=(Cut(on="connected", after_ms=10, back_ms=20),),
    ),
    Scenario(
        name="cut/one-of-two-devices",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(device=1, after_ms=60),),
        devices=2,
        faults=(Cut(after_ms=20),),
    ),
)
