"""Receivers of callbacks and servers of scripts that answer too much, too slowly or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import tracemalloc

import pytest

from ringproof_fakeserver import webhooks
from ringproof_fakeserver.app import Server
from tests.attacks.toolkit import Handler, bomb, receiver
from tests.fakeserver.wire_client import WAIT_S, WireClient, dial, registered, rest

MIB = 1024 * 1024
BOMB_BYTES = 300 * MIB
MOST_KEPT = 16 * MIB
BOMB = bomb(BOMB_BYTES)
DRIPPING_CALLS = 70
"""More than all requests that the stand-in has under way at a time."""
ALL = ["created", "ringing", "answered", "ended"]


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def explodes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(BOMB)
    with contextlib.suppress(OSError):
        await writer.drain()


async def never_ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
        await writer.drain()


async def redirects_to_itself(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def has_no_end_of_heads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: " + b"x" * 8_000 + b"\r\n")
        await writer.drain()


BAD = [
    drips,
    says_nothing,
    hangs_up,
    explodes,
    never_ends,
    redirects_to_itself,
    has_no_end_of_heads,
]


async def end_all(server: Server, calls: list[str]) -> None:
    async with rest(server) as client:
        for call in calls:
            body = {"command": "calling.end", "id": call, "params": {}}
            await client.post("/api/calling/calls", json=body)


@pytest.mark.parametrize("handle", BAD, ids=lambda handle: handle.__name__)
@pytest.mark.parametrize("part", ["status_url", "url"])
async def test_call_of_a_bad_receiver(
    server: Server,
    innocent: WireClient,
    handle: Handler,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """What it costs is bounded in memory and time, and the answered call ends."""
    monkeypatch.setattr(webhooks, "TIMEOUT_S", 1.0)
    async with receiver(handle) as url, registered(server, "victim") as victim:
        more = {"url": url} if part == "url" else {"status_url": url, "status_events": ALL}
        tracemalloc.start()
        try:
            call = await dial(server, "/private/victim", **more)
            invite = await victim.event("verto.invite")
            await victim.answer(invite["callID"])
            if part == "url":
                await victim.event("verto.bye")  # without its script it has nothing to do
            await end_all(server, [call["id"]])
            async with asyncio.timeout(WAIT_S):
                while server._tasks._running:
                    await asyncio.wait(server._tasks._running)
            assert tracemalloc.get_traced_memory()[1] < MOST_KEPT
        finally:
            tracemalloc.stop()


async def test_one_receiver_that_drips_for_all_calls(server: Server, innocent: WireClient):
    """Another call's script is fetched meanwhile."""
    served = b'{"sections":{"main":[{"hangup":{}}]}}'

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(served), served))
        await writer.drain()

    async with (
        receiver(drips) as dripping,
        receiver(serves) as good,
        registered(server, "victim"),
        registered(server, "other") as other,
    ):
        more = {"status_url": dripping, "status_events": ALL}
        calls = [
            (await dial(server, "/private/victim", **more))["id"] for _ in range(DRIPPING_CALLS)
        ]
        await dial(server, "/private/other", url=good)
        invite = await other.event("verto.invite")
        await other.answer(invite["callID"])
        await other.event("verto.bye")
        await end_all(server, calls)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://[::1/",
        "http://a\u0000b/",
        "http://",
    ],
)
@pytest.mark.parametrize("part", ["status_url", "url"])
async def test_url_that_leads_nowhere(server: Server, innocent: WireClient, url: str, part: str):
    """It is refused, or the call ends; it is no fault of the stand-in."""
    params = {"from": "+15550001111", "to": "/private/victim", part: url}
    params |= {"swml": {"sections": {"main": ["hangup"]}}} if part == "status_url" else {}
    async with registered(server, "victim") as victim, rest(server) as client:
        reply = await client.post("/api/calling/calls", json={"command": "dial", "params": params})
        assert reply.status_code in (200, 422)
        if reply.status_code == 200:
            invite = await victim.event("verto.invite")
            await victim.answer(invite["callID"])
            await victim.event("verto.bye")
