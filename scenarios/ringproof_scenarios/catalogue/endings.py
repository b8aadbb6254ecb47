"""How ringing ends, how a call ends, and commands that come when they no longer apply."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

SCENARIOS = (
    # Accept with every choice of media, on offers of audio and of audio with video.
    case("accept/audio", alice(talk_ms=100), Answer(after_ms=20)),
    case(
        "accept/default-on-video-offer",
        alice(media=AUDIO_VIDEO),
        Answer(after_ms=20),
        HangUp(on="connected", after_ms=100),
    ),
    case(
        "accept/audio-video",
        alice(media=AUDIO_VIDEO, talk_ms=120),
        Answer(audio=True, video=True, after_ms=20),
    ),
    case(
        "accept/audio-video-on-audio-offer",
        alice(),
        Answer(audio=True, video=True, after_ms=20),
        HangUp(on="connected", after_ms=80),
    ),
    case(
        "accept/video-only",
        alice(media=AUDIO_VIDEO),
        Answer(audio=False, video=True, after_ms=20),
        HangUp(on="connected", after_ms=100),
    ),
    case(
        "accept/video-only-on-audio-offer",
        alice(talk_ms=80),
        Answer(audio=False, video=True, after_ms=20),
    ),
    case(
        "accept/receive-only",
        alice(),
        Answer(audio=False, video=False, after_ms=20),
        HangUp(on="connected", after_ms=80),
    ),
    case(
        "accept/receive-only-on-video-offer",
        alice(media=AUDIO_VIDEO, talk_ms=100),
        Answer(audio=False, video=False, after_ms=20),
    ),
    case("accept/without-audio", alice(talk_ms=80), Answer(audio=False, after_ms=20)),
    case(
        "accept/without-audio-on-video-offer",
        alice(media=AUDIO_VIDEO, talk_ms=80),
        Answer(audio=False, after_ms=20),
    ),
    case(
        "accept/audio-only-on-video-offer",
        alice(media=AUDIO_VIDEO, talk_ms=100),
        Answer(audio=True, video=False, after_ms=20),
    ),
    case("accept/at-once", alice(talk_ms=60), Answer()),
    case("accept/after-a-while", alice(patience_ms=400, talk_ms=60), Answer(after_ms=150)),
    case("accept/nobody-hangs-up", alice(), Answer(after_ms=10)),
    # Decline at once, after a while, with video on offer, and more than once.
    case("decline/after-a-while", alice(), Reject(after_ms=60)),
    case("decline/at-once", alice(), Reject()),
    case("decline/video-offer", alice(media=AUDIO_VIDEO), Reject(after_ms=20)),
    case("decline/twice", alice(), Reject(after_ms=20), Reject(after_ms=25)),
    case("decline/then-answer", alice(), Reject(after_ms=20), Answer(on="gone", after_ms=20)),
    # The subscriber does nothing: the caller gives up, or the ring time is over.
    case("unanswered/caller-gives-up", alice(patience_ms=60)),
    case("unanswered/caller-gives-up-at-once", alice(patience_ms=0)),
    case("unanswered/video-caller-gives-up", alice(media=AUDIO_VIDEO, patience_ms=80)),
    case("unanswered/caller-tries-again", alice(patience_ms=50), alice(at_ms=120, patience_ms=150)),
    case("unanswered/ring-time-out", alice(), Platform(ring_ms=200)),
    case("unanswered/ring-time-before-patience", alice(patience_ms=400), Platform(ring_ms=150)),
    case("unanswered/ring-time-of-two", alice(), bob(at_ms=60), Platform(ring_ms=180)),
    # Hangup by the subscriber, by the caller, by both at once, while ringing, and after the end.
    case(
        "hang-up/by-subscriber", alice(), Answer(after_ms=10), HangUp(on="connected", after_ms=60)
    ),
    case("hang-up/by-caller", alice(talk_ms=60), Answer(after_ms=10)),
    case(
        "hang-up/by-subscriber-as-soon-as-connected",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected"),
    ),
    case("hang-up/by-caller-as-soon-as-answered", alice(talk_ms=0), Answer(after_ms=10)),
    case(
        "hang-up/by-both-together",
        alice(talk_ms=60),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=55),
    ),
    case("hang-up/while-ringing", alice(), HangUp(after_ms=40)),
    case("hang-up/while-connecting", alice(), Answer(after_ms=10), HangUp(after_ms=12)),
    case(
        "hang-up/twice",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        HangUp(on="connected", after_ms=41),
    ),
    case(
        "hang-up/after-the-end",
        alice(talk_ms=40),
        Answer(after_ms=10),
        HangUp(on="gone", after_ms=20),
    ),
    # Commands that no longer apply: answer after the end, answer twice, decline after answer.
    case(
        "late-commands/answer-after-the-caller-gave-up",
        alice(patience_ms=40),
        Answer(on="gone", after_ms=20),
    ),
    case(
        "late-commands/answer-the-gone-while-another-rings",
        alice(patience_ms=40),
        bob(at_ms=10, patience_ms=150),
        Answer(call=0, on="gone", after_ms=10),
    ),
    case(
        "late-commands/decline-after-the-caller-gave-up",
        alice(patience_ms=40),
        Reject(on="gone", after_ms=20),
    ),
    case(
        "late-commands/answer-after-hang-up",
        alice(talk_ms=40),
        Answer(after_ms=10),
        Answer(on="gone", after_ms=20),
    ),
    case("late-commands/answer-twice", alice(talk_ms=80), Answer(after_ms=10), Answer(after_ms=14)),
    case(
        "late-commands/answer-again-when-connected",
        alice(talk_ms=80),
        Answer(after_ms=10),
        Answer(on="connected", after_ms=20, video=True),
    ),
    case(
        "late-commands/decline-after-answer",
        alice(talk_ms=80),
        Answer(after_ms=10),
        Reject(after_ms=14),
    ),
    case(
        "late-commands/decline-when-connected",
        alice(),
        Answer(after_ms=10),
        Reject(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=70),
    ),
)
