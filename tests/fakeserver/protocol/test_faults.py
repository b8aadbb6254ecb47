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
def driver() -> Driver:
    made = Driver(grace_ms=60_000)
    made.device(1)
    return made


def plan(driver: Driver, *rules: Rule, session: str = "j1") -> None:
    assert driver.after(FaultsPlanned(session, rules)) == []


def ring(driver: Driver, call: str = "c1", **fields: object) -> list[str]:
    driver.dial(call, **fields)
    return driver.ring(driver.newest_dialog())


class TestFrames:
    def test_dropped_invite_changes_nothing_for_the_exchange(self, driver):
        plan(driver, Rule(what="drop", point="invite"))
        assert ring(driver) == ["fault drop invite d1", "dialog d1 offered", "call c1 ringing"]

    def test_rule_applies_once_and_only_to_its_match(self, driver):
        plan(driver, Rule(what="drop", point="invite", nth=1))
        assert ring(driver, "c1")[0] == "s1 < verto.invite d1"
        assert ring(driver, "c2")[0] == "fault drop invite d2"
        assert ring(driver, "c3")[0] == "s1 < verto.invite d3"

    def test_rule_matches_a_call_by_its_label(self, driver):
        plan(driver, Rule(what="drop", point="bye", call="second"))
        ring(driver, "c1", label="first")
        ring(driver, "c2", label="second")
        assert driver.end("c1")[0] == "s1 < verto.bye d1 ORIGINATOR_CANCEL"
        assert driver.end("c2")[0] == "fault drop bye d2"

    def test_first_rule_wins_and_the_others_count_on(self, driver):
        drop, late = (Rule(what="drop", point="bye"), Rule(what="delay", point="bye", nth=1))
        plan(driver, drop, late)
        ring(driver, "c1")
        ring(driver, "c2")
        assert driver.end("c1")[0] == "fault drop bye d1"
        assert driver.end("c2")[0] == "fault delay bye d2"

    def test_delayed_frame_is_sent_when_its_timer_fires(self, driver):
        plan(driver, Rule(what="delay", point="bye", delay_ms=70))
        ring(driver)
        assert driver.end()[:2] == ["fault delay bye d1", "timer fault:1 70"]
        assert driver.after(TimerFired("fault:1")) == [
            "fault released bye d1",
            "s1 < verto.bye d1 ORIGINATOR_CANCEL",
        ]
        assert driver.after(TimerFired("fault:1")) == []

    def test_released_frame_is_not_affected_again(self, driver):
        plan(driver, Rule(what="delay", point="bye"), Rule(what="drop", point="bye"))
        ring(driver)
        driver.end()
        assert driver.after(TimerFired("fault:1"))[-1] == "s1 < verto.bye d1 ORIGINATOR_CANCEL"

    def test_release_after_the_last_rule_does_not_protect_later_frames(self, driver):
        plan(driver, Rule(what="delay", point="bye"))
        ring(driver, "c1")
        driver.end("c1")
        plan(driver)
        assert len(driver.after(TimerFired("fault:1"))) == 2
        plan(driver, Rule(what="drop", point="invite"))
        assert ring(driver, "c2")[0] == "fault drop invite d2"

    def test_duplicated_frame_is_sent_now_and_later(self, driver):
        plan(driver, Rule(what="duplicate", point="invite", delay_ms=20))
        assert ring(driver)[:3] == [
            "fault duplicate invite d1",
            "s1 < verto.invite d1",
            "timer fault:1 20",
        ]
        first, second = (driver.after(TimerFired("fault:1")), driver.sent("s1")[-2:])
        assert first == ["fault released invite d1", "s1 < verto.invite d1"]
        assert second[0] == second[1]

    def test_copy_of_an_invite_does_not_outlive_its_call(self, driver):
        plan(driver, Rule(what="duplicate", point="invite", delay_ms=20))
        ring(driver)
        driver.end()
        assert driver.after(TimerFired("fault:1")) == ["fault withdrawn invite d1"]

    def test_late_invite_may_come_after_its_bye(self, driver):
        plan(driver, Rule(what="delay", point="invite", delay_ms=20))
        ring(driver)
        driver.end()
        assert driver.after(TimerFired("fault:1"))[-1] == "s1 < verto.invite d1"

    def test_swapped_frame_follows_the_next_one(self, driver):
        plan(driver, Rule(what="reorder", point="invite"))
        assert ring(driver, "c1")[0] == "fault reorder invite d1"
        assert ring(driver, "c2")[:3] == [
            "s1 < verto.invite d2",
            "fault released invite d1",
            "s1 < verto.invite d1",
        ]
        assert driver.after(TimerFired("fault:1")) == []

    def test_swapped_frame_does_not_wait_for_ever(self, driver):
        plan(driver, Rule(what="reorder", point="invite"))
        assert f"timer fault:1 {faults.REORDER_MS}" in ring(driver)
        released = driver.after(TimerFired("fault:1"))
        assert released == ["fault released invite d1", "s1 < verto.invite d1"]
        assert ring(driver, "c2")[0] == "s1 < verto.invite d2"

    def test_swapped_frames_of_several_calls_all_follow(self, driver):
        plan(driver, *[Rule(what="reorder", point="invite", nth=nth) for nth in (0, 1)])
        ring(driver, "c1")
        ring(driver, "c2")
        sent = [line for line in ring(driver, "c3") if line.startswith("s1")]
        assert sent == [f"s1 < verto.invite {name}" for name in ("d3", "d1", "d2")]

    def test_replies_are_affected_as_well(self, driver):
        plan(
            driver,
            Rule(what="drop", point="answer-reply"),
            Rule(what="delay", point="bye-reply", delay_ms=5),
        )
        ring(driver)
        assert "fault drop answer-reply d1" in driver.answer("s1", "d1")
        assert "fault delay bye-reply d1" in driver.bye("s1", "d1")

    def test_other_device_is_not_affected(self, driver):
        driver.device(2)
        plan(driver, Rule(what="drop", point="invite"), session="j2")
        driver.dial()
        assert driver.ring("d1")[0] == "s1 < verto.invite d1"
        assert driver.ring("d2")[0] == "fault drop invite d2"

    def test_delayed_frames_are_bounded(self):
        driver = Driver(delayed_frames=1)
        driver.device(1)
        plan(driver, *[Rule(what="delay", point="invite", nth=nth) for nth in (0, 1)])
        assert ring(driver, "c1")[0] == "fault delay invite d1"
        assert ring(driver, "c2")[0] == "s1 < verto.invite d2"

    def test_ping_is_never_affected(self, driver):
        plan(driver, Rule(what="drop", point="bye"))
        assert driver.after(PingRequested("j1", "p")) == ["s1 < signalwire.ping"]

    def test_disarmed_session_is_not_affected(self, driver):
        plan(driver, Rule(what="drop", point="invite"))
        plan(driver)
        assert ring(driver)[0] == "s1 < verto.invite d1"


