"""Calls from the dial to the end, as transcripts."""

from __future__ import annotations

import msgspec
import pytest

from ringproof_fakeserver.protocol.commands import CreateOffer, PostCallback, SendFrame
from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    DialPlaced,
    EndRequested,
    FrameReceived,
    MediaConnected,
    MediaFailed,
    OfferReady,
    ServerStopping,
    TimerFired,
)
from ringproof_fakeserver.protocol.journal import FrameFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.swml import parse
from tests.playbook import AUDIO, AUDIO_VIDEO, NOW_MS, Driver, play

DIAL = DialPlaced("c1", "/private/alice", "Alice", "/private/bob", media=("audio",))
ENDED_BY_CANCEL = [
    "s1 < verto.bye d1 ORIGINATOR_CANCEL",
    "leg d1 closes",
    "dialog d1 ended ORIGINATOR_CANCEL",
    "no timer ring:c1",
    "call c1 ended cancel by origin",
]

JOINED = ["s1 < call.joined d1", "s1 < member.updated d1", "s1 < layout.changed d1"]


@pytest.fixture
def driver() -> Driver:
    """Bob with one device online: socket s1, session j1."""
    driver = Driver()
    driver.device(1)
    return driver


@pytest.fixture
def two() -> Driver:
    """Bob with two devices online, and a call that rings both."""
    driver = Driver()
    driver.device(1)
    driver.device(2)
    driver.dial()
    driver.ring("d1", "d2")
    return driver


class TestDeclineVariants:
    """Other platforms end a call with the first decline, or call it busy."""

    def test_first_decline_ends_the_call_on_every_device(self, two: Driver) -> None:
        two.exchange.set_platform(two.bob.id, Platform(first_decline_ends_all=True))
        lines = two.decline("s1", "d1")
        assert "s2 < verto.bye d2 LOSE_RACE" in lines
        assert "s1 < verto.bye d1 LOSE_RACE" not in lines, "that device ended its dialog itself"
        assert two.ended() == ("decline", "callee")
        assert not any("verto.bye" in line and "<" in line for line in two.end())

    def test_decline_reads_busy(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(decline_reason="busy"))
        driver.dial()
        driver.ring("d1")
        driver.decline("s1", "d1")
        assert driver.ended() == ("busy", "callee")


class TestBusy:
    """A subscriber who is on a call gets another, or does not: the platform decides."""

    def test_busy_subscriber_is_rung_unless_the_platform_says_otherwise(
        self, driver: Driver
    ) -> None:
        driver.dial("c1")
        driver.ring("d1")
        driver.answer("s1", "d1")
        lines = driver.dial("c2")
        assert "leg d2 offers audio" in lines

    def test_call_to_a_busy_subscriber_ends_at_once_until_the_other_is_over(
        self, driver: Driver
    ) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(busy="reject"))
        driver.dial("c0")
        driver.ring("d1")
        assert "call c1 created" in driver.dial("c1"), "a call that only rings makes nobody busy"
        driver.ring("d2")
        driver.answer("s1", "d1")
        lines = driver.dial("c2")
        assert driver.ended("c2") == ("busy", "platform")
        assert not any("offers" in line for line in lines)
        driver.bye("s1", "d1")
        assert any("offers" in line for line in driver.dial("c3"))


