"""Cases of the media family."""

from __future__ import annotations

from typing import Any

from ringproof_fakeserver.protocol.platform import Platform
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO, A, TraceBuilder, start


def _connected() -> TraceBuilder:
    return start().ringing().answered()


def _modify(trace: TraceBuilder, action: str, kind: str = "result", **detail: object):
    trace.frame("verto.modify", A, out=False, action=action)
    return trace.frame("verto.modify", A, kind=kind, **detail)


def _held(trace: TraceBuilder) -> TraceBuilder:
    return _modify(trace.command("call.hold"), "hold").resolved()


def _refused(trace: TraceBuilder) -> TraceBuilder:
    return _modify(trace.command("call.hold"), "hold", "error", code=-32002)


def _over(trace: TraceBuilder) -> TraceBuilder:
    return trace.remote_hangup().settled()


def _unaided() -> TraceBuilder:
    """The user accepts a call; no STUN server answers."""
    trace = start().fault("ignore", "stun", "").ringing()
    return trace.command("call.answer")


MEDIA = {
    "media/silent-stun": Cases(
        passes={
            "answered after a while": _unaided().later(6_000).answer_frame().settled(),
            "answered at once": _unaided().answer_frame().settled(),
        },
        breaks={
            "never answered": (
                _unaided().later(12_000).platform_bye().settled(),
                "the client sent no answer within 10000 ms of answer()",
            ),
            "given up by the client": (
                _unaided().later(11_000).client_bye().settled(),
                "no STUN server answered",
            ),
            "answered much later": (_unaided().later(20_000).answer_frame(), "sent no answer"),
        },
        not_exercised={
            "a STUN server answers": start().ringing().answered().settled(),
            "not accepted": start().fault("ignore", "stun", "").ringing().later(12_000).gave_up(),
            "caller gone before the time": _unaided().later(5_000).platform_bye().settled(),
            "no microphone": (
                _unaided().devices("failed", "NotFoundError").later(12_000).platform_bye()
            ),
            "connected all the same": (
                _unaided().status("connecting", "connected").later(12_000).platform_bye()
            ),
            "socket lost": _unaided().session("detached").later(12_000).platform_bye(),
        },
    ),
    "media/hold-tells-platform": Cases(
        passes={
            "held": _over(_held(_connected())),
            "held and released": _over(
                _modify(_held(_connected()).command("call.unhold"), "unhold").resolved()
            ),
            "toggled": _over(_modify(_connected().command("call.hold"), "toggleHold").resolved()),
            "held twice, told once": _over(
                _held(_connected()).command("call.hold").resolved(error="on hold already")
            ),
            "refused, and the promise fails": _over(_refused(_connected()).resolved(error="no")),
        },
        breaks={
            "resolves and tells nobody": (
                _over(_connected().command("call.hold").resolved()),
                "the promise of hold resolved, and the platform had heard nothing of it",
            ),
            "tells nobody": (
                _over(_connected().command("call.hold").settled()),
                "hold was asked of the client, and the platform heard nothing of it",
            ),
            "tells nobody for long": (
                _over(_connected().command("call.hold").later(4_000)),
                "the platform heard nothing",
            ),
            "holds again instead of releasing": (
                _over(_modify(_held(_connected()).command("call.unhold"), "hold").resolved()),
                "the promise of unhold resolved, and the platform had heard nothing of it",
            ),
            "resolves before the reply": (
                _over(
                    _connected()
                    .command("call.hold")
                    .frame("verto.modify", A, out=False, action="hold")
                    .resolved()
                    .frame("verto.modify", A, kind="result")
                ),
                "the promise of hold resolved before the platform had replied",
            ),
            "never settles": (
                _over(_modify(_held(_connected()).command("call.unhold"), "unhold").later(4_000)),
                "the platform replied to unhold, and the promise did not settle",
            ),
            "fails although the platform agreed": (
                _over(_modify(_connected().command("call.hold"), "hold").resolved(error="oh")),
                "the platform agreed to hold, and the promise failed: oh",
            ),
        },
        not_exercised={
            "nobody held it": _over(_connected()),
            "held while it rang": start().ringing().command("call.hold").gave_up().settled(),
            "held after its end": _over(_connected()).command("call.hold"),
            "ended at the same moment": _over(_connected().command("call.hold")),
        },
    ),
    "media/refusal-is-told": Cases(
        passes={
            "the promise fails": _over(_refused(_connected()).resolved(error="refused")),
            "the call reports an error": _over(_refused(_connected()).error("refused").resolved()),
        },
        breaks={
            "resolves as if nothing were wrong": (
                _over(_refused(_connected()).resolved().settled()),
                "the platform refused a change with -32002, and the app was not told",
            ),
            "an error came before": (
                _over(_refused(_connected().error("another")).resolved().later(4_000)),
                "the app was not told",
            ),
        },
        not_exercised={
            "the platform agreed": _over(_held(_connected())),
            "ended at the same moment": _over(_refused(_connected())),
        },
    ),
}


