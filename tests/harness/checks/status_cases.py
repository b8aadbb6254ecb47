"""Cases of the status family."""

from __future__ import annotations

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO_VIDEO, A, start


def _late(*statuses: str):
    trace = start().ringing().answered().command("observe", what="status", id="late")
    return trace.status(*statuses, observer="late").settled()


CASES = {
    "status/starts-ringing": Cases(
        passes={"a call rings": start().ringing().gave_up().settled()},
        breaks={
            "starts as new": (
                start().invite().calls(A).status("new", "ringing").settled(),
                "expected ringing as the first status; saw new",
            ),
            "shows nothing": (start().invite().calls(A).settled(), "saw none"),
        },
        not_exercised={
            "no call": start().settled(),
            "never listed": start().invite().settled(),
            "listed after its end": start()
            .invite()
            .platform_bye()
            .calls(A)
            .status("disconnected", "destroyed")
            .settled(),
            "no time to say": start().invite().calls(A),
        },
    ),
    "status/single-exit": Cases(
        passes={
            "declined": start().ringing().declined().settled(),
            "answered": start().ringing().answered().settled(),
        },
        breaks={
            "rings again": (
                start().ringing().answered().status("ringing"),
                "saw ringing, connecting, connected, ringing",
            ),
            "completes while ringing": (
                start().ringing().platform_bye().calls().complete(),
                "never left ringing",
            ),
        },
        not_exercised={"still rings": start().ringing().settled()},
    ),
    "status/answer-order": Cases(
        passes={
            "talks": start().ringing().answered().remote_hangup().settled(),
            "hangs up": start().ringing().answered(media=AUDIO_VIDEO).hung_up().settled(),
            "closed while connecting": start()
            .ringing()
            .command("call.answer")
            .status("connecting")
            .session("detached")
            .over("disconnected"),
            "ended while connecting": start()
            .ringing()
            .command("call.answer")
            .status("connecting")
            .platform_bye()
            .over("disconnected"),
            "answered twice": start().ringing().answered().command("call.answer").settled(),
            "recovers": start().ringing().answered().status("recovering", "connected").hung_up(),
        },
        breaks={
            "never sends its answer": (
                start()
                .ringing()
                .command("call.answer")
                .status("connecting", "connected")
                .later(3_000)
                .platform_bye()
                .over("disconnected")
                .settled(),
                "shows connected, and the platform never received an answer",
            ),
            "skips connecting": (
                start().ringing().command("call.answer").answer_frame().status("connected"),
                "expected connecting, connected and then the end; saw connected",
            ),
            "walks backwards": (
                start().ringing().answered().status("connecting"),
                "saw connecting, connected, connecting",
            ),
            "lives after its end": (
                start().ringing().answered().status("disconnected", "connected", "disconnected"),
                "saw connecting, connected, disconnected, connected, disconnected",
            ),
            "never connects, media of the event model": (
                start()
                .ringing()
                .command("call.answer")
                .status("connecting")
                .answer_frame()
                .media()
                .later(200)
                .platform_bye()
                .over("disconnected"),
                "saw connecting, disconnected, destroyed",
            ),
            "never connects, real media": (
                start()
                .ringing()
                .command("call.answer")
                .status("connecting")
                .answer_frame()
                .media(real=True)
                .later(2_500)
                .settled(),
                "saw connecting",
            ),
            "gives up by itself": (
                start()
                .ringing()
                .command("call.answer")
                .status("connecting")
                .client_bye()
                .over("disconnected"),
                "saw connecting, disconnected, destroyed",
            ),
            "does nothing at all": (
                start().ringing().command("call.answer").later(6_000).waited(),
                "saw nothing",
            ),
        },
        not_exercised={
            "hung up before anything happened": start().ringing().command("call.answer").hung_up(),
            "not answered": start().ringing().gave_up().settled(),
            "ended before anything happened": start()
            .ringing()
            .command("call.answer")
            .platform_bye()
            .over("disconnected"),
        },
    ),
    "status/reject-order": Cases(
        passes={
            "declined": start().ringing().declined().settled(),
            "with disconnecting": start()
            .ringing()
            .command("call.reject")
            .status("disconnecting", "disconnected", "destroyed")
            .client_bye()
            .settled(),
        },
        breaks={
            "skips disconnected": (
                start().ringing().command("call.reject").client_bye().over().settled(),
                "after reject(): expected disconnected, destroyed; saw destroyed",
            ),
            "rings on": (
                start().ringing().command("call.reject").client_bye().settled(),
                "saw nothing",
            ),
        },
        not_exercised={
            "not declined": start().ringing().gave_up().settled(),
            "crossed": start().ringing().platform_bye().command("call.reject").over(),
            "declined after accept": start().ringing().answered().command("call.reject"),
            "no barrier": start().ringing().command("call.reject").client_bye(),
            "barrier from before the bye's result": start()
            .ringing()
            .command("call.reject")
            .ping()
            .client_bye()
            .settled(),
        },
    ),
    "status/hangup-order": Cases(
        passes={
            "talked": start().ringing().answered().hung_up().settled(),
            "while ringing": start().ringing().hung_up().settled(),
            "with echo": start()
            .ringing()
            .answered()
            .command("call.hangup")
            .status("disconnecting")
            .client_bye(echo=True)
            .over("disconnected"),
        },
        breaks={
            "skips disconnected": (
                start()
                .ringing()
                .answered()
                .command("call.hangup")
                .status("disconnecting")
                .client_bye()
                .over(),
                "after hangup(): expected disconnecting, disconnected, destroyed; "
                "saw disconnecting, destroyed",
            ),
            "never destroyed": (
                start()
                .ringing()
                .answered()
                .command("call.hangup")
                .status("disconnecting", "disconnected")
                .client_bye()
                .settled(),
                "saw disconnecting, disconnected",
            ),
        },
        not_exercised={
            "far side was first": start()
            .ringing()
            .answered()
            .command("call.hangup")
            .platform_bye()
            .client_bye()
            .over("disconnected"),
            "after the end": start().ringing().gave_up().command("call.hangup").settled(),
            "nobody hung up": start().ringing().answered().settled(),
        },
    ),
    "status/gave-up-order": Cases(
        passes={
            "caller gives up": start().ringing().gave_up().settled(),
            "another device won": start()
            .ringing()
            .platform_bye(cause="LOSE_RACE")
            .over("disconnected")
            .settled(),
        },
        breaks={
            "rings on": (
                start().ringing().platform_bye().settled(),
                "after the caller gave up: expected disconnected, destroyed; saw ringing",
            ),
            "skips disconnected": (
                start().ringing().platform_bye().over(),
                "saw ringing, destroyed",
            ),
            "fails": (start().ringing().platform_bye().over("failed"), "saw ringing, failed"),
        },
        not_exercised={
            "declined": start().ringing().declined().settled(),
            "crossed with an answer": start()
            .ringing()
            .command("call.answer")
            .platform_bye()
            .over(),
            "over before that": start().ringing().over("disconnected").platform_bye().settled(),
            "no barrier": start().ringing().platform_bye(),
        },
    ),
    "status/destroyed-last": Cases(
        passes={"gave up": start().ringing().gave_up().settled()},
        breaks={
            "goes on": (
                start().ringing().gave_up().status("disconnected"),
                "expected nothing after destroyed; saw disconnected",
            ),
            "twice": (start().ringing().gave_up().status("destroyed"), "saw destroyed"),
            "does not complete": (
                start().ringing().platform_bye().status("disconnected", "destroyed").settled(),
                "did not complete",
            ),
            "completes too early": (
                start().ringing().status("disconnected").complete().status("destroyed"),
                "completed, and emitted destroyed after that",
            ),
        },
        not_exercised={
            "still rings": start().ringing().settled(),
            "no barrier": start().ringing().status("disconnected", "destroyed"),
        },
    ),
    "status/known-words": Cases(
        passes={"answered": start().ringing().answered().settled()},
        breaks={
            "own word": (start().ringing().status("early"), "saw 'early'"),
            "own word in the list": (
                start().invite().calls(A, status="hup").status("ringing"),
                "in the list; saw 'hup'",
            ),
            "own word of the property": (start().ringing().getter("gone"), "reads 'gone'"),
        },
        not_exercised={"no call": start().settled()},
    ),
    "status/no-repeat": Cases(
        passes={"answered": start().ringing().answered().settled()},
        breaks={"repeats": (start().ringing().status("ringing"), "ringing was emitted twice")},
        not_exercised={"one status only": start().ringing().settled()},
    ),
    "status/getter-agrees": Cases(
        passes={
            "reads": start().ringing().getter("ringing").gave_up().getter("destroyed"),
            "forgets what is destroyed": start().ringing().gave_up().getter(None),
        },
        breaks={
            "lags behind": (
                start().ringing().answered().getter("ringing"),
                "reads 'ringing'; the stream emitted 'connected' last",
            ),
        },
        not_exercised={"not read": start().ringing().gave_up().settled()},
    ),
    "status/late-subscriber": Cases(
        passes={
            "gets the present": _late("connected"),
            "gets the present, and then the rest": _late("connected", "disconnected"),
        },
        breaks={
            "gets the past": (
                _late("ringing", "connecting", "connected"),
                "first told ringing; the status was connected",
            ),
            "gets nothing": (_late(), "told nothing; expected connected"),
            "gets the next change only": (
                start()
                .ringing()
                .command("observe", what="status", id="late")
                .status("connecting")
                .status("connecting", observer="late"),
                "first told connecting; the status was ringing",
            ),
        },
        not_exercised={
            "nobody is late": start().ringing().answered().settled(),
            "late for a stream": start().ringing().command("observe", what="local_stream"),
            "the call is destroyed": start()
            .ringing()
            .gave_up()
            .command("observe", what="status")
            .settled(),
            "refused": start().ringing().command("observe", what="status").reply(error="sut_error"),
            "no barrier": start().ringing().command("observe", what="status"),
        },
    ),
}
