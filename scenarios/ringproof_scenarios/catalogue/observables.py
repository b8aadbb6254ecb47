"""What a client shows: names and addresses of callers, and values to late subscribers."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, Caller, HangUp, Observe

LONG_NAME = "Alexandra of the very long name " * 32
"""1,024 characters: longer than any field of a telephone display."""

_NAMES: tuple[tuple[str, str | None], ...] = (
    ("none", None),
    ("empty", ""),
    ("placeholder-itself", "_undef_"),
    ("very-long", LONG_NAME),
    ("right-to-left", "ليلى בת־שבע"),
    ("emoji", "👩\u200d🚒 Zoë 🇫🇷"),
    ("markup", "<b onmouseover=\"alert('x')\">R&amp;D</b> & Söhne"),
    ("quotes-and-escapes", 'Dwayne "The\\Rock" O\'Neill\t\u2028 %s {0} ${x}'),
    ("spaces", "   "),
    ("combining", "Ａ\u0301ngel e\u0301 n\u0303"),
    ("looks-like-null", "null"),
)

SCENARIOS = (
    # Display names: none, the placeholder, any script, any length, markup.
    *(
        case(f"names/{what}", Caller(address="/private/carol", name=name, patience_ms=40))
        for what, name in _NAMES
    ),
    # Addresses: aliases of the subscriber, and the forms of a caller's own address.
    case("addresses/alias", alice(alias=1, patience_ms=60)),
    case("addresses/alias-answered", alice(alias=1, talk_ms=40), Answer(after_ms=20)),
    case("addresses/both-at-once", alice(patience_ms=80), alice(alias=1, patience_ms=80)),
    case("addresses/caller-is-a-phone", Caller(address="+15551234567", name=None, patience_ms=50)),
    case(
        "addresses/caller-is-a-sip-credential",
        Caller(address="sip:alice@sip.example.com", patience_ms=50),
    ),
    # Late subscriptions to the list, the status and the streams, while ringing and connected.
    case(
        "observers/list-of-two-callers",
        alice(patience_ms=400),
        bob(at_ms=30, patience_ms=250),
        Observe(what="list", call=1, after_ms=20),
    ),
    case("observers/status-while-ringing", alice(patience_ms=80), Observe(after_ms=40)),
    case(
        "observers/status-while-connected",
        alice(),
        Answer(after_ms=10),
        Observe(on="connected", after_ms=30),
        HangUp(on="connected", after_ms=60),
    ),
    case(
        "observers/streams-while-connected",
        alice(media=AUDIO_VIDEO, talk_ms=100),
        Answer(audio=True, video=True, after_ms=10),
        Observe(what="local_stream", on="connected", after_ms=30),
        Observe(what="remote_stream", on="connected", after_ms=30),
    ),
    case(
        "observers/streams-while-ringing",
        alice(media=AUDIO_VIDEO, patience_ms=80),
        Observe(what="local_stream", after_ms=20),
        Observe(what="remote_stream", after_ms=20),
    ),
    case(
        "observers/status-of-a-second-caller",
        alice(talk_ms=120),
        bob(at_ms=40, patience_ms=80),
        Answer(after_ms=10),
        Observe(call=1, after_ms=30),
    ),
)
