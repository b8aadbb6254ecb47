"""Parameters without effect are named, and only those."""

from __future__ import annotations

from ringproof_fakeserver.protocol.not_simulated import HEADER, headers


def test_parameters_without_effect_are_named() -> None:
    given = {
        "to": "/private/bob",
        "caller_id": "1",
        "machine_detection_timeout": 3,
        "recording_status_url": "http://x",
        "region": None,
    }
    named = "caller_id, machine_detection_timeout, recording_status_url"
    assert headers("dial", given) == {HEADER: named}


def test_nothing_is_said_of_what_is_carried_out_or_not_documented() -> None:
    assert headers("dial", {"to": "/private/bob", "timeout": 3, "async": True}) == {}


def test_a_name_cannot_break_out_of_the_header() -> None:
    assert headers("dial", {"recording_\r\nSet-Cookie: a": 1, "recording_é": 1}) == {}


def test_parameters_inside_objects_and_lists_are_found() -> None:
    given = {"play": [{"type": "tts", "params": {"text": "a", "voice": "b"}}], "direction": "both"}
    assert headers("calling.play", given) == {HEADER: "play.params.voice, direction"}
    audio = {"record": {"audio": {"format": "mp3", "max_length": 3}}}
    assert headers("calling.record", audio) == {HEADER: "record.audio.format"}
