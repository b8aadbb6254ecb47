"""The reference client, honest, whose replies come in batches and last first."""

from __future__ import annotations

import asyncio
from typing import Any

import honest

BATCH_S = 0.02

held: list[dict[str, Any]] = []


def say(message: dict[str, Any]) -> None:
    """Hold replies back; events go out at once, as they must."""
    if "re" not in message:
        original(message)
        return
    held.append(message)
    if len(held) == 1:
        asyncio.get_running_loop().call_later(BATCH_S, flush)


def flush() -> None:
    while held:
        original(held.pop())


original = honest.say
honest.say = say

asyncio.run(honest.serve(emit=lambda event: say(honest.told(event))))
flush()
