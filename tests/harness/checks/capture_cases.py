"""Cases of the capture family."""

from __future__ import annotations

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import TraceBuilder, start

REFUSED = "NotAllowedError"


def _accepted() -> TraceBuilder:
    return start().ringing().command("call.answer")


def _connecting() -> TraceBuilder:
    return _accepted().status("connecting")


def _failed(trace: TraceBuilder) -> TraceBuilder:
    return trace.devices("asked").devices("failed", REFUSED)


def _told(trace: TraceBuilder) -> TraceBuilder:
    return _failed(trace).error("no microphone")


def _cancelled(trace: TraceBuilder) -> TraceBuilder:
    """The harness ends the call of a client that does not, long after."""
    return trace.later(6_000).platform_bye().over("disconnected").settled()


def _granted(trace: TraceBuilder) -> TraceBuilder:
    return trace.devices("granted")


def _gone_while_deciding() -> TraceBuilder:
    return _connecting().devices("asked").gave_up()


CASES = {
    "capture/failure-told": Cases(
        passes={
            "an error": _told(_connecting()).client_bye().over("disconnected").settled(),
            "a promise that fails": _cancelled(_failed(_accepted()).resolved(error=REFUSED)),
            "a status": _failed(_connecting()).over("failed").settled(),
        },
        breaks={
            "stays connecting": (
                _cancelled(_failed(_connecting())),
                "answer() failed with NotAllowedError, and the app was not told",
            ),
            "resolves its promise": (
                _failed(_connecting()).resolved().client_bye().settled(),
                "no error, no failed promise, status connecting",
            ),
            "tells of an error before": (
                _failed(_connecting().error("something else")).settled(),
                "was not told",
            ),
        },
        not_exercised={
            "devices work": start().ringing().answered().settled(),
            "the user still decides": _connecting().devices("asked").settled(),
            "granted late": _granted(_connecting().devices("asked")).answer_frame().settled(),
            "another way was found": _failed(_connecting()).answer_frame().settled(),
            "the caller went first": _failed(_connecting().devices("asked").gave_up()),
            "the caller goes at once": _failed(_connecting()).gave_up().settled(),
            "the user hung up": _failed(_connecting().hangup_shown()).settled(),
            "the socket was lost": _failed(_connecting().session("detached")).settled(),
            "no barrier": _failed(_connecting()),
        },
    ),
    "capture/failure-frees-caller": Cases(
        passes={
            "a bye": _told(_connecting()).client_bye().over("disconnected").settled(),
            "rings on": _cancelled(_told(_accepted())),
            "rings on to the end": _told(_accepted()).settled(),
            "answered again": _told(_accepted()).answered().settled(),
        },
        breaks={
            "ends on its own side": (
                _cancelled(_told(_connecting()).over("failed")),
                "the app was shown destroyed, the platform got no bye, and the caller rang on",
            ),
            "stays connecting": (
                _cancelled(_told(_connecting())),
                "the call stayed connecting, the platform got no bye",
            ),
            "ignores the next answer": (
                _cancelled(_told(_accepted()).command("call.answer")),
                "answer() was called again, with working devices",
            ),
        },
        not_exercised={
            "devices work": start().ringing().answered().settled(),
            "not told": _cancelled(_failed(_connecting())),
            "the bye was not heard": _told(_connecting().fault("ignore", "bye-request"))
            .over("failed")
            .settled(),
            "the answer was not heard": _told(_accepted().fault("ignore", "answer"))
            .command("call.answer")
            .settled(),
            "the caller goes at once": _told(_connecting()).gave_up().settled(),
            "no barrier": _told(_connecting()).over("failed"),
        },
    ),
    "capture/late-permission": Cases(
        passes={
            "answered then": _granted(_connecting().devices("asked")).answer_frame().settled(),
            "gone before": _granted(_gone_while_deciding()).settled(),
            "gone after": _granted(_connecting().devices("asked"))
            .answer_frame()
            .remote_hangup()
            .settled(),
        },
        breaks={
            "gives up": (
                _granted(
                    _connecting().devices("asked").client_bye().over("disconnected")
                ).settled(),
                "gave the call up while the user was deciding",
            ),
            "gives up as the user agrees": (
                _granted(_connecting().devices("asked")).over("failed").settled(),
                "gave the call up while the user was deciding",
            ),
            "never answers": (
                _granted(_connecting().devices("asked")).settled(),
                "expected an answer, and the platform got none",
            ),
            "never answers before it is cancelled": (
                _cancelled(_granted(_connecting().devices("asked"))),
                "expected an answer, and the platform got none",
            ),
            "answers a caller who has gone": (
                _granted(_gone_while_deciding()).answer_frame(wins=False).settled(),
                "the call was over when the user allowed the devices",
            ),
        },
        not_exercised={
            "nothing to decide": start().ringing().answered().settled(),
            "refused": _told(_connecting()).client_bye().settled(),
            "still open": _connecting().devices("asked").settled(),
            "crossed": _granted(_connecting().devices("asked").platform_bye()).settled(),
            "gone, no barrier": _granted(_gone_while_deciding()),
            "the caller goes at once": _granted(_connecting().devices("asked")).gave_up().settled(),
            "the answer was not heard": _granted(
                _connecting().fault("ignore", "answer").devices("asked")
            ).settled(),
            "given up after an answer that was not heard": _granted(_connecting().devices("asked"))
            .fault("ignore", "answer")
            .over("disconnected")
            .settled(),
            "the socket was lost": _granted(
                _connecting().session("detached").devices("asked")
            ).settled(),
        },
    ),
}
