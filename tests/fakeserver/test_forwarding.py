"""WebSockets of some paths are handed to another listener of this machine, over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

PATH = "/elsewhere/7a"
MANY = 4 * 1024 * 1024


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with Server(Config(state_dir=tmp_path)) as server:
        yield server
        assert server.faults == ()


async def echo(connection: ServerConnection) -> None:
    assert connection.request is not None
    await connection.send(connection.request.path)
    async for message in connection:
        await connection.send(message)


def dial(server: Server, path: str) -> connect:
    context = ssl.create_default_context(cafile=server.ca_file)
    url = f"{server.websocket_url.rstrip('/')}{path}"
    return connect(url, ssl=context, proxy=None, max_size=2 * MANY)


async def handed_on(server: Server) -> AsyncIterator[ClientConnection]:
    async with serve(echo, "127.0.0.1", 0, max_size=2 * MANY) as there:
        server.forwarding.add(PATH, next(iter(there.sockets)).getsockname())
        async with dial(server, PATH) as client:
            yield client


async def test_other_listener_answers_with_all_that_is_sent(server: Server):
    async for client in handed_on(server):
        assert await client.recv() == PATH
        for message in ("hello", b"\x00" * MANY, "x" * MANY):
            await client.send(message)
            assert await client.recv() == message


async def test_path_leads_there_once(server: Server):
    async for _ in handed_on(server):
        await assert_not_found(server, PATH)


async def test_path_that_is_removed_leads_nowhere(server: Server):
    server.forwarding.add(PATH, ("127.0.0.1", 9))
    for _ in range(2):
        server.forwarding.remove(PATH)
    await assert_not_found(server, PATH)


async def assert_not_found(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as raised:
        async with dial(server, path):
            pass
    assert raised.value.response.status_code == 404


async def test_close_of_either_side_has_its_code(server: Server):
    async with serve(lambda other: other.close(4321, "enough"), "127.0.0.1", 0) as there:
        server.forwarding.add(PATH, next(iter(there.sockets)).getsockname())
        async with dial(server, PATH) as client:
            with pytest.raises(ConnectionClosed) as raised:
                await client.recv()
    assert raised.value.rcvd is not None
    assert (raised.value.rcvd.code, raised.value.rcvd.reason) == (4321, "enough")


@pytest.mark.parametrize("path", ["/elsewhere/7", "/elsewhere/7a/", "/elsewhere/7a?x=1", "/other"])
async def test_no_other_path_leads_there(server: Server, path: str):
    server.forwarding.add(PATH, ("127.0.0.1", 9))
    await assert_not_found(server, path)


async def test_connection_is_cut_where_nobody_listens_any_more(server: Server):
    async with serve(echo, "127.0.0.1", 0) as there:
        server.forwarding.add(PATH, next(iter(there.sockets)).getsockname())
    with pytest.raises((InvalidMessage, ConnectionError)):
        async with dial(server, PATH):
            pass


async def test_connection_ends_with_the_server(tmp_path: Path):
    async with Server(Config(state_dir=tmp_path)) as server:
        forwarded = handed_on(server)
        client = await anext(forwarded)
        assert await client.recv() == PATH
    with pytest.raises(ConnectionClosed):
        await client.recv()
    await forwarded.aclose()


async def test_authority_is_downloaded_without_its_key(server: Server):
    for url in (server.local_url, server.http_url):
        async with httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=server.ca_file)
        ) as it:
            reply = await it.get(f"{url}/ca.pem")
        assert reply.headers["content-type"] == "application/x-x509-ca-cert"
        expected = await asyncio.to_thread(server.ca_file.read_bytes)
        assert reply.content == expected
        assert b"PRIVATE" not in reply.content
