"""Half-open sockets: what is lost on them, and how the platform notices."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.events import (
    FrameReceived,
    PingRequested,
    PingsOverdue,
    SilenceRequested,
)
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import Driver

PING = PingRequested("j1", KEEP_ALIVE)
OVERDUE = PingsOverdue("j1")


@pytest.fixture
def driver() -> Driver:
    made = Driver(grace_ms=60_000)
    made.device(1)
    return made


def silence(driver: Driver) -> None:
    assert driver.after(SilenceRequested("j1", silent=True)) == ["fault silence j1"]


def test_nothing_is_sent_and_nothing_arrives(driver):
    silence(driver)
    assert driver.after(driver.frame("s1", "signalwire.ping", {})) == []
    assert driver.after(PingRequested("j1", "barrier")) == []
    assert driver.dial()
    lines = driver.ring(driver.newest_dialog())
    assert lines[0] == "fault drop invite d1"
    assert not [line for line in lines if line.startswith("s1 <")]


def test_device_is_dropped_when_an_answer_is_overdue(driver):
    silence(driver)
    assert driver.after(PING) == []
    assert driver.after(OVERDUE)[:2] == ["s1 cut", "session j1 detached 1006"]
    assert driver.after(PING) == driver.after(OVERDUE) == []


def test_ping_that_may_still_be_answered_is_not_overdue(driver):
    silence(driver)
    first_ms = driver.now_ms
    driver.now_ms += 10_000
    assert driver.after(PING) == driver.after(PingsOverdue("j1", first_ms)) == []
    assert driver.after(PingsOverdue("j1", driver.now_ms))[0] == "s1 cut"


def test_variant_waits_for_more_pings(driver):
    driver.exchange.set_platform(driver.bob.id, Platform(unanswered_pings=2))
    silence(driver)
    driver.after(PING)
    assert driver.after(OVERDUE) == []
    driver.after(PING)
    assert driver.after(OVERDUE)[0] == "s1 cut"


def test_device_that_answers_is_kept(driver):
    for _ in range(3):
        assert driver.after(PING) == ["s1 < signalwire.ping"]
        pong = jsonrpc.result(driver.sent("s1")[-1]["id"], {"timestamp": 2})
        driver.handle(FrameReceived("s1", pong))
        assert driver.after(OVERDUE) == []


def test_new_socket_is_heard(driver):
    silence(driver)
    driver.after(PING)
    driver.after(OVERDUE)
    assert "session j1 connected" in driver.connect("s2", driver.token("j1"))
    assert driver.after(PING) == ["s2 < signalwire.ping"]


def test_socket_that_is_heard_again_is_kept(driver):
    silence(driver)
    assert driver.after(SilenceRequested("j1", silent=False)) == ["fault heard j1"]
    assert driver.after(PING) == ["s1 < signalwire.ping"]
