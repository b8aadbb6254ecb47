"""The page that dials, in a Firefox that is started with its URL, with an SDK that we know."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from ringproof.adapters import dial_page, firefox, npm, process
from ringproof.adapters.firefox import FirefoxAdapter
from ringproof.adapters.process import ProcessGroup
from ringproof.adapters.protocol import AdapterError, Limits
from ringproof.trace import Calls, Log, Received, Registered
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.harness.adapters.driver import Driver

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PACKAGE = npm.local(Path(__file__).parent / "fake_sdk")
STARVED = msgspec.structs.replace(dial_page.LIMITS, dialled_within_s=250.0, alive_within_ms=100_000)


@pytest.fixture(scope="module", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of all temporary ones; at the end nothing is left in it, and no process."""
    folder = tmp_path_factory.mktemp("scratch")
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    yield folder
    tempfile.tempdir = before
    assert profiles(folder) == []
    assert process.running == set()
    assert str(folder) not in subprocess.check_output(["ps", "-wweo", "args"], text=True)


def profiles(folder: Path) -> list[Path]:
    return [*folder.glob("ringproof-firefox-*")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    state = tmp_path_factory.mktemp("state")
    async with Server(Config(mounts=dial_page.mounts(PACKAGE), state_dir=state)) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def driver(server: Server) -> AsyncIterator[Driver]:
    adapter = FirefoxAdapter(server, limits=STARVED)
    driver = Driver(adapter)
    with pytest.raises(AdapterError, match="start the adapter"):
        await driver.send("sync", "s")
    hello = await adapter.start(lambda event: driver.events.append(event))
    assert (hello.name, hello.version, hello.carrier) == ("fake-sdk", "1.2.3", "ws")
    assert hello.runtime.startswith("Firefox ")
    assert (hello.media, hello.sessions) == ("rtp", 16)
    assert {"session.vanish", "session.return"} < {*hello.ops}
    assert "unload" in hello.features
    yield driver
    await adapter.close()


def logged(driver: Driver, s: str) -> list[str]:
    return [event.text for event in driver.of(s) if isinstance(event, Log)]


async def test_sessions_that_open_together_each_have_a_page(driver: Driver) -> None:
    names = [f"together-{number}" for number in range(4)]
    replies = await asyncio.gather(
        *(driver.send("session.open", name, token="remember") for name in names)
    )
    assert [reply.ok for reply in replies] == [{}] * 4
    for name in names:
        assert "remembered null" in logged(driver, name)
        kinds = [type(event) for event in driver.of(name)]
        assert kinds.index(Calls) < kinds.index(Registered)
    for name in names:
        assert (await driver.send("session.close", name)).ok == {}
        assert (await driver.send("sync", name)).error == "not_ready"


async def test_command_is_received_before_it_is_answered_and_what_follows_comes_after(
    driver: Driver,
) -> None:
    await driver.send("session.open", "ring", token="ring")
    before = len(driver.of("ring"))
    assert (await driver.send("call.answer", "ring", c="call-1", media={})).ok == {}
    await driver.send("sync", "ring")
    assert isinstance(driver.of("ring")[before], Received)
    assert driver.since("ring", before)[1:4] == [
        ("status", "call-1", "connecting"),
        ("log", "local stream of call-1: null"),
        ("stream", "local", "stream-1"),
    ]
    await driver.send("session.close", "ring")


async def test_page_that_returns_has_the_storage_that_its_session_left(driver: Driver) -> None:
    await driver.send("session.open", "here", token="keep")
    await driver.send("session.open", "other", token="recall")
    assert (await driver.send("session.vanish", "here", returns=True)).ok == {}
    assert (await driver.send("session.return", "again", of="here", token="recall")).ok == {}
    kept = {"local": {"who": "somebody"}, "session": {"times": "1"}}
    nothing: dict[str, object] = {"local": {}, "session": {}}
    recalled = {s: _recalled(driver, s) for s in ("again", "other")}
    assert recalled == {"again": kept, "other": nothing}
    for s in ("again", "other"):
        await driver.send("session.close", s)
    assert (await driver.send("session.return", "x", of="never", token="x")).error == "bad_request"


def _recalled(driver: Driver, s: str) -> object:
    [text] = [line for line in logged(driver, s) if line.startswith("recalled ")]
    return json.loads(text.removeprefix("recalled "))


async def test_page_that_vanishes_hears_that_it_unloads(driver: Driver) -> None:
    await driver.send("session.open", "leaving", token="farewell")
    await driver.send("session.vanish", "leaving", returns=True)
    await driver.send("session.return", "left", of="leaving", token="recall")
    assert _recalled(driver, "left") == {"local": {"unloaded": "yes"}, "session": {}}
    await driver.send("session.close", "left")


async def test_page_is_gone_after_its_session(driver: Driver) -> None:
    await driver.send("session.open", "one", token="crowd")
    await driver.send("session.open", "refused", token="bad")
    for s, end in (("two", "session.close"), ("three", "session.vanish")):
        await driver.send("session.open", s, token="x")
        await driver.send(end, s)
        await driver.send("session.vanish", s)
    await driver.send("session.close", "one")
    await driver.send("session.open", "last", token="crowd")
    assert "frames 2" in logged(driver, "one")
    assert "frames 2" in logged(driver, "last")
    await driver.send("session.close", "last")


async def test_command_of_a_page_that_vanishes_is_no_adapter_fault(driver: Driver) -> None:
    reply, vanished = await asyncio.gather(
        driver.send("session.open", "gone", token="never"), driver.send("session.vanish", "gone")
    )
    assert vanished.ok == {}
    assert (reply.error, reply.definite) == ("sut_error", False)
    assert "vanished" in reply.text


async def test_wrong_commands_are_refused(driver: Driver) -> None:
    await driver.send("session.open", "open", token="x")
    replies = [
        await driver.send("probe.dance", "open"),
        await driver.send("probe.dance", ""),
        await driver.send("probe.dance", "elsewhere"),
        await driver.send("sync", "elsewhere"),
        await driver.send("session.close", "elsewhere"),
        await driver.send("session.vanish", "elsewhere"),
        await driver.send("session.open", "open", token="x"),
    ]
    assert [reply.error for reply in replies] == [
        *["unsupported"] * 3,
        *["not_ready"] * 3,
        "bad_request",
    ]
    reply = await driver.send("session.open", "bad", token="bad")
    assert (reply.error, reply.text) == ("sut_error", "Error: token refused")
    opened = ["open"]
    while (reply := await driver.send("session.open", f"s{len(opened)}", token="x")).ok == {}:
        opened.append(f"s{len(opened)}")
    assert (reply.error, len(opened)) == ("not_ready", 16)
    for s in opened:
        await driver.send("session.vanish", s)


async def test_browser_reaches_nothing_but_the_stand_in(driver: Driver) -> None:
    await driver.send("session.open", "out", token="outside")
    asked = [line for line in logged(driver, "out") if line.startswith("asked ")]
    assert asked == [
        "asked https://api.signalwire.com/: TypeError",
        "asked https://fabric.signalwire.com/: 200",
    ]
    await driver.send("session.close", "out")


async def test_firefox_that_is_killed_is_told_and_leaves_nothing(
    driver: Driver, scratch: Path
) -> None:
    assert len(profiles(scratch)) == 1
    [group] = process.running
    pending = asyncio.create_task(
        driver.send("session.open", "waiting", token="never", deadline_ms=100_000)
    )
    await driver.send("probe.dance", "")  # the page has taken what was sent before
    os.kill(group, signal.SIGKILL)
    with pytest.raises(AdapterError, match="SUT crashed: killed by SIGKILL \\(Firefox\\)"):
        await pending
    await driver.adapter.close()
    await driver.adapter.close()
    with pytest.raises(AdapterError, match="SUT crashed"):
        await driver.send("sync", "late")
    assert profiles(scratch) == []
    assert process.running == set()


async def test_fault_of_the_page_itself_is_the_adapters(server: Server) -> None:
    adapter = FirefoxAdapter(server, limits=STARVED)
    driver = Driver(adapter)
    await adapter.start(driver.events.append)
    try:
        await driver.send("session.open", "waiting", token="x")
        with pytest.raises(AdapterError, match=r"fault of its own: .*ours"):
            await driver.send("session.open", "faulty", token="ours", deadline_ms=100_000)
    finally:
        await adapter.close()


async def test_page_that_never_ends_a_task_is_an_adapter_that_hangs(server: Server) -> None:
    adapter = FirefoxAdapter(server, limits=msgspec.structs.replace(STARVED, alive_within_ms=1_000))
    driver = Driver(adapter)
    await adapter.start(driver.events.append)
    try:
        with pytest.raises(AdapterError, match="Firefox hangs"):
            await driver.send("session.open", "stuck", token="spin", deadline_ms=1_000)
    finally:
        await adapter.close()


async def test_page_that_the_stand_in_does_not_serve_or_that_lacks_the_sdk_is_told(
    tmp_path: Path,
) -> None:
    mounts = {dial_page.ADAPTER_PREFIX: dial_page.JAVASCRIPT}
    async with Server(Config(mounts=mounts, state_dir=tmp_path)) as server:
        adapter = FirefoxAdapter(server, limits=STARVED)
        with pytest.raises(AdapterError, match=r"fault of its own: .*browser\.mjs"):
            await adapter.start(lambda event: None)
        await adapter.close()


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_profile_is_removed_when_the_last_process_is_gone(
    server: Server, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "firefox"
    path.write_text("#!/bin/sh\n(while :; do echo > $HOME/$$; done) 2>/dev/null &\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(firefox.EXECUTABLE_VARIABLE, str(path))
    order: list[object] = []
    gone, remove = ProcessGroup.gone, shutil.rmtree

    async def seen(group: ProcessGroup) -> bool:
        order.append(await gone(group))
        return True

    def removed(home: Path, **options: bool) -> None:
        order.append("removed")
        remove(home, **options)

    monkeypatch.setattr(ProcessGroup, "gone", seen)
    monkeypatch.setattr(shutil, "rmtree", removed)
    adapter = FirefoxAdapter(server, limits=Limits(exit_grace_s=0, terminate_s=0))
    with pytest.raises(AdapterError, match="SUT crashed: exit status 1"):
        await adapter.start(lambda event: None)
    await adapter.close()
    assert order == [True, "removed"]
    assert profiles(scratch) == []


async def test_firefox_is_the_named_one_then_the_one_on_path(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(firefox.EXECUTABLE_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AdapterError, match="No Firefox: install your system's"):
        firefox.executable()
    debian = program(tmp_path, "firefox-esr")
    assert firefox.executable() == debian
    usual = program(tmp_path, "firefox")
    assert firefox.executable() == usual
    named = program(tmp_path, "nightly")
    monkeypatch.setenv(firefox.EXECUTABLE_VARIABLE, named)
    assert firefox.executable() == named
    adapter = FirefoxAdapter(server, limits=Limits(exit_grace_s=0))
    with pytest.raises(AdapterError, match="SUT crashed: exit status 1 \\(Firefox\\)"):
        await adapter.start(lambda event: None)
    await adapter.close()
    monkeypatch.setenv(firefox.EXECUTABLE_VARIABLE, str(tmp_path / "missing"))
    with pytest.raises(AdapterError, match="which is no program"):
        firefox.executable()
