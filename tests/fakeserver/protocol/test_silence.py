"""Half-open sockets: what is lost on them, and how the platform notices."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.events import FrameReceived, PingRequested, SilenceRequested
from ringproof_fakeserver.protocol.journal import KEEP_ALIVE
from tests.playbook import Driver

PING = PingRequested("j1", KEEP_ALIVE)


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


def test_device_is_dropped_when_the_ping_after_the_unanswered_one_is_due(driver):
    silence(driver)
    assert driver.after(PING) == []
    assert driver.after(PING)[:2] == ["s1 cut", "session j1 detached 1006"]
    assert driver.after(PING) == []


def test_device_that_answers_is_kept(driver):
    for _ in range(3):
        assert driver.after(PING) == ["s1 < signalwire.ping"]
        pong = jsonrpc.result(driver.sent("s1")[-1]["id"], {"timestamp": 2})
        driver.handle(FrameReceived("s1", pong))


def test_new_socket_is_heard(driver):
    silence(driver)
    driver.after(PING)
    driver.after(PING)
    assert "session j1 connected" in driver.connect("s2", driver.token("j1"))
    assert driver.after(PING) == ["s2 < signalwire.ping"]


def test_socket_that_is_heard_again_is_kept(driver):
    silence(driver)
    assert driver.after(SilenceRequested("j1", silent=False)) == ["fault heard j1"]
    assert driver.after(PING) == ["s1 < signalwire.ping"]