def _cut(trace: TraceBuilder, *points: str, what: str = "cut") -> TraceBuilder:
    for point in points:
        trace.fault(what, point)
    return trace


def _timed(media_timeout_ms: int = 2_000) -> TraceBuilder:
    return start(platform=Platform(media_timeout_ms=media_timeout_ms)).ringing().answered()


def _silent(trace: TraceBuilder, reason: str = "error") -> TraceBuilder:
    trace.later(2_000).media(state="silent")
    return trace.platform_bye(cause="MEDIA_TIMEOUT", reason=reason, by="platform")


LOSS = {
    "media/loss-is-told": Cases(
        passes={
            "by an error": _over(_cut(_connected(), "media-out").later(1_000).error("silence")),
            "by an issue": _over(_cut(_connected(), "media-out").later(1_000).issue("silence")),
            "by another status": _over(
                _cut(_connected(), "media-out").later(1_000).status("recovering", "connected")
            ),
        },
        breaks={
            "says nothing": (
                _over(_cut(_connected(), "media-in", "media-out").later(4_100)),
                "its app was told nothing within 4000 ms",
            ),
            "shows its hang-up only": (
                _cut(_connected(), "media-out").later(4_100).hung_up().settled(),
                "its app was told nothing",
            ),
            "said something before": (
                _over(_cut(_connected().issue("no video"), "media-out").later(4_100)),
                "its app was told nothing",
            ),
        },
        not_exercised={
            "nothing was cut": _over(_connected().later(5_000)),
            "only the way to the platform was cut": _over(
                _cut(_connected(), "media-in").later(5_000)
            ),
            "over too soon": _over(_cut(_connected(), "media-out").later(500)),
            "back too soon": _over(
                _cut(_cut(_connected(), "media-out").later(500), "media-out", what="mended").later(
                    5_000
                )
            ),
        },
    ),
    "media/timeout-ends-call": Cases(
        passes={"ends": _silent(_cut(_timed(), "media-in")).over("disconnected").settled()},
        breaks={
            "stays connected": (
                _silent(_cut(_timed(), "media-in")).settled(),
                "after the media timeout",
            ),
            "skips disconnected": (
                _silent(_cut(_timed(), "media-in")).over().settled(),
                "after the media timeout",
            ),
        },
        not_exercised={
            "the caller hangs up": _over(_cut(_timed(), "media-in")),
            "the subscriber hangs up at the same moment": _silent(
                _cut(_timed(), "media-in").command("call.hangup")
            ).settled(),
        },
    ),
    "media/keeps-flowing": Cases(
        passes={"all the time": _over(_timed().later(2_500))},
        breaks={
            "falls silent": (
                _silent(_timed()).over("disconnected").settled(),
                "no packet of the client came for 2000 ms",
            ),
        },
        not_exercised={
            "no media timeout": _over(_connected().later(5_000)),
            "a short call": _over(_timed().later(500)),
            "its path was cut": _silent(_cut(_timed(), "media-in")).over("disconnected"),
            "it had hung up": _silent(_timed().command("call.hangup")),
        },
    ),
    "platform/media-timeout": Cases(
        passes={"ends it": _silent(_cut(_timed(), "media-in")).over("disconnected").settled()},
        breaks={
            "keeps the call": (
                _over(_cut(_timed(), "media-in").later(6_000)),
                "the media timeout is 2000 ms; the call went on",
            ),
            "calls it a hang-up": (
                _silent(_cut(_timed(), "media-in"), reason="hangup").over("disconnected"),
                "expected the end reason error after a media timeout; it is hangup",
            ),
        },
        not_exercised={
            "no media timeout": _over(_cut(_connected(), "media-in").later(9_000)),
            "nothing was cut": _over(_timed().later(9_000)),
            "the caller hangs up first": _over(_cut(_timed(), "media-in").later(500)),
            "nobody answered": start(platform=Platform(media_timeout_ms=2_000)).ringing().gave_up(),
        },
    ),
}


