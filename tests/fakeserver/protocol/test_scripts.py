"""Scripts on live calls: when they start, what they do, how they end."""

from __future__ import annotations

from typing import Any

import pytest

from ringproof_fakeserver.protocol.commands import FetchScript, StartPlayback
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    MediaConnected,
    PlaybackFinished,
    RequestAnswered,
    ScriptFetched,
    ScriptReplaced,
    TimerFired,
)
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.redaction import LONGEST_NOTE
from ringproof_fakeserver.protocol.swml import Response, Script, parse
from tests.playbook import AUDIO, Driver

CLIP = "http://clips.test/a.mp4"
URL = "http://app.test/swml"
HANGS_UP = [
    "s1 < call.left d1",
    "s1 < verto.bye d1 NORMAL_CLEARING",
    "no timer ping:d1",
    "no timer params:d1",
    "leg d1 closes",
    "dialog d1 ended NORMAL_CLEARING",
    "media d1 closed",
]


def script(*main: Any) -> Script:
    """A parsed document with these steps."""
    return parse({"sections": {"main": list(main)}})


def answered(**dial: Any) -> Driver:
    """Bob has answered a call on s1, dialog d1."""
    driver = Driver()
    driver.device(1)
    driver.dial(**dial)
    driver.ring("d1")
    driver.answer("s1", "d1")
    return driver


def playback(driver: Driver) -> str:
    """The id of the latest playback."""
    return [c.playback for c in driver.commands if isinstance(c, StartPlayback)][-1]


def fetched(
    driver: Driver, document: Script | None, error: str = "", number: int | None = None
) -> ScriptFetched:
    """The reply to a fetch; to the latest unless its number is given."""
    numbers = [c.number for c in driver.commands if isinstance(c, FetchScript)]
    return ScriptFetched("c1", number or numbers[-1], document, error)


def requested(driver: Driver, number: int) -> list[str]:
    """What follows the reply to one of the requests of scripts."""
    return driver.after(RequestAnswered("c1", number, Response(200, "")))


