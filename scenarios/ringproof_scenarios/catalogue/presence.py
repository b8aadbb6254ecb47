"""Pages that open late or again, and clients that go offline and online."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Cut
from ringproof_scenarios.model import (
    AUDIO_VIDEO,
    Answer,
    GoOffline,
    GoOnline,
    HangUp,
    Hold,
    Open,
    Reject,
    Unhold,
    Vanish,
)


def _reload(call: int = 0, after_ms: int = 60) -> tuple[Vanish, Open]:
    """Close the page of a connected call, and open it again so that it gets its calls back."""
    return (
        Vanish(call=call, on="connected", after_ms=40),
        Open(call=call, device=1, of=0, on="connected", after_ms=after_ms, reattach=True),
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
    # The app wants its calls back after a reload.
    case(
        "return/call-back-user-hangs-up",
        alice(),
        Answer(after_ms=10),
        *_reload(),
        HangUp(device=1, on="connected", after_ms=40),
        devices=2,
    ),
    case(
        "return/call-back-caller-hangs-up",
        alice(media=AUDIO_VIDEO, talk_ms=3_000),
        Answer(audio=True, video=True, after_ms=10),
        *_reload(),
        devices=2,
    ),
    case(
        "return/call-back-receive-only",
        alice(media=AUDIO_VIDEO),
        Answer(audio=False, video=False, after_ms=10),
        *_reload(),
        devices=2,
    ),
    case(
        "return/call-back-and-held",
        alice(),
        Answer(after_ms=10),
        *_reload(),
        Hold(device=1, on="connected", after_ms=20),
        Unhold(device=1, on="connected", after_ms=60),
        devices=2,
    ),
    case(
        "return/call-back-is-pinged",
        alice(talk_ms=4_000),
        Answer(after_ms=10),
        *_reload(),
        Platform(verto_ping_first_ms=3_000, verto_ping_ms=700),
        devices=2,
    ),
    case(
        "return/both-calls-back",
        alice(patience_ms=1_200),
        bob(at_ms=20, patience_ms=1_200),
        Answer(after_ms=10),
        Answer(call=1, after_ms=10),
        *_reload(call=1),
        HangUp(device=1, on="connected", after_ms=40),
        devices=2,
    ),
    case(
        "return/call-back-beside-one-that-rings",
        alice(),
        bob(at_ms=700, patience_ms=2_500),
        Answer(after_ms=10),
        *_reload(),
        devices=2,
    ),
    case(
        "return/call-refused",
        alice(talk_ms=4_000),
        Answer(after_ms=10),
        *_reload(),
        Platform(reattach="refuse"),
        devices=2,
    ),
    case(
        "return/both-calls-refused",
        alice(patience_ms=1_200, talk_ms=4_000),
        bob(at_ms=20, patience_ms=1_200, talk_ms=4_000),
        Answer(after_ms=10),
        Answer(call=1, after_ms=10),
        *_reload(call=1),
        Platform(reattach="refuse"),
        devices=2,
    ),
    case(
        "return/caller-gone-meanwhile",
        alice(talk_ms=100),
        Answer(after_ms=10),
        *_reload(after_ms=400),
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
