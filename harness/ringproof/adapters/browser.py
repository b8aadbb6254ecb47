"""Drives the published browser SDK, unmodified, in pages of a headless Chromium.

One session lives in one page with a context of its own, so that two sessions share no storage.
The pages come from the stand-in's own origin; the harness talks to each over its own WebSocket.
"""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections import deque

import msgspec
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    async_playwright,
)

from ringproof.adapters import chromium
from ringproof.adapters.channel import Channel
from ringproof.adapters.dial_page import ADAPTER_PREFIX
from ringproof.adapters.npm import Package
from ringproof.adapters.protocol import DEFAULT, AdapterError, Command, Hello, Listener, Reply
from ringproof.adapters.websocket import WebSocketServer, WebSocketTransport
from ringproof.trace import SutError

OPENED_WITHIN_S = 20.0
"""A page opens within 0.5 s; a Chromium that opens none any more is replaced by a new one."""
CLOSED_WITHIN_S = 10.0
"""A page closes within 0.1 s; past this Chromium has lost it, and its own end will follow."""
NAVIGATION_TIMEOUT_MS = 20_000
SESSIONS = 16
"""Pages that are open at once at most; each is a process of some 60 MB."""
LAST_LINES = 32


class _Tab:
    """One page, and the channel to the adapter in it."""

    def __init__(self, context: BrowserContext, page: Page, listener: Listener, who: str) -> None:
        self.context = context
        self.page = page
        self.who = who
        self.session = ""
        self.crashed = False
        self.vanished = False
        # Set by ``load``.
        self.channel: Channel
        self.serving: asyncio.Task[None]
        self._transport: WebSocketTransport | None = None
        self._listener = listener
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        page.on("console", self._log)
        page.on("pageerror", lambda error: self._lines.append(f"uncaught: {error}"))
        page.on("crash", lambda _: self._crash())

    async def load(self, url: str, transport: WebSocketTransport) -> None:
        """Load the adapter's page afresh and wait until it has dialled the transport."""
        self._transport = transport
        self.channel = Channel(transport, self._listener, self.who)
        self.serving = asyncio.get_running_loop().create_task(self.channel.serve())
        self.session = ""
        try:
            response = await self.page.goto(
                f"{url}#{transport.url}", timeout=NAVIGATION_TIMEOUT_MS, wait_until="commit"
            )
        except Error as error:
            text = f"Chromium cannot open {url}: {error.message}. Is the stand-in running?"
            raise AdapterError(text) from error
        if response is not None and not response.ok:
            text = f"{url} answers {response.status}: the stand-in must mount {ADAPTER_PREFIX}"
            raise AdapterError(text)
        try:
            async with asyncio.timeout(DEFAULT.dialled_within_s):
                await transport.ready()
        except TimeoutError as error:
            text = f"{self.who} did not dial its carrier: see its console"
            raise self._with_console(text) from error

    async def ask(self, command: Command) -> Reply:
        try:
            return await self.channel.ask(command)
        except AdapterError as error:
            if not self.crashed and not self.vanished:
                raise self._with_console(str(error)) from error
            # A command to a page that was closed on purpose cannot be carried out.
            text = "the page vanished, as asked" if self.vanished else "the page crashed"
            return Reply(re=command.id, error="sut_error", text=text, definite=False)

    async def leave(self) -> None:
        """Go to an empty page: the document hears that it unloads, and its sockets close.

        Closing the context alone kills the page without the events on which an SDK may act.
        """
        with contextlib.suppress(Error):  # The page crashed: nothing of it is left.
            await self.page.goto("about:blank", timeout=NAVIGATION_TIMEOUT_MS)

    async def discard(self, reason: str) -> None:
        """Close the page without calling the SDK, as a user who closes the tab does."""
        try:
            async with asyncio.timeout(CLOSED_WITHIN_S):
                # With the context goes its page; closing the page first never returned for one
                # that was closed right after its navigation had been answered with an error.
                await self.context.close()
        except (Error, TimeoutError):
            self.crashed = True  # Chromium is gone, and the page with it.
        await self.hang_up(reason)

    async def hang_up(self, reason: str) -> None:
        """Close the channel to the adapter, whose page is gone."""
        if self._transport is not None:
            self.channel.fail(AdapterError(reason))
            await self._transport.close()

    def _with_console(self, text: str) -> AdapterError:
        return AdapterError("; ".join([text, *self._lines]))

    def _log(self, message: ConsoleMessage) -> None:
        self._lines.append(f"{message.type}: {message.text[:500]}")

    def _crash(self) -> None:
        self.crashed = True
        if self.session:
            number = self.channel.event_count(self.session)
            text = "the page crashed: " + "; ".join(self._lines)
            self._listener(SutError(s=self.session, n=number, text=text, fatal=True))
        self.channel.fail(AdapterError("the page crashed"))


