"""Callers over the network with a program of their own: clients of other accounts, softphones.

A caller's client is a second session of the adapter under test where that can dial and has a
session to spare, else the reference client. Nothing that it reports becomes part of the trace.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Unpack

from msgspec.structs import replace

from ringproof.adapters.protocol import Adapter, Command, Hello, Reply
from ringproof.client.client import Client
from ringproof.client.promise import ClientError
from ringproof.network.softphone import Softphone
from ringproof.play.browser_calls import OP, account_of, dials_itself
from ringproof.play.context import Browser, Fields, ScenarioFault
from ringproof.play.deadlines import Deadlines
from ringproof.play.dialling import FRIEND, Friend, needs_friend
from ringproof.rest_client import RestClient
from ringproof.verdict import Owner
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.directory import CONTEXT
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_scenarios.model import Caller, Scenario

if TYPE_CHECKING:
    from ringproof_fakeserver.app import Server


def where(server: Server) -> Fields:
    """Return what ``session.open`` says of the stand-in."""
    return {
        "relay_host": server.host_header,
        "rest_host": server.host_header,
        "url": server.websocket_url,
        "rest_url": server.space_url,
        "ca_file": str(server.ca_file),
    }


class _OfAdapter:
    """A session of the adapter under test."""

    def __init__(self, session: str, adapter: Adapter, deadlines: Deadlines) -> None:
        self.session = session
        self._adapter = adapter
        self._deadlines = deadlines

    async def open(self, **fields: Unpack[Fields]) -> None:
        """Bring it online. Raises ``ScenarioFault``."""
        within_ms = self._deadlines.opened_ms
        await self._require("session.open", within_ms, **fields)

    async def dial(self, to: str, *, video: bool) -> str:
        """See ``Browser.dial``."""
        media = {"audio": True, "video": video}
        reply = await self._require(OP, self._deadlines.opened_ms, to=to, media=media)
        call = (reply.ok or {}).get("c")
        if not isinstance(call, str):
            raise ScenarioFault(Owner.ADAPTER, f"{OP}: the reply names no call as `c`")
        return call

    async def hang_up(self, call: str) -> None:
        """See ``Browser.hang_up``; a call that is over may be unknown by now."""
        await self._send("call.hangup", self._deadlines.command_ms, c=call)

    async def close(self) -> None:
        """Close the session."""
        await self._send("session.close", self._deadlines.command_ms)

    async def _require(self, op: str, deadline_ms: int, **fields: Unpack[Fields]) -> Reply:
        reply = await self._send(op, deadline_ms, **fields)
        if reply.error:
            text = f"{op} of a caller failed: {reply.error} {reply.text}"
            raise ScenarioFault(Owner.ADAPTER, text)
        return reply

    async def _send(self, op: str, deadline_ms: int, **fields: Unpack[Fields]) -> Reply:
        id, session = secrets.token_hex(6), self.session
        command = Command(id=id, op=op, s=session, deadline_ms=deadline_ms, **fields)
        return await self._adapter.send(command)


class _OfReference:
    """A reference client."""

    def __init__(self, session: str, client: Client) -> None:
        self.session = session
        self._client = client

    async def dial(self, to: str, *, video: bool) -> str:
        """See ``Browser.dial``."""
        try:
            call = await self._client.dial(to, video=video)
        except ClientError as error:
            raise ScenarioFault(Owner.HARNESS, f"a caller could not dial: {error}") from error
        return call.id

    async def hang_up(self, call: str) -> None:
        """See ``Browser.hang_up``."""
        placed = self._client.calls.get(call)
        if placed is not None:
            placed.hangup()


@contextlib.asynccontextmanager
async def open_browsers(
    scenario: Scenario,
    server: Server,
    rest: RestClient,
    adapter: Adapter,
    hello: Hello,
    deadlines: Deadlines,
    *,
    real_media: bool,
) -> AsyncIterator[dict[int, Browser]]:
    """Bring the programs of all callers with one online, and close them at the end."""
    browsers: dict[int, Browser] = {}
    own = dials_itself(scenario, hello)
    async with contextlib.AsyncExitStack() as stack:
        for number, caller in enumerate(scenario.callers):
            if caller.origin == "sip":
                phone = _softphone(server, caller, await server.open_sip(), real_media=real_media)
                stack.callback(server.exchange.sip_endpoints.remove, phone.endpoint)
                browsers[number] = await stack.enter_async_context(phone)
            if caller.origin != "browser":
                continue
            token = await _token(server, rest, caller, real_media=real_media)
            session = sat.peek(token).jti
            if own:
                browser = _OfAdapter(session, adapter, deadlines)
                opening: Fields = {**where(server), "token": token, "real_media": real_media}
                await browser.open(**opening)
                stack.push_async_callback(browser.close)
                browsers[number] = browser
            else:
                client = _client(server, token, real_media=real_media)
                stack.push_async_callback(client.vanish)
                await client.register()
                browsers[number] = _OfReference(session, client)
        yield browsers


@contextlib.asynccontextmanager
async def open_friend(
    scenario: Scenario,
    server: Server,
    rest: RestClient,
    notify: Callable[[], None],
    *,
    real_media: bool,
) -> AsyncIterator[Friend | None]:
    """Bring a friend online where a step needs one: a reference client; None elsewhere."""
    if not needs_friend(scenario):
        yield None
        return
    # Workers play side by side, and a call rings every device of an account: each has a friend.
    caller = replace(FRIEND, address=f"{CONTEXT}friend-{secrets.token_hex(6)}")
    token = await _token(server, rest, caller, real_media=real_media)
    client = _client(server, token, real_media=real_media)
    try:
        await client.register()
        friend = Friend(notify, caller.address)
        client.incoming_calls.subscribe(friend.take)
        yield friend
    finally:
        await client.vanish()


def _client(server: Server, token: str, *, real_media: bool) -> Client:
    return Client(
        token,
        url=server.websocket_url,
        rest_url=server.local_url,
        ca_file=server.ca_file,
        real_media=real_media,
    )


def _softphone(
    server: Server, caller: Caller, address: tuple[str, int], *, real_media: bool
) -> Softphone:
    """Return a user agent with an endpoint of its own; it shows the caller's address and name."""
    id = secrets.token_hex(8)
    owner = server.exchange.directory.find_or_create("softphones", {}, time.time_ns() // 1_000_000)
    endpoint = SipEndpoint(
        id=id, subscriber=owner.id, username=f"softphone-{id}", password=secrets.token_hex(8)
    )
    server.exchange.sip_endpoints.put(endpoint)
    return Softphone(
        address, endpoint, number=caller.address, name=caller.name, real_media=real_media
    )


async def _token(server: Server, rest: RestClient, caller: Caller, *, real_media: bool) -> str:
    """Return a fresh token of the caller's account.

    Workers side by side share such an account, but not its media: those are chosen for an account.
    """
    mark = hashlib.sha256(f"{caller.name or ''} {real_media}".encode()).hexdigest()[:16]
    now_ms = time.time_ns() // 1_000_000
    account = account_of(server.exchange.directory, caller, mark, now_ms)
    server.set_media(account.id, real_media)
    _, token = await rest.token(account.reference)
    return token
