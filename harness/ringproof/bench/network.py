"""Calls a second through the stand-in's sockets, beside a bare echo of as many frames.

Each runs in a process of its own, the client here: two processes for either. The clock on the wall
counts, for both wait for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from ringproof.bench.peer import Done, Ready, trust
from ringproof.bench.simulated import BenchError
from ringproof_fakeserver.protocol import sdp

CONNECTIONS = 16
ROUND_TRIPS = 3
"""Of one call: invite and its acknowledgement, answer and its result, bye and its
acknowledgement."""

FRAME_BYTES = (900, 800, 450)
"""About what the larger frame of each round trip has; the echo sends it both ways."""

WITHIN_S = 120.0
GONE_WITHIN_S = 5.0

ANSWER = sdp.event_model({"audio": "sendrecv"})
T = TypeVar("T")


@contextlib.contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a peer; it is gone at the end, however that comes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ringproof.bench.peer", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            assert process.stdin is not None, "it was asked for"
            process.stdin.close()
            try:
                process.wait(GONE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def heard(process: subprocess.Popen[bytes], shape: type[T]) -> T:
    """Read one line of a peer."""
    assert process.stdout is not None, "it was asked for"
    line = process.stdout.readline()
    if not line:
        raise BenchError("the other process of a network measurement ended early")
    return msgspec.json.decode(line, type=shape)


def calls_per_second(state_dir: Path, calls: int) -> float:
    """Answer calls of the stand-in on several connections, one at a time on each."""
    with child("stand-in", str(state_dir), str(CONNECTIONS), str(calls)) as process:
        ready = heard(process, Ready)
        asyncio.run(_answer_all(ready, process))
        done = heard(process, Done)
    if done.calls != calls:
        raise BenchError(f"{calls - done.calls} of {calls} calls did not end as they should")
    return done.calls / done.seconds


async def _answer_all(ready: Ready, process: subprocess.Popen[bytes]) -> None:
    context = trust(ready)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        tasks: list[asyncio.Task[None]] = []
        for token in ready.tokens:
            socket = await stack.enter_async_context(
                connect(ready.url, ssl=context, server_hostname="127.0.0.1", compression=None)
            )
            tasks.append(loop.create_task(_answer(socket, token)))
        over = asyncio.Event()
        assert process.stdout is not None, "it was asked for"
        loop.add_reader(process.stdout, over.set)
        waiting = loop.create_task(over.wait())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        loop.remove_reader(process.stdout)
        waiting.cancel()
        for task in tasks:
            task.cancel()


class _Event(msgspec.Struct):
    """What a client has to read of a frame: its id, and the verto message in it."""

    id: str = ""
    method: str = ""
    params: dict[str, Any] = {}


_event = msgspec.json.Decoder(_Event)
_encode = msgspec.json.encode


async def _answer(socket: ClientConnection, token: str) -> None:
    """Come online, and accept every call: no more of a client than the frames need."""
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
        ready = heard(process, Ready)
        return calls / asyncio.run(_echo_all(ready, calls))


async def _echo_all(ready: Ready, calls: int) -> float:
    context = trust(ready)
    async with asyncio.timeout(WITHIN_S), contextlib.AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                connect(ready.url, ssl=context, server_hostname="127.0.0.1", compression=None)
            )
            for _ in range(CONNECTIONS)
        ]
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
