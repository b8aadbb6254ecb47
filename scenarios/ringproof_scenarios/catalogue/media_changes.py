"""What happens to a connected call's media: hold, and paths that are found anew or break."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Cut, MediaCut, StunFails
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Hold, Reject, RestartIce, Unhold

SCENARIOS = (
    # The subscriber holds a connected call, and takes it off hold.
    case(
        "hold/held-and-released",
        alice(),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        Unhold(on="connected", after_ms=120),
        HangUp(on="connected", after_ms=260),
    ),
    case(
        "hold/hung-up-while-held",
        alice(),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=160),
    ),
    case(
        "hold/caller-hangs-up-while-held",
        alice(talk_ms=300),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
    ),
    case(
        "hold/while-another-call-is-answered",
        alice(),
        bob(at_ms=80, talk_ms=120),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        Answer(call=1, after_ms=20),
        Unhold(on="connected", after_ms=340),
        HangUp(on="connected", after_ms=420),
    ),
    case(
        "hold/socket-cut-while-held",
        alice(),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        Cut(on="connected", after_ms=80),
        HangUp(on="connected", after_ms=400),
    ),
    case(
        "hold/refused",
        alice(),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=160),
        Platform(hold=False),
    ),
    case(
        "hold/refused-and-caller-hangs-up",
        alice(talk_ms=300),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=40),
        Platform(hold=False),
    ),
    # The subscriber has the media path of a connected call found anew.
    case(
        "restart-media/agreed",
        alice(),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=300),
    ),
    case(
        "restart-media/with-video-caller-hangs-up",
        alice(media=AUDIO_VIDEO, talk_ms=1_200),
        Answer(audio=True, video=True, after_ms=10),
        RestartIce(on="connected", after_ms=40),
    ),
    case(
        "restart-media/twice",
        alice(),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=20),
        RestartIce(on="connected", after_ms=200),
        HangUp(on="connected", after_ms=440),
    ),
    case(
        "restart-media/while-held",
        alice(),
        Answer(after_ms=10),
        Hold(on="connected", after_ms=20),
        RestartIce(on="connected", after_ms=100),
        Unhold(on="connected", after_ms=300),
        HangUp(on="connected", after_ms=400),
    ),
    case(
        "restart-media/hung-up-at-once",
        alice(),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=25),
    ),
    case(
        "restart-media/refused",
        alice(),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=20),
        HangUp(on="connected", after_ms=300),
        Platform(renegotiation="refuse"),
    ),
    case(
        "restart-media/refused-twice",
        alice(),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=20),
        RestartIce(on="connected", after_ms=200),
        HangUp(on="connected", after_ms=440),
        Platform(renegotiation="refuse"),
    ),
    case(
        "restart-media/refused-and-caller-hangs-up",
        alice(talk_ms=1_200),
        Answer(after_ms=10),
        RestartIce(on="connected", after_ms=40),
        Platform(renegotiation="refuse"),
    ),
    # The client asks for its own address before it answers, and gets no reply.
    case(
        "silent-stun/answered",
        alice(patience_ms=13_000, talk_ms=60),
        Answer(after_ms=20),
        StunFails(),
    ),
    case(
        "silent-stun/answered-with-video",
        alice(media=AUDIO_VIDEO, patience_ms=13_000, talk_ms=60),
        Answer(audio=True, video=True, after_ms=20),
        StunFails(),
    ),
    case("silent-stun/declined", alice(patience_ms=300), Reject(after_ms=20), StunFails()),
    # The media path breaks while the call is connected, and nobody says so.
    case(
        "media-loss/to-client",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=5_200),
        MediaCut(after_ms=100, way="to-client"),
    ),
    case(
        "media-loss/both-ways-with-video",
        alice(media=AUDIO_VIDEO, talk_ms=5_200),
        Answer(audio=True, video=True, after_ms=10),
        MediaCut(after_ms=100),
    ),
    case(
        "media-loss/comes-back-in-time",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=2_500),
        MediaCut(after_ms=50, back_ms=400, way="from-client"),
        Platform(media_timeout_ms=2_000),
    ),
    case(
        "media-loss/times-out",
        alice(),
        Answer(after_ms=10),
        MediaCut(after_ms=50, way="from-client"),
        Platform(media_timeout_ms=1_500),
    ),
    case(
        "media-loss/times-out-beside-another-call",
        alice(),
        bob(at_ms=40, talk_ms=2_600),
        Answer(after_ms=10),
        Answer(call=1, after_ms=60),
        MediaCut(after_ms=150),
        Platform(media_timeout_ms=2_000),
    ),
    case(
        "media-loss/none-beside-a-call-that-ends",
        alice(talk_ms=200),
        bob(at_ms=40, talk_ms=2_800),
        Answer(after_ms=10),
        Answer(call=1, after_ms=60),
        Platform(media_timeout_ms=2_000),
    ),
    case(
        "media-loss/none-on-a-platform-with-a-timeout",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=2_600),
        Platform(media_timeout_ms=2_000),
    ),
)
