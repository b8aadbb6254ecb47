"""``POST /api/calling/calls``: what is taken, and the documented refusal of everything else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ringproof_fakeserver.protocol.calling import api as calling_api
from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.events import DialPlaced, EndRequested, ScriptReplaced
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.protocol.swml import Script, Step
from tests.playbook import NOW_MS, Driver

SWML = {"sections": {"main": ["answer"]}}
SCRIPT = Script((Step("answer"),))
DIAL = {"from": "+15550001111", "to": "/private/bob", "swml": SWML}


@pytest.fixture
def driver() -> Driver:
    """Bob with one device; calls ``ringing``, ``answered`` and ``ended``."""
    driver = Driver()
    driver.device(1)
    for call in ("ringing", "answered", "ended"):
        driver.dial(call)
        driver.ring(driver.newest_dialog())
    driver.answer("s1", "d2")
    driver.end("ended")
    return driver


def parse(driver: Driver, body: object) -> calling_api.Parsed | RefusalError:
    """Parse with predictable ids; return what it raises."""
    counter = itertools.count(1)
    try:
        return calling_api.parse(body, driver.exchange, lambda: f"new-{next(counter)}")
    except RefusalError as error:
        return error


def dial(driver: Driver, **changes: Any) -> calling_api.Parsed | RefusalError:
    """Parse a dial with some parameters changed; None takes one out."""
    params = {name: value for name, value in {**DIAL, **changes}.items() if value is not None}
    return parse(driver, {"command": "dial", "params": params})


def refused(parsed: calling_api.Parsed | RefusalError) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal."""
    assert isinstance(parsed, RefusalError)
    return parsed.status, parsed.body


def problems(parsed: calling_api.Parsed | RefusalError) -> list[tuple[str, str | None]]:
    """Code and attribute of each item of a 422."""
    assert isinstance(parsed, RefusalError)
    assert parsed.status == 422
    for item in parsed.body["errors"]:
        assert set(item) == {"type", "code", "message", "attribute", "url"}
        assert item["type"] == "validation_error"
    return [(item["code"], item["attribute"]) for item in parsed.body["errors"]]


class TestEnvelope:
    """Command and params."""

    @pytest.mark.parametrize("body", [None, [], "dial", 7])
    def test_body_that_is_no_object_is_a_bad_request(self, driver: Driver, body: object) -> None:
        assert refused(parse(driver, body)) == (400, {"error": "Bad Request"})

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({}, ("missing_required_parameter", "command")),
            ({"command": 7}, ("invalid_command_attempted", "command")),
            ({"command": "dance", "params": {}}, ("invalid_command_attempted", "command")),
            ({"command": "play", "params": {}}, ("invalid_command_attempted", "command")),
            ({"command": "dial"}, ("missing_required_parameter", "params")),
            ({"command": "dial", "params": []}, ("not_a_hash", "params")),
            ({"command": "update"}, ("missing_required_parameter", "params")),
            ({"command": "update", "params": []}, ("not_a_hash", "params")),
            ({"command": "calling.end", "id": "x", "params": []}, ("not_a_hash", "params")),
            ({"command": "calling.end"}, ("missing_required_parameter", "id")),
        ],
    )
    def test_wrong_envelope_is_refused(
        self, driver: Driver, body: object, expected: tuple[str, str]
    ) -> None:
        assert problems(parse(driver, body)) == [expected]


