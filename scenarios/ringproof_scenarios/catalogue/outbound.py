"""Calls that the subscriber places beside those that come in, and calls that are handed over."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.catalogue.origins import browser
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, Dial, HangUp, Reject, Transfer

SCENARIOS = (
    case("outbound/before-any-call", alice(at_ms=400, patience_ms=60), Dial(on="start")),
    case("outbound/while-it-rings", alice(patience_ms=400), Dial(after_ms=20)),
    case(
        "outbound/beside-connected",
        alice(),
        Answer(after_ms=20),
        Dial(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=400),
    ),
    case(
        "outbound/beside-connected-with-video",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        Dial(on="connected", after_ms=20, video=True),
        HangUp(on="connected", after_ms=400),
    ),
    case(
        "outbound/while-another-is-declined",
        alice(),
        bob(at_ms=60),
        Answer(after_ms=20),
        Dial(on="connected"),
        Reject(call=1, after_ms=60),
        HangUp(on="connected", after_ms=400),
    ),
    case(
        "outbound/after-a-call",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Dial(on="gone", after_ms=20),
    ),
    case(
        "transfer/to-a-friend", alice(), Answer(after_ms=20), Transfer(on="connected", after_ms=40)
    ),
    case(
        "transfer/with-video",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        Transfer(on="connected", after_ms=40),
    ),
    case(
        "transfer/of-a-caller-in-a-browser",
        browser(),
        Answer(after_ms=20),
        Transfer(on="connected", after_ms=40),
    ),
    case(
        "transfer/while-another-rings",
        alice(),
        bob(at_ms=60, patience_ms=200),
        Answer(after_ms=20),
        Transfer(on="connected", after_ms=80),
    ),
    case(
        "transfer/to-nobody",
        alice(),
        Answer(after_ms=20),
        Transfer(on="connected", after_ms=40, known=False),
        HangUp(on="connected", after_ms=200),
    ),
    case(
        "transfer/to-nobody-then-the-caller-hangs-up",
        alice(talk_ms=200),
        Answer(after_ms=20),
        Transfer(on="connected", after_ms=40, known=False),
    ),
)
