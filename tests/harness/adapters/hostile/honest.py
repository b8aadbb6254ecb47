"""A stdio adapter that does everything right: the reference client in a process of its own.

The others in this folder start from it. ``python honest.py``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.protocol import Command, Hello, Reply
from ringproof.trace import AnySutEvent

Say = Callable[[dict[str, Any]], None]


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def fields_of(event: AnySutEvent) -> dict[str, Any]:
    return dict(msgspec.to_builtins(event))


numbers: dict[str, int] = {}
"""``n`` of the last event of each session, for those that add events of their own."""


def send(s: str, ev: str, **fields: Any) -> None:
    numbers[s] = n = numbers.get(s, -1) + 1
    say({"ev": ev, "s": s, "n": n, "t_us": time.monotonic_ns() // 1000, **fields})


def resend(event: AnySutEvent) -> None:
    """Tell what happened, numbered in one sequence with what was added."""
    send(**{key: value for key, value in fields_of(event).items() if key not in ("n", "t_us")})


def greeting(hello: Hello) -> dict[str, Any]:
    caps = {
        "carrier": "stdio",
        "clock": "real",
        "media": hello.media,
        "sessions": hello.sessions,
        "ops": list(hello.ops),
        "features": [*hello.features, "event_model"],
    }
    sut = {"name": hello.name, "version": hello.version, "language": hello.language}
    return {"protocol": 1, "sut": sut, "caps": caps}


def answer(reply: Reply) -> dict[str, Any]:
    if reply.error:
        wrong = {"code": reply.error, "definite": reply.definite, "text": reply.text}
        return {"re": reply.re, "error": wrong}
    return {"re": reply.re, "ok": reply.ok or {}}


async def carry_out(adapter: InProcessAdapter, hello: Hello, command: dict[str, Any]) -> None:
    if command["op"] == "hello":
        say({"re": command["id"], "ok": greeting(hello)})
        return
    say(answer(await adapter.send(msgspec.convert(command, Command))))


async def serve(
    handle: Callable[[InProcessAdapter, Hello, dict[str, Any]], Any] = carry_out,
    emit: Callable[[AnySutEvent], None] = lambda event: say(fields_of(event)),
) -> None:
    """Carry out commands until ``bye`` or the end of standard input."""
    adapter = InProcessAdapter()
    hello = await adapter.start(emit)
    commands: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(commands.put_nowait, line)
        loop.call_soon_threadsafe(commands.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    async with asyncio.TaskGroup() as group:
        while line := await commands.get():
            command = json.loads(line)
            group.create_task(handle(adapter, hello, command))
            if command["op"] == "bye":
                break
    await adapter.close()


if __name__ == "__main__":
    asyncio.run(serve())
