"""The microphone and the camera: missing, refused, busy, or asked for while the prompt is open."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import NoDevices, Prompt
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

SCENARIOS = (
    # The user has two microphones and two cameras.
    case(
        "chosen-devices/second-microphone",
        alice(talk_ms=60),
        Answer(after_ms=10, audio=True, microphone=1),
        HangUp(on="connected", after_ms=200),
    ),
    case(
        "chosen-devices/second-camera",
        alice(media=AUDIO_VIDEO, talk_ms=60),
        Answer(after_ms=10, audio=True, video=True, camera=1),
    ),
    case(
        "chosen-devices/both",
        alice(media=AUDIO_VIDEO, talk_ms=60),
        Answer(after_ms=10, audio=True, video=True, microphone=1, camera=1),
    ),
    case(
        "chosen-devices/one-of-two-calls",
        alice(talk_ms=90),
        bob(at_ms=10, talk_ms=60),
        Answer(after_ms=10, microphone=1),
        Answer(call=1, after_ms=20),
    ),
    # answer() does not get what it asks for.
    case("no-devices/microphone-missing", alice(), Answer(after_ms=20), NoDevices()),
    case(
        "no-devices/microphone-refused", alice(), Answer(after_ms=20), NoDevices(reason="refused")
    ),
    case("no-devices/microphone-busy", alice(), Answer(after_ms=20), NoDevices(reason="busy")),
    case(
        "no-devices/both-refused-on-a-video-call",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        NoDevices(reason="refused"),
    ),
    case(
        "no-devices/only-the-camera-refused",
        alice(media=AUDIO_VIDEO, talk_ms=80),
        Answer(audio=True, video=True, after_ms=20),
        NoDevices(reason="refused", which="camera"),
    ),
    case(
        "no-devices/refused-then-answered-again",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Answer(after_ms=150),
        NoDevices(reason="refused", once=True),
    ),
    case(
        "no-devices/missing-then-declined",
        alice(),
        Answer(after_ms=20),
        Reject(after_ms=150),
        NoDevices(),
    ),
    case(
        "no-devices/refused-beside-a-ringing-call",
        alice(),
        bob(at_ms=10, talk_ms=60),
        Answer(after_ms=40),
        Answer(call=1, after_ms=180),
        NoDevices(reason="refused"),
    ),
    case(
        "no-devices/missing-beside-a-connected-call",
        alice(),
        bob(at_ms=150),
        Answer(after_ms=10),
        Answer(call=1, after_ms=40),
        HangUp(on="connected", after_ms=250),
        NoDevices(call=1),
    ),
    case(
        "no-devices/missing-on-one-of-two-devices",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Answer(device=1, after_ms=150),
        NoDevices(),
        devices=2,
    ),
    # answer() does not need what is missing.
    case(
        "no-devices/camera-missing-for-an-audio-answer",
        alice(media=AUDIO_VIDEO, talk_ms=60),
        Answer(audio=True, video=False, after_ms=20),
        NoDevices(which="camera"),
    ),
    case(
        "no-devices/microphone-missing-for-a-video-answer",
        alice(media=AUDIO_VIDEO, talk_ms=60),
        Answer(audio=False, video=True, after_ms=20),
        NoDevices(which="microphone"),
    ),
    case(
        "no-devices/nothing-there-to-receive-only",
        alice(talk_ms=60),
        Answer(audio=False, video=False, after_ms=20),
        NoDevices(),
    ),
    # The user takes time to decide.
    case("prompt/allowed-late", alice(talk_ms=60), Answer(after_ms=20), Prompt(delay_ms=150)),
    case(
        "prompt/refused-late",
        alice(),
        Answer(after_ms=20),
        Prompt(delay_ms=150, granted=False),
    ),
    case(
        "prompt/allowed-after-the-caller-is-gone",
        alice(patience_ms=100),
        Answer(after_ms=20),
        Prompt(delay_ms=250),
    ),
    case(
        "prompt/refused-after-the-caller-is-gone",
        alice(patience_ms=100),
        Answer(after_ms=20),
        Prompt(delay_ms=250, granted=False),
    ),
    case(
        "prompt/allowed-after-hanging-up",
        alice(),
        Answer(after_ms=20),
        HangUp(after_ms=80),
        Prompt(delay_ms=250),
    ),
    case(
        "prompt/open-while-another-call-comes-and-goes",
        alice(talk_ms=40),
        bob(at_ms=60, patience_ms=80),
        Answer(after_ms=20),
        Prompt(delay_ms=250),
    ),
    case(
        "prompt/open-while-the-other-device-answers",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Answer(device=1, after_ms=60),
        Prompt(delay_ms=200),
        devices=2,
    ),
)
