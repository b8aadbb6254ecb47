"""Run in another network namespace than the stand-in: a browser of another machine.

``python -m tests.browser.other_machine DEMO TOKEN`` opens the demo page of a stand-in, goes online,
prints ``online``, answers the call that comes, and prints the width of the remote picture.
"""

from __future__ import annotations

import asyncio
import sys

from playwright.async_api import async_playwright, expect

from ringproof.adapters import chromium
from tests.browser.test_demo import is_playing

ARGUMENTS = (
    # Microphone and camera of a machine that has none. All else is as in a user's browser: names
    # are those of the machine's own file of hosts.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(demo: str, token: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable(playwright.chromium, headless=True),
            args=ARGUMENTS,
            chromium_sandbox=False,
        )
        page = await (await chromium.context(browser)).new_page()
        await page.goto(f"{demo}#token={token}")
        await page.get_by_role("button", name="Come online").click()
        await expect(page.get_by_role("log")).to_contain_text("/private/bob?channel=video")
        say("online")
        await page.get_by_role("button", name="Answer").click()
        await expect(page.locator("#status")).to_have_text("connected")
        moving, width, _ = await is_playing(page, "remote")
        say(f"{'playing' if moving else 'still'} {width}")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
