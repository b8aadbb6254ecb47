"""Pings of connected calls: answered, answered late, lost, and crossed by broken sockets.

The platform pings more often than in production, so that a run need not wait for 46 s. Three
scenarios are slower than those of other families: for a client that is busy, or that takes up to
4 s to connect again.
"""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import Cut, Delay, Drop, Duplicate, Ignore, Refuse
from ringproof_scenarios.model import Answer, HangUp, Vanish


def _pings(first_ms: int, every_ms: int) -> Platform:
    return Platform(verto_ping_first_ms=first_ms, verto_ping_ms=every_ms)


SCENARIOS = (
    # The client answers, at once or late, and the call goes on.
    case("pings/one", alice(talk_ms=200), Answer(after_ms=10), _pings(20, 1_000)),
    case("pings/unhurried", alice(talk_ms=800), Answer(after_ms=10), _pings(50, 1_000)),
    case("pings/several", alice(talk_ms=450), Answer(after_ms=10), _pings(20, 150)),
    case(
        "pings/late",
        alice(talk_ms=380),
        Answer(after_ms=10),
        Delay(frame="ping", delay_ms=100),
        _pings(20, 300),
    ),
    case(
        "pings/twice",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Duplicate(frame="ping"),
        _pings(20, 1_000),
    ),
    case(
        "pings/hang-up-between",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=200),
        _pings(20, 1_000),
    ),
    case(
        "pings/of-two-calls",
        alice(talk_ms=250),
        bob(at_ms=20, talk_ms=250),
        Answer(after_ms=10),
        Answer(call=1, after_ms=20),
        _pings(20, 1_000),
    ),
    # A ping or its pong is lost, and the platform ends the call when the next ping is due.
    case(
        "pings/lost",
        alice(talk_ms=450),
        Answer(after_ms=10),
        Drop(frame="ping"),
        _pings(20, 300),
    ),
    case(
        "pings/second-lost",
        alice(talk_ms=450),
        Answer(after_ms=10),
        Drop(frame="ping", nth=1),
        _pings(20, 150),
    ),
    case(
        "pings/pong-lost",
        alice(talk_ms=450),
        Answer(after_ms=10),
        Ignore(request="pong"),
        _pings(20, 200),
    ),
    case(
        "pings/pong-refused",
        alice(talk_ms=450),
        Answer(after_ms=10),
        Refuse(request="pong"),
        _pings(20, 200),
    ),
    case(
        "pings/lost-and-hung-up",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=318),
        Drop(frame="ping"),
        _pings(20, 300),
    ),
    case(
        "pings/lost-for-one-of-two-calls",
        alice(talk_ms=450),
        bob(at_ms=20, talk_ms=400),
        Answer(after_ms=10),
        Answer(call=1, after_ms=20),
        Drop(frame="ping"),
        _pings(20, 300),
    ),
    # The socket breaks between two pings, while one is due, or before its pong has arrived.
    case(
        "pings/cut-between",
        alice(talk_ms=400),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=20),
        _pings(200, 1_000),
    ),
    case(
        "pings/cut-long-before",
        alice(talk_ms=5_700),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=20),
        _pings(5_000, 6_000),
    ),
    case(
        "pings/due-while-away",
        alice(talk_ms=350),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=20, back_ms=100),
        _pings(60, 200),
    ),
    case(
        "pings/pong-lost-with-the-socket",
        alice(talk_ms=400),
        Answer(after_ms=10),
        Ignore(request="pong"),
        Cut(on="connected", after_ms=60),
        _pings(20, 350),
    ),
    case(
        "pings/pong-lost-long-before",
        alice(talk_ms=6_500),
        Answer(after_ms=10),
        Ignore(request="pong"),
        Cut(on="connected", after_ms=300),
        _pings(50, 6_000),
    ),
    case(
        "pings/page-gone",
        alice(),
        Answer(after_ms=10),
        Vanish(on="connected", after_ms=100),
        _pings(20, 200),
    ),
)
