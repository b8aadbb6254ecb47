"""The reference client, online and honest but for one thing: it never does as it is told.

What should have happened it tells of all the same, promptly and in the documented order.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from honest import carry_out, say, serve, told

STORIES = {
    "call.answer": ["connecting", "connected"],
    "call.reject": ["disconnected", "destroyed"],
    "call.hangup": ["disconnecting", "disconnected", "destroyed"],
}

numbers: dict[str, int] = {}


def tell(s: str, ev: str, **fields: Any) -> None:
    numbers[s] = n = numbers.get(s, -1) + 1
    say({"ev": ev, "s": s, "n": n, "t_us": time.monotonic_ns() // 1000, **fields})


def emit(event: Any) -> None:
    fields = {key: value for key, value in told(event).items() if key not in ("s", "n", "t_us")}
    tell(event.s, **fields)


async def handle(adapter: Any, hello: Any, command: dict[str, Any]) -> None:
    story = STORIES.get(command["op"])
    if story is None:
        await carry_out(adapter, hello, command)
        return
    s, c = command["s"], command["c"]
    tell(s, "command", id=command["id"])
    if command["op"] == "call.answer":
        for side in ("local", "remote"):
            tell(s, "stream", c=c, side=side, stream=f"made-up {side}", tracks=["audio"])
    for word in story:
        tell(s, "status", c=c, status=word)
    if story[-1] == "destroyed":
        tell(s, "calls", list=[])
    tell(s, "settled", id=command["id"])
    say({"re": command["id"], "ok": {}})


asyncio.run(serve(handle, emit))
