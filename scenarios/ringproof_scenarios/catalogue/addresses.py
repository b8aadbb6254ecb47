"""Addresses: aliases of the subscriber, and the forms a caller's own address takes."""

from __future__ import annotations

from ringproof_scenarios.model import Answer, Caller, Scenario

SCENARIOS = (
    Scenario(
        name="addresses/alias",
        callers=(Caller(alias=1, patience_ms=60),),
    ),
    Scenario(
        name="addresses/alias-answered",
        callers=(Caller(alias=1, talk_ms=40),),
        actions=(Answer(after_ms=20),),
    ),
    Scenario(
        name="addresses/both-at-once",
        callers=(Caller(patience_ms=80), Caller(alias=1, patience_ms=80)),
    ),
    Scenario(
        name="addresses/caller-is-a-phone",
        callers=(Caller(address="+15551234567", name=None, patience_ms=50),),
    ),
    Scenario(
        name="addresses/caller-is-a-sip-credential",
        callers=(Caller(address="sip:alice@sip.example.com", patience_ms=50),),
    ),
)
