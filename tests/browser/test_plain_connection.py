"""A peer connection of an ordinary Chromium, which hides its addresses, against legs of ours.

No SDK and none of the arguments with which ringproof starts a Chromium for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from ringproof.adapters import chromium
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.protocol.sdp import directions, ice_names
from tests.fakeserver.media.client import Reports
from tests.fakeserver.media.test_aiortc_legs import flowing

from .conftest import WAIT_S

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT = """
const pc = new RTCPeerConnection();
const kinds = [];
pc.ontrack = ({ track }) => kinds.push(track.kind);

// A description is complete once all candidates are gathered.
async function complete(made) {
  await pc.setLocalDescription(await made);
  const changed = (then) => pc.addEventListener("icegatheringstatechange", then, { once: true });
  while (pc.iceGatheringState !== "complete") await new Promise(changed);
  return pc.localDescription.sdp;
}

async function answer(sdp) {
  await pc.setRemoteDescription({ type: "offer", sdp });
  return complete(pc.createAnswer());
}

function restart() {
  pc.restartIce();
  return complete(pc.createOffer());
}

function addPicture() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  setInterval(() => context.fillRect(Math.random() * 99, 0, 9, 9), 50);
  pc.addTrack(canvas.captureStream(20).getTracks()[0]);
  return complete(pc.createOffer());
}

const agree = (sdp) => pc.setRemoteDescription({ type: "answer", sdp });
"""


class Peers:
    """A leg of ours, the page with the other end, and what the leg reports."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.reports = Reports()
        self.restarted = asyncio.Event()
        self.legs = AiortcLegs(self.reports.connected, self.reports.failed)

    async def do(self, call: str, argument: Any = None) -> Any:
        return await self.page.evaluate(f"(argument) => {call}(argument)", argument)

    async def connect(self) -> str:
        """Connect with sound that the page only receives; return its answer."""
        offer = await self.legs.create_offer("d", ("audio",), True)
        answer: str = await self.do("answer", offer)
        await self.legs.apply_answer("d", answer)
        assert await self.reports.wait() == [("connected", "d")]
        return answer

    async def renegotiate(self, offer: str) -> str:
        """Have the leg answer an offer of the page; return the answer."""
        answer = await self.legs.renegotiate("d", offer, self.restarted.set)
        await self.do("agree", answer)
        return answer


@pytest_asyncio.fixture(loop_scope="module")
async def peers() -> AsyncIterator[Peers]:
    async with async_playwright() as playwright:
        path = chromium.executable(playwright.chromium, headless=True)
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.add_script_tag(content=SCRIPT)
        peers = Peers(page)
        yield peers
        await peers.legs.close_all()
        await browser.close()


async def test_page_that_hides_its_addresses_connects(peers: Peers) -> None:
    answer = await peers.connect()
    candidates = [line for line in answer.splitlines() if line.startswith("a=candidate:")]
    assert candidates
    assert all(".local " in line for line in candidates)


async def test_page_restarts_ice(peers: Peers) -> None:
    earlier = ice_names(await peers.connect())
    for _ in range(2):
        peers.restarted.clear()
        offer = await peers.do("restart")
        assert not set(ice_names(offer)) & set(earlier)
        await peers.renegotiate(offer)
        assert await peers.page.evaluate("kinds") == ["audio"]
        async with asyncio.timeout(WAIT_S):
            await peers.restarted.wait()
    assert await peers.page.evaluate("pc.connectionState") == "connected"


async def test_page_adds_a_picture(peers: Peers) -> None:
    await peers.connect()
    answer = await peers.renegotiate(await peers.do("addPicture"))
    assert directions(answer) == {"audio": "sendonly", "video": "sendrecv"}
    await peers.page.wait_for_function("kinds.join() === 'audio,video'", timeout=WAIT_S * 1000)
    await flowing(peers.legs, [("sent", "video"), ("received", "video")])
    assert not peers.restarted.is_set()
