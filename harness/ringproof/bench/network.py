"""Calls a second through the stand-in's sockets, beside a bare echo of as many frames.

The peer runs in a process of its own, the client here: two processes for either. Wall-clock time
counts, as each waits for the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from ringproof.bench.peer import Done, Ready
from ringproof.bench.simulated import BenchError
from ringproof_fakeserver.protocol import sdp

CONNECTIONS = 16
ROUND_TRIPS = 3
"""Of one call: invite and its acknowledgement, answer and its result, bye and its
acknowledgement."""

FRAME_BYTES = (900, 800, 450)
"""About the size of the larger frame of each round trip; the echo sends it both ways."""

WITHIN_S = 120.0
GONE_WITHIN_S = 5.0

ANSWER = sdp.event_model({"audio": "sendrecv"})
T = TypeVar("T")


@contextlib.contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a peer, and end it in any case."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ringproof.bench.peer", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            assert process.stdin is not None, "opened with a pipe"
            process.stdin.close()
            try:
                process.wait(GONE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def read_line(process: subprocess.Popen[bytes], shape: type[T]) -> T:
    """Read one line of a peer's output."""
    assert process.stdout is not None, "opened with a pipe"
    line = process.stdout.readline()
    if not line:
        raise BenchError("the other process of a network measurement ended early")
    return msgspec.json.decode(line, type=shape)


def calls_per_second(state_dir: Path, calls: int) -> float:
    """Answer calls of the stand-in on several connections, one at a time on each."""
    with child("stand-in", str(state_dir), str(CONNECTIONS), str(calls)) as process:
        asyncio.run(_answer_all(read_line(process, Ready), process))
        done = read_line(process, Done)
    if done.calls != calls:
        raise BenchError(f"{calls - done.calls} of {calls} calls did not end as they should")
    return done.calls / done.seconds


async def _connect(
    ready: Ready, count: int, stack: contextlib.AsyncExitStack
) -> list[ClientConnection]:
    context = ssl.create_default_context(cafile=ready.ca_file)
    return [
        await stack.enter_async_context(
            connect(ready.url, ssl=context, server_hostname="127.0.0.1", compression=None)
        )
        for _ in range(count)
    ]


async def _answer_all(ready: Ready, process: subprocess.Popen[bytes]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        sockets = await _connect(ready, len(ready.tokens), stack)
        tasks = [
            loop.create_task(_answer(socket, token))
            for socket, token in zip(sockets, ready.tokens, strict=True)
        ]
        over = asyncio.Event()
        assert process.stdout is not None, "opened with a pipe"
        loop.add_reader(process.stdout, over.set)
        waiting = loop.create_task(over.wait())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        loop.remove_reader(process.stdout)
        waiting.cancel()
        for task in tasks:
            task.cancel()


class _Event(msgspec.Struct):
    """The parts of a frame that a client needs: its id, and the verto message in it."""

    id: str = ""
    method: str = ""
    params: dict[str, Any] = {}


_event = msgspec.json.Decoder(_Event)
_encode = msgspec.json.encode


async def _answer(socket: ClientConnection, token: str) -> None:
    """Come online, and accept every call."""
    await socket.send(_request("1", "signalwire.connect", {"authentication": {"jwt_token": token}}))
    await socket.send(_request("2", "subscriber.online", {}))
    number = 2
    async for text in socket:
        frame = _event.decode(text)
        if not frame.method:
            continue
        await socket.send(_encode({"jsonrpc": "2.0", "id": frame.id, "result": {}}).decode())
        message = frame.params.get("params", {})
        if message.get("method") == "verto.invite":
            number += 1
            dialog = {"callID": message["params"]["callID"]}
            inner = {
                "jsonrpc": "2.0",
                "id": str(number),
                "method": "verto.answer",
                "params": {"dialogParams": dialog, "sdp": ANSWER},
            }
            await socket.send(_request(str(number), "webrtc.verto", {"message": inner, **dialog}))


def _request(id: str, method: str, params: dict[str, Any]) -> str:
    return _encode({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).decode()


def echoed_calls_per_second(state_dir: Path, calls: int) -> float:
    """Send as many frames as ``calls`` calls have through a bare echo, on as many connections."""
    with child("echo", str(state_dir)) as process:
        return calls / asyncio.run(_echo_all(read_line(process, Ready), calls))


async def _echo_all(ready: Ready, calls: int) -> float:
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        sockets = await _connect(ready, CONNECTIONS, stack)
        started_s = time.perf_counter()
        await asyncio.gather(*[_echo(socket, calls // CONNECTIONS) for socket in sockets])
        return time.perf_counter() - started_s


async def _echo(socket: ClientConnection, calls: int) -> None:
    frames = ["x" * size for size in FRAME_BYTES]
    assert len(frames) == ROUND_TRIPS, "one frame for every round trip"
    for _ in range(calls):
        for frame in frames:
            await socket.send(frame)
            await socket.recv()
