"""The adapter in Chromium, with an SDK of which every emission is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ringproof.adapters import dial_page, npm
from ringproof.adapters.browser import BrowserAdapter
from ringproof.adapters.protocol import AdapterError, Command
from ringproof.trace import (
    Calls,
    ListedCall,
    Log,
    Received,
    Registered,
    Status,
    SutError,
)
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.harness.adapters.driver import Driver, essence

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

PACKAGE = npm.local(Path(__file__).parent / "fake_sdk")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    state = tmp_path_factory.mktemp("state")
    async with Server(Config(mounts=dial_page.mounts(PACKAGE), state_dir=state)) as server:
        yield server.origin


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def driver(origin: str) -> AsyncIterator[Driver]:
    adapter = BrowserAdapter(origin, PACKAGE, sessions=6)
    driver = Driver(adapter)
    hello = await adapter.start(lambda event: driver.events.append(event))
    assert (hello.name, hello.version, hello.carrier) == ("fake-sdk", "1.2.3", "ws")
    assert (hello.media, hello.sessions) == ("rtp", 6)
    assert "session.vanish" in hello.ops
    yield driver
    await adapter.close()
    await adapter.close()
    assert (await adapter.send(Command(id="late", op="sync", s="ring"))).error == "not_ready"


async def test_session_reports_lists_statuses_and_values_as_they_are(driver: Driver) -> None:
    assert (await driver.send("session.open", "ring", token="ring")).ok == {}
    first = driver.of("ring")
    listed = ListedCall(
        c="call-1", status="ringing", direction="inbound", from_="/private/alice", to="42"
    )
    calls = [event for event in first if isinstance(event, Calls)]
    assert calls[-1].list[0] == listed
    assert Registered in map(type, first)
    assert first[0].t_us > 0
    assert isinstance(first[0], Log)
    assert "constructed" in first[0].text


async def test_list_that_the_sdk_changed_afterwards_is_reread(driver: Driver) -> None:
    await driver.send("session.open", "list", token="mutate")
    before = len(driver.of("list"))
    await driver.send("sync", "list")
    calls = next(event for event in driver.of("list") if isinstance(event, Calls) and event.list)
    assert [call.c for call in calls.list] == ["call-1"]
    assert ("reread", calls.n, ("call-1", "call-2")) in driver.since("list", before)
    before = len(driver.of("list"))
    await driver.send("sync", "list")
    assert driver.since("list", before) == [("getter", "call-1", "ringing")]


async def test_command_is_logged_before_the_sdk_acts_and_streams_keep_their_names(
    driver: Driver,
) -> None:
    before = len(driver.of("ring"))
    assert (await driver.send("call.answer", "ring", c="call-1", media={})).ok == {}
    await driver.send("sync", "ring")
    events = driver.of("ring")[before:]
    assert isinstance(events[0], Received)
    message = driver.since("ring", before)
    streams = [entry for entry in message if entry[0] == "stream"]
    assert message[1:3] == [
        ("status", "call-1", "connecting"),
        ("log", "local stream of call-1: null"),
    ]
    assert streams[0] == streams[1]
    assert streams[1] != streams[2]
    assert ("settled", "") in message


async def test_method_that_throws_is_an_error_of_the_sut(driver: Driver) -> None:
    reply = await driver.send("call.answer", "ring", c="call-1", media={"video": True})
    assert (reply.error, reply.text) == ("sut_error", "TypeError: no camera")
    assert essence(driver.of("ring")[-1]) == ("settled", "TypeError: no camera")


async def test_events_of_a_late_observer_name_it(driver: Driver) -> None:
    before = len(driver.of("ring"))
    assert (await driver.send("observe", "ring", c="call-1", what="status")).ok == {}
    late = driver.of("ring")[before:]
    assert [type(event) for event in late] == [Received, Status]
    assert isinstance(late[0], Received)
    assert isinstance(late[1], Status)
    assert late[1].observer == late[0].id


async def test_errors_of_the_sdk_are_reported_caught_or_not(driver: Driver) -> None:
    before = len(driver.of("ring"))
    await driver.send("call.reject", "ring", c="call-1")
    await driver.send("sync", "ring")
    message = [entry for entry in driver.since("ring", before) if entry[0] == "error"]
    assert message[0] == ("error", "signaling: Error: gone", "call-1", True)
    assert message[1][2:] == ("", False)
    assert "uncaught" in str(message[1][1])
    assert "thrown by the SDK later" in str(message[1][1])
    assert not any("eyJ" in str(entry) for entry in driver.since("ring", 0))


async def test_promise_that_rejects_settles_with_its_error(driver: Driver) -> None:
    before = len(driver.of("ring"))
    assert (await driver.send("call.hangup", "ring", c="call-1")).ok == {}
    await driver.send("sync", "ring")
    message = driver.since("ring", before)
    assert ("settled", "Error: nobody there") in message
    assert ("complete", "status", "call-1") in message
    assert message[-1] == ("getter", "call-1", "destroyed")
    before = len(driver.of("ring"))
    await driver.send("sync", "ring")
    assert driver.since("ring", before) == [], "an ended call is read once"


async def test_page_that_floods_its_console_is_cut_short(driver: Driver) -> None:
    """Each line costs every page of this Chromium; an SDK in a loop wrote 300 a second."""
    assert (await driver.send("session.open", "flood", token="chatty")).ok == {}
    await driver.send("sync", "flood")
    lines = [event.text for event in driver.of("flood") if isinstance(event, Log)]
    assert lines[1:4] == ["warning 0", "warning 1", "warning 2"]
    assert 400 < len(lines) <= 1000
    await driver.send("session.close", "flood")


async def test_wrong_commands_are_refused_and_nothing_happens(driver: Driver) -> None:
    before = len(driver.of("ring"))
    replies = [
        await driver.send("call.answer", "ring", c="nobody"),
        await driver.send("media", "ring", c="call-1"),
        await driver.send("probe.dance", "ring"),
        await driver.send("probe.dance", ""),
        await driver.send("sync", "elsewhere"),
        await driver.send("session.open", "ring", token="ring"),
    ]
    assert [reply.error for reply in replies] == [
        "no_such_call",
        "not_ready",
        "unsupported",
        "unsupported",
        "not_ready",
        "bad_request",
    ]
    assert len(driver.of("ring")) == before
    assert (await driver.send("bye", "")).ok == {}


async def test_sdk_that_refuses_the_token_leaves_no_session(driver: Driver) -> None:
    reply = await driver.send("session.open", "bad", token="bad")
    assert (reply.error, reply.text) == ("sut_error", "Error: token refused")
    reply = await driver.send("session.open", "never", token="never", deadline_ms=200)
    assert (reply.error, reply.definite) == ("timeout", False)
    assert (await driver.send("sync", "never")).error == "not_ready"


async def test_closed_session_leaves_a_page_with_nothing_of_it(driver: Driver) -> None:
    await driver.send("session.open", "first", token="remember")
    assert (await driver.send("session.close", "first")).ok == {}
    assert (await driver.send("sync", "first")).error == "not_ready"
    await asyncio.gather(*driver.adapter._tasks)
    pages = len(driver.adapter._idle)
    assert pages >= 1
    await driver.send("session.open", "second", token="remember")
    assert len(driver.adapter._idle) == pages - 1, "the page is used again"
    texts = [event.text for event in driver.of("second") if isinstance(event, Log)]
    assert "remembered null" in texts
    await driver.send("session.close", "second")


async def test_session_that_vanishes_is_not_closed(driver: Driver) -> None:
    await driver.send("session.open", "ghost", token="remember")
    before = len(driver.of("ghost"))
    assert (await driver.send("session.vanish", "ghost")).ok == {}
    assert len(driver.of("ghost")) == before
    assert (await driver.send("session.vanish", "ghost")).error == "not_ready"


async def test_page_that_leaves_hears_that_it_unloads(driver: Driver) -> None:
    await driver.send("session.open", "leaving", token="farewell")
    tab = driver.adapter._tabs["leaving"]
    opened = tab.page.url.partition("#")[0]
    await tab.leave()
    await tab.page.goto(opened)
    assert await tab.page.evaluate("() => localStorage.getItem('unloaded')") == "yes"
    await driver.send("session.vanish", "leaving")


async def test_command_of_a_page_that_vanishes_is_no_adapter_fault(driver: Driver) -> None:
    await driver.send("session.open", "warm", token="remember")
    await driver.send("session.close", "warm")
    await asyncio.gather(*driver.adapter._tasks)  # a page is ready: opening begins at once
    reply, vanished = await asyncio.gather(
        driver.send("session.open", "gone", token="never"), driver.send("session.vanish", "gone")
    )
    assert vanished.ok == {}
    assert (reply.error, reply.definite) == ("sut_error", False)
    assert "vanished" in reply.text


async def test_more_sessions_than_promised_are_refused(driver: Driver) -> None:
    opened = []
    while (reply := await driver.send("session.open", f"s{len(opened)}", token="x")).ok == {}:
        opened.append(f"s{len(opened)}")
    assert "6 sessions are open" in reply.text
    for s in opened:
        await driver.send("session.vanish", s)


class StuckBrowser:
    """A Chromium that opens no page any more."""

    def is_connected(self) -> bool:
        return True

    async def new_context(self, **_: object) -> None:
        await asyncio.Event().wait()


async def test_chromium_that_opens_no_page_any_more_is_at_fault() -> None:
    adapter = BrowserAdapter(
        "https://127.0.0.1:1", PACKAGE, browser=StuckBrowser(), opened_within_s=0.01
    )
    with pytest.raises(AdapterError, match="opened no page in"):
        await adapter.start(lambda event: None)


async def test_page_that_crashes_is_the_suts_failure(driver: Driver) -> None:
    await driver.send("session.open", "doomed", token="x")
    page = driver.adapter._tabs["doomed"].page
    crashed = asyncio.Event()
    page.on("crash", lambda _: crashed.set())
    going = asyncio.gather(page.goto("chrome://crash"), return_exceptions=True)
    await crashed.wait()
    assert (await driver.send("sync", "doomed")).error == "sut_error"
    last = driver.of("doomed")[-1]
    assert isinstance(last, SutError)
    assert last.fatal
    assert "crashed" in last.text
    await driver.send("session.vanish", "doomed")
    await going


async def test_fault_of_the_page_itself_is_the_adapters(driver: Driver) -> None:
    await driver.send("session.open", "faulty", token="x")
    page = driver.adapter._tabs["faulty"].page
    script = "setTimeout(() => { throw new Error('ours') })\n//# sourceURL=/ringproof-adapter/x.mjs"
    await page.evaluate(script)
    await driver.adapter._tabs["faulty"].serving
    with pytest.raises(AdapterError, match=r"fault of its own: .*ours"):
        await driver.send("sync", "faulty")
    await driver.send("session.vanish", "faulty")


async def test_page_that_cannot_load_the_sdk_says_so(
    driver: Driver, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mounts = {dial_page.ADAPTER_PREFIX: dial_page.JAVASCRIPT}
    config = Config(mounts=mounts, state_dir=tmp_path_factory.mktemp("state"))
    borrowed = driver.adapter._browser
    async with Server(config) as server:
        adapter = BrowserAdapter(server.origin, PACKAGE, browser=borrowed)
        with pytest.raises(AdapterError, match=r"browser\.mjs"):
            await adapter.start(driver.events.append)
        await adapter.close()
    async with Server(Config(state_dir=config.state_dir)) as server:
        adapter = BrowserAdapter(server.origin, PACKAGE, browser=borrowed)
        with pytest.raises(AdapterError, match=r"404.*must mount /ringproof-adapter"):
            await adapter.start(driver.events.append)
        await adapter.close()
        nowhere = server.origin
    adapter = BrowserAdapter(nowhere, PACKAGE, browser=borrowed)
    with pytest.raises(AdapterError, match="Is the stand-in running"):
        await adapter.start(driver.events.append)
    await adapter.close()
    assert borrowed is not None
    assert borrowed.is_connected()