class TestDial:
    """``dial``."""

    def test_dial_of_the_guide_is_accepted(self, driver: Driver) -> None:
        assert dial(driver) == DialPlaced(
            call="new-1",
            from_="+15550001111",
            from_name=None,
            to="/private/bob",
            script=SCRIPT,
            media=("audio", "video"),
        )

    def test_every_option_reaches_the_event(self, driver: Driver) -> None:
        parsed = dial(
            driver,
            swml=None,
            url="https://app.test/swml",
            url_method="GET",
            fallback_url="http://b.test",
            timeout=30,
            status_url="http://hooks.test",
            status_events=["ended", "created", "queued"],
            codecs="OPUS, PCMU",
            to_script=SWML,
            custom_variables={"lang": "en"},
            send_digits="12#w3",
        )
        assert parsed == DialPlaced(
            call="new-1",
            from_="+15550001111",
            from_name=None,
            to="/private/bob",
            script_url="https://app.test/swml",
            script_method="GET",
            fallback_url="http://b.test",
            timeout_ms=30_000,
            status_url="http://hooks.test",
            status_events=("created", "ended"),
            media=("audio",),
            codecs=("OPUS", "PCMU"),
            far_script=SCRIPT,
            variables={"lang": "en"},
            send_digits="12#w3",
        )

    @pytest.mark.parametrize(
        ("changes", "media"),
        [
            ({}, ("audio", "video")),
            ({"to": "/private/bob?channel=audio"}, ("audio",)),
            ({"to": "/private/bob?channel=video"}, ("audio", "video")),
            ({"codecs": ["OPUS"]}, ("audio",)),
            ({"codecs": ["OPUS", "VP8"]}, ("audio", "video")),
        ],
    )
    def test_offered_media_follow_from_channel_and_codecs(
        self, driver: Driver, changes: dict[str, Any], media: tuple[str, ...]
    ) -> None:
        parsed = dial(driver, **changes)
        assert isinstance(parsed, DialPlaced)
        assert parsed.media == media

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({}, None),
            ({"from_name": "Alice"}, "Alice"),
            ({"from_name": ""}, ""),
            ({"from": "/private/carol"}, "Carol C"),
            ({"from": "/private/carol", "from_name": "Else"}, "Else"),
            ({"from": "/private/unknown"}, None),
        ],
    )
    def test_caller_name_is_given_or_the_owner_of_the_address(
        self, driver: Driver, changes: dict[str, Any], name: str | None
    ) -> None:
        carol = driver.directory.find_or_create("carol", {}, NOW_MS)
        driver.directory.find_or_create("carol", {"display_name": "Carol C"}, NOW_MS)
        assert carol.addresses[0].uri == "/private/carol"
        parsed = dial(driver, **changes)
        assert isinstance(parsed, DialPlaced)
        assert parsed.from_name == name

    def test_caller_with_a_known_address_may_have_no_name(self, driver: Driver) -> None:
        driver.directory.find_or_create("carol", {"display_name": "Carol C"}, NOW_MS)
        params = {**DIAL, "from": "/private/carol-c", "from_name": None}
        parsed = parse(driver, {"command": "dial", "params": params})
        assert isinstance(parsed, DialPlaced)
        assert parsed.from_name is None

    @pytest.mark.parametrize(
        "from_", ["+15550001111", "sip:a@b.test", "sips:a@b", "/private/alice", "desk-7"]
    )
    def test_callers_of_every_documented_form_are_accepted(
        self, driver: Driver, from_: str
    ) -> None:
        assert isinstance(dial(driver, **{"from": from_}), DialPlaced)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"from": None}, ("missing_required_parameter", "from")),
            ({"from": ""}, ("missing_required_parameter", "from")),
            ({"from": 7}, ("not_valid_for_caller_id", "from")),
            ({"from": "two words"}, ("not_valid_for_caller_id", "from")),
            ({"to": None}, ("missing_required_parameter", "to")),
            ({"to": 7}, ("not_a_string", "to")),
            ({"to": "/private/nobody"}, ("to_destination_unresolvable", "to")),
            ({"to": "+15550002222"}, ("to_destination_unresolvable", "to")),
            ({"swml": None}, ("inline_swml_or_swml_webhook_required", "url")),
            ({"url": "http://x"}, ("incompatible_parameters", "swml")),
            ({"swml": None, "url": "ftp://x"}, ("not_an_http_url", "url")),
            ({"swml": None, "url": 7}, ("not_an_http_url", "url")),
            ({"swml": 7}, ("not_json_or_yaml", "swml")),
            ({"swml": "version: 1.0.0"}, ("invalid_parameter", "swml")),
            ({"swml": "no document"}, ("not_json_or_yaml", "swml")),
            ({"swml": {}}, ("invalid_parameter", "swml")),
            ({"status_url": "x"}, ("not_an_http_url", "status_url")),
            ({"fallback_url": "x"}, ("not_an_http_url", "fallback_url")),
            ({"timeout": 0}, ("invalid_parameter", "timeout")),
            ({"timeout": 601}, ("invalid_parameter", "timeout")),
            ({"timeout": "30"}, ("invalid_parameter", "timeout")),
            ({"timeout": True}, ("invalid_parameter", "timeout")),
            ({"url_method": "PUT"}, ("invalid_http_method", "url_method")),
            ({"status_events": "ended"}, ("not_an_array_of_strings", "status_events")),
            ({"status_events": [7]}, ("not_an_array_of_strings", "status_events")),
            ({"codecs": 7}, ("invalid_codecs_format", "codecs")),
            ({"codecs": []}, ("invalid_codecs_format", "codecs")),
            ({"codecs": "MP3"}, ("invalid_codecs_format", "codecs")),
            ({"from_name": 7}, ("not_a_string", "from_name")),
            ({"label": 7}, ("not_a_string", "label")),
            ({"send_digits": "12x"}, ("invalid_parameter", "send_digits")),
            ({"send_digits": 12}, ("invalid_parameter", "send_digits")),
            ({"to_script": "no document"}, ("not_json_or_yaml", "to_script")),
            ({"to_script": {}}, ("invalid_parameter", "to_script")),
            ({"custom_variables": []}, ("must_be_object", "custom_variables")),
            (
                {"custom_variables": {f"v{n}": "x" for n in range(21)}},
                ("too_many_custom_variables", "custom_variables"),
            ),
            (
                {"custom_variables": {"1a": "x"}},
                ("invalid_custom_variable_name", "custom_variables"),
            ),
            (
                {"custom_variables": {"SW_a": "x"}},
                ("reserved_custom_variable_name", "custom_variables"),
            ),
            (
                {"custom_variables": {"a": ""}},
                ("invalid_custom_variable_value", "custom_variables"),
            ),
            ({"custom_variables": {"a": 7}}, ("invalid_custom_variable_value", "custom_variables")),
            (
                {"custom_variables": {"a": "ä" * 513}},
                ("custom_variable_value_too_long", "custom_variables"),
            ),
        ],
    )
    def test_wrong_parameter_is_refused(
        self, driver: Driver, changes: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        assert problems(dial(driver, **changes)) == [expected]

    def test_all_wrong_parameters_are_listed_at_once(self, driver: Driver) -> None:
        parsed = parse(driver, {"command": "dial", "params": {"timeout": 0}})
        assert problems(parsed) == [
            ("missing_required_parameter", "from"),
            ("missing_required_parameter", "to"),
            ("inline_swml_or_swml_webhook_required", "url"),
            ("invalid_parameter", "timeout"),
        ]

    def test_too_many_calls_are_refused(self) -> None:
        driver = Driver(max_calls=1)
        driver.dial()
        assert problems(dial(driver)) == [("max_queued_calls_exceeded", None)]


class TestUpdate:
    """``update``."""

    @pytest.mark.parametrize(
        ("params", "event"),
        [
            ({"id": "ringing", "status": "canceled"}, EndRequested("ringing", "cancel")),
            ({"id": "answered", "status": "completed"}, EndRequested("answered", "hangup")),
            ({"id": "answered", "swml": SWML}, ScriptReplaced("answered", SCRIPT)),
            ({"id": "answered", "url": "http://x"}, ScriptReplaced("answered", None, "http://x")),
            (
                {"id": "answered", "status": "completed", "status_url": "http://s"},
                EndRequested("answered", "hangup", "http://s"),
            ),
            (
                {
                    "id": "answered",
                    "url": "http://x",
                    "fallback_url": "http://f",
                    "status_url": "http://s",
                },
                ScriptReplaced("answered", None, "http://x", "http://f", "http://s"),
            ),
        ],
    )
    def test_update_in_the_right_state_is_accepted(
        self, driver: Driver, params: dict[str, Any], event: object
    ) -> None:
        assert parse(driver, {"command": "update", "params": params}) == event

    @pytest.mark.parametrize(
        ("params", "expected"),
        [
            ({}, ("missing_required_parameter", "id")),
            ({"id": "answered"}, ("inline_swml_or_swml_webhook_required", "url")),
            ({"id": "answered", "swml": {}}, ("invalid_parameter", "swml")),
            (
                {"id": "answered", "swml": SWML, "status_url": "ftp://s"},
                ("not_an_http_url", "status_url"),
            ),
            (
                {"id": "answered", "status": "completed", "status_url": 7},
                ("not_an_http_url", "status_url"),
            ),
            ({"id": "answered", "status": "paused"}, ("invalid_parameter", "status")),
            ({"id": "answered", "status": []}, ("invalid_parameter", "status")),
            ({"id": "answered", "status": "canceled"}, ("cannot_cancel_in_progress", "status")),
            ({"id": "ringing", "status": "completed"}, ("invalid_state", "status")),
            ({"id": "ended", "status": "completed"}, ("cannot_update_completed", "status")),
            ({"id": "ended", "swml": SWML}, ("cannot_update_completed", "id")),
            ({"id": "ringing", "swml": SWML}, ("cannot_redirect_not_in_progress", "id")),
        ],
    )
    def test_update_that_is_not_possible_is_refused(
        self, driver: Driver, params: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        assert problems(parse(driver, {"command": "update", "params": params})) == [expected]


class TestEnd:
    """``calling.end``."""

    @pytest.mark.parametrize(
        ("call", "params", "reason"),
        [
            ("ringing", {}, "cancel"),
            ("answered", {}, "hangup"),
            ("ringing", {"reason": "busy"}, "busy"),
            ("answered", None, "hangup"),
        ],
    )
    def test_end_has_a_reason_given_or_by_state(
        self, driver: Driver, call: str, params: object, reason: str
    ) -> None:
        body = {"command": "calling.end", "id": call, "params": params}
        assert parse(driver, body) == EndRequested(call, reason)

    @pytest.mark.parametrize("call", ["unknown", "ERR", 7, ["x"]])
    @pytest.mark.parametrize("command", ["calling.end", "update"])
    def test_unknown_call_is_not_found(self, driver: Driver, command: str, call: object) -> None:
        body = {"command": command, "id": call, "params": {"id": call}}
        assert refused(parse(driver, body)) == (404, {"error": "Not Found"})

    def test_ended_call_is_in_the_wrong_state(self, driver: Driver) -> None:
        parsed = parse(driver, {"command": "calling.end", "id": "ended", "params": {}})
        assert problems(parsed) == [("invalid_state", "id")]

    @pytest.mark.parametrize("reason", ["bored", 7, []])
    def test_unknown_reason_is_refused(self, driver: Driver, reason: object) -> None:
        body = {"command": "calling.end", "id": "ringing", "params": {"reason": reason}}
        assert problems(parse(driver, body)) == [("invalid_parameter", "reason")]


def test_strict_origins_are_those_of_the_settings_and_of_the_project() -> None:
    driver = Driver(strict_origins=True, origins=("+15550100001",))
    endpoint = SipEndpoint(id="e", subscriber=driver.bob.id, username="desk", password="x")
    driver.exchange.sip_endpoints.put(endpoint)
    driver.directory.phone_numbers.buy("+12025550100", "n", NOW_MS)
    for from_ in ("+15550100001", "+12025550100", "sip:desk@127.0.0.1"):
        assert isinstance(dial(driver, **{"from": from_}), DialPlaced), from_
    for from_ in ("+12025550101", "sip:other@127.0.0.1", "sip:desk@elsewhere.test"):
        assert problems(dial(driver, **{"from": from_}))