class TestInline:
    """A document that came with the dial."""

    def test_script_starts_when_media_flows(self) -> None:
        driver = Driver()
        driver.device(1)
        driver.dial(script=script({"play": CLIP}))
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        driver.handle(AnswerApplied(driver.dialog("d1")))
        assert driver.after(MediaConnected(driver.dialog("d1"), real=True)) == [
            "media d1 connected",
            "s1 < call.joined d1",
            "s1 < member.updated d1",
            "s1 < layout.changed d1",
            "timer params:d1 400",
            f"script c1 play {CLIP}",
            f"leg d1 plays {CLIP}",
        ]

    def test_call_ends_by_itself_when_the_document_does(self) -> None:
        driver = answered(script=script("answer", {"play": CLIP}))
        event = PlaybackFinished(driver.dialog("d1"), playback(driver))
        assert driver.after(event) == [
            "script c1 - end of the document",
            *HANGS_UP,
            "call c1 ended hangup by script",
        ]

    def test_stand_in_is_noted(self) -> None:
        driver = answered(script=script({"play": CLIP}))
        event = PlaybackFinished(driver.dialog("d1"), playback(driver), "played a tone instead")
        assert driver.after(event)[0] == "script c1 play played a tone instead"

    @pytest.mark.parametrize(
        "step",
        [
            {"play": {"urls": ["https://ann:se@cret@clips.test/a"] * 500}},
            {"play": "ftp://ann:secret" + "x" * 80 + "@clips.test/a"},
            {"execute": {"dest": "https://ann:secret@app.test/swml"}},
            {"request": {"url": "https://ann:secret@app.test", "method": "GET"}},
            {"connect": {"to": "https://ann:secret@app.test"}},
        ],
        ids=["play", "wrong play", "execute", "request", "connect"],
    )
    def test_trace_shows_no_credentials_and_no_long_text(self, step: object) -> None:
        driver = answered(script=script(step, {"sleep": -1}))
        notes = [fact.note for fact in driver.commands if isinstance(fact, ScriptFact)]
        assert notes
        assert not [note for note in notes if "ann" in note or "cret" in note]
        assert max(map(len, notes)) <= LONGEST_NOTE

    def test_waits_are_timers(self) -> None:
        driver = answered(script=script({"sleep": 700}, {"play": "silence:2"}, {"sleep": 0}))
        assert driver.lines(driver.commands)[-2:] == [
            "script c1 sleep 700 ms",
            "timer script:c1 700",
        ]
        assert driver.after(TimerFired("script:c1")) == [
            "script c1 play 2000 ms",
            "leg d1 plays silence:2.000",
            "timer script:c1 2000",
        ]
        assert driver.after(TimerFired("script:c1"))[:3] == [
            "leg d1 stops playing",
            "script c1 sleep 0 ms",
            "script c1 - end of the document",
        ]

    def test_endless_sleep_waits_for_the_end_of_the_call(self) -> None:
        driver = answered(script=script({"sleep": -1}))
        assert driver.lines(driver.commands)[-1] == "script c1 sleep for ever"
        driver.bye("s1", "d1")
        assert driver.ended() == ("hangup", "callee")

    def test_hangup_gives_its_reason(self) -> None:
        driver = answered(script=script({"hangup": {"reason": "busy"}}))
        assert driver.ended() == ("busy", "script")

    @pytest.mark.parametrize(
        ("step", "note"),
        [
            ({"dance": {}}, "relay_script_method_undefined: dance is no verb"),
            (
                {"execute": {"dest": "nowhere"}},
                "relay_script_method_parameter_invalid_value: execute.dest: a section, a URL or a "
                "document, not 'nowhere'",
            ),
        ],
    )
    def test_verb_that_is_not_run_ends_the_call(self, step: object, note: str) -> None:
        driver = answered(script=script(step))
        [verb] = step  # type: ignore[misc]  # a dict with one key
        assert f"script c1 {verb} {note}" in driver.lines(driver.commands)
        assert driver.ended() == ("error", "script")

    def test_callee_who_hangs_up_stops_the_playback(self) -> None:
        driver = answered(script=script({"play": CLIP}))
        lines = driver.bye("s1", "d1")
        assert lines[1:6] == [
            "leg d1 stops playing",
            "s1 < call.left d1",
            "no timer ping:d1",
            "no timer params:d1",
            "leg d1 closes",
        ]
        assert driver.after(PlaybackFinished(driver.dialog("d1"), playback(driver))) == []

    def test_callee_who_hangs_up_stops_the_timer(self) -> None:
        driver = answered(script=script({"sleep": 700}))
        assert "no timer script:c1" in driver.bye("s1", "d1")
        assert driver.after(TimerFired("script:c1")) == []

    def test_call_without_a_script_stays_on_the_line(self) -> None:
        driver = answered()
        assert driver.after(TimerFired("script:c1")) == []
        assert driver.exchange.call_state("c1") == "answered"


