"""Every command of the calling API: its parameters, its refusals, and the event that it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.protocol.calling import api
from ringproof_fakeserver.protocol.calling.commands import COMMANDS, NOT_PERFORMED
from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.events import (
    CommandNotPerformed,
    EndRequested,
    LegsDisconnected,
    OperationControlled,
    OperationStarted,
    ScriptReplaced,
    UserEventSent,
)
from ringproof_fakeserver.protocol.not_simulated import HEADER, of_command
from ringproof_fakeserver.protocol.operation import Collect, Play, Record
from ringproof_fakeserver.protocol.swml import Script, Step
from tests.playbook import Driver

SWML = {"sections": {"main": ["answer"]}}
SCRIPT = Script((Step("answer"),))
PLAY = [{"type": "silence", "params": {"duration": 2}}]
VALID: dict[str, dict[str, Any]] = {
    "calling.end": {},
    "calling.disconnect": {},
    "calling.transfer": {"dest": SWML},
    "calling.play": {"control_id": "new", "play": PLAY},
    "calling.play.volume": {"control_id": "p", "volume": -3},
    "calling.record": {"control_id": "new", "record": {"audio": {}}},
    "calling.collect": {"control_id": "new", "digits": {"max": 1}},
    "calling.detect": {"control_id": "x", "detect": {"type": "machine"}},
    "calling.tap": {"control_id": "x", "tap": {"type": "audio"}, "device": {"type": "rtp"}},
    "calling.stream": {"control_id": "x", "url": "wss://a.test"},
    "calling.live_transcribe": {"action": "stop"},
    "calling.live_translate": {"action": {"inject": {}}},
    "calling.ai_sidecar.poke": {"text": "a"},
    "calling.ai_sidecar.ask": {"text": "a"},
    "calling.refer": {"device": {"type": "sip"}},
    "calling.user_event": {"event": {"a": 1}},
}
"""Commands whose parameters are more than a control id."""


def valid(command: str) -> dict[str, Any]:
    """Parameters that a command is accepted with on the call of ``driver``."""
    kind = command.split(".")[1][0]
    return VALID.get(command, {"control_id": kind})


@pytest.fixture
def driver() -> Driver:
    """Bob has answered ``c1``, on which p plays, r records and c collects; ``c2`` rings."""
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    driver.handle(OperationStarted("c1", "p", Play(("http://a",))))
    driver.handle(OperationStarted("c1", "r", Record()))
    driver.handle(OperationStarted("c1", "c", Collect()))
    driver.dial("c2")
    return driver


def parse(driver: Driver, command: str, params: object, call: object = "c1") -> Any:
    """Parse a command about a call; return what it raises."""
    try:
        body = {"command": command, "id": call, "params": params}
        return api.parse(body, driver.exchange, lambda: "new")
    except RefusalError as error:
        return error


def problems(parsed: object) -> list[tuple[str, str | None]]:
    """Code and attribute of each item of a 422."""
    assert isinstance(parsed, RefusalError)
    assert parsed.status == 422
    return [(item["code"], item["attribute"]) for item in parsed.body["errors"]]


def test_all_documented_commands_are_listed() -> None:
    assert len(COMMANDS) == 40  # and dial and update


@pytest.mark.parametrize("command", sorted(COMMANDS))
class TestEveryCommand:
    """What holds for each row of the table."""

    def test_it_is_accepted_with_its_parameters(self, driver: Driver, command: str) -> None:
        parsed = parse(driver, command, valid(command))
        assert not isinstance(parsed, RefusalError), parsed
        assert parsed.call == "c1"
        assert isinstance(parsed, CommandNotPerformed) == (command in NOT_PERFORMED)

    def test_what_has_no_effect_is_said(self, driver: Driver, command: str) -> None:
        named = of_command(command, valid(command)).get(HEADER)
        assert named == (command if command in NOT_PERFORMED else None)

    def test_each_required_parameter_is_asked_for(self, driver: Driver, command: str) -> None:
        required = [each.name for each in COMMANDS[command].parameters if each.required]
        assert {("missing_required_parameter", name) for name in required} == (
            set(problems(parse(driver, command, {}))) if required else set()
        )

    def test_a_wrong_type_is_refused(self, driver: Driver, command: str) -> None:
        for parameter in COMMANDS[command].parameters:
            wrong = {
                **valid(command),
                parameter.name: [[]] if parameter.name == "play" else 10**9999,
            }
            if parameter.name == "dest":
                wrong["dest"] = []
            [(_, attribute)] = problems(parse(driver, command, wrong))
            assert attribute == parameter.name

    def test_an_unknown_call_is_not_found(self, driver: Driver, command: str) -> None:
        parsed = parse(driver, command, valid(command), "nobody's")
        assert isinstance(parsed, RefusalError)
        assert parsed.status == 404

    def test_an_ended_call_is_in_the_wrong_state(self, driver: Driver, command: str) -> None:
        driver.end()
        assert problems(parse(driver, command, valid(command))) == [("invalid_state", "id")]

    def test_a_ringing_call_can_only_be_ended(self, driver: Driver, command: str) -> None:
        parsed = parse(driver, command, valid(command), "c2")
        if command == "calling.end":
            assert parsed == EndRequested("c2", "cancel")
        else:
            assert problems(parsed) == [("invalid_state", "id")]


class TestOperations:
    """play, record and collect."""

    @pytest.mark.parametrize(
        ("params", "operation"),
        [
            ({"play": PLAY, "volume": -6, "loop": 0}, Play(("silence:2.000",), -6, 0)),
            (
                {
                    "play": [
                        {"type": "audio", "params": {"url": "http://a"}},
                        {"type": "ringtone", "params": {"name": "us", "duration": 1.5}},
                    ]
                },
                Play(("http://a", "ring:1.500:us")),
            ),
        ],
    )
    def test_play(self, driver: Driver, params: dict[str, Any], operation: Play) -> None:
        parsed = parse(driver, "calling.play", {"control_id": "new", **params})
        assert parsed == OperationStarted("c1", "new", operation)

    def test_speech_is_refused_by_name_where_it_cannot_be_made(self, driver: Driver) -> None:
        say = [{"type": "tts", "params": {"text": "Hello"}}]
        parsed = parse(driver, "calling.play", {"control_id": "new", "play": say})
        assert problems(parsed) == [("invalid_parameter", "play")]
        assert "espeak-ng" in parsed.body["errors"][0]["message"]

    def test_speech_is_played_where_it_can_be_made(self) -> None:
        driver = Driver(speech=True)
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        say = [{"type": "tts", "params": {"text": "Hello"}}]
        parsed = parse(driver, "calling.play", {"control_id": "new", "play": say})
        assert parsed == OperationStarted("c1", "new", Play(("say:Hello",)))

    @pytest.mark.parametrize(
        ("play", "attribute"),
        [
            ([], "play"),
            ([7], "play"),
            ([{"type": "song"}], "play.type"),
            ([{"type": ["audio"]}], "play.type"),
            ([{"type": "audio"}], "play.params"),
            ([{"type": "audio", "params": {}}], "play.params.url"),
            ([{"type": "audio", "params": {"url": "ftp://a"}}], "play.params.url"),
            ([{"type": "silence", "params": {"duration": 0}}], "play.params.duration"),
            ([{"type": "silence", "params": {"duration": 1e308}}], "play.params.duration"),
            (
                [{"type": "ringtone", "params": {"name": "us", "duration": 86_401}}],
                "play.params.duration",
            ),
            ([{"type": "ringtone", "params": {"name": "atlantis"}}], "play.params.name"),
            ([{"type": "tts", "text": "as swsh sends it"}], "play.params"),
            (PLAY * 1_001, "play"),
        ],
    )
    def test_wrong_items_are_refused(self, driver: Driver, play: list[Any], attribute: str) -> None:
        [(_, found)] = problems(parse(driver, "calling.play", {"control_id": "n", "play": play}))
        assert found == attribute

    def test_record(self, driver: Driver) -> None:
        audio = {"max_length": 2.5, "terminators": "1*"}
        params = {"control_id": "new", "record": {"audio": audio}, "status_url": "http://s"}
        parsed = parse(driver, "calling.record", params)
        assert parsed == OperationStarted("c1", "new", Record(2_500, "1*"), "http://s")

    def test_record_takes_the_settings_as_the_server_sdk_sends_them(self, driver: Driver) -> None:
        params = {"control_id": "new", "audio": {"max_length": 1}}
        parsed = parse(driver, "calling.record", params)
        assert parsed == OperationStarted("c1", "new", Record(1_000, "#"))
        nothing = parse(driver, "calling.record", {"control_id": "new"})
        assert problems(nothing) == [("missing_required_parameter", "record")]

    @pytest.mark.parametrize(
        ("record", "attribute"),
        [
            ({}, "record.audio"),
            ({"audio": 7}, "record.audio"),
            ({"audio": {"format": "ogg"}}, "record.audio.format"),
            ({"audio": {"terminators": "x"}}, "record.audio.terminators"),
        ],
    )
    def test_wrong_recordings_are_refused(
        self, driver: Driver, record: dict[str, Any], attribute: str
    ) -> None:
        params = {"control_id": "new", "record": record}
        [(_, found)] = problems(parse(driver, "calling.record", params))
        assert found == attribute

    def test_collect(self, driver: Driver) -> None:
        digits = {"max": 4, "terminators": "#", "digit_timeout": 2}
        params = {"control_id": "new", "digits": digits, "initial_timeout": 0, "continuous": True}
        expected = Collect(4, "#", 2_000, 0, continuous=True)
        parsed = parse(driver, "calling.collect", params)
        assert parsed == OperationStarted("c1", "new", expected)

    def test_collect_of_nothing_is_a_bad_request(self, driver: Driver) -> None:
        parsed = parse(driver, "calling.collect", {"control_id": "new"})
        assert isinstance(parsed, RefusalError)
        assert parsed.status == 400

    @pytest.mark.parametrize(
        ("more", "attribute"),
        [
            ({"speech": {}}, "speech"),
            ({"digits": {}}, "digits.max"),
            ({"digits": {"max": 0}}, "digits.max"),
            ({"digits": {"max": 1, "terminators": "x"}}, "digits.terminators"),
        ],
    )
    def test_what_cannot_be_collected_is_refused(
        self, driver: Driver, more: dict[str, Any], attribute: str
    ) -> None:
        params = {"control_id": "new", **more}
        [(_, found)] = problems(parse(driver, "calling.collect", params))
        assert found == attribute

    @pytest.mark.parametrize(
        ("command", "params", "event"),
        [
            ("play.pause", {}, OperationControlled("c1", "play", "p", "pause")),
            (
                "play.volume",
                {"volume": -3},
                OperationControlled("c1", "play", "p", "volume", -3),
            ),
            (
                "record.pause",
                {"behavior": "silence"},
                OperationControlled("c1", "record", "r", "pause", silent=True),
            ),
            (
                "collect.start_input_timers",
                {},
                OperationControlled("c1", "collect", "c", "start_input_timers"),
            ),
        ],
    )
    def test_control(
        self, driver: Driver, command: str, params: dict[str, Any], event: object
    ) -> None:
        given_ = {"control_id": command[0], **params}
        assert parse(driver, f"calling.{command}", given_) == event

    def test_control_ids_in_use_and_unknown_ones_are_refused(self, driver: Driver) -> None:
        taken = parse(driver, "calling.play", {"control_id": "p", "play": PLAY})
        unknown = parse(driver, "calling.play.stop", {"control_id": "r"})
        assert problems(taken) == [("invalid_parameter", "control_id")]
        assert problems(unknown) == [("provided_id_is_unrecognized", "control_id")]

    def test_a_call_has_a_bound_of_operations(self, driver: Driver) -> None:
        for number in range(97):
            driver.handle(OperationStarted("c1", f"c{number}", Collect(timers=False)))
        parsed = parse(driver, "calling.play", {"control_id": "new", "play": PLAY})
        assert problems(parsed) == [("invalid_state", "id")]

    def test_a_second_transcription_is_a_conflict(self, driver: Driver) -> None:
        def transcribe() -> Any:
            parsed = parse(driver, "calling.transcribe", {"control_id": "t"})
            if not isinstance(parsed, RefusalError):
                driver.handle(parsed)
            return parsed

        assert transcribe() == CommandNotPerformed("c1", "calling.transcribe")
        assert transcribe().status == 409
        driver.handle(parse(driver, "calling.transcribe.stop", {"control_id": "t"}))
        assert transcribe() == CommandNotPerformed("c1", "calling.transcribe")


class TestOthers:
    """transfer, disconnect and user_event."""

    @pytest.mark.parametrize(
        ("dest", "event"),
        [
            (SWML, ScriptReplaced("c1", SCRIPT)),
            ("sections:\n  main: [answer]", ScriptReplaced("c1", SCRIPT)),
            ('{"sections": {"main": ["answer"]}}', ScriptReplaced("c1", SCRIPT)),
            ("https://a.test/x", ScriptReplaced("c1", None, "https://a.test/x")),
        ],
    )
    def test_transfer_to_a_document(
        self, driver: Driver, dest: object, event: ScriptReplaced
    ) -> None:
        assert parse(driver, "calling.transfer", {"dest": dest}) == event

    def test_transfer_to_an_address_connects_the_leg(self, driver: Driver) -> None:
        for dest in ("/private/bob", "sip:bob@127.0.0.1", "+15550001111"):
            script = Script((Step("connect", {"to": dest}),))
            parsed = parse(driver, "calling.transfer", {"dest": dest})
            assert parsed == ScriptReplaced("c1", script)

    @pytest.mark.parametrize("dest", ["/private/carol", "+1555", "sip:a@b", "{", {}])
    def test_transfer_to_anything_else_is_refused(self, driver: Driver, dest: object) -> None:
        [(_, attribute)] = problems(parse(driver, "calling.transfer", {"dest": dest}))
        assert attribute == "dest"

    def test_the_rest(self, driver: Driver) -> None:
        event = {"a": {"b": 1}}
        parsed = parse(driver, "calling.user_event", {"event": event})
        assert parsed == UserEventSent("c1", event)
        assert parse(driver, "calling.disconnect", {}) == LegsDisconnected("c1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = sorted({each.name for command in COMMANDS.values() for each in command.parameters})


@given(
    command=st.sampled_from([*COMMANDS, "dial", "update"]),
    params=st.dictionaries(st.sampled_from([*NAMES, "from", "to", "swml", "codecs"]), JSON),
)
def test_whatever_is_sent_is_an_event_or_a_refusal(command: str, params: dict[str, Any]) -> None:
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    parsed = parse(driver, command, params)
    if not isinstance(parsed, RefusalError):
        driver.handle(parsed)
