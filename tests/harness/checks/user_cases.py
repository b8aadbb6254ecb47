"""Cases of apps that only construct their client, renew its token, or ask who its user is."""

from __future__ import annotations

from typing import Any

from ringproof.trace import Sources, User, UserAddress
from ringproof_fakeserver.protocol.journal import FaultFact
from tests.harness.checks.cases import Cases
from tests.harness.checks.opening_cases import opening
from tests.harness.checks.trace_builder import A, TraceBuilder, start


def _constructed(**args: Any) -> TraceBuilder:
    return opening(register=False, **args).reply()


def _unopened(trace: TraceBuilder) -> TraceBuilder:
    return trace.command("session.close", "", received=False)


def _renewed() -> TraceBuilder:
    return start().command("session.token", "").session("detached")


def _refused(trace: TraceBuilder) -> TraceBuilder:
    return trace.fact(FaultFact(subscriber="u", session="s0", what="refuse", point="token"))


def _dialled(*names: str) -> TraceBuilder:
    trace = start()
    for name in names:
        trace.command("rest.dial", "", s="", received=False, caller=0, to=f"/private/{name}")
    return trace


def _shown(trace: TraceBuilder, *names: str, query: str = "?channel={}") -> TraceBuilder:
    addresses = [
        UserAddress(
            name=name,
            channels={kind: f"/private/{name}{query.format(kind)}" for kind in ("audio", "video")},
        )
        for name in names
    ]
    return trace.emit(User, addresses=tuple(addresses))


def _answered(**chosen: int) -> TraceBuilder:
    return start().ringing().answered(**chosen)


def _sends(trace: TraceBuilder, **devices: int) -> TraceBuilder:
    return trace.emit(Sources, c=A, devices=devices)


CASES = {
    "stream/selected-devices": Cases(
        passes={
            "the chosen one": _sends(_answered(microphone=1), microphone=1),
            "to its end": _sends(_sends(_answered(camera=1), camera=1), microphone=0, camera=1),
        },
        breaks={
            "the first": (
                _sends(_answered(microphone=1), microphone=0),
                "the user chose microphone 2; the call sends from microphone 1",
            ),
            "the first later": (
                _sends(_sends(_answered(camera=1), camera=1), camera=0),
                "the user chose camera 2; the call sends from camera 1",
            ),
        },
        not_exercised={
            "none chosen": _sends(_answered(), microphone=0),
            "not read": _answered(microphone=1),
            "another kind": _sends(_answered(camera=1), microphone=0),
        },
    ),
    "register/automatic": Cases(
        passes={"comes online": _constructed().session("connected").session("online")},
        breaks={
            "stays offline": (
                _unopened(_constructed().session("connected")),
                "never came online without register()",
            ),
            "never connects": (_unopened(_constructed()), "never came online without register()"),
        },
        not_exercised={
            "registered": _unopened(opening().reply()),
            "kept out": _unopened(_constructed(kept_out="close")),
            "not waited for": _constructed(),
            "not constructed": _unopened(opening(register=False).reply(error="sut_error")),
        },
    ),
    "register/returns-with-fresh-token": Cases(
        passes={
            "resumed": _renewed().session("resumed"),
            "a new session": TraceBuilder()
            .command("session.token", "")
            .session("detached")
            .session("connected")
            .session("online"),
        },
        breaks={
            "with the old one": (_refused(_renewed()), "the client used the first one"),
            "with the old one first": (
                _refused(_renewed()).session("resumed"),
                "the client used the first one",
            ),
        },
        not_exercised={
            "no other token": start().session("detached").session("resumed"),
            "not lost": start().command("session.token", ""),
            "lost before": start().session("detached").session("resumed"),
            "not back": _renewed(),
            "closed by its user": start()
            .command("session.token", "")
            .command("session.vanish", "")
            .session("detached"),
        },
    ),
    "register/user-addresses": Cases(
        passes={
            "all": _shown(_dialled("bob", "alias"), "bob", "alias"),
            "more": _shown(_dialled("bob"), "bob", "alias"),
        },
        breaks={
            "no alias": (
                _shown(_dialled("bob", "alias"), "bob"),
                "shows its user without /private/alias, which callers dialled",
            ),
            "none": (_shown(_dialled("bob")), "without /private/bob"),
            "no channel": (
                _shown(_dialled("bob"), "bob", query=""),
                "with the URI '/private/bob' for audio",
            ),
        },
        not_exercised={"not asked": _dialled("bob")},
    ),
}
