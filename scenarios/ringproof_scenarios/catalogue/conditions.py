"""Everyday calls on other platform variants, and with one common fault each."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, carol, case
from ringproof_scenarios.faults import Cut, Duplicate, StrayBye
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

SCENARIOS = (
    # Everyday calls on other platform variants: bye echo, no ``msid``, slow look-ups.
    case(
        "variants/echo-hang-up",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=60),
        Platform(bye_echo=True),
    ),
    case(
        "variants/echo-hang-up-while-ringing", alice(), HangUp(after_ms=40), Platform(bye_echo=True)
    ),
    case("variants/echo-decline", alice(), Reject(after_ms=40), Platform(bye_echo=True)),
    case(
        "variants/bye-answered-at-once",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=60),
        Platform(bye_reply_ms=0),
    ),
    case("variants/bye-answered-late", alice(), Reject(after_ms=40), Platform(bye_reply_ms=800)),
    case(
        "variants/no-room-events",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=60),
        Platform(room_events=False),
    ),
    case(
        "variants/no-msid-video",
        alice(media=AUDIO_VIDEO, talk_ms=100),
        Answer(audio=True, video=True, after_ms=20),
        Platform(msid=False),
    ),
    case("variants/no-msid-audio", alice(talk_ms=80), Answer(after_ms=20), Platform(msid=False)),
    # The platform announces TURN servers only.
    case(
        "variants/turn-only-audio",
        alice(talk_ms=80),
        Answer(after_ms=20),
        Platform(ice_servers="turn"),
    ),
    case(
        "variants/turn-only-video",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        HangUp(on="connected", after_ms=60),
        Platform(ice_servers="turn"),
    ),
    # The platform sends and takes nothing.
    case(
        "variants/send-only-offer-audio",
        alice(talk_ms=80),
        Answer(after_ms=20),
        Platform(offer_direction="sendonly"),
    ),
    case(
        "variants/send-only-offer-video",
        alice(media=AUDIO_VIDEO, talk_ms=100),
        Answer(audio=True, video=True, after_ms=20),
        Platform(offer_direction="sendonly"),
    ),
    case(
        "variants/send-only-offer-nothing-to-send",
        alice(media=AUDIO_VIDEO),
        Answer(audio=False, video=False, after_ms=20),
        HangUp(on="connected", after_ms=60),
        Platform(offer_direction="sendonly"),
    ),
    case(
        "variants/slow-look-up-answered",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Platform(lookup_delay_ms=100),
    ),
    case(
        "variants/slow-look-up-two-callers",
        alice(patience_ms=150),
        bob(alias=1, at_ms=15, patience_ms=150),
        Platform(lookup_delay_ms=60),
    ),
    case(
        "variants/slow-look-up-caller-gone-before",
        alice(patience_ms=40),
        Platform(lookup_delay_ms=120),
    ),
    case(
        "variants/first-decline-ends-all",
        alice(patience_ms=200),
        Reject(device=0, after_ms=30),
        Platform(first_decline_ends_all=True),
        devices=2,
    ),
    case(
        "variants/first-decline-and-a-late-answer",
        alice(patience_ms=200),
        Reject(device=0, after_ms=30),
        Answer(device=1, on="gone", after_ms=10),
        Platform(first_decline_ends_all=True),
        devices=2,
    ),
    case(
        "variants/decline-reads-busy", alice(), Reject(after_ms=40), Platform(decline_reason="busy")
    ),
    case(
        "variants/busy-subscriber-is-not-rung",
        alice(talk_ms=300),
        bob(at_ms=200, patience_ms=60),
        carol(at_ms=260, patience_ms=60),
        Answer(call=0, after_ms=20),
        Platform(busy="reject"),
    ),
    case(
        "variants/busy-until-the-first-call-is-over",
        alice(),
        bob(at_ms=400, patience_ms=100),
        Answer(call=0, after_ms=20),
        HangUp(call=0, on="connected", after_ms=60),
        Answer(call=1, after_ms=20),
        Platform(busy="reject"),
    ),
    case(
        "variants/everything-at-once",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        HangUp(on="connected", after_ms=80),
        Platform(
            bye_echo=True,
            msid=False,
            lookup_delay_ms=30,
            ring_ms=400,
            refresh_token_reusable=True,
            callback_retries=True,
        ),
    ),
    # The state that a client resumes with: it may never come, or come once.
    case(
        "variants/no-state-socket-lost-while-connected",
        alice(talk_ms=250),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=30),
        Platform(authorization_state="never"),
    ),
    case(
        "variants/no-state-session-forgotten",
        alice(patience_ms=40),
        bob(at_ms=220, patience_ms=120),
        Cut(after_ms=50, resume=False),
        Platform(authorization_state="never"),
    ),
    case(
        "variants/one-state-socket-lost-while-connected",
        alice(talk_ms=250),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=30),
        Platform(authorization_state="connect"),
    ),
    # The platform asks for other settings of the tracks that are sent.
    case(
        "variants/media-params-audio",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Platform(media_params_ms=20),
    ),
    case(
        "variants/media-params-video",
        alice(media=AUDIO_VIDEO, talk_ms=250),
        Answer(audio=True, video=True, after_ms=10),
        Platform(media_params_ms=20),
    ),
    case(
        "variants/no-media-params",
        alice(media=AUDIO_VIDEO, talk_ms=450),
        Answer(audio=True, video=True, after_ms=10),
        Platform(media_params_ms=0),
    ),
    # Everyday calls with one fault: a broken socket, a duplicated frame, a stray bye.
    case(
        "troubles/socket-lost-while-connected",
        alice(talk_ms=250),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=30),
    ),
    case("troubles/socket-lost-while-ringing", alice(patience_ms=250), Cut(after_ms=40)),
    case(
        "troubles/session-forgotten-between-two-calls",
        alice(patience_ms=40),
        bob(at_ms=220, patience_ms=120),
        Cut(after_ms=50, resume=False),
    ),
    case(
        "troubles/invite-twice",
        alice(talk_ms=100),
        Answer(after_ms=40),
        Duplicate(frame="invite", delay_ms=20),
    ),
    case("troubles/bye-twice", alice(patience_ms=60), Duplicate(frame="bye")),
    case("troubles/bye-for-nobody", alice(patience_ms=120), StrayBye(after_ms=30)),
    case(
        "troubles/bye-for-nobody-while-connected",
        alice(talk_ms=150),
        Answer(after_ms=10),
        StrayBye(on="connected", after_ms=30),
    ),
)
