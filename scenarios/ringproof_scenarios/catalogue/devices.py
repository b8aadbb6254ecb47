"""Two devices of one subscriber: who wins, who stops ringing, and when."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

SCENARIOS = (
    Scenario(
        name="devices/first-answers",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(device=0, after_ms=40),),
        devices=2,
    ),
    Scenario(
        name="devices/second-answers",
        callers=(Caller(),),
        actions=(
            Answer(device=1, after_ms=40),
            HangUp(device=1, on="connected", after_ms=60),
        ),
        devices=2,
    ),
    Scenario(
        name="devices/one-declines",
        callers=(Caller(patience_ms=120),),
        actions=(Reject(device=0, after_ms=30),),
        devices=2,
    ),
    Scenario(
        name="devices/one-declines-the-other-answers",
        callers=(Caller(patience_ms=200, talk_ms=60),),
        actions=(Reject(device=0, after_ms=30), Answer(device=1, after_ms=80)),
        devices=2,
    ),
    Scenario(
        name="devices/both-decline",
        callers=(Caller(patience_ms=200),),
        actions=(Reject(device=0, after_ms=30), Reject(device=1, after_ms=60)),
        devices=2,
    ),
    Scenario(
        name="devices/caller-gives-up",
        callers=(Caller(patience_ms=80),),
        devices=2,
    ),
    Scenario(
        name="devices/both-answer-together",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(device=0, after_ms=40), Answer(device=1, after_ms=40)),
        devices=2,
    ),
    Scenario(
        name="devices/both-answer-nearly-together",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(device=0, after_ms=43), Answer(device=1, after_ms=40)),
        devices=2,
    ),
    Scenario(
        name="devices/loser-answers-late",
        callers=(Caller(talk_ms=100),),
        actions=(Answer(device=0, after_ms=30), Answer(device=1, on="gone", after_ms=10)),
        devices=2,
    ),
    Scenario(
        name="devices/a-call-each",
        callers=(
            Caller(talk_ms=80),
            but(BOB, at_ms=10, talk_ms=80),
        ),
        actions=(Answer(call=0, device=0, after_ms=30), Answer(call=1, device=1, after_ms=30)),
        devices=2,
    ),
)
