"""Pages with the published SDK, unmodified, in one conference room."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from ringproof.adapters import chromium
from tests.browser.conftest import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WAIT_MS = 60_000
"""Ends a wait that would never end: the first call loads codecs, slowly on a busy machine."""

# Each user sends a picture of one colour, so that it is clear whose picture a page sees.
ENTER = """async ({token, room, colour}) => {
  window.connections = [];
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...settings) { super(...settings); connections.push(this); }
  };
  const sdk = await import("/ringproof-sdk/dist/browser.mjs");
  const picture = document.body.appendChild(document.createElement("canvas"));
  const brush = picture.getContext("2d");
  setInterval(() => { brush.fillStyle = colour; brush.fillRect(0, 0, 300, 150); }, 50);
  const [track] = picture.captureStream(20).getVideoTracks();
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async ({audio, video}) => {
    const stream = audio ? await open({audio}) : new MediaStream();
    if (video) stream.addTrack(track.clone());
    return stream;
  };
  window.client = new sdk.SignalWire(new sdk.StaticCredentialProvider({token}));
  await client.register();
  window.call = await client.dial(room, {audio: true, video: true});
  window.statuses = [];
  call.status$.subscribe((status) => statuses.push(status));
  window.seen = document.body.appendChild(document.createElement("video"));
  Object.assign(seen, {autoplay: true, muted: true, playsInline: true});
  call.remoteStream$.subscribe((stream) => { seen.srcObject = stream; });
  window.named = (name) => call.participants.find((each) => each.name === name);
  window.colourSeen = () => {
    if (!seen.videoWidth) return "nothing";
    const small = new OffscreenCanvas(1, 1).getContext("2d");
    small.drawImage(seen, 0, 0, 1, 1);
    const [red, green, blue] = small.getImageData(0, 0, 1, 1).data;
    if (red > 150 && green + blue < 150) return "red";
    return blue > 150 && red + green < 150 ? "blue" : "another";
  };
}"""

Enter = Callable[[str, str, str], Awaitable[Page]]

PICTURES = """async () => {
  const legs = [];
  for (const each of connections) {
    const statistics = [...(await each.getStats()).values()];
    const pictures = statistics.filter((one) => one.kind === "video" && /-rtp$/.test(one.type));
    legs.push([each.connectionState, each.signalingState, ...pictures]);
  }
  return {sees: colourSeen(), people: call.participants.map((one) => one.name), legs};
}"""


async def until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression holds in a page; else say what all pages send and see."""
    try:
        await page.wait_for_function(condition, timeout=WAIT_MS)
    except PlaywrightTimeout as error:
        browser = page.context.browser
        assert browser is not None
        pages = [each for context in browser.contexts for each in context.pages]
        seen = [
            await each.evaluate(PICTURES) for each in pages if await each.evaluate("!!window.call")
        ]
        raise AssertionError(f"not in {WAIT_MS} ms: {condition}; {json.dumps(seen)}") from error


@pytest_asyncio.fixture(loop_scope="session")
async def enter(stand_in: StandIn, chrome: Browser) -> AsyncIterator[Enter]:
    """Return what opens a page whose user calls a room: ``await enter(name, room, colour)``."""
    contexts: list[BrowserContext] = []

    async def open_page(name: str, room: str, colour: str) -> Page:
        user = await stand_in.user(display_name=name)
        contexts.append(await chromium.context(chrome))
        page = await contexts[-1].new_page()
        await page.goto(f"{stand_in.server.origin}/demo")
        await page.evaluate(ENTER, {"token": user.token, "room": room, "colour": colour})
        await until(page, "call.status === 'connected' && call.self !== null")
        return page

    yield open_page
    for context in contexts:
        await context.close()


async def test_members_see_each_other_mute_share_a_screen_and_leave(
    stand_in: StandIn, enter: Enter
) -> None:
    room = await stand_in.room("standup")
    alice = await enter("Alice", room, "red")
    await until(alice, "colourSeen() === 'another'")
    bob = await enter("Bob", room, "blue")
    for page in (alice, bob):
        await until(page, "call.participants.map((each) => each.name).join() === 'Alice,Bob'")
        await until(page, "call.layout === 'grid-responsive' && call.layouts.length > 1")
    await until(alice, "colourSeen() === 'blue'")
    await until(bob, "colourSeen() === 'red'")

    await alice.evaluate("call.self.mute()")
    await until(bob, "named('Alice').audioMuted && !named('Bob').audioMuted")
    await bob.evaluate("named('Alice').toggleHandraise()")
    await until(alice, "call.self.handraised")
    await alice.evaluate("call.toggleLock()")
    await until(bob, "call.locked")

    await share_screen(alice)
    await until(alice, "call.self.screenShareStatus === 'started'")
    await until(bob, "call.participants.length === 3")
    assert await bob.evaluate("call.participants.map((each) => each.type)") == [
        "member",
        "member",
        "screen",
    ]
    await until(bob, "colourSeen() === 'another'")
    await alice.evaluate("call.self.stopScreenShare()")
    await until(bob, "call.participants.length === 2 && colourSeen() === 'red'")
    await alice.evaluate("call.self.unmute()")
    await until(bob, "!named('Alice').audioMuted")

    await bob.evaluate("call.hangup()")
    await until(alice, "call.participants.map((each) => each.name).join() === 'Alice'")
    assert await bob.evaluate("statuses.at(-1)") == "destroyed"
    # Not ``call.status``: the SDK takes the answer of a second leg for one of the call.
    assert (
        await alice.evaluate("['disconnected', 'destroyed'].filter(s => statuses.includes(s))")
        == []
    )
    await alice.evaluate("call.hangup()")
    assert stand_in.server.faults == ()


async def share_screen(page: Page) -> None:
    """Share the screen, with a click: Chromium asks for one."""
    await page.evaluate(
        """() => {
  const button = document.body.appendChild(document.createElement("button"));
  button.id = "share";
  button.onclick = () => call.self.startScreenShare();
}"""
    )
    await page.locator("#share").click()
