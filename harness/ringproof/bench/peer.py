"""The other process of a network measurement: ``python -m ringproof.bench.peer stand-in|echo …``.

It prints one line of JSON when it is ready, and works until it is killed or its input ends. The
stand-in places the calls itself, past REST: what is measured are sockets and signalling.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from pathlib import Path

import msgspec
from websockets.asyncio.server import ServerConnection, serve

from ringproof_fakeserver import tls
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol import sat, swml
from ringproof_fakeserver.protocol.events import DialPlaced
from ringproof_fakeserver.protocol.journal import AnyFact, CallFact, SessionFact

HANG_UP = swml.Script((swml.Step("hangup"),))
"""The caller's script: it hangs up as soon as the answered call has media."""

TOKEN_LIFE_S = 3_600


class Ready(msgspec.Struct, frozen=True):
    """The first line: where to connect, and as whom."""

    url: str
    ca_file: str
    tokens: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True):
    """The last line of the stand-in: how many calls ended as they should, and in what time."""

    calls: int
    seconds: float


def print_line(line: Ready | Done) -> None:
    """Write one line of JSON to standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


class _Callers:
    """Calls every subscriber once all are online, and again whenever a call has ended."""

    def __init__(self, server: Server, addresses: dict[str, str], calls: int) -> None:
        self._server = server
        self._addresses = addresses
        """Subscriber → the address that is dialled."""
        self._left = calls
        self._calls = calls
        self._ended = self._failed = 0
        self._online: set[str] = set()
        self._started_s = 0.0
        self.done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()

    def fact(self, fact: AnyFact) -> None:
        """Watch the platform; the next call is placed in the loop's next turn."""
        if isinstance(fact, CallFact) and fact.state == "ended":
            self._ended += 1
            self._failed += fact.by != "script"
            asyncio.get_running_loop().call_soon(self._dial, fact.subscriber)
        elif isinstance(fact, SessionFact) and fact.state == "online":
            self._online.add(fact.subscriber)
            if len(self._online) == len(self._addresses):
                asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._started_s = time.perf_counter()
        for subscriber in self._addresses:
            self._dial(subscriber)

    def _dial(self, subscriber: str) -> None:
        if self._left > 0:
            self._left -= 1
            self._server.dispatch(
                DialPlaced(
                    call=str(uuid.uuid4()),
                    from_="/private/alice",
                    from_name="Alice",
                    to=self._addresses[subscriber],
                    script=HANG_UP,
                    media=("audio",),
                )
            )
        elif self._ended == self._calls and not self.done.done():
            took_s = time.perf_counter() - self._started_s
            self.done.set_result(Done(self._ended - self._failed, took_s))


async def stand_in(state_dir: Path, sessions: int, calls: int) -> None:
    """Serve sessions and call them ``calls`` times in all."""
    async with Server(Config(state_dir=state_dir)) as server:
        exchange, now_s = server.exchange, int(time.time())
        addresses: dict[str, str] = {}
        tokens: list[str] = []
        for number in range(sessions):
            subscriber = exchange.directory.find_or_create(f"callee-{number}", {}, now_s * 1000)
            addresses[subscriber.id] = subscriber.addresses[0].uri
            server.set_media(subscriber.id, real=False)
            claims = sat.Claims(
                jti=str(uuid.uuid4()),
                subscriber=subscriber.id,
                issued_s=now_s,
                expires_s=now_s + TOKEN_LIFE_S,
            )
            tokens.append(sat.mint(claims, exchange.settings.key, server.host_header))
        callers = _Callers(server, addresses, calls)
        server.watch("*", callers.fact)
        print_line(Ready(server.websocket_url, str(server.ca_file), tuple(tokens)))
        print_line(await callers.done)
        await asyncio.to_thread(sys.stdin.read)  # until the parent closes it, or exits


async def echo(state_dir: Path) -> None:
    """Send every frame back, over the same TLS and with the same library, and do nothing else."""
    identity = tls.prepare(state_dir / "tls")
    async with serve(_echo, "127.0.0.1", 0, ssl=identity.server_context()) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print_line(Ready(f"wss://127.0.0.1:{port}/", str(identity.ca_file)))
        await asyncio.to_thread(sys.stdin.read)  # until the parent closes it, or exits


async def _echo(socket: ServerConnection) -> None:
    async for frame in socket:
        await socket.send(frame)


if __name__ == "__main__":
    kind, folder, *counts = sys.argv[1:]
    if kind == "echo":
        asyncio.run(echo(Path(folder)))
    else:
        asyncio.run(stand_in(Path(folder), *map(int, counts)))
