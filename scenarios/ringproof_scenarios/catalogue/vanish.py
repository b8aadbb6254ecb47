"""The device disappears without a word: while connected, while ringing, and with another beside."""

from __future__ import annotations

from ringproof_scenarios.model import Answer, Caller, Scenario, Vanish

SCENARIOS = (
    Scenario(
        name="vanish/while-connected",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), Vanish(on="connected", after_ms=40)),
    ),
    Scenario(
        name="vanish/while-ringing",
        callers=(Caller(patience_ms=150),),
        actions=(Vanish(after_ms=40),),
    ),
    Scenario(
        name="vanish/one-of-two-while-ringing",
        callers=(Caller(patience_ms=250, talk_ms=60),),
        actions=(Vanish(device=0, after_ms=30), Answer(device=1, after_ms=80)),
        devices=2,
    ),
)
