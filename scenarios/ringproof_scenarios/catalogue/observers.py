"""Subscribing late: to the status and to the streams, while ringing and while connected."""

from __future__ import annotations

from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.model import Answer, Caller, HangUp, Observe, Scenario

SCENARIOS = (
    Scenario(
        name="observers/status-while-ringing",
        callers=(Caller(patience_ms=80),),
        actions=(Observe(after_ms=40),),
    ),
    Scenario(
        name="observers/status-while-connected",
        callers=(Caller(),),
        actions=(
            Answer(after_ms=10),
            Observe(on="connected", after_ms=30),
            HangUp(on="connected", after_ms=60),
        ),
    ),
    Scenario(
        name="observers/streams-while-connected",
        callers=(Caller(media=("audio", "video"), talk_ms=100),),
        actions=(
            Answer(audio=True, video=True, after_ms=10),
            Observe(what="local_stream", on="connected", after_ms=30),
            Observe(what="remote_stream", on="connected", after_ms=30),
        ),
    ),
    Scenario(
        name="observers/streams-while-ringing",
        callers=(Caller(media=("audio", "video"), patience_ms=80),),
        actions=(
            Observe(what="local_stream", after_ms=20),
            Observe(what="remote_stream", after_ms=20),
        ),
    ),
    Scenario(
        name="observers/status-of-a-second-caller",
        callers=(
            Caller(talk_ms=120),
            but(BOB, at_ms=40, patience_ms=80),
        ),
        actions=(Answer(after_ms=10), Observe(call=1, after_ms=30)),
    ),
)
