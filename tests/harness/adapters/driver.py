"""Short commands to a started adapter, and what it reports in a form that tests compare."""

from __future__ import annotations

from ringproof.adapters.protocol import Adapter, Command, Reply
from ringproof.trace import (
    AnySutEvent,
    Complete,
    Getter,
    Log,
    Reread,
    Settled,
    Status,
    Stream,
    SutError,
)


class Driver:
    """A started adapter, its events by session, and short commands."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.events: list[AnySutEvent] = []
        self._count = 0

    async def send(self, op: str, s: str, **fields: object) -> Reply:
        self._count += 1
        command = Command(id=f"id-{self._count}", op=op, s=s, **fields)  # type: ignore[arg-type]
        return await self.adapter.send(command)

    def of(self, s: str) -> list[AnySutEvent]:
        """The session's events without their clock; they are numbered without a gap."""
        mine = [event for event in self.events if event.s == s]
        assert [event.n for event in mine] == list(range(len(mine)))
        return mine

    def since(self, s: str, count: int) -> list[tuple[object, ...]]:
        """Kind and essentials of the events after the first ``count``."""
        return [essence(event) for event in self.of(s)[count:]]


def essence(event: AnySutEvent) -> tuple[object, ...]:
    match event:
        case Status():
            return ("status", event.c, event.status)
        case Stream():
            return ("stream", event.side, event.stream)
        case Settled():
            return ("settled", event.error)
        case Complete():
            return ("complete", event.what, event.c)
        case Getter():
            return ("getter", event.c, event.status)
        case Reread():
            return ("reread", event.of, event.list)
        case SutError():
            return ("error", event.text, event.c, event.fatal)
        case Log():
            return ("log", event.text)
    return (type(event).__name__,)