def _offer(trace: TraceBuilder, ice: str = "new", kind: str = "result", **detail: object):
    """A restart is asked for, and its offer comes in and is replied to."""
    trace.command("call.restart_ice")
    names = (ice,) if ice else ()
    trace.frame("verto.modify", A, out=False, action="updateMedia", media=AUDIO, ice=names)
    return trace.frame("verto.modify", A, kind=kind, action="updateMedia", **detail)


def _restarted(trace: TraceBuilder, **media: Any) -> TraceBuilder:
    return _offer(trace).media(state="restarted", **media).resolved()


def _real() -> TraceBuilder:
    return start(mode="network").ringing().answered().media(real=True)


def _counted(trace: TraceBuilder, *received: int, apart_ms: int = 60) -> TraceBuilder:
    for count in received:
        trace.later(apart_ms).media(
            state="packets", real=True, sent={"audio": 9}, received={"audio": count}
        )
    return trace


RESTART = {
    "media/restart-tells-platform": Cases(
        passes={
            "agreed": _over(_restarted(_connected())),
            "refused": _over(_offer(_connected(), kind="error", code=-32002).resolved(error="no")),
            "twice": _over(_offer(_restarted(_connected()), "newer").resolved()),
            "resolves before the reply": _over(
                _connected()
                .command("call.restart_ice")
                .resolved()
                .frame("verto.modify", A, out=False, action="updateMedia", ice=("new",))
                .frame("verto.modify", A, kind="result", action="updateMedia")
            ),
        },
        breaks={
            "tells nobody": (
                _over(_connected().command("call.restart_ice").resolved().later(4_000)),
                "the platform got no new offer",
            ),
            "has no credentials": (
                _over(_offer(_connected(), "").resolved()),
                "no new ICE credentials",
            ),
            "has those of its first restart": (
                _over(_offer(_restarted(_connected())).resolved()),
                "no new ICE credentials",
            ),
            "never settles": (
                _over(_offer(_restarted(_connected()), "newer").later(4_000)),
                "the promise of the restart did not settle",
            ),
            "fails although the platform agreed": (
                _over(_offer(_connected()).resolved(error="oh")),
                "the promise of the restart failed: oh",
            ),
        },
        not_exercised={
            "nobody restarted it": _over(_connected()),
            "asked while it rang": start().ringing().command("call.restart_ice").gave_up(),
            "ended at the same moment": _over(_connected().command("call.restart_ice")),
            "the client says that it cannot": _over(
                _connected().command("call.restart_ice").resolved(error="no media").later(4_000)
            ),
        },
    ),
    "media/restart-keeps-call": Cases(
        passes={
            "the path is checked": _over(_restarted(_connected())),
            "packets come": _over(_counted(_restarted(_real(), real=True), 10, 13)),
            "refused, and goes on": _over(
                _offer(_connected(), kind="error", code=-32002).resolved(error="no").later(4_000)
            ),
        },
        breaks={
            "the client ends it after a refusal": (
                _offer(_connected(), kind="error", code=-32002).client_bye().over("disconnected"),
                "the platform refused a restart of the media path, and the client ended the call",
            ),
            "the client ends it after an agreement": (
                _offer(_connected()).client_bye().over("disconnected"),
                "the platform agreed to a restart of the media path, and the client ended",
            ),
            "the client says no bye": (
                _offer(_connected(), kind="error", code=-32002).over("disconnected").settled(),
                "the client ended the call",
            ),
            "the answer is not used": (
                _over(_offer(_connected()).resolved().later(4_000)),
                "the client never used the new ICE credentials",
            ),
            "no packets come after a refusal": (
                _over(
                    _counted(
                        _offer(_real(), kind="error", code=-32002).resolved(error="no"),
                        *(10, 10),
                        apart_ms=3_000,
                    )
                ),
                "after a restart of the media path no more audio of the client came",
            ),
            "no packets come": (
                _over(_counted(_restarted(_real(), real=True), 10, 10, apart_ms=3_000)),
                "after a restart of the media path no more audio of the client came",
            ),
        },
        not_exercised={
            "nobody restarted it": _over(_connected()),
            "hung up at once": _offer(_connected()).command("call.hangup").client_bye(),
            "over too soon": _over(_offer(_connected()).resolved()),
            "refused and over too soon": _over(
                _offer(_connected(), kind="error", code=-32002).resolved(error="no")
            ),
            "counted once only": _over(_counted(_restarted(_real(), real=True), 10)),
            "its path is cut": _over(
                _offer(_cut(_connected(), "media-in")).resolved().later(9_000)
            ),
            "its offer was no restart": _over(_offer(_connected(), "").resolved().later(9_000)),
        },
    ),
}

CASES = {**MEDIA, **LOSS, **RESTART}
