"""Pages that open late or again, and clients that go offline and online."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Cut
from ringproof_scenarios.model import (
    Answer,
    GoOffline,
    GoOnline,
    HangUp,
    Open,
    Reject,
    Vanish,
)

SCENARIOS = (
    # A page is opened again: while a call rings, after a call, and when its session is forgotten.
    case(
        "return/while-ringing-then-answered",
        alice(patience_ms=5_000),
        Vanish(after_ms=30),
        Open(device=1, of=0, after_ms=60),
        Answer(device=1, after_ms=10),
        HangUp(device=1, on="connected", after_ms=40),
        devices=2,
    ),
    case(
        "return/while-ringing-then-declined",
        alice(patience_ms=5_000),
        Vanish(after_ms=30),
        Open(device=1, of=0, after_ms=40),
        Reject(device=1, after_ms=20),
        devices=2,
    ),
    case(
        "return/while-ringing-nobody-answers",
        alice(patience_ms=2_500),
        Vanish(after_ms=20),
        Open(device=1, of=0, after_ms=30),
        devices=2,
    ),
    case(
        "return/while-connected",
        alice(),
        bob(at_ms=2_500, patience_ms=200),
        Answer(after_ms=10),
        Vanish(on="connected", after_ms=40),
        Open(device=1, of=0, on="connected", after_ms=60),
        devices=2,
    ),
    case(
        "return/session-forgotten-meanwhile",
        alice(patience_ms=5_000),
        Vanish(after_ms=20),
        Open(device=1, of=0, after_ms=60),
        Platform(page_gone_ms=1),
        devices=2,
    ),
    # A second page opens while a call rings.
    case(
        "second-page/while-ringing-then-answers",
        alice(patience_ms=5_000),
        Open(device=1, after_ms=20),
        Answer(device=1, after_ms=10),
        HangUp(device=1, on="connected", after_ms=40),
        devices=2,
    ),
    case(
        "second-page/while-ringing-first-answers",
        alice(patience_ms=5_000, talk_ms=60),
        Open(device=1, after_ms=20),
        Answer(after_ms=2_500),
        devices=2,
    ),
    case(
        "second-page/while-connected",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Open(device=1, on="connected", after_ms=20),
        devices=2,
    ),
    # Offline, and online again.
    case("offline/then-called", alice(at_ms=120, patience_ms=150), GoOffline(on="start")),
    case(
        "offline/then-online-while-it-rings",
        alice(patience_ms=400),
        bob(at_ms=100, patience_ms=350),
        GoOffline(after_ms=20),
        GoOnline(after_ms=150),
    ),
    case(
        "offline/socket-lost-meanwhile",
        alice(patience_ms=400),
        bob(at_ms=250, patience_ms=150),
        GoOffline(after_ms=20),
        Cut(after_ms=80),
    ),
    case(
        "offline/session-forgotten-meanwhile",
        alice(patience_ms=400),
        GoOffline(after_ms=20),
        Cut(after_ms=80, resume=False),
    ),
    case(
        "offline/call-goes-on",
        alice(talk_ms=150),
        Answer(after_ms=10),
        GoOffline(on="connected", after_ms=20),
        GoOnline(on="connected", after_ms=60),
    ),
)
