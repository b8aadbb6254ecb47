"""Callers elsewhere: other users' clients, phones, softphones; answered, declined, given up."""

from __future__ import annotations

import functools

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, Caller, HangUp, Hold, Reject, Unhold

browser = functools.partial(alice, origin="browser")
phone = functools.partial(Caller, origin="pstn", address="+15551234567")
"""Alice on the phone, of whom the platform knows the name."""
softphone = functools.partial(Caller, origin="sip", address="softphone-1")

SCENARIOS = (
    case("origin/browser-answered", browser(talk_ms=100), Answer(after_ms=20)),
    case(
        "origin/browser-with-video",
        browser(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        HangUp(on="connected", after_ms=100),
    ),
    case("origin/browser-declined", browser(), Reject(after_ms=20)),
    case("origin/browser-gives-up", browser(patience_ms=60)),
    case("origin/browser-hung-up-while-ringing", browser(), HangUp(after_ms=20)),
    case("origin/browser-unanswered", browser(), Platform(ring_ms=300)),
    case("origin/browser-answered-to-alias", browser(alias=1, talk_ms=80), Answer(after_ms=20)),
    case(
        "origin/browser-held",
        browser(),
        Answer(after_ms=20),
        Hold(on="connected", after_ms=40),
        Unhold(on="connected", after_ms=120),
        HangUp(on="connected", after_ms=200),
    ),
    case(
        "origin/browser-two-devices",
        browser(talk_ms=80),
        Answer(device=1, after_ms=40),
        devices=2,
    ),
    case(
        "origin/browser-beside-rest",
        bob(talk_ms=200),
        browser(at_ms=60),
        Answer(after_ms=20),
        Reject(call=1, after_ms=20),
    ),
    case("origin/phone-answered", phone(talk_ms=100), Answer(after_ms=20)),
    case("origin/phone-without-name", phone(name=None, talk_ms=100), Answer(after_ms=20)),
    case("origin/phone-declined", phone(), Reject(after_ms=20)),
    case("origin/phone-gives-up", phone(name=None, patience_ms=60)),
    case("origin/softphone-answered", softphone(talk_ms=100), Answer(after_ms=20)),
    case(
        "origin/softphone-without-name",
        softphone(name=None),
        Answer(after_ms=20),
        HangUp(on="connected", after_ms=100),
    ),
    case("origin/softphone-declined", softphone(), Reject(after_ms=20)),
    case("origin/softphone-gives-up", softphone(patience_ms=60)),
    case("origin/softphone-unanswered", softphone(), Platform(ring_ms=300)),
    case(
        "origin/softphone-beside-browser",
        softphone(patience_ms=200),
        browser(at_ms=40, talk_ms=80),
        Answer(call=1, after_ms=20),
    ),
    case(
        "origin/phone-beside-browser",
        phone(patience_ms=200),
        browser(at_ms=40, talk_ms=80),
        Answer(call=1, after_ms=20),
    ),
)
