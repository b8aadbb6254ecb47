"""``ringproof serve`` as a person meets it: paste what it prints, and the demo page rings."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from ringproof.adapters import chromium
from tests.browser.test_demo import is_playing

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COMMAND = Path(sys.executable).parent / "ringproof"


class Serving:
    """The running command and what it printed."""

    def __init__(self, process: Process, printed: str) -> None:
        self.process = process
        self.demo = re.findall(r"https://\S+/demo", printed)[0]
        self.token_line, self.dial_line = re.findall(r"^\s*(curl .*)$", printed, re.M)

    async def paste(self, line: str) -> dict[str, object]:
        shell = await asyncio.create_subprocess_shell(f"{line} --silent --show-error", stdout=PIPE)
        answer, _ = await shell.communicate()
        assert shell.returncode == 0
        return dict(json.loads(answer))


@pytest_asyncio.fixture(loop_scope="session")
async def serving(
    package: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Serving]:
    """The command with free ports and a state folder of its own; the package is cached already."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        COMMAND, "serve", "--port", "0", "--http-port", "0", stdout=PIPE
    )
    assert process.stdout is not None
    printed = (await process.stdout.readuntil(b"Ctrl-C stops.")).decode()
    yield Serving(process, printed)
    process.terminate()
    rest, _ = await process.communicate()
    assert process.returncode == 0
    assert rest.decode().split() == ["stopping"]


async def test_lines_it_prints_make_the_demo_page_ring_and_play(
    serving: Serving, page: Page
) -> None:
    token = str((await serving.paste(serving.token_line))["token"])
    await page.goto(f"{serving.demo}#token={token}")
    await page.get_by_role("button", name="Come online").click()
    await expect(page.get_by_role("log")).to_contain_text("/private/bob?channel=video")
    assert (await serving.paste(serving.dial_line))["direction"] == "outbound-api"
    await expect(page.locator("#caller")).to_have_text("Alice")
    await page.get_by_role("button", name="Answer").click()
    await expect(page.locator("#status")).to_have_text("connected")
    moving, width, muted = await is_playing(page, "remote")
    assert (moving, width, muted) == (True, 320, False)
    moving, width, muted = await is_playing(page, "local")
    assert (moving, muted) == (True, True)
    await expect(page.locator("#status")).to_have_text("no call")


async def test_a_chromium_with_the_printed_arguments_reaches_the_address_that_was_bound(
    package: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        *(COMMAND, "serve", "--json", "--port", "0", "--http-port", "0", "--host", "::1"),
        stdout=PIPE,
    )
    assert process.stdout is not None
    printed = json.loads(await process.stdout.readline())
    assert printed["http_url"].startswith("http://[::1]:")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=printed["chromium"]["executable"],
            args=printed["chromium"]["args"],
            chromium_sandbox=False,
        )
        page = await (await chromium.context(browser)).new_page()
        await page.goto(printed["demo"])
        await expect(page.get_by_role("button", name="Come online")).to_be_visible()
        await browser.close()
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_sdk_that_cannot_be_had_is_refused_when_named() -> None:
    process = await asyncio.create_subprocess_exec(
        COMMAND, "serve", "--port", "0", "--http-port", "0", "--sdk", "./nowhere", stderr=PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 64
    assert "holds no package.json" in said.decode()


async def test_json_tells_a_program_where_everything_is(
    package: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    process = await asyncio.create_subprocess_exec(
        COMMAND, "serve", "--json", "--port", "0", "--http-port", "0", stdout=PIPE
    )
    assert process.stdout is not None
    printed = json.loads(await process.stdout.readline())
    auth = (printed["project"], printed["api_token"])
    async with httpx.AsyncClient(base_url=printed["http_url"], auth=auth, trust_env=False) as rest:
        issued = await rest.post("/api/fabric/subscribers/tokens", json={"reference": "bob"})
    assert issued.is_success
    assert printed["demo"] == f"{printed['origin']}/demo"
    assert (Path(printed["sdk"]) / "dist" / "browser.mjs").is_file()
    assert Path(printed["ca_file"]).is_relative_to(tmp_path)
    assert any(printed["origin"].rpartition(":")[2] in arg for arg in printed["chromium"]["args"])
    process.terminate()
    rest_of_it, _ = await process.communicate()
    assert (process.returncode, rest_of_it) == (0, b"")
