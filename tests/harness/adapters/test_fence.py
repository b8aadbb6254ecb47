"""The proxy that keeps a browser on this machine, asked by plain sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ringproof.adapters.fence import HEAD_BYTES, Fence

TUNNEL = b"CONNECT fabric.signalwire.com:443 HTTP/1.1\r\n\r\n"


@pytest.fixture
async def fence() -> AsyncIterator[Fence]:
    """A fence before a server that sends back what it gets, and ends when that ends."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.write(b"!")
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Fence(*server.sockets[0].getsockname()) as fence:
        yield fence


async def asked(fence: Fence, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", fence.port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_one_name_leads_to_the_stand_in(fence: Fence):
    assert await asked(fence, TUNNEL + b"hello") == b"HTTP/1.1 200 OK\r\n\r\nhello!"
    assert not fence.refused


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT api.signalwire.com:443 HTTP/1.1",
        "CONNECT fabric.signalwire.com:80 HTTP/1.1",
        "GET http://fabric.signalwire.com:443/ HTTP/1.1",
        "",
    ],
)
async def test_all_else_is_refused(fence: Fence, line: str):
    answer = await asked(fence, f"{line}\r\nHost: x\r\n\r\n".encode() + b"more")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert [*fence.refused] == [line]


@pytest.mark.parametrize("request_", [b"", b"CONNECT fab", b"x" * (HEAD_BYTES + 1)])
async def test_what_is_no_request_is_not_answered(fence: Fence, request_: bytes):
    # With data left unread, the connection may be reset.
    try:
        assert await asked(fence, request_) == b""
    except ConnectionError:
        assert len(request_) > HEAD_BYTES


async def test_connections_end_with_the_fence(fence: Fence):
    reader, writer = await asyncio.open_connection("127.0.0.1", fence.port)
    writer.write(TUNNEL + b"hello")
    assert await reader.readuntil(b"hello")
    await fence.__aexit__()
    assert await reader.read() == b""
    writer.close()


async def test_stand_in_that_is_gone_ends_the_connection():
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
    async with Fence(*address) as fence:
        assert await asked(fence, TUNNEL) == b""
