"""The reference client, online and honest but for one thing: it never does as it is told.

What should have happened it tells of all the same, promptly and in the documented order.
"""

from __future__ import annotations

import asyncio
from typing import Any

from honest import carry_out, retell, say, serve, tell

STORIES = {
    "call.answer": ["connecting", "connected"],
    "call.reject": ["disconnected", "destroyed"],
    "call.hangup": ["disconnecting", "disconnected", "destroyed"],
}


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


asyncio.run(serve(handle, retell))