class TestFetched:
    """A document behind a URL is asked for when the call connects."""

    def test_document_is_fetched_at_the_answer_and_then_run(self) -> None:
        driver = answered(script_url=URL, script_method="GET")
        assert f"fetch GET {URL} for c1" in driver.lines(driver.commands)
        assert driver.after(fetched(driver, script({"play": CLIP}))) == [
            f"script c1 play {CLIP}",
            f"leg d1 plays {CLIP}",
        ]

    def test_document_that_is_early_waits_for_media(self) -> None:
        driver = Driver()
        driver.device(1)
        driver.dial(script_url=URL)
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        assert driver.after(fetched(driver, script({"play": CLIP}))) == []
        driver.handle(AnswerApplied(driver.dialog("d1")))
        lines = driver.after(MediaConnected(driver.dialog("d1"), real=False))
        assert lines[-1] == f"leg d1 plays {CLIP}"

    def test_request_has_the_documented_body(self) -> None:
        driver = answered(script_url=URL)
        [fetch] = [command for command in driver.commands if isinstance(command, FetchScript)]
        assert sorted(fetch.body) == ["call", "envs", "params", "vars"]
        assert fetch.body["call"]["call_id"] == "c1"
        assert fetch.body["call"]["call_state"] == "answered"
        assert (fetch.body["call"]["from"], fetch.body["call"]["to"]) == (
            "/private/alice",
            "/private/bob",
        )

    def test_fallback_is_fetched_once(self) -> None:
        driver = answered(script_url=URL, fallback_url="http://b.test")
        assert driver.after(fetched(driver, None, "502")) == [
            "script c1 - 502; trying the fallback",
            "fetch POST http://b.test for c1",
        ]
        assert driver.after(fetched(driver, None, "503"))[0] == "script c1 - 503"
        assert driver.ended() == ("error", "script")

    def test_document_for_a_call_that_is_over_is_ignored(self) -> None:
        driver = answered(script_url=URL)
        driver.bye("s1", "d1")
        assert driver.after(fetched(driver, script())) == []


class TestReplaced:
    """``update`` with a new document."""

    def test_new_document_takes_the_place_of_the_old(self) -> None:
        driver = answered(script=script({"play": CLIP}))
        assert driver.after(ScriptReplaced("c1", script({"sleep": 5}))) == [
            "leg d1 stops playing",
            "script c1 sleep 5 ms",
            "timer script:c1 5",
        ]

    def test_new_document_may_be_behind_a_url(self) -> None:
        driver = answered(script=script({"sleep": -1}))
        assert driver.after(ScriptReplaced("c1", None, URL)) == [
            "no timer script:c1",
            f"fetch POST {URL} for c1",
        ]

    def test_only_the_latest_fetch_counts(self) -> None:
        driver = answered(script_url=URL)
        driver.handle(ScriptReplaced("c1", None, "http://new.test"))
        assert driver.after(fetched(driver, script({"play": CLIP}), number=1)) == []
        assert driver.after(fetched(driver, script({"sleep": 5})))[-1] == "timer script:c1 5"

    def test_late_failure_of_a_fetch_does_not_touch_the_document_that_followed(self) -> None:
        driver = answered(script_url=URL, fallback_url="http://b.test")
        driver.handle(ScriptReplaced("c1", script({"sleep": 5}), None, "http://b.test"))
        assert driver.after(fetched(driver, None, "502")) == []
        assert driver.exchange.call_state("c1") == "answered"

    def test_late_document_does_not_take_the_place_of_the_one_that_followed(self) -> None:
        driver = answered(script_url=URL)
        driver.handle(ScriptReplaced("c1", script({"execute": {"dest": "http://c.test"}})))
        late, awaited = 1, 2
        assert driver.after(fetched(driver, script({"play": CLIP}), number=late)) == []
        lines = driver.after(fetched(driver, script({"sleep": 5}), number=awaited))
        assert lines[-1] == "timer script:c1 5"

    def test_reply_to_a_request_of_the_old_document_is_ignored(self) -> None:
        asks = {"request": {"url": "http://c.test", "method": "GET"}}
        driver = Driver(script_requests=True)
        driver.device(1)
        driver.dial(script=script(asks, {"sleep": 1}))
        driver.ring("d1")
        driver.answer("s1", "d1")
        driver.handle(ScriptReplaced("c1", script(asks, {"sleep": 2})))
        assert requested(driver, 1) == []
        assert requested(driver, 2) == ["script c1 sleep 2 ms", "timer script:c1 2"]
        assert requested(driver, 2) == []

    def test_call_that_rings_has_nothing_to_replace(self) -> None:
        driver = Driver()
        driver.dial()
        assert driver.after(ScriptReplaced("c1", script())) == []
