"""Opens the page that dials in an engine that Playwright has installed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from playwright.async_api import Browser, BrowserType, Error, Page, Playwright, async_playwright

from ringproof.adapters import dial_page, firefox
from ringproof.adapters.fence import Fence
from ringproof.adapters.protocol import AdapterError, Command, Hello, Limits, Listener, Reply
from ringproof.adapters.remote import RemoteAdapter

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server

NOT_FENCED = "localhost,.localhost,127.0.0.1"
"""What is on this machine; all else is asked of a proxy."""

CLOSED_WITHIN_S = 10.0
"""An engine that hangs does not close; it is killed when Playwright leaves."""

NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}
"""What reports call an engine. Its user agent may name another browser: WebKit's is Safari's."""


def executable(playwright: Playwright, engine: str) -> str:
    """Return the path of an engine. Raises ``AdapterError`` when it is not installed."""
    kind: BrowserType = getattr(playwright, engine)
    if not Path(kind.executable_path).is_file():
        text = f"Playwright's {engine} is not installed: run `playwright install {engine}`"
        raise AdapterError(text)
    return kind.executable_path


class PlaywrightEngine:
    """Adapter for the SDK in one page of an engine.

    The server must serve ``dial_page.mounts``. ``path`` is another program of the same engine, and
    ``arguments`` are the program's own.
    """

    def __init__(
        self,
        server: Server,
        engine: str,
        *,
        path: str = "",
        arguments: tuple[str, ...] = (),
        limits: Limits = dial_page.LIMITS,
    ) -> None:
        self._server = server
        self._engine = engine
        self._path = path
        self._arguments = arguments
        self._open = contextlib.AsyncExitStack()
        self._inner = RemoteAdapter(self._announce, who=engine, limits=limits, waits=False)
        self._page: Page

    async def start(self, listener: Listener) -> Hello:
        """Launch the engine, open the page and greet it. Raises ``AdapterError``."""
        fence = await self._open.enter_async_context(Fence.around(self._server))
        playwright = await self._open.enter_async_context(async_playwright())
        path = self._path or executable(playwright, self._engine)
        try:
            browser = await getattr(playwright, self._engine).launch(
                executable_path=path,
                args=[*self._arguments],
                proxy={"server": f"http://127.0.0.1:{fence.port}", "bypass": NOT_FENCED},
                **_preferences(self._engine),
            )
            self._open.push_async_callback(_closed, browser)
            browser.on("disconnected", lambda _: self._inner.fail("closed, or it crashed"))
            self._page = await (await browser.new_context(ignore_https_errors=True)).new_page()
            self._page.on("crash", lambda _: self._inner.fail("crashed: its page is gone"))
        except Error as error:
            raise AdapterError(f"{path} does not start: {error.message}") from error
        hello = await self._inner.start(listener)
        return msgspec.structs.replace(hello, runtime=f"{NAMES[self._engine]} {browser.version}")

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``."""
        return await self._inner.send(command)

    async def close(self) -> None:
        """End the engine. Never raises; may be called twice."""
        await self._inner.close()
        with contextlib.suppress(Error):  # It may have gone by itself.
            await self._open.aclose()

    async def _announce(self, carrier: str) -> None:
        url = dial_page.page_of_any_browser(self._server, carrier, until=self._open)
        try:
            await self._page.goto(url, wait_until="commit")
        except Error as error:
            # Whoever knows the fragment can dial in place of the page.
            shown = url.partition("#")[0]
            why = error.message.replace(url, shown)
            raise AdapterError(f"{self._engine} cannot open {shown}: {why}") from None


async def _closed(browser: Browser) -> None:
    with contextlib.suppress(Error, TimeoutError):  # It may have gone by itself.
        async with asyncio.timeout(CLOSED_WITHIN_S):
            await browser.close()


def _preferences(engine: str) -> Mapping[str, object]:
    if engine != "firefox":
        return {}
    fenced = ("network.proxy",)  # Playwright sets its own.
    return {
        "firefox_user_prefs": {
            name: value
            for name, value in firefox.PREFERENCES.items()
            if not name.startswith(fenced)
        }
    }
