"""A raw client for tests: REST with httpx, signalling with websockets, no SDK behaviour at all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.platform import Platform

WAIT_S = 30.0
"""Ends a wait that would never end; what is waited for takes milliseconds on an idle machine."""

PROMPT = Platform(bye_reply_ms=0)
"""A platform that answers a client's bye at once."""

HANG_ON = {"sections": {"main": [{"sleep": 3600}]}}
"""A script of a caller who stays on the line."""


def trust(server: Server) -> ssl.SSLContext:
    """Return the TLS context of a client that trusts this server only."""
    return ssl.create_default_context(cafile=server.ca_file)


@contextlib.asynccontextmanager
async def rest(server: Server, *, basic: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Open a REST client for the space URL; ``basic`` gives it the project's credentials."""
    auth = httpx.BasicAuth(server.project, server.api_token) if basic else None
    async with httpx.AsyncClient(
        base_url=server.space_url, verify=trust(server), auth=auth, trust_env=False, timeout=WAIT_S
    ) as client:
        yield client


async def issue(server: Server, reference: str = "bob@example.com", **more: Any) -> dict[str, Any]:
    """Issue a token and return the whole reply."""
    async with rest(server) as client:
        reply = await client.post(
            "/api/fabric/subscribers/tokens", json={"reference": reference, **more}
        )
    assert reply.status_code == 200, reply.text
    return reply.json()


async def dial(server: Server, to: str = "/private/bob", **more: Any) -> dict[str, Any]:
    """Place a call that hangs on the line and return the call object."""
    script = {} if "url" in more else {"swml": HANG_ON}
    params = {"from": "+15550001111", "to": to, **script, **more}
    async with rest(server) as client:
        reply = await client.post("/api/calling/calls", json={"command": "dial", "params": params})
    assert reply.status_code == 200, reply.text
    return reply.json()


class WireClient:
    """One WebSocket. Pushed events are collected and acknowledged while replies are awaited."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    async def receive(self) -> dict[str, Any]:
        """Return the next frame, whatever it is."""
        async with asyncio.timeout(WAIT_S):
            return json.loads(await self.socket.recv())

    async def send(self, frame: Any) -> None:
        """Send any JSON value as a text frame."""
        await self.socket.send(json.dumps(frame))

    async def request(self, method: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send a request and return its response."""
        request_id = f"client-{next(self._ids)}"
        await self.send(
            {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params, **more}
        )
        while True:
            frame = await self.receive()
            if "method" not in frame:
                assert frame["id"] == request_id, frame
                return frame
            await self._take(frame)

    async def connect(self, token: str) -> dict[str, Any]:
        """Open the session with a token."""
        return await self.request("signalwire.connect", {"authentication": {"jwt_token": token}})

    async def online(self) -> dict[str, Any]:
        """Register."""
        return await self.request("subscriber.online", {})

    async def verto(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send a verto message and return the response."""
        message = {"jsonrpc": "2.0", "id": "inner", "method": method, "params": params}
        return await self.request("webrtc.verto", {"message": message})

    async def event(self, method: str) -> dict[str, Any]:
        """Return the parameters of the next verto message of this method, in order of arrival."""
        while True:
            for number, frame in enumerate(self.events):
                inner = frame["params"].get("params", {})
                if inner.get("method") == method:
                    del self.events[number]
                    return inner["params"]
            await self._take(await self.receive())

    async def authorized(self) -> None:
        """Wait for the session's first authorization state."""
        while True:
            for number, frame in enumerate(self.events):
                if frame["params"].get("event_type") == "signalwire.authorization.state":
                    del self.events[number]
                    return
            await self._take(await self.receive())

    async def answer(self, call_id: str) -> dict[str, Any]:
        """Accept a call with audio of the event model."""
        params = {
            "sdp": sdp.event_model({"audio": "sendrecv"}),
            "dialogParams": {"callID": call_id},
        }
        return await self.verto("verto.answer", params)

    async def bye(self, call_id: str) -> dict[str, Any]:
        """End or decline a call."""
        return await self.verto("verto.bye", {"dialogParams": {"callID": call_id}})

    async def closed(self) -> int:
        """Wait until the server has closed the socket and return the code."""
        async with asyncio.timeout(WAIT_S):
            try:
                while True:
                    await self.socket.recv()
            except websockets.ConnectionClosed:
                pass
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code

    async def _take(self, frame: dict[str, Any]) -> None:
        if "method" not in frame:
            return
        self.events.append(frame)
        await self.send({"jsonrpc": "2.0", "id": frame["id"], "result": {}})


@contextlib.asynccontextmanager
async def open_socket(server: Server, path: str = "/") -> AsyncIterator[WireClient]:
    """Connect to signalling by address, as a client does that cannot resolve ``*.localhost``."""
    async with websockets.connect(
        server.origin.replace("https", "wss") + path,
        host="127.0.0.1",
        port=int(server.host_header.rpartition(":")[2]),
        ssl=trust(server),
        proxy=None,
    ) as socket:
        yield WireClient(socket)


@contextlib.asynccontextmanager
async def registered(
    server: Server, reference: str = "bob@example.com", platform: Platform = PROMPT
) -> AsyncIterator[WireClient]:
    """Open a session that is online; its calls have event-model media."""
    issued = await issue(server, reference)
    server.set_media(issued["subscriber_id"], real=False)
    server.exchange.set_platform(issued["subscriber_id"], platform)
    async with open_socket(server) as client:
        assert "result" in await client.connect(issued["token"])
        await client.authorized()
        # The answer shows that the server has read the acknowledgement of the state too.
        assert "result" in await client.online()
        yield client


async def rings(server: Server, client: WireClient, to: str = "/private/bob") -> str:
    """Show that a call to ``client`` rings, then end it; returns the dialog's id."""
    await dial(server, to)
    invite = await client.event("verto.invite")
    await client.bye(invite["callID"])
    return str(invite["callID"])