class TestRequests:
    def test_refused_answer_changes_nothing(self, driver):
        plan(driver, Rule(what="refuse", point="answer", code=-32_000))
        ring(driver)
        assert driver.after(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO)) == [
            "fault refuse answer d1",
            "j1 > verto.answer d1",
            "s1 < error verto.answer d1 -32000",
        ]
        assert driver.answer("s1", "d1")[0] == "j1 > verto.answer d1"
        assert driver.states()[-1] == "answered"

    def test_ignored_bye_is_not_recorded(self, driver):
        plan(driver, Rule(what="ignore", point="bye-request"))
        ring(driver)
        assert driver.decline("s1", "d1") == ["fault ignore bye-request d1"]
        assert driver.decline("s1", "d1")[0] == "j1 > verto.bye d1 USER_BUSY"

    def test_other_requests_and_other_sessions_are_not_affected(self, driver):
        plan(driver, Rule(what="ignore", point="answer"))
        plan(driver, Rule(what="ignore", point="answer"), session="j2")
        ring(driver)
        assert driver.after(driver.verto("s1", "d1", "verto.info"))[0] == "j1 > verto.info d1"
        driver.device(3)
        driver.after(OfferReady(driver.dialog("d2"), AUDIO))
        assert driver.answer("s3", "d2")[0] == "j3 > verto.answer d2"


