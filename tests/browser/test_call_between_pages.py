"""The published SDK, unmodified, calls itself: pages dial each other, and hand a call over.

Each page shows Chromium's fake camera, which is green and changes; the stand-in's own test picture
is blue. So a green picture that changes is the other page's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from ringproof.adapters import chromium
from ringproof_fakeserver.protocol.platform import Platform
from tests.browser.conftest import WAIT_S, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SESSION = """async ({token}) => {
  const crypto = "data:text/javascript," + encodeURIComponent(
    "export const randomUUID = () => crypto.randomUUID();" +
    "export const randomFillSync = (array) => crypto.getRandomValues(array);");
  const map = document.createElement("script");
  map.type = "importmap";
  map.textContent = JSON.stringify({imports: {"node:crypto": crypto}});
  document.head.append(map);
  const sdk = await import("/ringproof-sdk/dist/browser.mjs");
  window.client = new sdk.SignalWire(new sdk.StaticCredentialProvider({token}));
  await client.register();
  window.statuses = [];
  window.take = (call) => {
    window.call = call;
    call.status$.subscribe((status) => statuses.push(status));
    const video = document.createElement("video");
    Object.assign(video, {muted: true, autoplay: true, playsInline: true});
    document.body.append(video);
    call.remoteStream$.subscribe((stream) => { video.srcObject = stream; });
    window.video = video;
  };
  client.session.incomingCalls$.subscribe(([call]) => {
    if (call && call !== window.call && call.status === "ringing") take(call);
  });
}"""
"""Bring a session of the SDK online; ``window.call`` is its latest call."""

CHANGING_GREEN = """() => {
  const video = window.video;
  if (!video?.videoWidth) return false;
  const canvas = Object.assign(document.createElement("canvas"), {width: 160, height: 120});
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.drawImage(video, 0, 0, 160, 120);
  const pixels = context.getImageData(0, 0, 160, 120).data;
  let green = 0, blue = 0, changed = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    green += pixels[at + 1];
    blue += pixels[at + 2];
    changed += window.first !== undefined && Math.abs(pixels[at + 1] - window.first[at + 1]) > 16;
  }
  window.first ??= pixels;
  return green > 1.5 * blue && changed > 20;
}"""
"""Say whether the remote picture is the fake camera's and has changed since the first look."""

MakePage = Callable[[str], Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(stand_in: StandIn, chrome: Browser) -> AsyncIterator[MakePage]:
    """Return what opens a page whose user is online: ``await open_page("Alice")``."""
    contexts = []

    async def make(name: str) -> Page:
        user = await stand_in.user(display_name=name)
        # Two pages share the fake camera. When the second is asked to have it larger, it may send
        # no more pictures: a matter of Chromium and the SDK, and not of two pages that talk.
        stand_in.server.exchange.set_platform(user.subscriber, Platform(media_params_ms=0))
        contexts.append(await chromium.context(chrome))
        page = await contexts[-1].new_page()
        page.set_default_timeout(WAIT_S * 1000)
        await page.goto(f"{stand_in.server.origin}/demo")
        await page.evaluate(SESSION, {"token": user.token})
        page.channel = user.channels["video"]
        return page

    yield make
    for context in contexts:
        await context.close()


async def connect(caller: Page, callee: Page) -> None:
    """One page dials the other, which answers; both are connected."""
    await caller.evaluate("async (to) => take(await client.dial(to))", callee.channel)
    await callee.wait_for_function("window.call?.status === 'ringing'")
    await callee.evaluate("() => call.answer({audio: true, video: true})")
    for page in (caller, callee):
        await page.wait_for_function("statuses.includes('connected')")


async def test_two_pages_see_each_other_until_one_hangs_up(open_page: MakePage) -> None:
    alice, bob = await open_page("Alice in a page"), await open_page("Bob in a page")
    await connect(alice, bob)
    assert await bob.evaluate("() => [call.direction, call.fromName]") == [
        "inbound",
        "Alice in a page",
    ]
    assert await alice.evaluate("() => call.direction") == "outbound"
    for page in (alice, bob):
        await page.wait_for_function(CHANGING_GREEN, polling=100)
    await alice.evaluate("() => call.hangup()")
    for page in (alice, bob):
        await page.wait_for_function("statuses.at(-1) === 'destroyed'")


async def test_transfer_moves_the_far_page_to_a_third(open_page: MakePage) -> None:
    names = ("Alice who calls", "Bob who transfers", "Carol who takes over")
    alice, bob, carol = [await open_page(name) for name in names]
    await connect(alice, bob)
    await bob.evaluate("(to) => call.transfer({destination: to})", carol.channel)
    await carol.wait_for_function("window.call?.status === 'ringing'")
    assert await carol.evaluate("() => call.fromName") == names[0]
    await bob.wait_for_function("statuses.at(-1) === 'destroyed'")
    await carol.evaluate("() => call.answer({audio: true, video: true})")
    await carol.wait_for_function("statuses.includes('connected')")
    for page in (alice, carol):
        await page.wait_for_function(CHANGING_GREEN, polling=100)
    assert await alice.evaluate("() => statuses.at(-1)") == "connected"
    await carol.evaluate("() => call.hangup()")
    await alice.wait_for_function("statuses.at(-1) === 'destroyed'")
