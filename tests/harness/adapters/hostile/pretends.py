"""The reference client, online and honest but for one thing: it never carries out a command.

It still reports what should have happened, promptly and in the documented order.
"""

from __future__ import annotations

import asyncio
from typing import Any

from honest import carry_out, resend, say, send, serve

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
    send(s, "command", id=command["id"])
    if command["op"] == "call.answer":
        for side in ("local", "remote"):
            send(s, "stream", c=c, side=side, stream=f"made-up {side}", tracks=["audio"])
    for word in story:
        send(s, "status", c=c, status=word)
    if story[-1] == "destroyed":
        send(s, "calls", list=[])
    send(s, "settled", id=command["id"])
    say({"re": command["id"], "ok": {}})


asyncio.run(serve(handle, resend))