class TestLookups:
    def ask(self, driver: Driver, number: int, session: str = "j1") -> list[str]:
        return driver.after(LookupAsked(f"l{number}", driver.bob.id, "/private/bob", session))

    def test_failed_look_up_is_answered_with_the_status_of_the_rule(self, driver):
        plan(driver, Rule(what="fail", point="look-up", code=500))
        assert self.ask(driver, 1) == [
            "lookup of /private/bob asked",
            "fault fail look-up j1",
            "lookup l1 500 on purpose",
            "lookup of /private/bob answered",
        ]
        assert "lookup l2 200 ['bob']" in self.ask(driver, 2)

    def test_delayed_look_up_may_fail_in_the_end(self, driver):
        plan(driver, Rule(what="fail", point="look-up", nth=1, delay_ms=80, code=404))
        assert "lookup l1 200 ['bob']" in self.ask(driver, 1)
        assert self.ask(driver, 2)[-1] == "timer lookup:l2 80"
        assert driver.after(TimerFired("lookup:l2"))[0] == "lookup l2 404 on purpose"

    def test_look_up_of_another_device_is_not_affected(self, driver):
        plan(driver, Rule(what="fail", point="look-up", code=500))
        assert "lookup l1 200 ['bob']" in self.ask(driver, 1, session="j2")


class TestMedia:
    def test_failed_media_offers_unreachable_candidates(self, driver):
        plan(driver, Rule(what="fail", point="media", call="dead"))
        assert driver.dial("c1", label="alive")[-1] == "leg d1 offers audio"
        assert driver.dial("c2", label="dead")[-2:] == [
            "fault fail media d2",
            "leg d2 offers audio from nowhere",
        ]

    def test_unreachable_description_is_recognised(self):
        assert is_reachable(AUDIO)
        real = AUDIO + "a=candidate:1 1 udp 1 127.0.0.1 5000 typ host\r\n"
        nowhere = unreachable(real)
        assert not is_reachable(nowhere)
        assert "127.0.0.1 5000" not in nowhere
        assert nowhere.count("a=candidate:") == nowhere.count("m=") == 1


class TestCuts:
    def test_cut_session_can_be_resumed_once_its_client_may_connect(self, driver):
        protocol = driver.sent("s1")[0]["result"]["protocol"]
        state = driver.sent("s1")[1]["params"]["params"]["authorization_state"]
        ring(driver)
        assert driver.after(CutRequested("j1", back_ms=500, resume=True)) == [
            "fault cut j1",
            "s1 cut",
            "session j1 detached 1006",
            "leg d1 closes",
            "dialog d1 ended DESTINATION_OUT_OF_ORDER",
            "timer grace:" + protocol + " 60000",
        ]
        token = driver.token("j1")
        resume = {"protocol": protocol, "authorization_state": state}
        assert driver.connect("s2", token, **resume) == ["s2 cut"]
        assert driver.close("s2") == []
        driver.now_ms = NOW_MS + 500
        assert driver.connect("s3", token, **resume)[3] == "session j1 resumed"

    def test_client_is_blocked_only_once(self, driver):
        driver.after(CutRequested("j1", back_ms=100, resume=True))
        driver.now_ms = NOW_MS + 100
        assert "session j1 connected" in driver.connect("s2", driver.token("j1"))
        driver.now_ms = NOW_MS + 50
        assert "session j1 connected" in driver.connect("s3", driver.token("j1"))

    def test_other_clients_connect_meanwhile(self, driver):
        driver.after(CutRequested("j1", back_ms=100, resume=True))
        assert "session j2 connected" in driver.connect("s2", driver.token("j2"))

    def test_expired_session_ends_its_calls(self, driver):
        ring(driver)
        driver.answer("s1", "d1")
        lines = driver.after(CutRequested("j1", back_ms=0, resume=False))
        assert lines[:3] == ["fault expire j1", "s1 cut", "session j1 detached 1006"]
        assert "session j1 closed" in lines
        assert driver.ended() == ("hangup", "platform")
        assert driver.close("s1") == []

    def test_session_that_is_away_already_can_expire(self, driver):
        driver.close("s1")
        lines = driver.after(CutRequested("j1", back_ms=0, resume=False))
        assert lines[-1] == "session j1 closed"
        assert not [line for line in lines if "cut" in line]

    def test_unknown_session_is_blocked_too(self, driver):
        assert driver.after(CutRequested("j9", back_ms=50, resume=True)) == []
        assert driver.connect("s9", driver.token("j9")) == ["s9 cut"]
        driver.handle(SocketOpened("s10"))


