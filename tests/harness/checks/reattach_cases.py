"""Cases of clauses about pages that are opened again and want their calls back."""

from __future__ import annotations

from ringproof_scenarios.model import Open
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO, A, TraceBuilder

RELOAD = Open(device=1, of=0, reattach=True)


def _connected(**options):
    trace = TraceBuilder(devices=2, actions=(RELOAD,), **options).online("s0")
    return trace.ringing().answered()


def _closed(trace=None):
    trace = trace or _connected()
    return trace.command("session.vanish", "", received=False).session("detached", code=1001)


def _online(trace=None, state="resumed"):
    trace = (trace or _closed()).command("session.return", "", s="s1", received=False, of="s0")
    return trace.session(state, "s1").online("s1").reply()


def _asked(trace=None):
    trace = (trace or _online()).calls(A, s="s1", status="connecting").status("connecting", s="s1")
    return trace.frame("verto.invite", A, s="s1", out=False, media=AUDIO, reattach=True)


def _given(trace=None, **media):
    trace = (trace or _asked()).frame("verto.invite", A, s="s1", kind="result")
    trace = trace.dialog(A, "reattached", s="s1")
    return trace.frame("verto.answer", A, s="s1", media=AUDIO).media(A, **media)


def _back(trace=None, **media):
    return _given(trace, **media).status("connected", s="s1")


def _refused(trace=None):
    return (trace or _asked()).frame("verto.invite", A, s="s1", kind="error", code=-32002)


def _counted(sent, received):
    counts = {"sent": {"audio": sent}, "received": {"audio": received}}
    return (
        _back(_asked(_online(_closed(_connected(mode="network")))), real=True)
        .later(5_000)
        .media(A, "packets", real=True, **counts)
    )


CASES = {
    "return/reattaches": Cases(
        passes={
            "it is connected again": _back().settled(),
            "packets flow": _counted(20, 20).settled(),
        },
        breaks={
            "it never asks": (_online().later(1_500).settled(), "the call shows none"),
            "it stays connecting": (
                _given().later(1_500).settled(),
                "the call shows connecting",
            ),
            "its page hangs up": (
                _online(_connected().command("session.vanish", "", received=False).client_bye()),
                "sent a bye for one",
            ),
            "it sends nothing": (_counted(20, 0).settled(), "audio from the client"),
            "it plays nothing": (_counted(0, 20).settled(), "audio to the client"),
        },
        not_exercised={
            "an ordinary page": TraceBuilder().online("s0").ringing().answered().settled(),
            "an app that does not ask for it": TraceBuilder(devices=2)
            .online("s0")
            .ringing()
            .answered()
            .command("session.vanish", "", received=False)
            .session("detached", code=1001)
            .command("session.return", "", s="s1", received=False, of="s0")
            .session("resumed", "s1")
            .online("s1")
            .later(1_500)
            .settled(),
            "the platform refuses": _refused().later(1_500).settled(),
            "the session was forgotten": _online(state="connected").later(1_500).settled(),
            "over too soon": _online().platform_bye(A, s="s1").later(1_500).settled(),
            "its socket broke": _online().session("detached", "s1").later(1_500).settled(),
            "over before the page closed": _online(
                _connected().remote_hangup().command("session.vanish", "", received=False)
            )
            .later(1_500)
            .settled(),
            "counted too early": _back(
                _asked(_online(_closed(_connected(mode="network")))), real=True
            )
            .media(A, "packets", real=True, sent={"audio": 0}, received={"audio": 0})
            .settled(),
        },
    ),
    "return/refused-reattach": Cases(
        passes={
            "it says so, and ends the call": _refused()
            .error("refused", s="s1")
            .over("disconnected", s="s1")
            .settled(),
            "a call that was never listed": _refused(
                _online().frame("verto.invite", A, s="s1", out=False, media=AUDIO, reattach=True)
            )
            .error("refused", c="", s="s1")
            .settled(),
        },
        breaks={
            "the call stays": (
                _refused().error("refused", s="s1").settled(),
                "stayed on the list and shows connecting",
            ),
            "the call stays until its caller hangs up": (
                _refused().error("refused", s="s1").later(500).remote_hangup(s="s1").settled(),
                "stayed on the list",
            ),
            "nobody is told": (
                _refused(
                    _online().frame(
                        "verto.invite", A, s="s1", out=False, media=AUDIO, reattach=True
                    )
                ).settled(),
                "the app was not told",
            ),
        },
        not_exercised={
            "the platform gives it back": _back().settled(),
            "refused at first": _back(_refused()).settled(),
            "nobody asks": _online().settled(),
            "no barrier": _refused(),
            "its socket broke": _refused().session("detached", "s1").settled(),
        },
    ),
}
