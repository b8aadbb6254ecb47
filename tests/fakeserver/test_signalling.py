"""The WebSocket shell on real sockets, which report to a recorder."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import ssl
from collections.abc import AsyncIterator

import pytest
import websockets
from starlette.applications import Starlette

from ringproof_fakeserver import tls
from ringproof_fakeserver.config import Limits
from ringproof_fakeserver.listener import Listener, bind
from ringproof_fakeserver.protocol.events import (
    AnyEvent,
    BinaryReceived,
    FrameReceived,
    SocketClosed,
    SocketOpened,
)
from ringproof_fakeserver.signalling import Socket, socket_class
from tests.fakeserver.wire_client import WAIT_S

LIMITS = Limits(close_wait_s=0.5, unread_bytes=256 * 1024)


class Recorder:
    """Records events."""

    def __init__(self) -> None:
        self.sockets: dict[str, Socket] = {}
        self.events: list[AnyEvent] = []
        self.news = asyncio.Event()
        self.port = 0
        self.url = ""
        self.context: ssl.SSLContext | None = None

    def attach(self, socket: Socket) -> str:
        name = f"s{len(self.sockets)}"
        self.sockets[name] = socket
        return name

    def detach(self, name: str) -> None:
        assert name in self.sockets

    def dispatch(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.news.set()
        if isinstance(event, FrameReceived) and event.text == "echo":
            self.sockets[event.socket].send("echoed")

    async def until(self, *wanted: AnyEvent) -> None:
        """Wait for exactly these events."""
        async with asyncio.timeout(WAIT_S):
            while len(self.events) < len(wanted):
                self.news.clear()
                await self.news.wait()
        assert self.events == list(wanted)


@pytest.fixture(params=["wss", "ws"])
async def recorder(request: pytest.FixtureRequest, tmp_path) -> AsyncIterator[Recorder]:
    recorder = Recorder()
    identity = tls.prepare(tmp_path) if request.param == "wss" else None
    if identity:
        recorder.context = ssl.create_default_context(cafile=identity.ca_file)
    with bind("127.0.0.1", 0) as listening:
        recorder.port = listening.getsockname()[1]
        recorder.url = f"{request.param}://127.0.0.1:{recorder.port}/"
        context = identity.server_context() if identity else None
        listener = Listener(Starlette(), socket_class(recorder, LIMITS), context)
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.serve([listening]))
            await listener.ready.wait()
            yield recorder
            listener.stop()


@contextlib.asynccontextmanager
async def connected(recorder: Recorder) -> AsyncIterator[websockets.ClientConnection]:
    async with websockets.connect(recorder.url, ssl=recorder.context, proxy=None) as client:
        yield client


async def test_frames_become_events_and_the_end_is_reported_once(recorder):
    async with connected(recorder) as client:
        await client.send("one")
        await client.send(["t", "w", "o"])
        await client.send(b"three")
        await client.close(4321, "enough")

    await recorder.until(
        SocketOpened("s0", "127.0.0.1"),
        FrameReceived("s0", "one"),
        FrameReceived("s0", "two"),
        BinaryReceived("s0"),
        SocketClosed("s0", 4321),
    )


async def test_a_frame_is_sent(recorder):
    async with connected(recorder) as client:
        await client.send("echo")
        assert await client.recv() == "echoed"


async def test_a_control_ping_is_answered(recorder):
    async with connected(recorder) as client:
        async with asyncio.timeout(WAIT_S):
            await (await client.ping())
        await client.send("still here")
    assert FrameReceived("s0", "still here") in recorder.events


async def test_a_closed_socket_takes_no_frames(recorder):
    async with connected(recorder) as client:
        await client.send("x")
        await recorder.until(SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "x"))
        socket = recorder.sockets["s0"]
        socket.close(4000, "replaced")
        assert not socket.is_open
        assert not socket.send("too late")
        socket.close(4001, "twice is harmless")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.recv()

    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4000, "replaced")
    await recorder.until(
        SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "x"), SocketClosed("s0", 4000)
    )


async def test_a_client_that_vanishes_closes_with_1006(recorder):
    async with connected(recorder) as client:
        await client.send("x")
        await recorder.until(SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "x"))
        client.transport.abort()
        await recorder.until(
            SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "x"), SocketClosed("s0", 1006)
        )


async def test_a_client_that_closes_without_a_code(recorder):
    async with connected(recorder) as client:
        client.protocol.send_close()
        for data in client.protocol.data_to_send():
            client.transport.write(data)
        await client.wait_closed()
    await recorder.until(SocketOpened("s0", "127.0.0.1"), SocketClosed("s0", 1005))


async def test_a_client_that_does_not_close_its_half_is_cut(recorder):
    async with raw(recorder) as (reader, writer):
        await upgrade(recorder, reader, writer)
        recorder.sockets["s0"].close(4000, "go")
        async with asyncio.timeout(WAIT_S):
            assert (await reader.read())[:2] == b"\x88\x04"


async def test_a_reader_that_does_not_read_is_dropped(recorder):
    """It costs a bounded amount of memory, gets 1013, and can read all it was sent."""
    text = "x" * 64 * 1024
    async with connected(recorder) as client:
        await client.send("hello")
        await recorder.until(SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "hello"))
        socket = recorder.sockets["s0"]
        client.transport.pause_reading()
        sent = 0
        while socket.send(text):
            sent += 1
            assert sent * len(text) < 4 * LIMITS.unread_bytes + 32 * 1024 * 1024
            await asyncio.sleep(0)
        await recorder.until(
            SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "hello"), SocketClosed("s0", 1013)
        )
        client.transport.resume_reading()
        got = [frame async for frame in client_frames(client)]

    assert got == [text] * sent
    assert client.close_code == 1013


async def test_a_protocol_error_closes_with_1002(recorder):
    async with raw(recorder) as (reader, writer):
        await upgrade(recorder, reader, writer)
        writer.write(b"\x81\x01x")  # not masked
        async with asyncio.timeout(WAIT_S):
            frame = await reader.read()
    assert frame[0] == 0x88
    assert int.from_bytes(frame[2:4]) == 1002
    await recorder.until(SocketOpened("s0", "127.0.0.1"), SocketClosed("s0", 1002))


async def test_data_in_pieces_of_any_size(recorder):
    async with raw(recorder) as (reader, writer):
        await upgrade(recorder, reader, writer)
        for byte in b"\x81\x82\x00\x00\x00\x00hi":
            writer.write(bytes([byte]))
            await writer.drain()
        await recorder.until(SocketOpened("s0", "127.0.0.1"), FrameReceived("s0", "hi"))


async def test_a_handshake_that_is_none_opens_nothing(recorder):
    async with raw(recorder) as (reader, writer):
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        async with asyncio.timeout(WAIT_S):
            reply = await reader.read()
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert recorder.events == []


async def test_a_client_that_only_ends_its_stream_is_gone(recorder):
    if recorder.context:
        return  # TLS has no half-closed streams
    async with raw(recorder) as (reader, writer):
        await upgrade(recorder, reader, writer)
        writer.write_eof()
        async with asyncio.timeout(WAIT_S):
            await reader.read()
    await recorder.until(SocketOpened("s0", "127.0.0.1"), SocketClosed("s0", 1006))


async def client_frames(client: websockets.ClientConnection) -> AsyncIterator[str | bytes]:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            yield await client.recv()


@contextlib.asynccontextmanager
async def raw(
    recorder: Recorder,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", recorder.port, ssl=recorder.context)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
)


async def upgrade(
    recorder: Recorder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.write(HANDSHAKE)
    async with asyncio.timeout(WAIT_S):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    await recorder.until(SocketOpened("s0", "127.0.0.1"))


def test_small_frames_do_not_wait_for_acknowledgements():
    """asyncio sets TCP_NODELAY only on sockets that name their protocol."""
    with bind("127.0.0.1", 0) as listening:
        assert listening.proto == sockets.IPPROTO_TCP
