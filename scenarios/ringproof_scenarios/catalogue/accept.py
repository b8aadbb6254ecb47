"""Accepting: every choice of media, on offers of audio and of audio with video."""

from __future__ import annotations

from ringproof_scenarios.model import Answer, Caller, HangUp, Scenario

AUDIO_VIDEO = ("audio", "video")

SCENARIOS = (
    Scenario(
        name="accept/audio",
        callers=(Caller(talk_ms=100),),
        actions=(Answer(after_ms=20),),
    ),
    Scenario(
        name="accept/default-on-video-offer",
        callers=(Caller(media=AUDIO_VIDEO),),
        actions=(Answer(after_ms=20), HangUp(on="connected", after_ms=100)),
    ),
    Scenario(
        name="accept/audio-video",
        callers=(Caller(media=AUDIO_VIDEO, talk_ms=120),),
        actions=(Answer(audio=True, video=True, after_ms=20),),
    ),
    Scenario(
        name="accept/audio-video-on-audio-offer",
        callers=(Caller(),),
        actions=(
            Answer(audio=True, video=True, after_ms=20),
            HangUp(on="connected", after_ms=80),
        ),
    ),
    Scenario(
        name="accept/video-only",
        callers=(Caller(media=AUDIO_VIDEO),),
        actions=(
            Answer(audio=False, video=True, after_ms=20),
            HangUp(on="connected", after_ms=100),
        ),
    ),
    Scenario(
        name="accept/video-only-on-audio-offer",
        callers=(Caller(talk_ms=80),),
        actions=(Answer(audio=False, video=True, after_ms=20),),
    ),
    Scenario(
        name="accept/audio-only-on-video-offer",
        callers=(Caller(media=AUDIO_VIDEO, talk_ms=100),),
        actions=(Answer(audio=True, video=False, after_ms=20),),
    ),
    Scenario(
        name="accept/at-once",
        callers=(Caller(talk_ms=60),),
        actions=(Answer(),),
    ),
    Scenario(
        name="accept/after-a-while",
        callers=(Caller(patience_ms=400, talk_ms=60),),
        actions=(Answer(after_ms=150),),
    ),
    Scenario(
        name="accept/nobody-hangs-up",
        callers=(Caller(),),
        actions=(Answer(after_ms=10),),
    ),
)
