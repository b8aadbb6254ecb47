"""What a page tells of received sound, in a Chromium that holds sound back until a click."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from ringproof.adapters import chromium, dial_page
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

pytestmark = pytest.mark.browser

TONE_HZ = 440
LISTEN = """async (hz) => {
  const { listen } = await import("/ringproof-adapter/listening.mjs");
  const source = new AudioContext();
  const end = source.createMediaStreamDestination();
  window.tone = new OscillatorNode(source, { frequency: hz });
  tone.connect(end);
  tone.start();
  addEventListener("click", () => source.resume());
  window.ear = listen(end.stream.getAudioTracks()[0]);
}"""


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    mounts = {dial_page.ADAPTER_PREFIX: dial_page.JAVASCRIPT}
    async with (
        Server(Config(mounts=mounts, state_dir=tmp_path)) as server,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable(playwright.chromium, headless=True),
            args=["--no-sandbox", "--autoplay-policy=user-gesture-required", "--mute-audio"],
        )
        page = await browser.new_page(ignore_https_errors=True)
        await page.goto(f"{server.origin}{dial_page.ADAPTER_PREFIX}/dial.html")
        yield page
        await browser.close()


async def test_sound_that_the_browser_holds_back_is_not_told_as_silence(page: Page):
    await page.evaluate(LISTEN, TONE_HZ)
    assert await page.evaluate("ear.latest() === undefined")
    await page.mouse.click(1, 1)
    heard = f"Math.abs((ear.latest()?.hz ?? 0) - {TONE_HZ}) < 6"
    await page.wait_for_function(heard)
    await page.evaluate("tone.stop()")
    await page.wait_for_function("ear.latest()?.hz === 0")