class TestRinging:
    """A dial rings every online device of the subscriber."""

    def test_dial_is_prepared_offered_and_announced(self, driver: Driver) -> None:
        play(
            driver,
            (
                DIAL,
                [
                    "call c1 created",
                    "timer ring:c1 60000",
                    "leg d1 offers audio",
                ],
            ),
        )
        assert driver.ring("d1") == [
            "s1 < verto.invite d1",
            "dialog d1 offered",
            "call c1 ringing",
        ]
        assert driver.exchange.call_state("c1") == "ringing"

    def test_invite_has_the_documented_shape(self, driver: Driver) -> None:
        driver.dial(to="/private/bob?channel=audio")
        driver.ring("d1")
        frame = driver.sent("s1")[-1]
        params = frame["params"]
        assert frame["method"] == "signalwire.event"
        assert isinstance(frame["id"], str)
        assert params["event_type"] == "webrtc.message"
        assert params["event_channel"] == driver.sent("s1")[0]["result"]["protocol"]
        assert params["node_id"] == driver.settings.node_id
        assert params["timestamp"] == NOW_MS / 1000
        assert params["params"]["method"] == "verto.invite"
        assert params["params"]["params"] == {
            "callID": driver.dialog("d1"),
            "sdp": AUDIO,
            "caller_id_name": "Alice",
            "caller_id_number": "/private/alice",
            "callee_id_name": "Bob",
            "callee_id_number": "/private/bob",
            "display_direction": "outbound",
        }

    @pytest.mark.parametrize(
        ("name", "on_the_wire"),
        [(None, "_undef_"), ("", ""), ("_undef_", "_undef_"), ("نور 🎺 <b>", "نور 🎺 <b>")],
    )
    def test_caller_name_goes_unchanged_and_none_is_undefined(
        self, driver: Driver, name: str | None, on_the_wire: str
    ) -> None:
        driver.dial(from_name=name)
        driver.ring("d1")
        invite = driver.sent("s1")[-1]["params"]["params"]["params"]
        assert invite["caller_id_name"] == on_the_wire

    def test_fact_of_the_invite_shows_the_caller_and_the_offered_media(
        self, driver: Driver
    ) -> None:
        driver.dial()
        [send, *_] = driver.handle(OfferReady(driver.dialog("d1"), AUDIO_VIDEO))
        assert isinstance(send, SendFrame)
        assert send.fact.text == send.text
        assert send.fact.detail == {
            "from": "/private/alice",
            "from_name": "Alice",
            "to": "/private/bob",
            "to_name": "Bob",
            "media": {"audio": "sendrecv", "video": "sendrecv"},
        }

    def test_alias_rings_too_and_is_shown_as_dialled(self, driver: Driver) -> None:
        alias = driver.directory.add_address(driver.bob.id, "sales")
        driver.dial(to=alias.uri)
        driver.ring("d1")
        invite = driver.sent("s1")[-1]["params"]["params"]["params"]
        assert invite["callee_id_number"] == "/private/sales"

    def test_device_that_comes_online_while_it_rings_is_invited(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.connect("s2", driver.token("j2"))
        lines = driver.after(driver.frame("s2", "subscriber.online", {}))
        assert lines == [
            "j2 > subscriber.online",
            "s2 < result subscriber.online",
            "session j2 online",
            "leg d2 offers audio",
        ]
        assert driver.ring("d2") == ["s2 < verto.invite d2", "dialog d2 offered"]

    def test_device_of_another_subscriber_does_not_ring(self, driver: Driver) -> None:
        carol = driver.directory.find_or_create("carol", {}, NOW_MS)
        driver.device(2, carol)
        driver.dial()
        offers = [command for command in driver.commands if isinstance(command, CreateOffer)]
        assert [offer.subscriber for offer in offers] == [driver.bob.id]
        assert driver.ring("d1")[0] == "s1 < verto.invite d1"

    def test_device_that_went_offline_does_not_ring(self, driver: Driver) -> None:
        driver.handle(driver.frame("s1", "subscriber.offline", {}))
        assert driver.dial() == ["call c1 created", "timer ring:c1 60000"]

    def test_platform_variants_set_ring_time_and_msid(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(ring_ms=900, msid=False))
        assert driver.dial() == [
            "call c1 created",
            "timer ring:c1 900",
            "leg d1 offers audio without msid",
        ]

    def test_platform_variant_sets_the_direction_of_the_offer(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(offer_direction="sendonly"))
        assert driver.dial()[-1] == "leg d1 offers audio sendonly"

    def test_own_timeout_of_the_dial_comes_before_the_variant(self, driver: Driver) -> None:
        assert "timer ring:c1 2000" in driver.dial(timeout_ms=2_000)

    def test_same_call_id_twice_raises_local_error(self, driver: Driver) -> None:
        driver.dial()
        with pytest.raises(LocalError):
            driver.dial()

    def test_unknown_target_ends_the_call_at_once(self, driver: Driver) -> None:
        assert driver.dial(to="/private/nobody") == [
            "call c1 created",
            "call c1 ended error by platform",
        ]


class TestAnswering:
    """The device accepts: its answer is applied before it is confirmed."""

    def test_answer_is_confirmed_once_it_is_applied(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        dialog = driver.dialog("d1")
        play(
            driver,
            (
                driver.verto("s1", "d1", "verto.answer", sdp=AUDIO),
                [
                    "j1 > verto.answer d1",
                    "no timer ring:c1",
                    "leg d1 takes the answer",
                    "dialog d1 answered",
                    "dialog d1 winner",
                    "call c1 answered",
                ],
            ),
            (AnswerApplied(dialog), ["s1 < result verto.answer d1", "timer ping:d1 9000"]),
            (
                MediaConnected(dialog, real=True),
                ["media d1 connected", *JOINED, "timer params:d1 400"],
            ),
        )
        reply = driver.sent("s1")[-1 - len(JOINED)]["result"]
        assert reply == {
            "code": "200",
            "node_id": driver.settings.node_id,
            "result": {
                "jsonrpc": "2.0",
                "id": "v-verto.answer",
                "result": {"method": "verto.answer"},
            },
        }

    def test_second_answer_changes_nothing(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        lines = driver.after(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        assert lines == ["j1 > verto.answer d1", "s1 < error verto.answer d1 -32002"]
        assert driver.exchange.call_state("c1") == "answered"

    def test_answer_that_cannot_be_confirmed_any_more_is_settled(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        driver.close("s1")
        assert driver.after(AnswerApplied(driver.dialog("d1"))) == ["timer ping:d1 9000"]
        assert driver.exchange.call_state("c1") == "answered"

    def test_answer_without_sdp_is_refused_and_the_call_rings_on(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        lines = driver.after(driver.verto("s1", "d1", "verto.answer"))
        assert lines[-1] == "s1 < error verto.answer d1 -32602"
        assert driver.exchange.call_state("c1") == "ringing"

    def test_answer_after_the_end_is_refused_and_a_bye_follows(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.end()
        lines = driver.after(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        assert lines == [
            "j1 > verto.answer d1",
            "s1 < error verto.answer d1 -32002",
            "s1 < verto.bye d1 ORIGINATOR_CANCEL",
        ]
        inner = driver.sent("s1")[-2]["result"]["result"]
        assert inner["error"] == {"code": -32002, "message": "CALL DOES NOT EXIST"}
        assert driver.states() == ["created", "ringing", "ended"]

    def test_unusable_answer_ends_the_call(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp="v=0"))
        assert driver.after(MediaFailed(driver.dialog("d1"), "no media")) == [
            "media d1 failed",
            "s1 < error verto.answer d1 -32002",
            "s1 < verto.bye d1 INCOMPATIBLE_DESTINATION",
            "leg d1 closes",
            "dialog d1 ended INCOMPATIBLE_DESTINATION",
            "call c1 ended error by platform",
        ]

    def test_lost_media_of_an_answered_call_ends_it(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        lines = driver.after(MediaFailed(driver.dialog("d1"), "consent expired"))
        assert lines[1:3] == ["s1 < call.left d1", "s1 < verto.bye d1 MEDIA_TIMEOUT"]
        assert driver.ended() == ("error", "platform")

    def test_offer_that_fails_ends_a_call_without_another_device(self, driver: Driver) -> None:
        driver.dial()
        assert driver.after(MediaFailed(driver.dialog("d1"), "no codec")) == [
            "media d1 failed",
            "leg d1 closes",
            "dialog d1 ended no codec",
            "no timer ring:c1",
            "call c1 ended error by platform",
        ]


class TestEnding:
    """Every way a call ends, its cause on the wire, and who did it."""

    def test_caller_cancels(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        assert driver.end() == ENDED_BY_CANCEL
        assert driver.sent("s1")[-1]["params"]["params"]["params"] == {
            "callID": driver.dialog("d1"),
            "cause": "ORIGINATOR_CANCEL",
            "causeCode": 487,
        }

    def test_caller_cancels_before_the_offer_is_ready(self, driver: Driver) -> None:
        driver.dial()
        assert driver.end() == [
            "leg d1 closes",
            "dialog d1 ended ORIGINATOR_CANCEL",
            "no timer ring:c1",
            "call c1 ended cancel by origin",
        ]
        assert driver.ring("d1") == ["leg d1 closes"]

    def test_caller_ends_with_no_answer_as_its_reason(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        assert driver.end(reason="noAnswer")[0] == "s1 < verto.bye d1 NO_ANSWER"
        assert driver.ended() == ("noAnswer", "origin")

    def test_caller_cancels_while_the_answer_is_applied(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        assert driver.end(reason="hangup") == [
            "s1 < error verto.answer d1 -32002",
            "s1 < verto.bye d1 NORMAL_CLEARING",
            "leg d1 closes",
            "dialog d1 ended NORMAL_CLEARING",
            "call c1 ended hangup by origin",
        ]
        assert driver.after(AnswerApplied(driver.dialog("d1"))) == []

    def test_nobody_answers(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        assert driver.after(TimerFired("ring:c1"))[0] == "s1 < verto.bye d1 NO_ANSWER"
        assert driver.ended() == ("noAnswer", "timer")

    def test_no_device_is_online(self) -> None:
        driver = Driver()
        assert driver.dial(timeout_ms=500) == ["call c1 created", "timer ring:c1 500"]
        driver.handle(TimerFired("ring:c1"))
        assert driver.states() == ["created", "ended"]
        assert driver.ended() == ("noAnswer", "timer")

    def test_timer_that_crossed_the_answer_changes_nothing(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        assert driver.after(TimerFired("ring:c1")) == []

    def test_callee_declines(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        assert driver.decline("s1", "d1") == [
            "j1 > verto.bye d1 USER_BUSY",
            "leg d1 closes",
            "dialog d1 ended USER_BUSY",
            "no timer ring:c1",
            "call c1 ended decline by callee",
            "timer bye-reply:1 500",
            "s1 < result verto.bye d1",
        ]
        assert driver.sent("s1")[-1]["result"]["result"]["result"] == {
            "callID": driver.dialog("d1"),
            "message": "CALL ENDED",
            "causeCode": 17,
            "cause": "USER_BUSY",
        }

    def test_callee_hangs_up_while_it_rings(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.bye("s1", "d1")
        assert driver.ended() == ("decline", "callee")

    def test_callee_hangs_up(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        assert driver.bye("s1", "d1") == [
            "j1 > verto.bye d1 -",
            "s1 < call.left d1",
            "no timer ping:d1",
            "no timer params:d1",
            "leg d1 closes",
            "dialog d1 ended NORMAL_CLEARING",
            "media d1 closed",
            "call c1 ended hangup by callee",
            "timer bye-reply:1 500",
            "s1 < result verto.bye d1",
        ]
        assert driver.states() == ["created", "ringing", "answered", "ended"]
        assert driver.dialog_states("d1") == ["offered", "answered", "winner", "ended"]

    def test_callee_hangs_up_before_its_answer_is_applied(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        lines = driver.bye("s1", "d1")
        assert lines[1] == "s1 < error verto.answer d1 -32002"
        assert lines[-1] == "s1 < result verto.bye d1"
        assert driver.ended() == ("hangup", "callee")

    def test_bye_echo_comes_before_the_result(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(bye_echo=True))
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        lines = driver.bye("s1", "d1")
        assert lines[:2] == ["j1 > verto.bye d1 -", "s1 < call.left d1"]
        assert lines[-3] == "s1 < verto.bye d1 NORMAL_CLEARING"
        assert lines[-1] == "s1 < result verto.bye d1"

    def test_bye_sent_again_before_its_reply_gets_one_reply(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        driver.handle(driver.verto("s1", "d1", "verto.bye"))
        driver.close("s1")
        [protocol] = [
            frame["result"]["protocol"]
            for frame in driver.sent("s1")
            if "protocol" in frame.get("result", {})
        ]
        driver.connect("s2", driver.token("j1"), protocol=protocol)
        sent = next(
            c for c in driver.commands if isinstance(c, FrameFact) and c.method == "verto.bye"
        )
        assert driver.after(FrameReceived("s2", sent.text)) == ["j1 > verto.bye d1 -"]
        assert driver.bye_replies() == ["s2 < result verto.bye d1"]
        assert driver.bye_replies() == []

    def test_server_that_stops_answers_byes_at_once(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.bye"))
        lines = driver.after(ServerStopping())
        assert lines[:2] == ["no timer bye-reply:1", "s1 < result verto.bye d1"]

    def test_caller_hangs_up(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        assert driver.end(reason="hangup") == [
            "s1 < call.left d1",
            "s1 < verto.bye d1 NORMAL_CLEARING",
            "no timer ping:d1",
            "no timer params:d1",
            "leg d1 closes",
            "dialog d1 ended NORMAL_CLEARING",
            "media d1 closed",
            "call c1 ended hangup by origin",
        ]

    def test_ended_call_cannot_end_again(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        driver.end()
        assert driver.end() == []
        assert driver.bye("s1", "d1")[-1] == "s1 < error verto.bye d1 -32002"
        assert driver.states() == ["created", "ringing", "ended"]

    def test_server_that_stops_ends_its_calls_and_closes_its_sockets(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        lines = driver.after(ServerStopping())
        assert lines[0] == "s1 < verto.bye d1 NORMAL_CLEARING"
        assert lines[-2:] == ["call c1 ended error by platform", "s1 closed with 1001"]


class TestDevices:
    """Several devices: the first to answer wins, the others stop ringing."""

    def test_first_to_answer_wins(self, two: Driver) -> None:
        lines = two.after(two.verto("s2", "d2", "verto.answer", sdp=AUDIO))
        assert lines[-5:] == [
            "call c1 answered",
            "dialog d1 lost LOSE_RACE",
            "s1 < verto.bye d1 LOSE_RACE",
            "leg d1 closes",
            "dialog d1 ended LOSE_RACE",
        ]
        assert two.dialog_states("d2") == ["offered", "answered", "winner"]

    def test_second_to_answer_gets_a_bye_with_lose_race(self, two: Driver) -> None:
        two.answer("s1", "d1")
        assert two.after(two.verto("s2", "d2", "verto.answer", sdp=AUDIO)) == [
            "j2 > verto.answer d2",
            "s2 < error verto.answer d2 -32002",
            "s2 < verto.bye d2 LOSE_RACE",
        ]
        assert two.exchange.call_state("c1") == "answered"

    def test_decline_on_one_device_leaves_the_other_ringing(self, two: Driver) -> None:
        assert two.decline("s1", "d1") == [
            "j1 > verto.bye d1 USER_BUSY",
            "leg d1 closes",
            "dialog d1 ended USER_BUSY",
            "timer bye-reply:1 500",
            "s1 < result verto.bye d1",
        ]
        assert two.exchange.call_state("c1") == "ringing"
        two.answer("s2", "d2")
        assert two.exchange.call_state("c1") == "answered"

    def test_last_decline_ends_the_call(self, two: Driver) -> None:
        two.decline("s1", "d1")
        two.decline("s2", "d2")
        assert two.ended() == ("decline", "callee")

    def test_device_that_declined_is_not_rung_again(self, two: Driver) -> None:
        two.decline("s1", "d1")
        two.handle(two.frame("s1", "subscriber.offline", {}))
        lines = two.after(two.frame("s1", "subscriber.online", {}))
        assert lines[-1] == "session j1 online"

    def test_cancel_stops_every_device(self, two: Driver) -> None:
        assert [line for line in two.end() if "verto.bye" in line] == [
            "s1 < verto.bye d1 ORIGINATOR_CANCEL",
            "s2 < verto.bye d2 ORIGINATOR_CANCEL",
        ]

    def test_leg_that_fails_on_one_device_leaves_the_other_ringing(self, two: Driver) -> None:
        lines = two.after(MediaFailed(two.dialog("d1"), "no route"))
        assert lines[1] == "s1 < verto.bye d1 INCOMPATIBLE_DESTINATION"
        assert two.exchange.call_state("c1") == "ringing"

    def test_device_cannot_touch_the_dialog_of_another(self, two: Driver) -> None:
        lines = two.after(two.verto("s1", "d2", "verto.answer", sdp=AUDIO))
        assert lines[1] == "s1 < error verto.answer d2 -32002"
        assert two.decline("s1", "d2")[-1] == "s1 < error verto.bye d2 -32002"
        assert two.dialog_states("d2") == ["offered"]


class TestSeveralCalls:
    """Calls are independent of each other."""

    def test_two_callers_ring_and_one_is_answered(self, driver: Driver) -> None:
        driver.dial("c1")
        driver.dial("c2", from_="/private/carol")
        driver.ring("d1", "d2")
        driver.answer("s1", "d2")
        assert driver.states("c1") == ["created", "ringing"]
        assert driver.states("c2") == ["created", "ringing", "answered"]
        driver.end("c1")
        assert driver.ended("c1") == ("cancel", "origin")
        assert driver.exchange.call_state("c2") == "answered"

    def test_only_the_latest_ended_calls_are_remembered(self) -> None:
        driver = Driver(ended_calls=2)
        for number in range(3):
            driver.dial(f"c{number}")
            driver.end(f"c{number}")
        assert [driver.exchange.call_state(f"c{number}") for number in range(3)] == [
            None,
            "ended",
            "ended",
        ]
        assert driver.exchange.call_count() == 0


class TestStatusCallbacks:
    """Only the asked ones, in order, exactly one ``ended``."""

    URL = "http://hooks.test/status"

    def test_all_four_are_posted_in_order(self, driver: Driver) -> None:
        driver.dial(status_url=self.URL, status_events=("created", "ringing", "answered", "ended"))
        driver.ring("d1")
        driver.answer("s1", "d1")
        driver.end(reason="hangup")
        assert driver.callbacks() == ["created", "ringing", "answered", "ended"]

    def test_only_the_end_is_posted_by_default(self, driver: Driver) -> None:
        driver.dial(status_url=self.URL)
        driver.ring("d1")
        driver.decline("s1", "d1")
        assert driver.callbacks() == ["ended"]

    def test_what_is_never_reached_is_never_posted(self, driver: Driver) -> None:
        driver.dial(status_url=self.URL, status_events=("created", "ringing", "answered", "ended"))
        driver.handle(TimerFired("ring:c1"))
        assert driver.callbacks() == ["created", "ended"]

    def test_ringing_is_posted_once_for_several_devices(self, driver: Driver) -> None:
        driver.device(2)
        driver.dial(status_url=self.URL, status_events=("ringing",))
        driver.ring("d1", "d2")
        driver.end()
        assert driver.callbacks() == ["ringing"]

    def test_body_has_the_documented_shape(self, driver: Driver) -> None:
        driver.dial(status_url=self.URL)
        driver.ring("d1")
        driver.now_ms += 250
        driver.answer("s1", "d1")
        driver.now_ms += 1_000
        [posted] = [c for c in driver.handle(EndRequested("c1", "hangup")) if _is_post(c)]
        assert msgspec.to_builtins(posted) == {
            "call": "c1",
            "url": self.URL,
            "body": {
                "event_type": "calling.call.state",
                "event_channel": "swml:c1",
                "timestamp": (NOW_MS + 1_250) / 1000,
                "project_id": driver.settings.project_id,
                "space_id": driver.settings.space_id,
                "params": {
                    "call_id": "c1",
                    "node_id": driver.settings.node_id,
                    "segment_id": "c1",
                    "call_state": "ended",
                    "direction": "outbound",
                    "created_by": "dial",
                    "device": {
                        "type": "webrtc",
                        "params": {"from": "/private/alice", "to": "/private/bob"},
                    },
                    "start_time": NOW_MS,
                    "answer_time": NOW_MS + 250,
                    "end_time": NOW_MS + 1_250,
                    "end_reason": "hangup",
                },
            },
            "retries": False,
        }


class TestCallObject:
    """What REST shows of a call."""

    def test_call_is_a_fabric_leg_without_a_status(self, driver: Driver) -> None:
        driver.dial()
        assert driver.exchange.call_object("c1") == {
            "id": "c1",
            "from": "/private/alice",
            "to": "/private/bob",
            "direction": "outbound-api",
            "source": "realtime_api",
            "url": None,
            "charge": 0.0,
            "created_at": "2023-11-14T22:13:20Z",
            "charge_details": [],
            "status": None,
            "type": "fabric_subscriber_device_leg",
        }
        assert driver.exchange.call_count() == 1

    def test_unknown_call_is_none(self, driver: Driver) -> None:
        assert driver.exchange.call_object("c9") is None
        assert driver.exchange.call_state("c9") is None

    def test_late_events_about_unknown_things_are_ignored(self, driver: Driver) -> None:
        for event in (MediaConnected("x", True), AnswerApplied("x"), MediaFailed("x", "y")):
            assert driver.handle(event) == []
        assert driver.handle(TimerFired("ring:c9")) == []
        assert driver.handle(TimerFired("unheard:of")) == []
        driver.dial()
        assert driver.handle(TimerFired("unheard:c1")) == []

    def test_repeated_media_events_are_ignored(self, driver: Driver) -> None:
        driver.dial()
        driver.ring("d1")
        assert driver.ring("d1") == []
        driver.answer("s1", "d1")
        assert driver.after(AnswerApplied(driver.dialog("d1"))) == []
        assert driver.after(MediaConnected(driver.dialog("d1"), real=False)) == []


def _is_post(command: object) -> bool:
    return isinstance(command, PostCallback)


def test_call_that_has_ended_keeps_no_variables_of_its_script() -> None:
    driver = Driver()
    driver.device(1)
    driver.dial(script=parse({"main": [{"set": {"a": "b"}}, {"sleep": -1}]}))
    driver.ring("d1")
    driver.answer("s1", "d1")
    call = driver.exchange._calls.call("c1")
    assert call is not None
    assert call.scope is not None
    driver.end(reason="hangup")
    assert call.scope is None
