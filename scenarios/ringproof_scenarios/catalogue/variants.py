"""The same everyday calls on other platforms: bye echo, no ``msid``, slow directory."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.people import BOB, but
from ringproof_scenarios.model import Answer, Caller, HangUp, Reject, Scenario

AUDIO_VIDEO = ("audio", "video")

SCENARIOS = (
    Scenario(
        name="variants/echo-hang-up",
        callers=(Caller(),),
        actions=(Answer(after_ms=10), HangUp(on="connected", after_ms=60)),
        platform=Platform(bye_echo=True),
    ),
    Scenario(
        name="variants/echo-hang-up-while-ringing",
        callers=(Caller(),),
        actions=(HangUp(after_ms=40),),
        platform=Platform(bye_echo=True),
    ),
    Scenario(
        name="variants/echo-decline",
        callers=(Caller(),),
        actions=(Reject(after_ms=40),),
        platform=Platform(bye_echo=True),
    ),
    Scenario(
        name="variants/no-msid-video",
        callers=(Caller(media=AUDIO_VIDEO, talk_ms=100),),
        actions=(Answer(audio=True, video=True, after_ms=20),),
        platform=Platform(msid=False),
    ),
    Scenario(
        name="variants/no-msid-audio",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(after_ms=20),),
        platform=Platform(msid=False),
    ),
    Scenario(
        name="variants/slow-look-up-answered",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(after_ms=20),),
        platform=Platform(lookup_delay_ms=100),
    ),
    Scenario(
        name="variants/slow-look-up-two-callers",
        callers=(
            Caller(patience_ms=150),
            but(BOB, alias=1, at_ms=15, patience_ms=150),
        ),
        platform=Platform(lookup_delay_ms=60),
    ),
    Scenario(
        name="variants/slow-look-up-caller-gone-before",
        callers=(Caller(patience_ms=40),),
        platform=Platform(lookup_delay_ms=120),
    ),
    Scenario(
        name="variants/everything-at-once",
        callers=(Caller(media=AUDIO_VIDEO),),
        actions=(
            Answer(audio=True, video=True, after_ms=20),
            HangUp(on="connected", after_ms=80),
        ),
        platform=Platform(bye_echo=True, msid=False, lookup_delay_ms=30, ring_ms=400),
    ),
)
