"""Cases of the outcome family."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start

NOT_DECLINED = {
    "given up": start().ringing().gave_up().settled(),
    "declined after accept": start().ringing().answered().command("call.reject").settled(),
}


def _gone():
    """The caller gave up, the client showed it, and then the user answers."""
    return start().ringing().gave_up().command("call.answer")


def _crossed(*words: str, cause: str = "ORIGINATOR_CANCEL"):
    """The answer leaves, and the give-up is already on its way."""
    trace = start().ringing().command("call.answer").status("connecting")
    trace.platform_bye(cause=cause).answer_frame(wins=False)
    return trace.status(*words)


def _again(op: str):
    return start().ringing().answered().command(op)


CASES = {
    "outcome/three-ways": Cases(
        passes={
            "accepted": start().ringing().answered().settled(),
            "declined": start().ringing().declined().settled(),
            "given up": start().ringing().gave_up().settled(),
            "hung up": start().ringing().hung_up().settled(),
            "closed by the harness": start()
            .ringing()
            .command("session.close", "", received=False)
            .status("disconnected", "destroyed"),
            "beside another": start().ringing(A).ringing(B, beside=(A,)).over("disconnected"),
            "accept fails": start()
            .ringing()
            .command("call.answer")
            .status("disconnected", "destroyed")
            .client_bye(),
        },
        breaks={
            "rings for so long only": (
                start().ringing().over("disconnected").client_bye(),
                "nobody accepted, declined or gave up, and the call rings no more: "
                "it went to disconnected",
            ),
            "answers by itself": (
                start().ringing().status("connecting").answer_frame().status("connected"),
                "it went to connecting",
            ),
        },
        not_exercised={
            "still rings": start().ringing().settled(),
            "the socket was lost": start().ringing().session("detached").over("disconnected"),
        },
    ),
    "outcome/decline-no-media": Cases(
        passes={
            "declined": start().ringing().declined().settled(),
            "declined where a decline reads busy": start(platform=Platform(decline_reason="busy"))
            .ringing()
            .command("call.reject")
            .client_bye(reason="busy")
            .over("disconnected")
            .settled(),
            "declined on one device of two": TraceBuilder(devices=2)
            .online("s0", "s1")
            .ringing(A, origin="origin-a")
            .ringing(B, s="s1", origin="origin-a")
            .command("call.reject")
            .frame("verto.bye", A, out=False)
            .dialog(A, "ended")
            .over("disconnected")
            .settled(),
        },
        breaks={
            "sends an answer": (
                start().ringing().command("call.reject").answer_frame().settled(),
                "a declined call was answered on the wire",
            ),
            "opens the microphone": (
                start().ringing().command("call.reject").stream("local", "audio"),
                "emitted a local stream",
            ),
            "sends media": (
                start()
                .ringing()
                .command("call.reject")
                .media(state="packets", received={"audio": 3}),
                "sent media",
            ),
            "sends no bye": (
                start().ringing().command("call.reject").over("disconnected").settled(),
                "the platform heard no bye",
            ),
            "sends no bye for long": (
                start().ringing().command("call.reject").later(4_000).platform_bye(),
                "the platform heard no bye",
            ),
            "reads decline where it should read busy": (
                start(platform=Platform(decline_reason="busy"))
                .ringing()
                .command("call.reject")
                .client_bye(reason="decline")
                .settled(),
                "expected the caller to see busy; it saw decline",
            ),
            "looks like a caller's hang-up": (
                start().ringing().command("call.reject").client_bye(reason="error").settled(),
                "expected the caller to see decline; it saw error",
            ),
        },
        not_exercised={
            **NOT_DECLINED,
            "crossed": start().ringing().command("call.reject").platform_bye().settled(),
            "crossed on the wire": start()
            .ringing()
            .command("call.reject")
            .platform_bye()
            .client_bye()
            .settled(),
            "no barrier": start().ringing().command("call.reject"),
            "vanished": start()
            .ringing()
            .command("call.reject")
            .command("session.vanish", "")
            .settled(),
        },
    ),
    "outcome/decline-never-picks-up": Cases(
        passes={
            "declined": start().ringing().declined(),
            "no bye yet": start().ringing().command("call.reject").settled(),
        },
        breaks={
            "connects": (
                start().ringing().command("call.reject").status("connecting"),
                "a declined call showed connecting",
            ),
            "is picked up": (
                start().ringing().command("call.reject").answer_frame().settled(),
                "a declined call was picked up",
            ),
        },
        not_exercised={**NOT_DECLINED, "no barrier": start().ringing().command("call.reject")},
    ),
    "outcome/gave-up-no-resurrection": Cases(
        passes={
            "refused": _gone().resolved(error="call is over").settled(),
            "the answer in time comes in late": start()
            .ringing()
            .command("call.answer")
            .platform_bye()
            .over("disconnected")
            .command("call.answer")
            .answer_frame(wins=False)
            .settled(),
            "between disconnected and destroyed": start()
            .ringing()
            .platform_bye()
            .status("disconnected")
            .command("call.answer")
            .calls()
            .status("destroyed")
            .settled(),
        },
        breaks={
            "connects": (_gone().status("connecting", "connected"), "the call showed connecting"),
            "sends a second answer": (
                start()
                .ringing()
                .answered()
                .remote_hangup()
                .command("call.answer")
                .answer_frame(wins=False),
                "the client sent an answer",
            ),
            "sends an answer": (_gone().answer_frame(wins=False), "the client sent an answer"),
            "is listed again": (_gone().calls(A), "the call is listed again"),
        },
        not_exercised={
            "not answered": start().ringing().gave_up().settled(),
            "answered while it rang": start().ringing().answered().settled(),
            "its own end": start().ringing().declined().command("call.answer").settled(),
            "over before the caller had gone": start()
            .ringing()
            .over("disconnected")
            .platform_bye()
            .command("call.answer")
            .settled(),
            "no barrier": _gone(),
        },
    ),
    "outcome/glare": Cases(
        passes={"ends": _crossed("disconnected", "destroyed").settled()},
        breaks={
            "connects": (_crossed("connected"), "the client shows connected"),
            "hangs": (_crossed().settled(), "the client still shows connecting"),
            "hangs without a word": (
                start().invite().calls(A).command("call.answer").platform_bye().settled(),
                "still shows nothing",
            ),
        },
        not_exercised={
            "given up": start().ringing().gave_up().settled(),
            "answered in time": start().ringing().answered().remote_hangup().settled(),
            "another device won": _crossed("connected", cause="LOSE_RACE").settled(),
            "long after": start().ringing().command("call.answer").later(3_000).platform_bye(),
            "no barrier": _crossed(),
            "hung up, too": start()
            .ringing()
            .command("call.answer")
            .command("call.hangup")
            .platform_bye()
            .settled(),
        },
    ),
    "outcome/reject-after-answer": Cases(
        passes={
            "goes on": _again("call.reject").settled(),
            "far side ends it": _again("call.reject").remote_hangup(),
            "hung up in the end": _again("call.reject").hung_up(),
        },
        breaks={
            "sends a bye": (_again("call.reject").client_bye(), "ended the call on the wire"),
            "ends": (
                _again("call.reject").over("disconnected"),
                "reject() after answer() ended the call: it shows disconnected",
            ),
        },
        not_exercised={
            "answered": start().ringing().answered().settled(),
            "declined": start().ringing().declined().settled(),
            "after hanging up": start()
            .ringing()
            .answered()
            .command("call.hangup")
            .command("call.reject")
            .settled(),
            "no barrier": _again("call.reject"),
        },
    ),
    "outcome/answer-twice": Cases(
        passes={
            "goes on": _again("call.answer").settled(),
            "far side ends it": _again("call.answer").remote_hangup(),
        },
        breaks={
            "answers twice": (
                _again("call.answer").answer_frame(wins=False),
                "answer() was called twice; 2 answers were sent",
            ),
            "starts over": (_again("call.answer").status("connecting"), "started over"),
            "ends": (_again("call.answer").over("failed"), "a second answer() ended the call"),
            "sends a bye": (_again("call.answer").client_bye(), "ended the call on the wire"),
        },
        not_exercised={
            "answered once": start().ringing().answered().settled(),
            "answered after the end": _gone().settled(),
            "a third time": start().ringing().settled(),
            "no barrier": _again("call.answer"),
        },
    ),
}
