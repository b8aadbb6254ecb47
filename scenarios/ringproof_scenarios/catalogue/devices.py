"""Several devices of one subscriber, and devices that disappear without a hangup."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import Answer, HangUp, Reject, Vanish

SCENARIOS = (
    # Two devices: which one gets the call, and when the other stops ringing.
    case("devices/first-answers", alice(talk_ms=60), Answer(device=0, after_ms=40), devices=2),
    case(
        "devices/second-answers",
        alice(),
        Answer(device=1, after_ms=40),
        HangUp(device=1, on="connected", after_ms=60),
        devices=2,
    ),
    case("devices/one-declines", alice(patience_ms=120), Reject(device=0, after_ms=30), devices=2),
    case(
        "devices/one-declines-the-other-answers",
        alice(patience_ms=200, talk_ms=60),
        Reject(device=0, after_ms=30),
        Answer(device=1, after_ms=80),
        devices=2,
    ),
    case(
        "devices/both-decline",
        alice(patience_ms=200),
        Reject(device=0, after_ms=30),
        Reject(device=1, after_ms=60),
        devices=2,
    ),
    case("devices/caller-gives-up", alice(patience_ms=80), devices=2),
    case(
        "devices/both-answer-together",
        alice(talk_ms=80),
        Answer(device=0, after_ms=40),
        Answer(device=1, after_ms=40),
        devices=2,
    ),
    case(
        "devices/both-answer-nearly-together",
        alice(talk_ms=80),
        Answer(device=0, after_ms=43),
        Answer(device=1, after_ms=40),
        devices=2,
    ),
    case(
        "devices/loser-answers-late",
        alice(talk_ms=100),
        Answer(device=0, after_ms=30),
        Answer(device=1, on="gone", after_ms=10),
        devices=2,
    ),
    case(
        "devices/a-call-each",
        alice(talk_ms=80),
        bob(at_ms=10, talk_ms=80),
        Answer(call=0, device=0, after_ms=30),
        Answer(call=1, device=1, after_ms=30),
        devices=2,
    ),
    # A device disappears without a hangup, while ringing and while connected.
    case(
        "vanish/while-connected", alice(), Answer(after_ms=10), Vanish(on="connected", after_ms=40)
    ),
    case(
        "vanish/while-two-are-connected",
        alice(patience_ms=300),
        bob(at_ms=10, patience_ms=300),
        Answer(call=0, after_ms=10),
        Answer(call=1, after_ms=20),
        Vanish(call=1, on="connected", after_ms=60),
    ),
    case(
        "vanish/while-connected-platform-ends-it",
        alice(),
        Answer(after_ms=10),
        Vanish(on="connected", after_ms=40),
        Platform(page_gone_ms=300),
    ),
    case("vanish/while-ringing", alice(patience_ms=150), Vanish(after_ms=40)),
    case(
        "vanish/one-of-two-while-ringing",
        alice(patience_ms=250, talk_ms=60),
        Vanish(device=0, after_ms=30),
        Answer(device=1, after_ms=80),
        devices=2,
    ),
)
