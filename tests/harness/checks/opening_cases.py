"""Cases of sessions that do not open, and of sessions that break."""

from __future__ import annotations

from ringproof_fakeserver.protocol.journal import FaultFact
from ringproof_fakeserver.protocol.platform import Platform
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, TraceBuilder, start


def opening(**args: str) -> TraceBuilder:
    """A client is constructed; ``args`` say what is wrong with that."""
    return TraceBuilder().command("session.open", "", received=False, **args)


def lost() -> TraceBuilder:
    """A client that is online loses its socket."""
    return start().session("detached")


def kept_out(trace: TraceBuilder, what: str) -> TraceBuilder:
    """The platform does not let the client in."""
    return trace.fact(FaultFact(subscriber="u", session="s0", what=what, point="connect"))


def refused_online(trace: TraceBuilder) -> TraceBuilder:
    """The platform refuses to register the client."""
    fault = FaultFact(subscriber="u", session="s0", what="refuse", point="online")
    return trace.frame("subscriber.online", out=False).fact(fault)


def unregistered(**args: str) -> TraceBuilder:
    """A client is let in, and its registration is refused."""
    return refused_online(opening(unregistered="refuse", **args).session("connected"))


def late() -> TraceBuilder:
    """A client is let in by a platform that takes its time to register it."""
    return TraceBuilder(platform=Platform(online_delay_ms=100)).session("connected")


def asks_online(
    trace: TraceBuilder, times: int, *, every_ms: int = 1, refused: bool = True
) -> TraceBuilder:
    """The client asks to come online so often."""
    for _ in range(times):
        trace = trace.later(every_ms)
        trace = refused_online(trace) if refused else trace.frame("subscriber.online", out=False)
    return trace


def silent(platform: Platform | None = None) -> TraceBuilder:
    """A client that is online has a socket that is half open."""
    fault = FaultFact(subscriber="u", session="s0", what="silence")
    return start(platform=platform).fact(fault)


def heard(trace: TraceBuilder) -> TraceBuilder:
    """The platform has had the pings to notice it."""
    return trace.fact(FaultFact(subscriber="u", session="s0", what="heard"))


def expired() -> TraceBuilder:
    """A client that has lost its socket is not let in again: its token has expired."""
    fault = FaultFact(subscriber="u", session="s0", what="refuse", point="token")
    return lost().fact(fault)


