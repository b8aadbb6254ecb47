"""SWML documents: what is read, what is refused, and what a run asks for."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from ringproof_fakeserver.protocol import yaml_text
from ringproof_fakeserver.protocol.swml import (
    Cue,
    Finish,
    Play,
    Scope,
    Script,
    ScriptError,
    Step,
    Wait,
    parse,
    run,
)

END = Finish("", "hangup")
CLIP = "https://clips.test/a.mp4"


def document(*main: Any) -> dict[str, Any]:
    """A document with these steps."""
    return {"version": "1.0.0", "sections": {"main": list(main)}}


def cues(*main: Any, scope: Scope | None = None) -> list[Cue]:
    """Everything that a document asks for, to its end."""
    result: list[Cue] = []
    for cue in run(parse(document(*main)), scope):
        result.append(cue)
        if isinstance(cue, Finish):
            break
    return result


class TestParsing:
    """The frame of a document."""

    def test_object_and_its_text_are_read_alike(self) -> None:
        source = document({"answer": {}}, {"play": {"url": CLIP}})
        script = Script((Step("answer"), Step("play", {"url": CLIP})))
        assert parse(source) == script
        assert parse(msgspec.json.encode(source)) == script
        assert parse(msgspec.json.encode(source).decode()) == script

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("answer", Step("answer")),
            ({"answer": None}, Step("answer")),
            ({"play": CLIP}, Step("play", {"url": CLIP})),
            ({"sleep": 500}, Step("sleep", {"duration": 500})),
            ({"hangup": "busy"}, Step("hangup", {"reason": "busy"})),
            (
                {"transfer": [{"dest": "x"}, {"params": {}}]},
                Step("transfer", {"dest": "x", "params": {}}),
            ),
            ({"label": "top"}, Step("label", {"value": "top"})),
        ],
    )
    def test_shorthands_become_full_steps(self, written: object, meant: Step) -> None:
        assert parse(document(written)) == Script((meant,))

    @pytest.mark.parametrize(
        "text",
        [
            "version: 1.0.0\nsections:\n  main:\n    - answer\n    - sleep: 500\n",
            "sections:\n  main: [answer, {sleep: {duration: 500}}]",
            "main:\n  - answer: {}\n  - sleep: 500\n",
            '{"main": ["answer", {"sleep": 500}]}',
            b"# a comment\nmain: [answer, sleep: 500]",
        ],
    )
    def test_text_is_json_or_yaml_and_main_may_stand_alone(self, text: str | bytes) -> None:
        assert parse(text) == Script((Step("answer"), Step("sleep", {"duration": 500})))

    def test_dates_of_yaml_stay_text(self) -> None:
        assert parse("main: [{set: {day: 2026-01-01}}]") == Script(
            (Step("set", {"day": "2026-01-01"}),)
        )

    def test_main_may_be_one_object(self) -> None:
        assert parse({"sections": {"main": {"answer": {}}}}) == Script((Step("answer"),))

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("{1: a}", {"1": "a"}),
            ("{yes: a}", {"true": "a"}),
            ("{null: a}", {"null": "a"}),
            ("{1.5: {2: [{3: b}]}}", {"1.5": {"2": [{"3": "b"}]}}),
            ("{a: 0x" + "f" * 5_000 + "}", {"a": math.inf}),
            ("{a: 99999999999999999999}", {"a": 1e20}),
        ],
    )
    def test_yaml_has_the_names_and_the_numbers_of_json(self, written: str, meant: object) -> None:
        assert yaml_text.read(written) == meant

    def test_case_of_yaml_may_be_a_number(self) -> None:
        script = parse("main: [set: {n: 1}, switch: {variable: n, case: {1: [hangup: busy]}}]")
        assert next(run(script)) == Finish("hangup", "busy")

    @pytest.mark.parametrize(
        ("source", "code"),
        [
            (7, "not_json_or_yaml"),
            (None, "not_json_or_yaml"),
            ([], "not_json_or_yaml"),
            ("sections: {main: [answer}", "not_json_or_yaml"),
            ("not a document", "not_json_or_yaml"),
            ("main: &a [answer]\nother: *a", "not_json_or_yaml"),
            ("main: !!python/object/apply:os.getcwd []", "not_json_or_yaml"),
            ("main: !!set {answer}", "not_json_or_yaml"),
            ("main: []\n---\nmain: []", "not_json_or_yaml"),
            (b"main: [\xff]", "not_json_or_yaml"),
            ("main: " + "[" * 200_000 + "]" * 200_000, "not_json_or_yaml"),
            ("- " * 200_000 + "x", "not_json_or_yaml"),
            ("main: [" + "a," * 200_000 + "]", "not_json_or_yaml"),
            ("[" * 100_000, "not_json_or_yaml"),
            ({"version": "2"}, "relay_script_version_invalid"),
            ({}, "relay_script_sections_missing"),
            ({"sections": []}, "relay_script_element_wrong_type"),
            ({"sections": {"other": []}}, "relay_script_main_section_missing"),
            ({"sections": {"main": 7}}, "relay_script_element_wrong_type"),
            ({"sections": {"main": [7]}}, "relay_script_element_wrong_type"),
            ({"sections": {"main": [{}]}}, "relay_script_element_wrong_type"),
            ({"sections": {"main": [{"a": 1, "b": 2}]}}, "relay_script_element_wrong_type"),
            ({"sections": {"main": ["answer"] * 10_001}}, "relay_script_element_invalid_value"),
        ],
    )
    def test_what_is_no_document_is_refused(self, source: object, code: str) -> None:
        with pytest.raises(ScriptError) as caught:
            parse(source)
        assert caught.value.code == code


class TestRunning:
    """The verbs that run, and the codes of those that do not."""

    def test_end_of_the_document_hangs_up(self) -> None:
        assert cues() == [END]
        assert cues("answer") == [END]

    def test_files_in_a_row_are_one_playback(self) -> None:
        assert cues({"play": {"urls": [CLIP, "http://b"]}}) == [Play((CLIP, "http://b")), END]

    def test_silence_between_files_separates_them(self) -> None:
        assert cues({"play": {"urls": [CLIP, "silence:1.5", CLIP]}}) == [
            Play((CLIP,)),
            Wait("play", 1_500, sound="silence:1.500"),
            Play((CLIP,)),
            END,
        ]

    @pytest.mark.parametrize(
        ("url", "wait"),
        [
            ("silence: 2", Wait("play", 2_000, sound="silence:2.000")),
            ("say:Hello", Wait("play", 300, "silence instead of say:Hello")),
            ("say: Hello", Wait("play", 300, "silence instead of say: Hello")),
            ("ring:us", Wait("play", 2_000, "ring:us for 2000 ms", "ring:2.000:us")),
            ("ring:5:us", Wait("play", 5_000, "ring:5:us for 5000 ms", "ring:5.000:us")),
            ("ring: 0.5: US", Wait("play", 500, "ring: 0.5: US for 500 ms", "ring:0.500:us")),
        ],
    )
    def test_tones_last_as_long_as_they_say(self, url: str, wait: Wait) -> None:
        assert cues({"play": url}) == [wait, END]

    def test_speech_is_played_where_it_can_be_made(self) -> None:
        found = cues({"play": {"urls": [CLIP, "say: Hi"]}}, scope=Scope(speech=True))
        assert found == [Play((CLIP, "say:Hi")), END]

    def test_volume_goes_with_the_files(self) -> None:
        assert cues({"play": {"url": CLIP, "volume": -6}}) == [Play((CLIP,), -6), END]

    @pytest.mark.parametrize(
        ("arguments", "delay_ms"), [(500, 500), ({"duration": 20}, 20), (-1, None), (0, 0)]
    )
    def test_sleep_is_milliseconds(self, arguments: object, delay_ms: int | None) -> None:
        assert cues({"sleep": arguments}) == [Wait("sleep", delay_ms), END]

    @pytest.mark.parametrize("reason", ["hangup", "busy", "decline"])
    def test_steps_after_hangup_are_not_run(self, reason: str) -> None:
        assert cues({"hangup": {"reason": reason}}, {"play": CLIP}) == [Finish("hangup", reason)]

    @pytest.mark.parametrize(
        ("step", "code"),
        [
            ({"play": {}}, "method_parameter_missing"),
            ({"play": {"url": CLIP, "urls": [CLIP]}}, "method_parameter_conflict"),
            ({"play": {"urls": []}}, "method_parameter_invalid_value"),
            ({"play": {"urls": "x"}}, "method_parameter_invalid_value"),
            ({"play": {"urls": ["http://a"] * 1_001}}, "method_parameter_invalid_value"),
            ({"play": {"url": CLIP, "volume": 41}}, "method_parameter_invalid_value"),
            ({"play": {"url": 7}}, "method_parameter_invalid_value"),
            ({"play": "ftp://x"}, "method_parameter_invalid_value"),
            ({"play": "http:x"}, "method_parameter_invalid_value"),
            ({"play": "silence:"}, "method_parameter_invalid_value"),
            ({"play": "silence:-1"}, "method_parameter_invalid_value"),
            ({"play": "silence:1.2.3"}, "method_parameter_invalid_value"),
            ({"play": "silence:" + "9" * 10}, "method_parameter_invalid_value"),
            ({"play": "ring:usa"}, "method_parameter_invalid_value"),
            ({"play": "x" * 500}, "method_parameter_invalid_value"),
            ({"sleep": {}}, "method_parameter_missing"),
            ({"sleep": True}, "method_parameter_invalid_value"),
            ({"sleep": "1"}, "method_parameter_invalid_value"),
            ({"sleep": -2}, "method_parameter_invalid_value"),
            ({"sleep": 2**40}, "method_parameter_invalid_value"),
            ({"hangup": "later"}, "method_parameter_invalid_value"),
            ({"hangup": {"reason": []}}, "method_parameter_invalid_value"),
            ({"dance": {}}, "method_undefined"),
        ],
    )
    def test_wrong_step_ends_the_call_with_its_code(self, step: object, code: str) -> None:
        [finish] = cues(step)
        assert isinstance(finish, Finish)
        assert finish.reason == "error"
        assert finish.note.startswith(f"relay_script_{code}: ")
        assert len(finish.note) < 250

    def test_steps_before_the_wrong_one_are_run(self) -> None:
        assert cues({"sleep": 5}, {"dance": {}})[0] == Wait("sleep", 5)
