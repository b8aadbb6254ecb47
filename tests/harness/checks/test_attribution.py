"""One fault turns one clause red: whole lives of good clients, and of clients with one fault."""

from __future__ import annotations

import pytest

from ringproof.checks import judge
from ringproof.trace import Trace
from ringproof_scenarios.model import Caller
from tests.harness.checks.trace_builder import AUDIO_VIDEO, A, B, C, TraceBuilder, start


def red(trace: Trace) -> list[str]:
    return [clause for clause, outcome in judge(trace).items() if outcome.failures]


def _two_devices() -> TraceBuilder:
    trace = TraceBuilder(devices=2).online("s0", "s1").dial()
    trace.ringing(A, origin="origin-a").ringing(B, s="s1", origin="origin-a")
    trace.answered(A).platform_bye(B, "LOSE_RACE", s="s1").over("disconnected", c=B, s="s1")
    return trace.hung_up(A)


GOOD = {
    "answers and hangs up": start().dial().ringing().answered().hung_up(),
    "answers video": start()
    .ringing(media=AUDIO_VIDEO)
    .answered(media=AUDIO_VIDEO, audio=True, video=True)
    .remote_hangup(),
    "declines": start().ringing().declined(),
    "misses": start().ringing().gave_up(),
    "hangs up while ringing": start().ringing().hung_up(),
    "nameless": start(callers=(Caller(name=None),)).dial().ringing(name="_undef_").gave_up(),
    "three callers": start()
    .ringing(A)
    .ringing(B, beside=(A,), from_="/private/carol")
    .ringing(C, beside=(B, A))
    .answered(B)
    .declined(C, beside=(B, A))
    .gave_up(A, beside=(B,))
    .remote_hangup(B),
    "two devices": _two_devices(),
    "answers too late": start().ringing().gave_up().command("call.answer").resolved(error="over"),
    "answers as the caller gives up": start()
    .ringing()
    .command("call.answer")
    .stream("local", "audio")
    .status("connecting")
    .platform_bye()
    .answer_frame(wins=False)
    .over("disconnected"),
    "vanishes": start()
    .ringing()
    .answered()
    .command("session.vanish", "", received=False)
    .client_bye()
    .session("detached", code=1001),
}


@pytest.mark.parametrize("trace", [pytest.param(trace, id=name) for name, trace in GOOD.items()])
def test_a_good_client_breaks_nothing(trace: TraceBuilder):
    assert red(trace.settled().build()) == []


FAULTS = {
    "hands out the remote stream while ringing": (
        "stream/remote-after-accept",
        start().ringing().stream("remote", "audio").answered().remote_hangup(),
        start().ringing().stream("remote", "audio").gave_up(),
        start().ringing().stream("remote", "audio").declined(),
    ),
    "shows the newest call only": (
        "list/whole-list",
        start().ringing(A).ringing(B).answered(B).remote_hangup(B, beside=(A,)).gave_up(A),
        start().ringing(A).ringing(B).gave_up(A, beside=(B,)).gave_up(B),
        start().ringing(A).answered(A).ringing(B).gave_up(B, beside=(A,)).remote_hangup(A),
        start()
        .ringing(A)
        .ringing(B)
        .ringing(C)
        .gave_up(B, beside=(C,))
        .declined(C, beside=(A,))
        .gave_up(A),
    ),
    "skips connecting": (
        "status/answer-order",
        start()
        .ringing()
        .command("call.answer")
        .stream("local", "audio")
        .answer_frame()
        .media()
        .stream("remote", "audio")
        .resolved()
        .status("connected")
        .remote_hangup(),
    ),
    "drops the call from the list on connected": (
        "list/stays-through-status",
        start().ringing().answered().calls().remote_hangup(),
        start().ringing().answered().calls().hung_up(),
        start().ringing(A).ringing(B, beside=(A,)).answered(A).calls(B).gave_up(B).remote_hangup(A),
    ),
    "brings a cancelled call back": (
        "outcome/gave-up-no-resurrection",
        start()
        .ringing()
        .gave_up()
        .command("call.answer")
        .stream("local", "audio")
        .status("connecting")
        .calls(A)
        .answer_frame(wins=False)
        .status("connected")
        .getter("connected")
        .command("call.hangup")
        .status("disconnecting", "disconnected", "destroyed"),
        start()
        .ringing()
        .platform_bye()
        .status("disconnected")
        .command("call.answer")
        .status("connecting")
        .answer_frame(wins=False),
    ),
    "leaves out disconnected on hanging up": (
        "status/hangup-order",
        start()
        .ringing()
        .answered()
        .command("call.hangup")
        .status("disconnecting")
        .client_bye()
        .over()
        .resolved(),
    ),
    "keeps a second caller to itself": (
        "list/no-queue",
        start().ringing(A).invite(B, from_="/private/carol").later(300).gave_up(A).platform_bye(B),
    ),
}


@pytest.mark.parametrize(
    ("clause", "trace"),
    [
        pytest.param(clause, trace, id=f"{name} ({number})")
        for name, (clause, *traces) in FAULTS.items()
        for number, trace in enumerate(traces)
    ],
)
def test_a_fault_breaks_its_own_clause_and_no_other(clause: str, trace: TraceBuilder):
    assert red(trace.settled().build()) == [clause]