class TestStrayByes:
    def test_bye_for_an_unknown_dialog_is_sent_and_recorded(self, driver):
        assert driver.after(ByeRequested("j1", "nobody")) == [
            "fault stray bye nobody",
            "s1 < verto.bye nobody NORMAL_CLEARING",
        ]

    def test_session_without_a_socket_gets_nothing(self, driver):
        driver.close("s1")
        assert driver.after(ByeRequested("j1", "nobody")) == []


class TestOnline:
    """``subscriber.online`` of one token's client."""

    @pytest.mark.parametrize(("times", "refused"), [(1, 1), (2, 2), (0, 3)])
    def test_so_many_requests_are_refused_and_then_the_device_rings(self, times, refused):
        driver = Driver()
        plan(driver, Rule(what="refuse", point="online", code=-32_603, times=times))
        driver.connect("s1", driver.token("j1"))
        replies = [driver.after(driver.frame("s1", "subscriber.online", {}))[:3] for _ in range(3)]
        error = ["j1 > subscriber.online", "fault refuse online j1"]
        assert replies[:refused] == [[*error, "s1 < error subscriber.online -32603"]] * refused
        assert all("s1 < result subscriber.online" in reply for reply in replies[refused:])
        rings = any(line.startswith("leg") for line in driver.dial())
        assert rings is (refused < 3)

    def test_the_error_has_the_text_that_was_seen(self):
        driver = Driver()
        plan(driver, Rule(what="refuse", point="online", code=-32_603))
        driver.connect("s1", driver.token("j1"))
        driver.handle(driver.frame("s1", "subscriber.online", {}))
        assert driver.sent("s1")[-1]["error"] == {
            "code": -32_603,
            "message": "WebRTC endpoint registration failed",
        }


class TestConnect:
    """``signalwire.connect`` of one token's client, planned before its first socket."""

    @pytest.fixture
    def driver(self) -> Driver:
        return Driver(grace_ms=60_000)

    def test_refused_with_the_code_of_the_rule(self, driver):
        plan(driver, Rule(what="refuse", point="connect", code=-32_099))
        assert driver.connect("s1", driver.token("j1"))[-1] == (
            "s1 < error signalwire.connect -32099"
        )

    def test_never_answered(self, driver):
        plan(driver, Rule(what="ignore", point="connect"))
        assert driver.connect("s1", driver.token("j1")) == [
            "fault ignore connect j1",
            "? > signalwire.connect",
        ]
        assert driver.sent("s1") == []

    def test_closed_with_1000(self, driver):
        plan(driver, Rule(what="close", point="connect"))
        assert driver.connect("s1", driver.token("j1"))[-1] == "s1 closed with 1000"

    @pytest.mark.parametrize(("times", "fail"), [(1, 1), (2, 2), (0, 4)])
    def test_so_many_attempts_in_a_row_fail(self, driver, times, fail):
        plan(driver, Rule(what="refuse", point="connect", code=-32_000, times=times))
        token = driver.token("j1")
        answers = [driver.connect(f"s{number}", token)[-1] for number in range(4)]
        assert sum("error" in answer for answer in answers) == fail

    def test_attempts_are_counted_from_the_first_connect_of_the_token(self, driver):
        plan(driver, Rule(what="refuse", point="connect", code=-32_000, nth=1))
        assert "session j1 connected" in driver.connect("s1", driver.token("j1"))
        driver.close("s1")
        assert "error" in driver.connect("s2", driver.token("j1"))[-1]
        assert "session j1 connected" in driver.connect("s3", driver.token("j1"))

    def test_other_tokens_are_let_in(self, driver):
        plan(driver, Rule(what="refuse", point="connect", code=-32_000, times=0))
        assert "session j2 connected" in driver.connect("s2", driver.token("j2"))
