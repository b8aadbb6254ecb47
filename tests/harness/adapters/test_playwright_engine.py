"""The page that dials in an engine of Playwright: the system's Chromium stands for the others."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import async_playwright

from ringproof.adapters import chromium, dial_page, npm, playwright_engine
from ringproof.adapters.playwright_engine import PlaywrightEngine
from ringproof.adapters.protocol import AdapterError
from ringproof.suts import registry
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.harness.adapters.driver import Driver

pytestmark = pytest.mark.browser

SDK = Path(__file__).parent / "fake_sdk"
STARVED = msgspec.structs.replace(dial_page.LIMITS, dialled_within_s=250.0, alive_within_ms=1_000)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    mounts = dial_page.mounts(npm.local(SDK))
    async with Server(Config(mounts=mounts, state_dir=tmp_path)) as server:
        yield server


def engine(server: Server, *more: str) -> PlaywrightEngine:
    flags = [flag for flag in chromium.arguments(9) if "resolver" not in flag]
    path = chromium.executable()
    return PlaywrightEngine(
        server, "chromium", path=path, arguments=("--no-sandbox", *flags, *more), limits=STARVED
    )


async def test_sessions_open_and_one_that_spins_is_an_adapter_that_hangs(server: Server):
    adapter = engine(server)
    driver = Driver(adapter)
    hello = await adapter.start(driver.events.append)
    browser = adapter._page.context.browser
    assert browser is not None
    # Its own word; the user agent has zeros for all but the first number.
    assert hello.runtime == f"Chromium {browser.version}"
    assert (await driver.send("session.open", "out", token="outside")).ok == {}
    texts = [getattr(event, "text", "") for event in driver.of("out")]
    assert [text for text in texts if text.startswith("asked ")] == [
        "asked https://api.signalwire.com/: TypeError",
        "asked https://fabric.signalwire.com/: 200",
    ]
    with pytest.raises(AdapterError, match="chromium hangs"):
        await driver.send("session.open", "stuck", token="spin", deadline_ms=1_000)
    await adapter.close()
    await adapter.close()
    with pytest.raises(AdapterError, match="hangs"):
        await driver.send("sync", "late")


async def test_engine_that_is_gone_is_told(server: Server):
    adapter = engine(server)
    driver = Driver(adapter)
    await adapter.start(driver.events.append)
    pending = asyncio.create_task(
        driver.send("session.open", "waiting", token="never", deadline_ms=100_000)
    )
    await driver.send("probe.dance", "")  # the page has taken what was sent before
    browser = adapter._page.context.browser
    assert browser is not None
    await browser.close()
    with pytest.raises(AdapterError, match=r"chromium (closed|crashed)"):
        await pending
    await adapter.close()


async def test_engine_that_does_not_close_is_not_waited_for(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(playwright_engine, "CLOSED_WITHIN_S", 0.5)
    adapter = engine(server, f"--mark={tmp_path}")
    await adapter.start(lambda event: None)
    for process in marked(tmp_path):
        os.kill(process, signal.SIGSTOP)
    async with asyncio.timeout(15):
        await adapter.close()
    assert marked(tmp_path) == []


def marked(folder: Path) -> list[int]:
    """Return the processes that were started with a mark."""
    listed = subprocess.check_output(["ps", "-wweo", "pid,stat,args"], text=True)
    lines = [line.split(None, 2) for line in listed.splitlines() if f"--mark={folder}" in line]
    return [int(number) for number, state, _ in lines if not state.startswith("Z")]


async def test_page_that_does_not_open_is_named_without_what_it_would_dial(tmp_path: Path):
    async with Server(Config(state_dir=tmp_path)) as server:
        adapter = engine(server)
    with pytest.raises(AdapterError, match=r"cannot open https://\S+/dial\.html: ") as raised:
        await adapter.start(lambda event: None)
    await adapter.close()
    assert "ERR_CONNECTION_REFUSED" in str(raised.value)
    assert "#" not in str(raised.value)
    assert "carrier" not in str(raised.value)


async def test_engine_that_is_not_installed_is_named_with_its_command(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    for kind in registry.ENGINES:
        adapter = registry.find(f"{kind}:playwright:{SDK}").make(server)
        with pytest.raises(AdapterError, match=f"run `playwright install {kind}`"):
            await adapter.start(lambda event: None)
        await adapter.close()
    async with async_playwright() as playwright:
        with pytest.raises(AdapterError, match="is not installed"):
            playwright_engine.executable(playwright, "webkit")


async def test_engine_that_does_not_start_is_named(server: Server, tmp_path: Path):
    adapter = PlaywrightEngine(server, "chromium", path=str(tmp_path / "none"))
    with pytest.raises(AdapterError, match="none does not start"):
        await adapter.start(lambda event: None)
    await adapter.close()
