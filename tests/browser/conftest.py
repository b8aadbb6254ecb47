"""One stand-in and one Chromium for all tests here, and the published SDK in its pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from ringproof.adapters import chromium, dial_page, npm
from ringproof.adapters.browser import BrowserAdapter
from ringproof.adapters.protocol import Command, Reply
from ringproof.trace import AnySutEvent, Calls, Status
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.journal import CallFact
from ringproof_fakeserver.protocol.platform import Platform

WAIT_S = 60.0
"""Ends a wait that would never end; two pages on a starved machine took more than 15 s."""
DAWDLE = {
    "version": "1.0.0",
    "sections": {"main": [{"answer": {}}, {"sleep": {"duration": 60_000}}]},
}
"""A caller who stays on the line without a word."""


def script(*verbs: dict[str, Any]) -> dict[str, Any]:
    return {"version": "1.0.0", "sections": {"main": list(verbs)}}


@dataclass
class User:
    token: str
    subscriber: str
    session: str
    channels: dict[str, str]


class StandIn:
    """The running server as its customer's backend sees it."""

    def __init__(self, server: Server, rest: httpx.AsyncClient) -> None:
        self.server = server
        self._rest = rest
        self._users = 0

    async def user(self, **profile: str) -> User:
        """Issue a token for a user of whom nobody knows yet."""
        self._users += 1
        body = {"reference": f"user-{self._users}@example.com", **profile}
        issued = await self._rest.post("/api/fabric/subscribers/tokens", json=body)
        token = issued.raise_for_status().json()["token"]

        def bearer(request: httpx.Request) -> httpx.Request:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

        info = await self._rest.get("/api/fabric/subscriber/info", auth=bearer)
        known = info.raise_for_status().json()
        channels = known["fabric_addresses"][0]["channels"]
        return User(token, known["id"], sat.peek(token).jti, channels)

    async def room(self, name: str) -> str:
        """Make a conference room; returns its address."""
        made = await self._rest.post("/api/fabric/resources/conference_rooms", json={"name": name})
        found = await self._rest.get("/api/fabric/addresses", params={"display_name": name})
        made.raise_for_status()
        return str(found.raise_for_status().json()["data"][0]["channels"]["video"])

    async def dial(self, to: str, **params: Any) -> str:
        """Place a call; returns its id."""
        params = {"from": "+15551230000", "to": to, "swml": DAWDLE} | params
        body = {"command": "dial", "params": params}
        placed = await self._rest.post("/api/calling/calls", json=body)
        return str(placed.raise_for_status().json()["id"])

    async def end(self, call: str) -> None:
        """Give up."""
        body = {"id": call, "command": "calling.end", "params": {"reason": "hangup"}}
        (await self._rest.post("/api/calling/calls", json=body)).raise_for_status()


class Log:
    """Everything reported in order, facts and events, and a way to wait for one of them."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._more = asyncio.Event()

    def add(self, entry: Any) -> None:
        self.entries.append(entry)
        self._more.set()

    async def until(self, wanted: Callable[[Any], bool]) -> Any:
        """Return the first entry that is wanted, waiting for it if need be."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for entry in self.entries:
                    if wanted(entry):
                        return entry
                self._more.clear()
                await self._more.wait()


class Phone:
    """A user's session of the SDK in a page of its own."""

    def __init__(self, stand_in: StandIn, adapter: BrowserAdapter, user: User) -> None:
        self.user = user
        self.log = Log()
        self._adapter = adapter
        self._count = 0
        self._unwatch = stand_in.server.watch(user.subscriber, self.log.add)

    async def send(self, op: str, c: str = "", **fields: Any) -> Reply:
        self._count += 1
        s = self.user.session
        command = Command(id=f"{s}-{self._count}", op=op, s=s, c=c, **fields)
        return await self._adapter.send(command)

    async def rings(self) -> str:
        """Wait for a call that rings; returns its id."""
        return str((await self.log.until(lambda entry: isinstance(entry, Status))).c)

    async def status(self, c: str, word: str) -> None:
        await self.log.until(
            lambda entry: isinstance(entry, Status) and (entry.c, entry.status) == (c, word)
        )

    async def ended(self) -> CallFact:
        """Wait until the platform has ended the call; returns its fact."""
        fact = await self.log.until(
            lambda entry: isinstance(entry, CallFact) and entry.state == "ended"
        )
        assert isinstance(fact, CallFact)
        return fact

    def statuses(self, c: str) -> list[str]:
        return [e.status for e in self.log.entries if isinstance(e, Status) and e.c == c]

    def lists(self) -> list[list[str]]:
        return [[call.c for call in e.list] for e in self.log.entries if isinstance(e, Calls)]

    async def close(self) -> None:
        await self.send("session.close")
        self._unwatch()


@pytest.fixture(scope="session")
def package() -> npm.Package:
    return npm.find()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand_in(
    package: npm.Package, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StandIn]:
    state = tmp_path_factory.mktemp("state")
    async with Server(Config(mounts=dial_page.mounts(package), state_dir=state)) as server:
        auth = (server.project, server.api_token)
        async with httpx.AsyncClient(base_url=server.http_url, auth=auth) as rest:
            yield StandIn(server, rest)
        assert server.faults == ()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chrome(stand_in: StandIn) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        port = int(stand_in.server.origin.rpartition(":")[2])
        browser = await chromium.launch(playwright, port)
        yield browser
        await browser.close()


class Exchange:
    """Hands the events of all sessions to the phones they belong to."""

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}

    def listen(self, event: AnySutEvent) -> None:
        self.phones[event.s].log.add(event)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _sdk(
    stand_in: StandIn, chrome: Browser, package: npm.Package
) -> AsyncIterator[tuple[BrowserAdapter, Exchange]]:
    adapter = BrowserAdapter(stand_in.server.origin, package, browser=chrome)
    exchange = Exchange()
    hello = await adapter.start(exchange.listen)
    assert (hello.name, hello.version) == (package.name, package.version)
    yield adapter, exchange
    await adapter.close()


MakePhone = Callable[..., Awaitable[Phone]]


@pytest_asyncio.fixture(loop_scope="session")
async def make_phone(
    stand_in: StandIn, _sdk: tuple[BrowserAdapter, Exchange]
) -> AsyncIterator[MakePhone]:
    """Return what registers a session of the published SDK: ``await make_phone(platform)``."""
    adapter, exchange = _sdk
    phones: list[Phone] = []

    async def make(platform: Platform = Platform()) -> Phone:  # noqa: B008 - it is frozen
        user = await stand_in.user()
        stand_in.server.exchange.set_platform(user.subscriber, platform)
        phone = Phone(stand_in, adapter, user)
        phones.append(phone)
        exchange.phones[user.session] = phone
        assert (await phone.send("session.open", token=user.token)).ok == {}
        return phone

    yield make
    for phone in phones:
        await phone.close()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(make_phone: MakePhone) -> Phone:
    """A registered session of the published SDK."""
    return await make_phone()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chrome: Browser) -> AsyncIterator[Page]:
    """A page of its own with nothing in it, as wide as a phone."""
    own = await chromium.context(chrome)
    page = await own.new_page()
    await page.set_viewport_size({"width": 400, "height": 900})
    yield page
    await own.close()
