"""The demo page in Chromium, used as a person uses it."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from ringproof.adapters import chromium
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.browser.conftest import StandIn, User, script

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Ends a wait that would never end; the first call loads codecs, which a busy machine does slowly.
expect.set_options(timeout=30_000)

CLIP = script({"answer": {}}, {"play": {"url": "https://example.com/clip.mp4"}})
MARKUP = "<img src=x onerror=\"document.title='stolen'\"><b>Eve</b>"

# The SDK takes the local tracks out of their stream and puts them back soon after `connected`; a
# picture that is there and moves is waited for.
PLAYING = """async (id) => {
  const video = document.getElementById(id);
  const first = video.currentTime;
  const plays = () => video.currentTime > first && video.videoWidth > 0;
  for (let tries = 0; tries < 100 && !plays(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [video.currentTime > first, video.videoWidth, video.muted];
}"""


async def come_online(page: Page, stand_in: StandIn) -> User:
    user = await stand_in.user()
    await page.goto(f"{stand_in.server.origin}/demo")
    await page.get_by_label("Subscriber access token").fill(user.token)
    await page.get_by_role("button", name="Come online").click()
    await expect(page.get_by_text("Online", exact=True)).to_be_visible()
    return user


async def is_playing(page: Page, tile: str) -> tuple[bool, int, bool]:
    moving, width, muted = await page.evaluate(PLAYING, tile)
    return moving, width, muted


async def test_answered_call_plays_in_both_tiles_and_ends_with_the_clip(
    stand_in: StandIn, page: Page
) -> None:
    user = await come_online(page, stand_in)
    await expect(page.get_by_role("log")).to_contain_text(user.channels["video"])
    await stand_in.dial(user.channels["video"], from_name="Alice", swml=CLIP)
    caller = page.locator("#caller")
    await expect(caller).to_have_text("Alice")
    assert await page.evaluate("document.getElementById('remote').srcObject") is None
    await page.get_by_role("button", name="Answer").click()
    await expect(page.locator("#status")).to_have_text("connected")
    await expect(page.get_by_role("button", name="Answer")).to_be_disabled()
    await expect(page.get_by_role("button", name="Hang up")).to_be_enabled()
    moving, width, muted = await is_playing(page, "remote")
    assert (moving, width, muted) == (True, 320, False)
    moving, width, muted = await is_playing(page, "local")
    assert (moving, muted) == (True, True)
    assert width > 0
    await expect(page.locator("#status")).to_have_text("no call")
    await expect(caller).to_have_text("—")
    await expect(page.get_by_role("button", name="Hang up")).to_be_disabled()


async def test_hang_up_ends_the_call_before_the_clip_does(stand_in: StandIn, page: Page) -> None:
    user = await come_online(page, stand_in)
    ended = []
    unwatch = stand_in.server.watch(user.subscriber, ended.append)
    call = await stand_in.dial(user.channels["video"], swml=CLIP)
    await expect(page.locator("#caller")).to_have_text("+15551230000")
    await page.get_by_role("button", name="Answer").click()
    await expect(page.locator("#status")).to_have_text("connected")
    await page.get_by_role("button", name="Hang up").press("Enter")
    await expect(page.locator("#status")).to_have_text("no call")
    await expect(page.get_by_role("button", name="Hang up")).to_be_disabled()
    assert stand_in.server.exchange.call_state(call) == "ended"
    unwatch()


async def test_name_with_markup_stays_text_and_decline_ends_the_call(
    stand_in: StandIn, page: Page
) -> None:
    user = await come_online(page, stand_in)
    call = await stand_in.dial(user.channels["audio"], from_name=MARKUP)
    await expect(page.locator("#caller")).to_have_text(MARKUP)
    await expect(page.get_by_role("log")).to_contain_text(MARKUP)
    assert await page.locator("main img").count() == 0
    assert await page.title() == "Receive a call · ringproof"
    await page.get_by_role("button", name="Decline").click()
    await expect(page.locator("#caller")).to_have_text("—")
    assert stand_in.server.exchange.call_state(call) == "ended"


async def test_placeholder_name_is_not_shown(stand_in: StandIn, page: Page) -> None:
    user = await come_online(page, stand_in)
    call = await stand_in.dial(user.channels["audio"], from_name="_undef_")
    await expect(page.locator("#caller")).to_have_text("+15551230000")
    await stand_in.end(call)
    await expect(page.locator("#caller")).to_have_text("—")


async def test_second_caller_waits_until_the_first_is_done(stand_in: StandIn, page: Page) -> None:
    user = await come_online(page, stand_in)
    await stand_in.dial(user.channels["audio"], from_name="First")
    caller = page.locator("#caller")
    await expect(caller).to_have_text("First")
    second = await stand_in.dial(user.channels["audio"], from_name="Second")
    await expect(page.get_by_role("log")).to_contain_text("Second: ringing")
    await expect(caller).to_have_text("First")
    await page.get_by_role("button", name="Decline").click()
    await expect(caller).to_have_text("Second")
    await stand_in.end(second)
    await expect(caller).to_have_text("—")


async def test_token_that_is_none_is_refused_and_can_be_replaced(
    stand_in: StandIn, page: Page
) -> None:
    await page.goto(f"{stand_in.server.origin}/demo#token=nonsense")
    online = page.get_by_role("button", name="Come online")
    await online.click()
    await expect(page.get_by_role("log")).to_contain_text("Not online")
    await expect(online).to_be_enabled()
    user = await stand_in.user()
    await page.get_by_label("Subscriber access token").fill(user.token)
    await online.press("Enter")
    await expect(page.get_by_text("Online", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_fits_a_phone_in_light_and_dark(
    stand_in: StandIn, page: Page, scheme: str
) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(f"{stand_in.server.origin}/demo")
    assert await page.evaluate("document.documentElement.scrollWidth") == 400
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    darkness = [int(part) for part in re.findall(r"\d+", background)[:3]]
    assert (max(darkness) < 60) == (scheme == "dark")
    for label in ("Answer", "Decline", "Hang up", "Come online"):
        await expect(page.get_by_role("button", name=label)).to_be_in_viewport()


async def test_page_says_what_to_do_when_the_sdk_is_missing(
    chrome: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = Config(state_dir=tmp_path_factory.mktemp("state"))
    own = await chromium.context(chrome)
    async with Server(config) as server:
        page = await own.new_page()
        await page.goto(f"{server.origin}/demo#token=x")
        await page.get_by_role("button", name="Come online").click()
        await expect(page.get_by_role("log")).to_contain_text("ringproof serve")
        await expect(page.get_by_role("button", name="Come online")).to_be_enabled()
        await own.close()
