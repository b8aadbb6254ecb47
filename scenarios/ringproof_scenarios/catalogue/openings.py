"""Sessions that the platform does not let in: at the opening, and when they come back."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import (
    ConnectFails,
    Cut,
    GoesSilent,
    OnlineFails,
    OtherToken,
    TokenExpires,
)
from ringproof_scenarios.model import Answer, ReadUser

SCENARIOS = (
    # The app holds a token with which nobody can be called.
    case("token/forged", alice(patience_ms=60), OtherToken()),
    case("token/expired", alice(patience_ms=60), OtherToken(kind="expired")),
    case("token/of-another-project", alice(patience_ms=60), OtherToken(kind="foreign")),
    case("token/guest", alice(patience_ms=60), OtherToken(kind="guest")),
    case("token/embed", alice(patience_ms=60), OtherToken(kind="embed")),
    case(
        "token/one-of-two-devices-expired",
        alice(talk_ms=60),
        Answer(device=1, after_ms=20),
        OtherToken(kind="expired"),
        devices=2,
    ),
    case(
        "token/one-of-two-devices-guest",
        alice(talk_ms=60),
        Answer(after_ms=20),
        OtherToken(kind="guest", device=1),
        devices=2,
    ),
    case(
        "token/one-of-two-devices-embed",
        alice(patience_ms=80),
        OtherToken(kind="embed"),
        devices=2,
    ),
    # The token expires while its session is open: nothing opens another one, and the session
    # itself can be resumed or not.
    case(
        "token/expires-and-calls-still-come",
        alice(patience_ms=60),
        bob(at_ms=120, talk_ms=60),
        Answer(call=1, after_ms=20),
        TokenExpires(),
    ),
    case(
        "token/expires-before-the-socket-is-lost",
        alice(patience_ms=300),
        TokenExpires(after_ms=10),
        Cut(after_ms=40),
    ),
    case(
        "token/expires-and-the-session-is-resumed",
        alice(patience_ms=150),
        bob(at_ms=250, talk_ms=40),
        Answer(call=1, after_ms=20),
        TokenExpires(after_ms=10),
        Cut(after_ms=40),
        Platform(expired_token_resumes=True),
    ),
    case(
        "token/expires-while-connected",
        alice(talk_ms=400),
        Answer(after_ms=10),
        TokenExpires(on="connected", after_ms=10),
        Cut(on="connected", after_ms=40),
    ),
    case(
        "token/expires-and-the-platform-closes",
        alice(patience_ms=300),
        TokenExpires(after_ms=20),
        Platform(expired_token_closes=True),
    ),
    # The app has another token in time.
    case(
        "token/renewed-before-the-socket-is-lost",
        alice(patience_ms=300),
        TokenExpires(after_ms=10, renewed=True),
        Cut(after_ms=40),
    ),
    case(
        "token/renewed-while-connected",
        alice(talk_ms=400),
        Answer(after_ms=10),
        TokenExpires(on="connected", after_ms=10, renewed=True),
        Cut(on="connected", after_ms=40),
    ),
    case(
        "token/renewed-and-the-platform-closes",
        alice(patience_ms=300),
        TokenExpires(after_ms=20, renewed=True),
        Platform(expired_token_closes=True),
    ),
    # The app does no more than construct its client.
    case("opening/only-constructed", alice(patience_ms=60), automatic=True),
    case(
        "opening/only-constructed-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=20),
        devices=2,
        automatic=True,
    ),
    case("user/read-while-ringing", alice(patience_ms=60), ReadUser(after_ms=10)),
    case(
        "user/read-with-an-alias",
        alice(patience_ms=60),
        bob(at_ms=10, alias=1, patience_ms=80),
        ReadUser(after_ms=10),
    ),
    # The platform does not let the session in; the first of these last as long as a client tries.
    case("opening/refused", alice(patience_ms=60), ConnectFails()),
    case("opening/never-answered", alice(patience_ms=60), ConnectFails(how="ignore")),
    case("opening/closed-every-time", alice(patience_ms=60), ConnectFails(how="close")),
    case(
        "opening/closed-once",
        alice(patience_ms=120),
        ConnectFails(how="close", times=1),
    ),
    case(
        "opening/one-of-two-devices-closed-once",
        alice(talk_ms=60),
        Answer(after_ms=20),
        ConnectFails(how="close", times=2, device=1),
        devices=2,
    ),
    # The platform lets the client in, and does not register it.
    case("opening/not-registered", alice(patience_ms=60), OnlineFails()),
    case("opening/not-registered-at-first", alice(patience_ms=120), OnlineFails(times=1)),
    case(
        "opening/one-of-two-devices-not-registered",
        alice(talk_ms=60),
        Answer(after_ms=20),
        OnlineFails(device=1),
        devices=2,
    ),
    # The platform takes its time to register the client.
    case(
        "opening/registered-late",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Platform(online_delay_ms=300),
    ),
    case(
        "opening/two-devices-registered-late",
        alice(patience_ms=60),
        Platform(online_delay_ms=300),
        devices=2,
    ),
    # The socket breaks, and the first attempts to come back fail.
    case(
        "reconnect/closed-politely",
        alice(patience_ms=40),
        bob(at_ms=900, patience_ms=200),
        Cut(after_ms=20),
        ConnectFails(how="close", nth=1, times=1),
    ),
    case(
        "reconnect/closed-twice-while-connected",
        alice(talk_ms=900),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=30),
        ConnectFails(how="close", nth=1, times=2),
    ),
    case(
        "reconnect/first-socket-says-nothing",
        alice(),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=30),
        ConnectFails(how="ignore", nth=1, times=1),
    ),
    # The socket is half open: only pings that nobody answers can show it.
    case("half-open/while-ringing", alice(patience_ms=900), GoesSilent(after_ms=20)),
    case(
        "half-open/while-connected",
        alice(talk_ms=900),
        Answer(after_ms=10),
        GoesSilent(on="connected", after_ms=20),
    ),
    case(
        "half-open/noticed-at-the-third-ping",
        alice(patience_ms=900),
        GoesSilent(after_ms=20),
        Platform(unanswered_pings=2),
    ),
    case(
        "half-open/one-of-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=600),
        GoesSilent(after_ms=20),
        devices=2,
    ),
)
