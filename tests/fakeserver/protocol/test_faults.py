"""Fault injection: which frame is affected, what is sent instead, what is recorded."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import faults
from ringproof_fakeserver.protocol.events import (
    ByeRequested,
    CutRequested,
    FaultsPlanned,
    LookupAsked,
    OfferReady,
    PingRequested,
    SocketOpened,
    TimerFired,
)
from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.sdp import is_reachable, unreachable
from tests.playbook import AUDIO, NOW_MS, Driver


@pytest.fixture
def stage() -> Driver:
    made = Driver(grace_ms=60_000)
    made.device(1)
    return made


def plan(stage: Driver, *rules: Rule, session: str = "j1") -> None:
    assert stage.after(FaultsPlanned(session, rules)) == []


def ring(stage: Driver, call: str = "c1", **fields: object) -> list[str]:
    stage.dial(call, **fields)
    return stage.ring(stage.newest_dialog())


class TestFrames:
    def test_dropped_invite_changes_nothing_for_the_exchange(self, stage):
        plan(stage, Rule(what="drop", point="invite"))
        assert ring(stage) == ["fault drop invite d1", "dialog d1 offered", "call c1 ringing"]

    def test_rule_applies_once_and_only_to_its_match(self, stage):
        plan(stage, Rule(what="drop", point="invite", nth=1))
        assert ring(stage, "c1")[0] == "s1 < verto.invite d1"
        assert ring(stage, "c2")[0] == "fault drop invite d2"
        assert ring(stage, "c3")[0] == "s1 < verto.invite d3"

    def test_call_is_known_by_its_label(self, stage):
        plan(stage, Rule(what="drop", point="bye", call="second"))
        ring(stage, "c1", label="first")
        ring(stage, "c2", label="second")
        assert stage.end("c1")[0] == "s1 < verto.bye d1 ORIGINATOR_CANCEL"
        assert stage.end("c2")[0] == "fault drop bye d2"

    def test_first_rule_wins_and_the_others_count_on(self, stage):
        drop, late = (Rule(what="drop", point="bye"), Rule(what="delay", point="bye", nth=1))
        plan(stage, drop, late)
        ring(stage, "c1")
        ring(stage, "c2")
        assert stage.end("c1")[0] == "fault drop bye d1"
        assert stage.end("c2")[0] == "fault delay bye d2"

    def test_delayed_frame_leaves_when_its_timer_fires(self, stage):
        plan(stage, Rule(what="delay", point="bye", delay_ms=70))
        ring(stage)
        assert stage.end()[:2] == ["fault delay bye d1", "timer fault:1 70"]
        assert stage.after(TimerFired("fault:1")) == [
            "fault released bye d1",
            "s1 < verto.bye d1 ORIGINATOR_CANCEL",
        ]
        assert stage.after(TimerFired("fault:1")) == []

    def test_released_frame_is_not_hit_again(self, stage):
        plan(stage, Rule(what="delay", point="bye"), Rule(what="drop", point="bye"))
        ring(stage)
        stage.end()
        assert stage.after(TimerFired("fault:1"))[-1] == "s1 < verto.bye d1 ORIGINATOR_CANCEL"

    def test_release_does_not_shield_what_comes_after_the_last_rule_is_gone(self, stage):
        plan(stage, Rule(what="delay", point="bye"))
        ring(stage, "c1")
        stage.end("c1")
        plan(stage)
        assert len(stage.after(TimerFired("fault:1"))) == 2
        plan(stage, Rule(what="drop", point="invite"))
        assert ring(stage, "c2")[0] == "fault drop invite d2"

    def test_doubled_frame_leaves_now_and_later(self, stage):
        plan(stage, Rule(what="duplicate", point="invite", delay_ms=20))
        assert ring(stage)[:3] == [
            "fault duplicate invite d1",
            "s1 < verto.invite d1",
            "timer fault:1 20",
        ]
        first, second = (stage.after(TimerFired("fault:1")), stage.sent("s1")[-2:])
        assert first == ["fault released invite d1", "s1 < verto.invite d1"]
        assert second[0] == second[1]

    def test_copy_of_an_invite_does_not_outlive_its_call(self, stage):
        plan(stage, Rule(what="duplicate", point="invite", delay_ms=20))
        ring(stage)
        stage.end()
        assert stage.after(TimerFired("fault:1")) == ["fault withdrawn invite d1"]

    def test_late_invite_may_come_after_its_bye(self, stage):
        plan(stage, Rule(what="delay", point="invite", delay_ms=20))
        ring(stage)
        stage.end()
        assert stage.after(TimerFired("fault:1"))[-1] == "s1 < verto.invite d1"

    def test_swapped_frame_follows_the_next_one(self, stage):
        plan(stage, Rule(what="reorder", point="invite"))
        assert ring(stage, "c1")[0] == "fault reorder invite d1"
        assert ring(stage, "c2")[:3] == [
            "s1 < verto.invite d2",
            "fault released invite d1",
            "s1 < verto.invite d1",
        ]
        assert stage.after(TimerFired("fault:1")) == []

    def test_swapped_frame_does_not_wait_for_ever(self, stage):
        plan(stage, Rule(what="reorder", point="invite"))
        assert f"timer fault:1 {faults.REORDER_MS}" in ring(stage)
        released = stage.after(TimerFired("fault:1"))
        assert released == ["fault released invite d1", "s1 < verto.invite d1"]
        assert ring(stage, "c2")[0] == "s1 < verto.invite d2"

    def test_swapped_frames_of_several_calls_all_follow(self, stage):
        plan(stage, *[Rule(what="reorder", point="invite", nth=nth) for nth in (0, 1)])
        ring(stage, "c1")
        ring(stage, "c2")
        sent = [line for line in ring(stage, "c3") if line.startswith("s1")]
        assert sent == [f"s1 < verto.invite {name}" for name in ("d3", "d1", "d2")]

    def test_replies_are_hit_as_well(self, stage):
        plan(
            stage,
            Rule(what="drop", point="answer-reply"),
            Rule(what="delay", point="bye-reply", delay_ms=5),
        )
        ring(stage)
        assert "fault drop answer-reply d1" in stage.answer("s1", "d1")
        assert "fault delay bye-reply d1" in stage.bye("s1", "d1")

    def test_other_device_is_left_alone(self, stage):
        stage.device(2)
        plan(stage, Rule(what="drop", point="invite"), session="j2")
        stage.dial()
        assert stage.ring("d1")[0] == "s1 < verto.invite d1"
        assert stage.ring("d2")[0] == "fault drop invite d2"

    def test_delayed_frames_are_bounded(self):
        stage = Driver(delayed_frames=1)
        stage.device(1)
        plan(stage, *[Rule(what="delay", point="invite", nth=nth) for nth in (0, 1)])
        assert ring(stage, "c1")[0] == "fault delay invite d1"
        assert ring(stage, "c2")[0] == "s1 < verto.invite d2"

    def test_ping_passes_whatever_is_planned(self, stage):
        plan(stage, Rule(what="drop", point="bye"))
        assert stage.after(PingRequested("j1", "p")) == ["s1 < signalwire.ping"]

    def test_disarmed_session_is_as_ever(self, stage):
        plan(stage, Rule(what="drop", point="invite"))
        plan(stage)
        assert ring(stage)[0] == "s1 < verto.invite d1"


class TestRequests:
    def test_refused_answer_changes_nothing(self, stage):
        plan(stage, Rule(what="refuse", point="answer", code=-32_000))
        ring(stage)
        assert stage.after(stage.verto("s1", "d1", "verto.answer", sdp=AUDIO)) == [
            "fault refuse answer d1",
            "j1 > verto.answer d1",
            "s1 < error verto.answer d1 -32000",
        ]
        assert stage.answer("s1", "d1")[0] == "j1 > verto.answer d1"
        assert stage.states()[-1] == "answered"

    def test_ignored_bye_was_never_there(self, stage):
        plan(stage, Rule(what="ignore", point="bye-request"))
        ring(stage)
        assert stage.decline("s1", "d1") == ["fault ignore bye-request d1"]
        assert stage.decline("s1", "d1")[0] == "j1 > verto.bye d1 USER_BUSY"

    def test_other_requests_and_other_sessions_are_heard(self, stage):
        plan(stage, Rule(what="ignore", point="answer"))
        plan(stage, Rule(what="ignore", point="answer"), session="j2")
        ring(stage)
        assert stage.after(stage.verto("s1", "d1", "verto.info"))[0] == "j1 > verto.info d1"
        stage.device(3)
        stage.after(OfferReady(stage.dialog("d2"), AUDIO))
        assert stage.answer("s3", "d2")[0] == "j3 > verto.answer d2"


class TestLookups:
    def ask(self, stage: Driver, number: int, session: str = "j1") -> list[str]:
        return stage.after(LookupAsked(f"l{number}", stage.bob.id, "/private/bob", session))

    def test_failing_one_says_so(self, stage):
        plan(stage, Rule(what="fail", point="look-up", code=500))
        assert self.ask(stage, 1) == [
            "lookup of /private/bob asked",
            "fault fail look-up j1",
            "lookup l1 500 on purpose",
            "lookup of /private/bob answered",
        ]
        assert "lookup l2 200 ['bob']" in self.ask(stage, 2)

    def test_slow_one_takes_its_time_and_may_fail_then(self, stage):
        plan(stage, Rule(what="fail", point="look-up", nth=1, delay_ms=80, code=404))
        assert "lookup l1 200 ['bob']" in self.ask(stage, 1)
        assert self.ask(stage, 2)[-1] == "timer lookup:l2 80"
        assert stage.after(TimerFired("lookup:l2"))[0] == "lookup l2 404 on purpose"

    def test_other_device_finds_what_it_looks_for(self, stage):
        plan(stage, Rule(what="fail", point="look-up", code=500))
        assert "lookup l1 200 ['bob']" in self.ask(stage, 1, session="j2")


class TestMedia:
    def test_dead_media_is_offered_from_nowhere(self, stage):
        plan(stage, Rule(what="fail", point="media", call="dead"))
        assert stage.dial("c1", label="alive")[-1] == "leg d1 offers audio"
        assert stage.dial("c2", label="dead")[-2:] == [
            "fault fail media d2",
            "leg d2 offers audio from nowhere",
        ]

    def test_missing_devices_are_noted_for_whoever_has_the_client(self, stage):
        plan(stage, Rule(what="fail", point="devices"))
        assert stage.dial()[-2:] == ["fault fail devices d1", "leg d1 offers audio"]

    def test_unreachable_description_is_recognised(self):
        assert is_reachable(AUDIO)
        real = AUDIO + "a=candidate:1 1 udp 1 127.0.0.1 5000 typ host\r\n"
        nowhere = unreachable(real)
        assert not is_reachable(nowhere)
        assert "127.0.0.1 5000" not in nowhere
        assert nowhere.count("a=candidate:") == nowhere.count("m=") == 1


class TestCuts:
    def test_session_that_is_kept_can_be_resumed_when_the_time_is_over(self, stage):
        protocol = stage.sent("s1")[0]["result"]["protocol"]
        state = stage.sent("s1")[1]["params"]["params"]["authorization_state"]
        ring(stage)
        assert stage.after(CutRequested("j1", back_ms=500, resume=True)) == [
            "fault cut j1",
            "s1 cut",
            "session j1 detached 1006",
            "leg d1 closes",
            "dialog d1 ended DESTINATION_OUT_OF_ORDER",
            "timer grace:" + protocol + " 60000",
        ]
        token = stage.token("j1")
        resume = {"protocol": protocol, "authorization_state": state}
        assert stage.connect("s2", token, **resume) == ["s2 cut"]
        assert stage.close("s2") == []
        stage.now_ms = NOW_MS + 500
        assert stage.connect("s3", token, **resume)[3] == "session j1 resumed"

    def test_client_is_not_kept_out_again_later(self, stage):
        stage.after(CutRequested("j1", back_ms=100, resume=True))
        stage.now_ms = NOW_MS + 100
        assert "session j1 connected" in stage.connect("s2", stage.token("j1"))
        stage.now_ms = NOW_MS + 50
        assert "session j1 connected" in stage.connect("s3", stage.token("j1"))

    def test_others_get_through_meanwhile(self, stage):
        stage.after(CutRequested("j1", back_ms=100, resume=True))
        assert "session j2 connected" in stage.connect("s2", stage.token("j2"))

    def test_session_that_expires_takes_its_calls_along(self, stage):
        ring(stage)
        stage.answer("s1", "d1")
        lines = stage.after(CutRequested("j1", back_ms=0, resume=False))
        assert lines[:3] == ["fault expire j1", "s1 cut", "session j1 detached 1006"]
        assert "session j1 closed" in lines
        assert stage.ended() == ("hangup", "platform")
        assert stage.close("s1") == []

    def test_session_that_is_away_already_can_expire(self, stage):
        stage.close("s1")
        lines = stage.after(CutRequested("j1", back_ms=0, resume=False))
        assert lines[-1] == "session j1 closed"
        assert not [line for line in lines if "cut" in line]

    def test_unknown_session_is_barred_all_the_same(self, stage):
        assert stage.after(CutRequested("j9", back_ms=50, resume=True)) == []
        assert stage.connect("s9", stage.token("j9")) == ["s9 cut"]
        stage.handle(SocketOpened("s10"))


class TestStrayByes:
    def test_bye_for_an_unknown_dialog_is_sent_and_recorded(self, stage):
        assert stage.after(ByeRequested("j1", "nobody")) == [
            "fault stray bye nobody",
            "s1 < verto.bye nobody NORMAL_CLEARING",
        ]

    def test_session_without_a_socket_hears_nothing(self, stage):
        stage.close("s1")
        assert stage.after(ByeRequested("j1", "nobody")) == []
