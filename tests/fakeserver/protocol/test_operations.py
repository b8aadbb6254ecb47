"""Playing, recording and collecting on a live call: what the leg does, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.commands import (
    PostCallback,
    StartPlayback,
    StartRecording,
    StartTimer,
)
from ringproof_fakeserver.protocol.events import (
    CommandNotPerformed,
    DigitReceived,
    DigitsSent,
    LegsDisconnected,
    OperationControlled,
    OperationStarted,
    PlaybackFinished,
    RecordingFinished,
    TimerFired,
    UserEventSent,
)
from ringproof_fakeserver.protocol.operation import Collect, Operation, Play, Record
from ringproof_fakeserver.protocol.operations import MOST_OPERATIONS
from ringproof_fakeserver.protocol.swml import parse
from tests.playbook import Driver

HOOK = "http://hooks.test"
CLIP = "http://clips.test/a.mp4"


@pytest.fixture
def driver() -> Driver:
    """Bob has answered a call on s1, dialog d1."""
    return answered()


def answered(**dial: Any) -> Driver:
    driver = Driver()
    driver.device(1)
    driver.dial(**dial)
    driver.ring("d1")
    driver.answer("s1", "d1")
    return driver


def start(driver: Driver, control: str, operation: Operation) -> list[str]:
    return driver.after(OperationStarted("c1", control, operation, HOOK))


def control(driver: Driver, kind: str, action: str, **more: Any) -> list[str]:
    return driver.after(OperationControlled("c1", kind, "x", action, **more))


def reports(driver: Driver) -> list[dict[str, Any]]:
    """The parameters of all callbacks, without what is the same in each."""
    same = {"call_id", "node_id", "segment_id", "control_id"}
    bodies = [command.body for command in driver.commands if isinstance(command, PostCallback)]
    return [
        {name: value for name, value in body["params"].items() if name not in same}
        for body in bodies
    ]


def states(driver: Driver) -> list[str]:
    return [report["state"] for report in reports(driver)]


def info(driver: Driver, digits: str) -> list[str]:
    return driver.after(driver.verto("s1", "d1", "verto.info", dtmf=digits))


class TestPlay:
    def test_it_plays_and_reports_its_end(self, driver: Driver) -> None:
        assert start(driver, "x", Play((CLIP,))) == [
            f"leg d1 plays {CLIP}",
            "script c1 calling.play x",
            f"post playing of c1 to {HOOK}",
        ]
        [playback] = [each.playback for each in driver.commands if isinstance(each, StartPlayback)]
        event = PlaybackFinished(driver.dialog("d1"), playback, "a clip stands in")
        assert driver.after(event) == [
            "script c1 calling.play a clip stands in",
            f"post finished of c1 to {HOOK}",
        ]
        assert driver.after(event) == []

    def test_report_has_the_envelope_of_every_callback(self, driver: Driver) -> None:
        start(driver, "x", Play((CLIP,)))
        [body] = [command.body for command in driver.commands if isinstance(command, PostCallback)]
        assert body["event_type"] == "calling.call.play"
        assert body["params"] == {
            "control_id": "x",
            "call_id": "c1",
            "node_id": driver.settings.node_id,
            "segment_id": "c1",
            "state": "playing",
        }

    def test_it_is_paused_resumed_made_louder_and_stopped(self, driver: Driver) -> None:
        start(driver, "x", Play((CLIP,), loops=0))
        assert "leg d1 pauses" in control(driver, "play", "pause")
        assert "leg d1 goes on" in control(driver, "play", "resume")
        assert "leg d1 plays at 6 dB" in control(driver, "play", "volume", volume_db=6.0)
        assert "leg d1 stops playing" in control(driver, "play", "stop")
        assert states(driver) == ["playing", "paused", "playing", "finished"]
        assert control(driver, "play", "stop") == []

    def test_newer_playback_ends_the_older(self, driver: Driver) -> None:
        start(driver, "x", Play((CLIP,)))
        assert start(driver, "y", Play((CLIP,)))[:2] == [
            "leg d1 stops playing",
            f"post finished of c1 to {HOOK}",
        ]

    def test_script_that_was_playing_goes_on_in_a_moment(self) -> None:
        driver = answered(script=parse({"main": [{"play": CLIP}, {"sleep": 5}]}))
        assert start(driver, "x", Play((CLIP,)))[:2] == [
            "leg d1 stops playing",
            "timer script:c1 0",
        ]
        assert driver.after(TimerFired("script:c1")) == [
            "script c1 sleep 5 ms",
            "timer script:c1 5",
        ]

    def test_script_that_begins_to_play_ends_it(self) -> None:
        driver = answered(script=parse({"main": [{"sleep": 5}, {"play": CLIP}]}))
        start(driver, "x", Play((CLIP,)))
        lines = driver.after(TimerFired("script:c1"))
        assert lines[0] == "leg d1 stops playing"
        assert states(driver) == ["playing", "finished"]
        assert lines[-1] == f"leg d1 plays {CLIP}"


class TestRecord:
    def recording(self, driver: Driver) -> str:
        return [each.recording for each in driver.commands if isinstance(each, StartRecording)][-1]

    def test_it_records_until_it_is_stopped_and_says_where(self, driver: Driver) -> None:
        assert start(driver, "x", Record())[0] == "leg d1 records"
        assert "leg d1 pauses recording silently" in control(driver, "record", "pause", silent=True)
        assert "leg d1 resumes recording" in control(driver, "record", "resume")
        assert control(driver, "record", "stop")[-1] == "leg d1 stops recording"
        finished = RecordingFinished(
            driver.dialog("d1"), self.recording(driver), "https://a/r.wav", 1_500, 48_044
        )
        driver.handle(finished)
        assert states(driver) == ["recording", "paused", "recording", "finished"]
        assert reports(driver)[-1] == {
            "state": "finished",
            "url": "https://a/r.wav",
            "duration": 1.5,
            "size": 48_044,
            "record": {
                "url": "https://a/r.wav",
                "duration": 1.5,
                "size": 48_044,
                "format": "wav",
            },
        }
        assert driver.after(finished) == []

    def test_it_ends_at_its_length_and_at_a_terminator(self, driver: Driver) -> None:
        assert f"timer record:{self.start(driver)} 2000" in driver.lines(driver.commands)
        assert driver.after(TimerFired(f"record:{self.recording(driver)}")) == [
            "leg d1 stops recording"
        ]
        assert "leg d1 stops recording" in info(driver, "1#")
        assert "leg d1 stops recording" not in info(driver, "1")

    def start(self, driver: Driver) -> str:
        start(driver, "x", Record(2_000, "#"))
        return self.recording(driver)

    def test_file_that_could_not_be_written_is_an_error(self, driver: Driver) -> None:
        start(driver, "x", Record())
        driver.handle(RecordingFinished(driver.dialog("d1"), self.recording(driver), "", 0, 0))
        assert states(driver) == ["recording", "error"]

    def test_a_script_may_not_begin_more_of_them_than_rest(self) -> None:
        record = {"record_call": {"status_url": HOOK}}
        cues = [record] * (MOST_OPERATIONS + 1)
        driver = answered(script=parse({"main": cues}))
        begun = [each for each in driver.commands if isinstance(each, StartRecording)]
        assert len(begun) == MOST_OPERATIONS
        assert states(driver) == ["recording"] * MOST_OPERATIONS + ["error"]

    def test_a_script_learns_where_its_file_is(self) -> None:
        main = ["record_call", "stop_record_call", {"sleep": 5}, {"play": "${record_call_url}"}]
        driver = answered(script=parse({"main": main}))
        url = "https://files.test/a.wav"
        driver.handle(RecordingFinished("d1", self.recording(driver), url, 1, 1))
        assert f"leg d1 plays {url}" in driver.after(TimerFired("script:c1"))

    def test_end_of_the_call_ends_it_and_the_file_is_still_reported(self, driver: Driver) -> None:
        start(driver, "x", Record())
        assert "leg d1 stops recording" in driver.end()
        driver.handle(RecordingFinished("gone", self.recording(driver), "https://a", 1, 1))
        assert states(driver) == ["recording", "finished"]


class TestCollect:
    def result(self, driver: Driver) -> dict[str, Any]:
        last = reports(driver)[-1]
        assert last["final"] is True
        return last["result"]

    @pytest.mark.parametrize(
        ("sent", "digits", "terminator"), [("12", "12", ""), ("1#", "1", "#"), ("1a", "1A", "")]
    )
    def test_digits_of_the_signalling_are_collected(
        self, driver: Driver, sent: str, digits: str, terminator: str
    ) -> None:
        start(driver, "x", Collect(2, "#"))
        info(driver, sent)
        assert self.result(driver) == {
            "type": "digit",
            "params": {"digits": digits, "terminator": terminator},
        }
        assert info(driver, "3")[-1] == "s1 < result verto.info d1"

    def test_digits_of_the_media_are_collected(self, driver: Driver) -> None:
        start(driver, "x", Collect())
        driver.handle(DigitReceived(driver.dialog("d1"), "7"))
        assert self.result(driver)["params"]["digits"] == "7"

    def test_partial_results_and_the_time_between_digits(self, driver: Driver) -> None:
        start(driver, "x", Collect(4, digit_timeout_ms=900, partial=True))
        timer = [each.name for each in driver.commands if isinstance(each, StartTimer)][-1]
        assert f"timer {timer} 900" in info(driver, "5")
        assert reports(driver)[-1]["final"] is False
        driver.handle(TimerFired(timer))
        assert self.result(driver)["params"] == {"digits": "5", "terminator": ""}

    def test_no_digit_in_time_is_no_input(self, driver: Driver) -> None:
        start(driver, "x", Collect(timers=False))
        lines = control(driver, "collect", "start_input_timers")
        [line] = [line for line in lines if line.startswith("timer")]
        driver.handle(TimerFired(line.split()[1]))
        assert self.result(driver) == {"type": "no_input"}

    def test_continuous_collection_goes_on_until_it_is_stopped(self, driver: Driver) -> None:
        start(driver, "x", Collect(continuous=True))
        info(driver, "12")
        control(driver, "collect", "stop")
        kinds = [report["result"]["type"] for report in reports(driver)]
        assert kinds == ["digit", "digit", "stopped"]

    def test_what_is_no_digit_is_ignored(self, driver: Driver) -> None:
        start(driver, "x", Collect())
        info(driver, "é x" * 100)
        assert reports(driver) == []

    def test_end_of_the_call_stops_it(self, driver: Driver) -> None:
        start(driver, "x", Collect())
        driver.bye("s1", "d1")
        assert self.result(driver) == {"type": "stopped"}


def test_user_event_reaches_the_device_that_answered(driver: Driver) -> None:
    driver.handle(UserEventSent("c1", {"lights": {"on": True}}))
    frame = driver.sent("s1")[-1]["params"]
    assert frame["event_type"] == "user_event"
    assert frame["params"] == {"lights": {"on": True}, "call_id": driver.dialog("d1")}


def test_digits_of_a_dial_are_sent_once_media_flows() -> None:
    driver = answered(send_digits="1w2")
    assert "leg d1 sends 1w2" in driver.lines(driver.commands)
    assert driver.after(DigitsSent(driver.dialog("d1"), "id", "no way")) == [
        "script c1 send_digits no way"
    ]


def test_commands_without_effect_are_on_record(driver: Driver) -> None:
    assert driver.after(CommandNotPerformed("c1", "calling.denoise")) == [
        "script c1 calling.denoise accepted; not simulated here"
    ]
    assert driver.after(LegsDisconnected("c1")) == [
        "script c1 calling.disconnect the call has one leg"
    ]


def test_far_end_script_runs_before_the_dials_own() -> None:
    first, second = (parse({"main": [{"sleep": ms}]}) for ms in (5, 7))
    driver = answered(far_script=first, script=second)
    assert driver.after(TimerFired("script:c1")) == [
        "script c1 - end of the document; the next one follows",
        "script c1 sleep 7 ms",
        "timer script:c1 7",
    ]
    driver.handle(TimerFired("script:c1"))
    assert driver.ended() == ("hangup", "script")


def test_far_end_script_may_be_behind_a_url_and_be_followed_by_one() -> None:
    driver = answered(far_script_url="http://far", script_url="http://own", script_method="GET")
    assert "fetch POST http://far for c1" in driver.lines(driver.commands)
