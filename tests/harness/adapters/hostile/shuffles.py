"""The reference client in two sessions, honest, that serves the second to ask before the first.

What each session asks first of an op waits until the other session has asked it too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from honest import carry_out, serve

TOGETHER = {"session.open", "sync", "session.close"}
"""Ops that every session is sure to get."""

waiting: dict[str, dict[str, Any]] = {}
seen: set[tuple[str, str]] = set()


async def handle(adapter: Any, hello: Any, command: dict[str, Any]) -> None:
    op = command["op"]
    if op in TOGETHER and (op, command["s"]) not in seen:
        seen.add((op, command["s"]))
        if op not in waiting:
            waiting[op] = command
            return
        await carry_out(adapter, hello, command)
        command = waiting.pop(op)
    await carry_out(adapter, hello, command)


asyncio.run(serve(handle))
