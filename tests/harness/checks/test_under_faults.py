"""Faults on purpose: the same trace is red without the fact of the fault, and not with it."""

from __future__ import annotations

import pytest

from ringproof.checks import judge
from ringproof.verdict import Owner
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start


def failures(trace: TraceBuilder, clause: str) -> list[str]:
    return [failure.message for failure in judge(trace.build())[clause].failures]


def accepted() -> TraceBuilder:
    return start().ringing().command("call.answer").status("connecting")


def ended_by_itself() -> TraceBuilder:
    return accepted().status("disconnected", "destroyed").settled()


def rejected() -> TraceBuilder:
    return start().ringing().command("call.reject").status("disconnected", "destroyed")


def two_ring() -> TraceBuilder:
    return start().ringing(A).ringing(B, beside=(A,)).gave_up(B, beside=(A,))


# (clause, what happens up to the fault, the fault's point, what happens after it)
NOT_JUDGED_UNDER_FAULT = {
    "answer never heard": ("status/answer-order", accepted, "answer", "gives up"),
    "answer not confirmed": ("status/answer-order", accepted, "answer-reply", "gives up"),
    "no microphone": ("status/answer-order", accepted, "devices", "gives up"),
    "media never connects": ("status/answer-order", accepted, "media", "stays"),
    "decline never heard": ("outcome/decline-no-media", rejected, "bye-request", "stays"),
    "hang-up never heard": ("end/hangup-tells-server", start().ringing, "bye-request", "hangs up"),
}


def after(trace: TraceBuilder, what: str) -> TraceBuilder:
    match what:
        case "gives up":
            return trace.answer_frame(wins=False).status("disconnected", "destroyed").settled()
        case "stays":
            return trace.later(6_000).settled()
        case _:
            return trace.command("call.hangup").status("disconnecting").settled()


@pytest.mark.parametrize("name", NOT_JUDGED_UNDER_FAULT)
def test_what_a_fault_took_is_no_failure(name):
    clause, before, point, rest = NOT_JUDGED_UNDER_FAULT[name]
    assert failures(after(before(), rest), clause)
    assert not failures(after(before().fault("ignore", point), rest), clause)


@pytest.mark.parametrize("what", ["duplicate", "released", "withdrawn"])
def test_harmless_fault_keeps_the_failure(what):
    trace = accepted().fault(what, "answer-reply").status("disconnected", "destroyed").settled()
    assert failures(trace, "status/answer-order")


def test_fault_of_another_call_keeps_the_failure():
    trace = accepted().fault("ignore", "answer", B).status("disconnected", "destroyed").settled()
    assert failures(trace, "status/answer-order")


class TestLostSocket:
    """While a call lives, whatever was under way is in doubt; before and after it, nothing is."""

    def lost(self, trace: TraceBuilder) -> TraceBuilder:
        return trace.session("detached").session("resumed")

    def test_ringing_call_may_end_with_it(self):
        alone = start().ringing()
        assert failures(alone.status("disconnected", "destroyed"), "outcome/three-ways")
        cut = self.lost(start().ringing()).status("disconnected", "destroyed")
        assert not failures(cut, "outcome/three-ways")

    def test_call_that_comes_later_may_not(self):
        cut = self.lost(start()).ringing().status("disconnected", "destroyed")
        assert failures(cut, "outcome/three-ways")

    def test_call_beside_another_may_end_with_it(self):
        assert failures(two_ring().status("disconnected", "destroyed"), "list/no-pick")
        cut = self.lost(two_ring()).status("disconnected", "destroyed")
        assert not failures(cut, "list/no-pick")

    def test_bye_in_flight_may_be_lost_with_it(self):
        assert failures(start().ringing().platform_bye().settled(), "status/gave-up-order")
        cut = self.lost(start().ringing().platform_bye()).settled()
        assert not failures(cut, "status/gave-up-order")

    def test_script_that_ends_there_may_go_unheard(self):
        def ended():
            return start().ringing().answered().platform_bye(by="script")

        assert failures(ended().settled(), "end/script-finishes")
        assert not failures(self.lost(ended()).settled(), "end/script-finishes")

    def test_glare_may_stay_open(self):
        assert failures(accepted().platform_bye().settled(), "outcome/glare")
        assert not failures(self.lost(accepted().platform_bye()).settled(), "outcome/glare")

    def test_answer_may_be_repeated(self):
        def twice(trace):
            trace = trace.answer_frame().command("call.answer")
            return self.lost(trace).answer_frame(wins=False)

        assert not failures(twice(accepted()), "outcome/answer-twice")

    def test_page_may_vanish_unseen(self):
        gone = start().ringing().answered().command("session.vanish", "").session("detached")
        assert failures(gone.settled(), "end/page-unload")
        unseen = start().ringing().answered().session("detached")
        unseen = unseen.command("session.vanish", "").session("closed").settled()
        assert not failures(unseen, "end/page-unload")

    def test_client_that_never_returns_owes_nothing_but_its_return(self):
        trace = start().ringing().session("detached").lost().call("origin-a", "ended", "cancel")
        outcomes = judge(trace.settled().build()).items()
        assert {clause for clause, outcome in outcomes if outcome.failures} == {
            "register/comes-back"
        }

    def test_new_session_counts_as_back(self):
        trace = start().session("detached").session("closed").session("online").ringing().answered()
        gone = trace.command("session.vanish", "").session("detached").settled()
        assert failures(gone, "end/page-unload")


