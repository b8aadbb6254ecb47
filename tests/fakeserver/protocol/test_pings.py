"""Pings of answered calls, as they were measured against production."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.protocol.wire_stage import WireStage

FIRST_MS = 9_000
EVERY_MS = 46_000


class Stage(WireStage):
    """A stage on which Bob has answered a call, on the socket ``s1``."""

    def __init__(self, platform: Platform | None = None) -> None:
        super().__init__(platform or Platform())
        self.device(1)
        self.dial()
        self.device_answers("s1", "d1")

    def frames(self) -> list[tuple[int, str]]:
        """Return when each ping and bye was pushed, and on which socket."""
        verto = [
            (at_ms, where, what["params"]["params"])
            for at_ms, where, what in self.wire
            if isinstance(what, dict)
            and what.get("params", {}).get("event_type") == "webrtc.message"
        ]
        methods = {"verto.ping": "ping", "verto.bye": "bye"}
        return [
            (at_ms, f"{methods[message['method']]} on {where}")
            for at_ms, where, message in verto
            if message["method"] in methods
        ]

    def pong(self, socket: str = "s1") -> None:
        """Bob's client sends a pong for the call."""
        self.handle(self.verto(socket, "d1", "verto.pong"))

    def resume(self, socket: str) -> None:
        """Bob's client resumes its session on another socket."""
        protocol = next(
            what["result"]["protocol"]
            for _, _, what in self.wire
            if isinstance(what, dict) and "protocol" in what.get("result", {})
        )
        self.connect(socket, self.token("j1"), protocol=protocol)


def test_each_ping_is_a_verto_message_that_names_the_call_twice() -> None:
    stage = Stage()
    stage.advance(FIRST_MS)
    message = stage.wire[-1][2]["params"]["params"]
    dialog = stage.dialog("d1")
    assert message["method"] == "verto.ping"
    assert message["params"] == {"callID": dialog, "dialogParams": {"callID": dialog}}


def test_call_whose_pings_are_answered_goes_on() -> None:
    stage = Stage()
    for _ in range(3):
        stage.advance(EVERY_MS)
        stage.pong()
    assert stage.frames() == [
        (FIRST_MS, "ping on s1"),
        (FIRST_MS + EVERY_MS, "ping on s1"),
        (FIRST_MS + 2 * EVERY_MS, "ping on s1"),
    ]
    assert stage.exchange.call_state("c1") == "answered"


def test_pong_gets_an_empty_result() -> None:
    stage = Stage()
    stage.pong()
    envelope = stage.wire[-1][2]["result"]
    assert envelope["code"] == "200"
    assert envelope["result"]["result"] == {}


def test_unanswered_ping_ends_the_call_when_the_next_is_due() -> None:
    stage = Stage()
    stage.advance(FIRST_MS + EVERY_MS - 1)
    assert stage.exchange.call_state("c1") == "answered"
    stage.advance(1)
    assert stage.frames()[1:] == [(FIRST_MS + EVERY_MS, "bye on s1")]
    params = stage.wire[-1][2]["params"]["params"]["params"]
    assert (params["cause"], params["causeCode"]) == ("RECOVERY_ON_TIMER_EXPIRE", 102)
    assert stage.ended() == ("hangup", "platform")


def test_late_pong_saves_the_call() -> None:
    stage = Stage()
    stage.advance(FIRST_MS + EVERY_MS - 1)
    stage.pong()
    stage.advance(EVERY_MS)
    assert stage.exchange.call_state("c1") == "answered"


def test_socket_that_is_back_before_the_next_ping_changes_nothing() -> None:
    stage = Stage()
    stage.advance(FIRST_MS)
    stage.pong()
    stage.close("s1")
    stage.advance(20_000)
    stage.resume("s2")
    stage.advance(EVERY_MS)
    assert stage.frames()[1:] == [(FIRST_MS + EVERY_MS, "ping on s2")]


@pytest.mark.parametrize("rescued", [True, False])
def test_ping_that_is_due_without_a_socket_is_not_sent_again(rescued: bool) -> None:
    stage = Stage()
    stage.close("s1")
    stage.advance(FIRST_MS + 1_000)
    stage.resume("s2")
    if rescued:
        stage.pong("s2")  # for a ping that it never saw
    stage.advance(EVERY_MS)
    due = "ping on s2" if rescued else "bye on s2"
    assert stage.frames() == [(FIRST_MS + EVERY_MS, due)]


def test_call_of_a_socket_that_never_comes_back_ends_with_its_pings() -> None:
    stage = Stage()
    stage.advance(FIRST_MS)
    stage.pong()
    stage.close("s1")
    stage.advance(2 * EVERY_MS)
    assert stage.ended() == ("hangup", "platform")


def test_pong_of_another_session_saves_nothing() -> None:
    stage = Stage()
    stage.device(2, stage.directory.find_or_create("carol", {}, stage.now_ms))
    stage.advance(FIRST_MS)
    stage.pong("s2")
    assert stage.wire[-1][2]["result"]["result"]["error"]["code"] == -32002
    stage.advance(EVERY_MS)
    assert stage.ended() == ("hangup", "platform")


def test_pings_can_be_off() -> None:
    stage = Stage(Platform(verto_ping_ms=0))
    stage.advance(600_000)
    assert stage.frames() == []
    assert stage.exchange.call_state("c1") == "answered"


def test_call_that_is_over_is_not_pinged() -> None:
    stage = Stage()
    stage.end(reason="hangup")
    stage.advance(600_000)
    assert [what for _, what in stage.frames()] == ["bye on s1"]


def test_ringing_call_is_not_pinged() -> None:
    stage = WireStage(Platform(ring_ms=600_000))
    stage.device(1)
    stage.dial()
    before = len(stage.wire)
    stage.advance(300_000)
    assert stage.wire[before:] == []