class BrowserAdapter:
    """Adapter for the SDK in Chromium; ``sessions`` pages at most, one per open session.

    The stand-in at ``origin`` must serve ``mounts(package)``. A ``browser`` that is given is
    borrowed and stays open; ``None`` launches one.
    """

    def __init__(
        self,
        origin: str,
        package: Package,
        *,
        sessions: int = SESSIONS,
        browser: Browser | None = None,
        opened_within_s: float = OPENED_WITHIN_S,
    ) -> None:
        self._origin = origin.rstrip("/")
        self._package = package
        self._limit = sessions
        self._opened_within_s = opened_within_s
        self._server = WebSocketServer()
        self._listener: Listener = lambda _: None
        self._playwright: Playwright | None = None
        self._browser = browser
        self._idle: list[_Tab] = []
        self._loading: set[_Tab] = set()
        self._tabs: dict[str, _Tab] = {}
        self._left: dict[str, _Tab] = {}
        """Tabs on an empty page, of sessions that vanished and will return."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._loads = 0

    async def start(self, listener: Listener) -> Hello:
        """Launch Chromium, load one page and greet it. Raises ``AdapterError``."""
        self._listener = listener
        try:
            await self._server.__aenter__()
            if self._browser is None:
                self._playwright = await async_playwright().start()
                port = urllib.parse.urlsplit(self._origin).port or 443
                self._browser = await chromium.launch(self._playwright, port)
            tab = await self._new_tab()
            self._idle.append(tab)
            hello = await tab.channel.greet()
        except BaseException:
            await self.close()
            raise
        ops = (*hello.ops, "session.vanish", "session.return")
        runtime = f"Chromium {self._browser.version}"
        features = (*hello.features, "unload")
        return msgspec.structs.replace(
            hello, sessions=self._limit, ops=ops, features=features, runtime=runtime
        )

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``."""
        match command.op:
            case "session.open":
                return await self._open(command)
            case "session.return":
                return await self._return(command)
            case "session.close" | "session.vanish" if command.s in self._tabs:
                return await self._end_session(command)
            case "bye":
                return Reply(re=command.id, ok={})
        # A command that names no session, such as an unknown op, may go to any page.
        pages = [*self._idle, *self._tabs.values()]
        tab = self._tabs.get(command.s) if command.s else next(iter(pages), None)
        if tab is None:
            text = f"no session {command.s} is open"
            return Reply(re=command.id, error="not_ready", text=text)
        return await tab.ask(command)

    async def close(self) -> None:
        """Close every page and Chromium. Never raises; may be called twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        tabs = {*self._tabs.values(), *self._left.values(), *self._idle, *self._loading}
        for group in (self._tabs, self._left, self._idle, self._loading):
            group.clear()
        await asyncio.gather(*(tab.discard("the adapter was closed") for tab in tabs))
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        if playwright is not None:
            if browser is not None:
                with contextlib.suppress(Error):  # It may have gone by itself.
                    await browser.close()
            await playwright.stop()
        await self._server.__aexit__()

    async def _open(self, command: Command) -> Reply:
        if command.s in self._tabs:
            text = f"session {command.s} is open already"
            return Reply(re=command.id, error="bad_request", text=text)
        if len(self._tabs) >= self._limit:
            text = f"{self._limit} sessions are open, which is the most"
            return Reply(re=command.id, error="not_ready", text=text)
        tab = self._idle.pop() if self._idle else await self._new_tab()
        tab.session = command.s
        self._tabs[command.s] = tab
        reply = await tab.ask(command)
        if reply.error and self._tabs.pop(command.s, None) is not None:
            await tab.discard(f"session.open failed: {reply.text}")
        return reply

    async def _return(self, command: Command) -> Reply:
        """Open the adapter's page again in the tab of a session that vanished."""
        tab = self._left.pop(command.of, None)
        if tab is None:
            text = f"no session {command.of} has vanished to return"
            return Reply(re=command.id, error="bad_request", text=text)
        tab.vanished = False
        await self._load(tab)
        tab.session = command.s
        self._tabs[command.s] = tab
        reply = await tab.ask(msgspec.structs.replace(command, op="session.open"))
        if reply.error and self._tabs.pop(command.s, None) is not None:
            await tab.discard(f"session.return failed: {reply.text}")
        return reply

    async def _end_session(self, command: Command) -> Reply:
        tab = self._tabs.pop(command.s)
        if command.op == "session.vanish":
            tab.vanished = True
            await tab.leave()
            if command.returns:
                await tab.hang_up("the session vanished, as asked")
                self._left[command.s] = tab
            else:
                await tab.discard("the session vanished, as asked")
            return Reply(re=command.id, ok={})
        reply = await tab.ask(command)
        task = asyncio.get_running_loop().create_task(self._recycle(tab))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return reply

    async def _recycle(self, tab: _Tab) -> None:
        """Clear what the SDK stored, and load the page again, for another session."""
        self._loading.add(tab)
        try:
            await tab.page.evaluate("() => { sessionStorage.clear(); localStorage.clear(); }")
            await self._load(tab)
        except (AdapterError, Error):
            self._loading.discard(tab)
            await tab.discard("the page could not be loaded again")
        else:
            self._idle.append(tab)

    async def _new_tab(self) -> _Tab:
        if self._browser is None or not self._browser.is_connected():
            raise AdapterError("Chromium is not running: it was closed, or it crashed")
        try:
            async with asyncio.timeout(self._opened_within_s):
                own = await chromium.context(self._browser)
                page = await own.new_page()
        except Error as error:
            raise AdapterError(f"Chromium opens no page: {error.message}") from error
        except TimeoutError as error:
            raise AdapterError(f"Chromium opened no page in {self._opened_within_s:g} s") from error
        tab = _Tab(own, page, self._listener, f"the page of {self._package.name}")
        await self._load(tab)
        return tab

    async def _load(self, tab: _Tab) -> None:
        # A query of its own makes a new document; another fragment alone would not.
        self._loads += 1
        url = f"{self._origin}{ADAPTER_PREFIX}/page.html?load={self._loads}"
        # If the adapter is closed meanwhile, close() finds the page here.
        self._loading.add(tab)
        try:
            await tab.load(url, self._server.invite())
        except AdapterError:
            await tab.discard("the page could not be loaded")
            self._loading.discard(tab)
            raise
        self._loading.discard(tab)
