"""Backends of apps: their tokens, their dials, what they are told of calls, and files to play."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.backend import (
    PROJECT_NUMBER,
    IssueToken,
    ListAddresses,
    ShowUser,
    TryDial,
)
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

SCENARIOS = (
    case("backend/second-token", alice(patience_ms=60), IssueToken(), IssueToken(), ShowUser()),
    case(
        "backend/two-users",
        alice(patience_ms=60),
        IssueToken(display_name="Ann"),
        IssueToken(user=1, display_name="Ben"),
        IssueToken(display_name="Anne"),
        ShowUser(),
        ShowUser(user=1),
    ),
    case("backend/addresses", alice(patience_ms=60), IssueToken(), ListAddresses()),
    case(
        "backend/wrong-credentials",
        alice(patience_ms=60),
        IssueToken(credentials="wrong"),
        ListAddresses(credentials="wrong"),
        TryDial(credentials="wrong"),
    ),
    case(
        "backend/no-credentials",
        alice(patience_ms=60),
        IssueToken(credentials="none"),
        ListAddresses(credentials="none"),
        TryDial(credentials="none"),
    ),
    case("backend/nobody-there", alice(patience_ms=60), TryDial(to="nobody")),
    case(
        "backend/strict-origins",
        alice(address=PROJECT_NUMBER, patience_ms=60),
        TryDial(origin="foreign"),
        Platform(strict_origins=True),
    ),
    case("backend/free-origins", alice(patience_ms=60), TryDial(origin="foreign")),
    case(
        "callbacks/all-of-an-answered-call",
        alice(talk_ms=60, status_events=("created", "ringing", "answered", "ended")),
        Answer(after_ms=10),
    ),
    case(
        "callbacks/all-of-a-declined-call",
        alice(status_events=("created", "ringing", "answered", "ended")),
        Reject(after_ms=10),
    ),
    case(
        "callbacks/only-the-end",
        alice(status_events=("ended",)),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=20),
    ),
    case(
        "callbacks/of-two-calls",
        alice(patience_ms=80, status_events=("ringing", "ended")),
        bob(at_ms=20, talk_ms=60, status_events=("answered",)),
        Answer(call=1, after_ms=20),
    ),
    case("callbacks/none-asked-for", alice(patience_ms=60, status_events=())),
    case("script/plays-sound", alice(plays=True), Answer(after_ms=10)),
    case(
        "script/plays-pictures",
        alice(plays=True, media=AUDIO_VIDEO),
        Answer(after_ms=10, audio=True, video=True),
    ),
    case(
        "script/hung-up-while-it-plays",
        alice(plays=True, status_events=("ended",)),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=20),
    ),
)
