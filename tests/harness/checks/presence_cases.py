"""Cases of clauses about pages that open late or again, and clients that go offline."""

from __future__ import annotations

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start


def _offline():
    return start().command("session.offline", "").session("offline")


def _online_again():
    return _offline().command("session.online", "")


def _returned():
    """A page that vanished while a call rang is open again, as another session."""
    trace = TraceBuilder(devices=2).online("s0").ringing(A, origin="origin-a")
    trace = trace.command("session.vanish", "", received=False)
    trace = trace.session("detached", code=1001).dialog(A, "ended", reason="DEVICE_GONE")
    return trace.command("session.return", "", s="s1", received=False, of="s0")


def _back(trace=None):
    trace = trace or _returned().session("resumed", "s1")
    return trace.reply().calls(s="s1").emit_registered("s1")


def _over_before(rest):
    """The platform offers the call at once, long before it confirms that the page is online."""
    trace = _returned().session("resumed", "s1").invite(B, s="s1", origin="origin-a")
    return rest(trace.later(900).platform_bye(B, s="s1").later(100))


def _vanished_while_ringing():
    return start().ringing().command("session.vanish", "", received=False)


CASES = {
    "register/opens-again": Cases(
        passes={"it is online": _back().settled()},
        breaks={
            "it throws": (_returned().reply(error="sut_error"), "did not come online"),
            "it waits for ever": (
                _returned().reply(error="timeout", definite=True),
                "did not come online",
            ),
        },
        not_exercised={
            "nobody came back": start().ringing().gave_up().settled(),
            "its socket broke": _returned().session("detached", "s1").reply(error="sut_error"),
            "the adapter is at fault": _returned().reply(error="not_ready"),
        },
    ),
    "register/rings-again": Cases(
        passes={"it is listed": _back().ringing(B, s="s1", origin="origin-a").settled()},
        breaks={
            "it is not": (
                _back().invite(B, s="s1", origin="origin-a").settled(),
                "never reached its list",
            ),
        },
        not_exercised={
            "an ordinary page": start().ringing().settled(),
            "over before it could be shown": _back()
            .invite(B, s="s1", origin="origin-a")
            .platform_bye(B, s="s1"),
            "over before register() resolved": _over_before(_back).settled(),
            "register() never resolves": _over_before(TraceBuilder.settled),
        },
    ),
    "register/late-device": Cases(
        passes={
            "the second device rings": TraceBuilder(devices=2)
            .online("s0")
            .call("origin-a", "created")
            .ringing(A, origin="origin-a")
            .online("s1")
            .ringing(B, s="s1", origin="origin-a"),
        },
        breaks={
            "it does not": (
                TraceBuilder(devices=2)
                .online("s0")
                .call("origin-a", "created")
                .ringing(A, origin="origin-a")
                .online("s1")
                .later(1_500)
                .settled(),
                "was not offered it",
            ),
        },
        not_exercised={
            "online before": start().call("origin-a", "created").ringing().settled(),
            "answered by then": TraceBuilder(devices=2)
            .online("s0")
            .call("origin-a", "created")
            .ringing(A, origin="origin-a")
            .answered()
            .online("s1")
            .later(1_500)
            .settled(),
            "too little time": TraceBuilder(devices=2)
            .online("s0")
            .call("origin-a", "created")
            .ringing(A, origin="origin-a")
            .online("s1")
            .settled(),
        },
    ),
    "register/unregister-holds": Cases(
        passes={
            "it stays offline": _offline().settled(),
            "asked twice": _offline().settled().command("session.offline", "").settled(),
            "over a new socket": _offline().session("detached").session("resumed").settled(),
            "until it is told otherwise": _offline()
            .settled()
            .command("session.online", "")
            .session("online")
            .settled(),
        },
        breaks={
            "undone by a new socket": (
                _offline().session("detached").session("resumed").session("online").settled(),
                "nobody had called register()",
            ),
            "undone by a new session": (
                _offline().session("detached").session("connected").session("online"),
                "nobody had called register()",
            ),
            "the platform is not told": (
                start().command("session.offline", "").settled(),
                "the platform was not told",
            ),
        },
        not_exercised={
            "never asked": start().ringing().gave_up().settled(),
            "not received": start().command("session.offline", "", received=False).settled(),
            "lost with its socket": start()
            .command("session.offline", "")
            .session("detached")
            .session("resumed")
            .settled(),
            "no barrier": _offline(),
        },
    ),
    "register/online-again": Cases(
        passes={"it is online": _online_again().session("online").settled()},
        breaks={
            "the platform is not told": (_online_again().settled(), "the platform was not told"),
        },
        not_exercised={
            "it was online": start().command("session.online", "").settled(),
            "not received": _offline().command("session.online", "", received=False).settled(),
            "lost with its socket": _online_again().session("detached").settled(),
            "no barrier": _online_again(),
        },
    ),
    "end/unload-is-no-decline": Cases(
        passes={
            "it says nothing": _vanished_while_ringing().session("detached", code=1001).settled(),
        },
        breaks={
            "it sends a bye": (
                _vanished_while_ringing().client_bye(reason="decline").session("detached"),
                "declines the call for all devices",
            ),
        },
        not_exercised={
            "nobody vanished": start().ringing().gave_up().settled(),
            "answered": start()
            .ringing()
            .answered()
            .command("session.vanish", "", received=False)
            .client_bye()
            .session("detached", code=1001),
            "declined by its user": start()
            .ringing()
            .command("call.reject")
            .command("session.vanish", "", received=False)
            .client_bye(reason="decline")
            .session("detached", code=1001),
            "over before": start()
            .ringing()
            .gave_up()
            .command("session.vanish", "", received=False)
            .session("detached", code=1001),
            "not seen to leave": _vanished_while_ringing().settled(),
        },
    ),
}
