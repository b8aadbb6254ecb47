"""Frames that no client should send: each has its error, and an innocent session still rings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringproof_fakeserver.protocol.events import BinaryReceived, FrameReceived, SocketOpened
from tests.playbook import AUDIO, Driver

DEEP = "[" * 200_000 + "]" * 200_000


@pytest.fixture
def driver() -> Iterator[Driver]:
    """Carol's device s2 misbehaves; Bob's device s1 must ring afterwards all the same."""
    driver = Driver()
    driver.device(1)
    carol = driver.directory.find_or_create("carol", {}, 0)
    driver.device(2, carol)
    yield driver
    driver.dial("innocent")
    newest = driver.newest_dialog()
    driver.ring(newest)
    driver.answer("s1", newest)
    assert driver.states("innocent") == ["created", "ringing", "answered"]


MALFORMED = [
    ("nonsense", -32700, None),
    ("", -32700, None),
    (DEEP, -32700, None),
    ('{"jsonrpc":"2.0","id":"\ud800","method":"m"}', -32700, None),
    ('{"jsonrpc":"2.0","id":7,', -32700, None),
    ("1e999", -32700, None),
    ('{"jsonrpc":"2.0","id":"7","error":' + "1" * 5_000 + "}", -32700, None),
    ("[]", -32600, None),
    ('[{"jsonrpc":"2.0","id":"1","method":"signalwire.ping"}]', -32600, None),
    ("7", -32600, None),
    ("null", -32600, None),
    ("{}", -32600, None),
    ('{"jsonrpc":"2.0","id":7,"method":"signalwire.ping"}', -32600, None),
    ('{"jsonrpc":"2.0","method":"signalwire.ping"}', -32600, None),
    ('{"jsonrpc":"1.0","id":"7","method":"signalwire.ping"}', -32600, "7"),
    ('{"jsonrpc":"2.0","id":"7"}', -32600, "7"),
    ('{"jsonrpc":"2.0","id":"7","method":[]}', -32600, "7"),
    ('{"jsonrpc":"2.0","id":"7","error":"no"}', -32600, "7"),
]


@pytest.mark.parametrize(
    ("text", "code", "request_id"), MALFORMED, ids=[repr(case[0][:40]) for case in MALFORMED]
)
def test_malformed_frame_is_answered_with_an_error(
    driver: Driver, text: str, code: int, request_id: str | None
) -> None:
    lines = driver.after(FrameReceived("s2", text))
    assert lines == [f"j2 > malformed {code}", f"s2 < error {code}"]
    reply = driver.sent("s2")[-1]
    assert (reply["id"], reply["error"]["code"]) == (request_id, code)


def test_malformed_frame_before_connect_is_answered_too(driver: Driver) -> None:
    driver.handle(SocketOpened("s3"))
    assert driver.after(FrameReceived("s3", "?")) == [
        "? > malformed -32700",
        "s3 < error -32700",
    ]


def test_unknown_method_is_not_found(driver: Driver) -> None:
    lines = driver.after(driver.frame("s2", "signalwire.execute", {}))
    assert lines == ["j2 > signalwire.execute", "s2 < error signalwire.execute -32601"]


def test_used_id_is_refused(driver: Driver) -> None:
    driver.handle(driver.frame("s2", "signalwire.ping", {}, "same"))
    lines = driver.after(driver.frame("s2", "subscriber.offline", {}, "same"))
    assert lines == ["j2 > subscriber.offline", "s2 < error subscriber.offline -32600"]
    carol = driver.directory.by_reference("carol")
    assert carol is not None
    assert driver.exchange.is_online(carol.id)


def test_id_used_on_one_socket_is_free_on_another(driver: Driver) -> None:
    driver.handle(driver.frame("s2", "signalwire.ping", {}, "same"))
    lines = driver.after(driver.frame("s1", "signalwire.ping", {}, "same"))
    assert lines[-1] == "s1 < result signalwire.ping"


def test_used_id_of_any_length_is_refused(driver: Driver) -> None:
    """And one that differs in its last character is another one."""
    for name, kind in (("x" * 900 + "1", "result"), ("x" * 900 + "2", "result")):
        assert kind in driver.after(driver.frame("s1", "signalwire.ping", {}, name))[-1]
    lines = driver.after(driver.frame("s1", "signalwire.ping", {}, "x" * 900 + "1"))
    assert lines[-1] == "s1 < error signalwire.ping -32600"


def test_only_the_latest_ids_are_remembered() -> None:
    driver = Driver(recent_ids=3)
    driver.device(1)
    for name in ("a", "b", "c", "d"):
        driver.handle(driver.frame("s1", "signalwire.ping", {}, name))
    assert "error" in driver.after(driver.frame("s1", "signalwire.ping", {}, "b"))[-1]
    assert "result" in driver.after(driver.frame("s1", "signalwire.ping", {}, "a"))[-1]


def test_binary_frame_closes_its_socket(driver: Driver) -> None:
    assert driver.after(BinaryReceived("s2")) == ["j2 > malformed ", "s2 closed with 1003"]
    assert driver.after(BinaryReceived("s9")) == []


@pytest.mark.parametrize(
    "params",
    [
        {},
        [],
        "text",
        None,
        {"message": None},
        {"message": []},
        {"message": {"jsonrpc": "2.0", "id": {}, "method": "verto.bye"}},
        {"message": {"jsonrpc": "2.0", "id": 1, "method": "verto.bye", "params": []}},
        {"message": {"jsonrpc": "2.0", "id": 1, "method": "verto.bye", "params": {"sdp": 7}}},
        {"message": {"id": 1, "method": "verto.bye", "params": {"dialogParams": "d"}}},
        {"message": {"id": 1, "method": "verto.bye", "params": {"dialogParams": {"callID": 1}}}},
    ],
)
def test_verto_message_of_the_wrong_shape_has_invalid_params(
    driver: Driver, params: object
) -> None:
    lines = driver.after(driver.frame("s2", "webrtc.verto", params))
    assert lines == ["j2 > webrtc.verto", "s2 < error webrtc.verto -32602"]


@pytest.mark.parametrize("message", [DEEP, '{"id":' + "1" * 5_000 + "}"])
def test_extreme_params_are_refused(driver: Driver, message: str) -> None:
    params = f'{{"message":{message}}}'
    text = f'{{"jsonrpc":"2.0","id":"7","method":"webrtc.verto","params":{params}}}'
    assert "error" in driver.after(FrameReceived("s2", text))[-1]


def test_dialog_of_another_subscriber_cannot_be_answered_or_ended(driver: Driver) -> None:
    driver.dial("c1")
    driver.ring("d1")
    for method in ("verto.answer", "verto.bye", "verto.modify", "verto.info"):
        driver.handle(
            driver.verto("s2", "d1", method, sdp=AUDIO, action="transfer", destination="x")
        )
    assert driver.dialog_states("d1") == ["offered"]
    driver.end("c1")


def test_bye_before_the_invite_was_sent_is_for_an_unknown_call(driver: Driver) -> None:
    driver.dial("c1")
    assert driver.bye("s1", "d1")[-1] == "s1 < error verto.bye d1 -32002"
    driver.end("c1")


def test_very_long_frame_is_recorded_shortened(driver: Driver) -> None:
    text = '{"jsonrpc":"2.0","id":"7","method":"%s"}' % ("x" * 600_000)
    [received, reply] = driver.handle(FrameReceived("s2", text))
    assert len(received.text) < 300_000
    assert len(reply.text) < 1_000
