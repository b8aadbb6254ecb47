"""Cases of calls that the client places, and of calls that it hands over."""

from __future__ import annotations

from ringproof.trace import Dialled
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO, A, TraceBuilder, start

OWN = "own-call"
CAROL = "/private/carol"


def _placed(trace: TraceBuilder, *local: str, remote: tuple[str, ...] = ("audio",)) -> TraceBuilder:
    """The client calls somebody and hangs up; it shows these streams."""
    trace.command("call.dial", "", received=False)
    trace.emit(Dialled, id=trace.command_id, c=OWN)
    trace.status("trying", c=OWN)
    if local:
        trace.stream("local", *local, c=OWN)
    trace.frame("verto.invite", OWN, out=False, media=AUDIO)
    trace.frame("verto.answer", OWN, media=AUDIO).status("connecting", c=OWN)
    if remote:
        trace.stream("remote", *remote, c=OWN)
    trace.status("connected", c=OWN)
    return trace.status("disconnected", "destroyed", c=OWN)


def _connected() -> TraceBuilder:
    return start().ringing().answered()


def _asked(trace: TraceBuilder, to: str = CAROL, *, sent: str = CAROL) -> TraceBuilder:
    """The app transfers, and the client says so."""
    trace.command("call.transfer", destination=to)
    return trace.frame("verto.modify", A, out=False, action="transfer", destination=sent)


def _reported_late() -> TraceBuilder:
    """The platform has said its last word before the report of the receipt is in."""
    trace = _connected().command("call.transfer", received=False, destination=CAROL)
    id = trace.command_id
    trace.frame("verto.modify", A, out=False, action="transfer", destination=CAROL)
    trace = _left(_replied(trace)).rung(CAROL)
    return trace.received(id).over("disconnected").settled()


def _replied(trace: TraceBuilder, kind: str = "result") -> TraceBuilder:
    detail = {"code": -32002} if kind == "error" else {}
    return trace.frame("verto.modify", A, kind=kind, action="transfer", **detail)


def _left(trace: TraceBuilder) -> TraceBuilder:
    """The platform ends the local leg, and nothing else."""
    trace.frame("verto.bye", A, cause="NORMAL_CLEARING").dialog(A, "ended")
    return trace


CASES = {
    "stream/same-as-outbound": Cases(
        passes={
            "both have both streams": _placed(_connected(), "audio").hung_up().settled(),
            "a camera that nobody asked for": _placed(_connected(), "audio", "video")
            .hung_up()
            .settled(),
        },
        breaks={
            "no local stream of its own call": (
                _placed(_connected()).hung_up().settled(),
                "of an inbound call: local whole, remote whole; of an outbound call: local none",
            ),
            "no remote stream of its own call": (
                _placed(_connected(), "audio", remote=()).hung_up().settled(),
                "of an outbound call: local whole, remote none",
            ),
        },
        not_exercised={
            "no call was placed": _connected().hung_up().settled(),
            "no call came in": _placed(start(), "audio").settled(),
            "the inbound call never connected": _placed(start().ringing(), "audio").gave_up(),
        },
    ),
    "end/transfer-keeps-call": Cases(
        passes={
            "the local leg ends, the destination rings": _left(_replied(_asked(_connected())))
            .rung(CAROL)
            .over("disconnected")
            .settled(),
            "who answers there hangs up": _left(_replied(_asked(_connected())))
            .rung(CAROL)
            .rung(CAROL, "answered")
            .over("disconnected")
            .call("origin-a", "ended", "hangup", "callee")
            .settled(),
            "the receipt is reported late": _reported_late(),
            "refused, and hung up on later": _replied(_asked(_connected()), "error")
            .hung_up()
            .settled(),
            "refused, and the caller hangs up": _replied(_asked(_connected()), "error")
            .remote_hangup()
            .settled(),
        },
        breaks={
            "it tells nobody": (
                _connected().command("call.transfer", destination=CAROL).settled(),
                "never reached the platform",
            ),
            "it hangs up in place of it": (
                _connected().command("call.transfer", destination=CAROL).client_bye().settled(),
                "never reached the platform",
            ),
            "somebody else gets the call": (
                _asked(_connected(), sent="carol").settled(),
                "another destination",
            ),
            "it hangs up as well": (
                _replied(_asked(_connected())).client_bye().settled(),
                "ends the far party's call",
            ),
            "the far party is lost": (
                _replied(_asked(_connected())).platform_bye(reason="hangup", by="callee").settled(),
                "the far party's call ended with the transfer, by the callee",
            ),
            "nobody rings": (
                _left(_replied(_asked(_connected()))).over("disconnected").later(5_000).settled(),
                "no device rings at the destination",
            ),
            "only the hand-over before this one made the destination ring": (
                _left(_replied(_asked(_connected().rung(CAROL))))
                .over("disconnected")
                .later(5_000)
                .settled(),
                "no device rings at the destination",
            ),
            "nobody rings before the caller gives up": (
                _left(_replied(_asked(_connected())))
                .over("disconnected")
                .later(5_000)
                .call("origin-a", "ended", "hangup", "origin")
                .settled(),
                "no device rings at the destination",
            ),
            "it stays": (
                _left(_replied(_asked(_connected()))).rung(CAROL).ping().settled(),
                "never destroyed",
            ),
            "a refusal ends it": (
                _replied(_asked(_connected()), "error").client_bye().settled(),
                "although its transfer was refused",
            ),
            "a refusal ends it in secret": (
                _replied(_asked(_connected()), "error").over("disconnected").settled(),
                "although its transfer was refused",
            ),
        },
        not_exercised={
            "nobody transfers": _connected().hung_up().settled(),
            "it was over": _connected().remote_hangup().command("call.transfer").settled(),
            "no reply came": _asked(_connected()),
            "the caller gives up before the destination can ring": _left(
                _replied(_asked(_connected()))
            )
            .over("disconnected")
            .call("origin-a", "ended", "hangup", "origin")
            .later(5_000)
            .settled(),
            "just sent": _connected().command("call.transfer", destination=CAROL),
        },
    ),
}