CASES = {
    "register/expired-token-told": Cases(
        passes={
            "told at once": expired().error("401 Unauthorized", "").lost().settled(),
            "told late": expired().later(4_000).error("cannot connect", "").settled(),
        },
        breaks={
            "not told": (
                expired().later(6_000).lost().settled(),
                "its token had expired; it reported no error within 5000 ms",
            ),
            "told of the lost socket only": (
                start()
                .session("detached")
                .error("socket closed", "")
                .fact(FaultFact(subscriber="u", session="s0", what="refuse", point="token"))
                .later(9_000)
                .lost(),
                "it reported no error",
            ),
            "told of a call only": (
                expired().error("media failed").later(6_000).lost(),
                "it reported no error",
            ),
        },
        not_exercised={
            "its token is good": lost().error("socket closed", "").session("resumed").settled(),
            "too little time": expired().later(1_000).settled(),
            "closed meanwhile": (
                expired().command("session.close", received=False).later(9_000).settled()
            ),
        },
    ),
    "register/refused-token": Cases(
        passes={
            kind: opening(token=kind).reply(error="sut_error")
            for kind in ("forged", "expired", "foreign")
        },
        breaks={
            "it resolves": (
                opening(token="forged").reply(),
                "the platform refused the forged token; register() resolved",
            ),
            "it waits for ever": (
                opening(token="expired").reply(error="timeout", definite=False),
                "neither resolved nor failed",
            ),
        },
        not_exercised={
            "a good token": opening().reply(),
            "a guest's": opening(token="guest").reply(error="sut_error"),
            "the platform let it in": opening(token="forged").session("connected").reply(),
            "the trace ends before": opening(token="forged"),
        },
    ),
    "register/no-connection": Cases(
        passes={
            "never let in": kept_out(opening(kept_out="close"), "close").reply(error="sut_error"),
            "let in at last": kept_out(opening(kept_out="close"), "close")
            .session("connected")
            .reply(),
        },
        breaks={
            "it waits for ever": (
                kept_out(opening(kept_out="ignore"), "ignore").reply(
                    error="timeout", definite=False
                ),
                "did not let the client in; register() neither resolved nor failed",
            ),
            "it resolves": (
                kept_out(opening(kept_out="refuse"), "refuse").reply(),
                "register() resolved all the same",
            ),
            "it resolves before": (
                opening(kept_out="close").reply().session("connected"),
                "register() resolved all the same",
            ),
        },
        not_exercised={
            "let in at once": opening().session("connected").reply(),
            "its token is bad": opening(kept_out="close", token="expired").reply(error="sut_error"),
            "the trace ends before": opening(kept_out="close"),
        },
    ),
    "register/refused-online": Cases(
        passes={
            "it says so": unregistered().reply(error="sut_error"),
            "registered at last": unregistered().session("online").reply(),
            "registered late": late().session("online").emit_registered(),
        },
        breaks={
            "it waits for ever": (
                unregistered().reply(error="timeout", definite=False),
                "refused to register the client; register() neither resolved nor failed",
            ),
            "it resolves": (unregistered().reply(), "register() resolved all the same"),
            "it resolves before a late answer": (
                late().emit_registered().session("online"),
                "took its time to register the client; register() resolved before that",
            ),
            "it resolves before": (
                unregistered().reply().session("online"),
                "register() resolved all the same",
            ),
        },
        not_exercised={
            "registered at once": opening(unregistered="refuse").session("online").reply(),
            "it does not wait for a late answer": late(),
            "a page that resumes": late().session("resumed").emit_registered(),
            "its token is bad": unregistered(token="expired").reply(error="sut_error"),
            "refused later": refused_online(
                opening(unregistered="refuse").session("online").reply()
            ),
            "the trace ends before": unregistered(),
        },
    ),
    "register/no-flood": Cases(
        passes={
            "once": asks_online(start(), 1),
            "five times": asks_online(start(), 5),
            "many times, slowly": asks_online(start(), 30, every_ms=300),
        },
        breaks={
            "at once": (asks_online(start(), 6), "asked 6 times within 1000 ms"),
            "quickly, later": (
                asks_online(asks_online(start(), 3, every_ms=900), 9, every_ms=100),
                "asked 6 times within 1000 ms",
            ),
        },
        not_exercised={
            "never refused": start().settled(),
            "asks often, never refused": asks_online(start(), 9, refused=False),
        },
    ),
    "register/comes-back": Cases(
        passes={
            "resumed": lost().session("resumed").settled(),
            "afresh": lost().session("connected").session("online").settled(),
            "at the second attempt": kept_out(lost(), "close").session("resumed").settled(),
        },
        breaks={
            "never": (lost().lost(), "the socket was lost, and the client was never online again"),
            "after one attempt": (
                kept_out(lost(), "ignore").lost(),
                "connections that failed meanwhile: 1",
            ),
        },
        not_exercised={
            "nothing is lost": start().settled(),
            "refused, perhaps for good": kept_out(lost(), "refuse").lost(),
            "the page was closed": start()
            .command("session.vanish", "", received=False)
            .session("detached"),
            "the page was closed after the loss": lost()
            .command("session.vanish", "", received=False)
            .lost(),
            "the app takes it offline": lost().command("session.offline", "").lost(),
            "the trace ends before": lost(),
        },
    ),
    "register/guest-cannot-receive": Cases(
        passes={
            "nobody rings": opening(token="guest")
            .session("connected")
            .reply(error="sut_error")
            .call("x", "created"),
        },
        breaks={
            "it rings": (
                opening(token="embed").session("connected").reply().invite(A),
                "a call was offered to a client that has a guest or an embed token",
            ),
        },
        not_exercised={
            "a subscriber": opening().session("connected").reply().invite(A),
            "a guest that came later": TraceBuilder()
            .call("x", "created")
            .command("session.open", "", received=False, token="guest")
            .session("connected"),
            "no such device": start().invite(A),
        },
    ),
    "platform/token-refused": Cases(
        passes={"refused": opening(token="forged").reply(error="sut_error")},
        breaks={
            "let in": (
                opening(token="expired").session("connected").reply(),
                "the platform let a client in whose token was expired",
            ),
        },
        not_exercised={
            "a good token": opening().session("connected").reply(),
            "a guest's": opening(token="guest").session("connected").reply(),
            "the trace ends before": opening(token="forged"),
        },
    ),
    "platform/silent-device": Cases(
        passes={"noticed": heard(silent().session("detached"))},
        breaks={
            "never noticed": (heard(silent()), "answered no ping, and the platform took it"),
            "noticed too late": (heard(silent()).session("detached"), "answered no ping"),
        },
        not_exercised={
            "never silent": start().settled(),
            "the trace ends before": silent(),
            "the page was closed": heard(silent().command("session.vanish", "", received=False)),
            "the variant notices none": heard(silent(Platform(unanswered_pings=0))),
        },
    ),
}
