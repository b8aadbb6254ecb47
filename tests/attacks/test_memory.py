"""Peers that have not logged in, or never read: the bytes kept for each are bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest

from ringproof_fakeserver import listener
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.exchange import Exchange
from tests.attacks.toolkit import PING, RawSocket, frame, raw_socket, websocket
from tests.fakeserver.wire_client import WAIT_S, WireClient, registered

MIB = 1024 * 1024
MOST_KEPT = 4 * MIB
"""What one peer may have the server keep, in this test; each attack sends at least eight times
that."""
SILENT_SOCKETS = 100
LOGIN_MS = 1_000


@contextlib.contextmanager
def kept_at_most(limit: int) -> Iterator[None]:
    """Fail when the process keeps more memory afterwards than before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert kept < limit, f"{kept:,} bytes are kept"


async def flood(culprit: RawSocket, data: bytes, most: int) -> int:
    """Send the same bytes until the server takes no more of them; return how many were sent."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < most:
            await culprit.send(data)
            sent += len(data)
            await asyncio.sleep(0)  # drain returns at once while the buffer has room
    return sent


async def test_pings_whose_pongs_are_never_read(server: Server, innocent: WireClient):
    async with websocket(server) as culprit:
        culprit.stop_reading()
        data, most = frame(b"x" * 125, PING) * 1_000, 64 * MIB
        assert await flood(culprit, data, most) < most


async def test_requests_whose_replies_are_never_read(server: Server, innocent: WireClient):
    """Each of them repeats its id, which is long."""
    async with websocket(server) as culprit:
        culprit.stop_reading()
        request = {"jsonrpc": "1.0", "id": "x" * (MIB - 100), "method": "x"}
        data, most = frame(json.dumps(request).encode()), 64 * MIB
        assert await flood(culprit, data, most) < most


async def test_ids_that_are_remembered(server: Server, innocent: WireClient):
    async with registered(server, "culprit") as client:
        with kept_at_most(MOST_KEPT):
            for number in range(40):
                request = {
                    "jsonrpc": "2.0",
                    "id": f"{number}-{'x' * (MIB - 1_000)}",
                    "method": "signalwire.ping",
                    "params": {},
                }
                await client.send(request)
                reply = await client.receive()
                assert "method" not in reply
            del request, reply


async def test_requests_that_come_before_the_login(server: Server, innocent: WireClient):
    async with websocket(server) as culprit:
        with kept_at_most(MOST_KEPT):
            for number in range(32):
                request = {
                    "jsonrpc": "2.0",
                    "id": f"early-{number}",
                    "method": "subscriber.online",
                    "params": {"x": "x" * (MIB - 1_000)},
                }
                await culprit.send(frame(json.dumps(request).encode()))
            await culprit.send(
                frame(b'{"jsonrpc":"2.0","id":"last","method":"signalwire.connect"}')
            )
            async with asyncio.timeout(WAIT_S):
                await culprit.reader.readuntil(b'"last"')


class Impatient(Exchange):
    """Gives a socket a second to log in."""

    def __init__(self, directory, settings, ids) -> None:
        super().__init__(directory, msgspec.structs.replace(settings, login_ms=LOGIN_MS), ids)


@pytest.fixture
async def impatient(state_dir, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(listener, "REQUEST_S", LOGIN_MS / 1000)
    async with Server(Config(state_dir=state_dir), exchange=Impatient) as running:
        yield running
        assert running.faults == ()


@pytest.mark.parametrize(
    "begin",
    [
        None,
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST /api/fabric/subscribers/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n",
    ],
    ids=["websocket", "nothing", "half a head", "half a body"],
)
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_connections_that_say_no_more(impatient: Server, begin: bytes | None, tls: bool):
    """All are closed; that the server stays as it is depends on no peer."""
    before = impatient.footprint().connections
    async with contextlib.AsyncExitStack() as stack:
        silent = []
        for _ in range(SILENT_SOCKETS):
            raw = await stack.enter_async_context(raw_socket(impatient, tls=tls))
            await (raw.upgraded() if begin is None else raw.send(begin))
            silent.append(raw)
        for raw in silent:
            await raw.ended()
        assert impatient.footprint().connections == before


async def test_a_head_that_drips(impatient: Server):
    async with raw_socket(impatient) as culprit:
        await culprit.send(b"GET / HTTP/1.1\r\nX-Long: ")
        ended = asyncio.create_task(culprit.ended())
        while not ended.done():
            with contextlib.suppress(OSError):
                await culprit.send(b"x")
            await asyncio.wait({ended}, timeout=LOGIN_MS / 10_000)
        await ended