def test_bye_that_overtook_its_invite_is_ignored():
    trace = start().frame("verto.bye", A, cause="ORIGINATOR_CANCEL").ringing()
    trace = trace.call("origin-a", "ended", "cancel").settled()
    assert not any(outcome.failures for outcome in judge(trace.build()).values())


def test_caller_need_not_see_a_decline_that_came_after_the_end():
    trace = rejected().dialog(A, "ended", reason="NO_ANSWER").call("origin-a", "ended", "noAnswer")
    assert not failures(trace.frame("verto.bye", A, out=False), "outcome/decline-no-media")


def test_call_that_failed_by_itself_need_not_end_as_a_remote_hangup():
    def failed(trace):
        trace = trace.answer_frame(wins=False).platform_bye(cause="NORMAL_CLEARING")
        return trace.status("failed", "destroyed").settled()

    assert failures(failed(accepted()), "end/remote-hangup")
    assert not failures(failed(accepted().fault("refuse", "answer")), "end/remote-hangup")
    outcome = judge(
        accepted().fault("fail", "media").answer_frame().remote_hangup().settled().build()
    )["end/remote-hangup"]
    assert (outcome.exercised, outcome.failures) == (1, ())


def test_hangup_without_a_reply_may_stay_unsettled():
    def unconfirmed(trace):
        trace = trace.command("call.hangup").status("disconnecting")
        trace = trace.frame("verto.bye", A, out=False).status("disconnected", "destroyed")
        return trace.resolved("another").settled()

    assert failures(unconfirmed(start().ringing()), "end/hangup-tells-server")
    trace = unconfirmed(start().ringing().fault("drop", "bye-reply"))
    assert not failures(trace, "end/hangup-tells-server")


class TestPlatform:
    """A platform whose frames were taken away is not to blame either."""

    def fork(self) -> TraceBuilder:
        trace = TraceBuilder(devices=2).online("s0", "s1").ringing(A, origin="o")
        trace = trace.ringing(B, s="s1", origin="o").command("call.answer").status("connecting")
        return trace.frame("verto.answer", A, out=False).dialog(A, "winner", origin="o")

    def test_loser_whose_bye_was_lost(self):
        clause = "platform/fork-losers-bye"
        assert failures(self.fork().settled(), clause)
        assert not failures(self.fork().fault("drop", "bye", B, s="s1").settled(), clause)

    def test_loser_whose_socket_was_lost(self):
        trace = self.fork().session("detached", "s1").settled()
        assert not failures(trace, "platform/fork-losers-bye")

    def test_device_whose_invite_was_lost(self):
        def one_rings():
            return TraceBuilder(devices=2).online("s0", "s1").ringing(A, origin="o")

        clause = "register/reference-is-stable"
        judged = judge(one_rings().later(2_000).settled().build())[clause]
        assert [failure.owner for failure in judged.failures] == [Owner.HARNESS]
        lost = (
            one_rings().fault("drop", "invite", B, s="s1").dialog(B, "offered", s="s1", origin="o")
        )
        assert not failures(lost.later(2_000).settled(), clause)
