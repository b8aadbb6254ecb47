"""Adapters that misbehave on purpose, around the one that drives the reference client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.protocol import AdapterError, Command, Hello, Listener, Reply
from ringproof.trace import AnySutEvent, Calls, Log, Status


class OddAdapter:
    """Hands commands on to the reference client, unless ``answer`` has a reply of its own.

    ``answer`` returns None to let a command through; it may raise ``AdapterError``.
    """

    def __init__(self, answer: Callable[[Command], Reply | None]) -> None:
        self._answer = answer
        self._inner = InProcessAdapter()
        self.closed = 0
        self.seen: list[Command] = []
        self.listener: Listener = lambda event: None

    async def start(self, listener: Listener) -> Hello:
        self.listener = listener
        return await self._inner.start(listener)

    async def send(self, command: Command) -> Reply:
        self.seen.append(command)
        reply = self._answer(command)
        return await self._inner.send(command) if reply is None else reply

    async def close(self) -> None:
        self.closed += 1
        await self._inner.close()


def well(command: Command) -> Reply | None:
    """Let everything through."""
    return None


class LateEndAdapter(OddAdapter):
    """Reports what follows ``destroyed`` of a call, and that itself, ``late_ms`` later."""

    def __init__(self, late_ms: int) -> None:
        super().__init__(well)
        self._late_s = late_ms / 1000
        self._held: list[AnySutEvent] = []

    async def start(self, listener: Listener) -> Hello:
        return await super().start(lambda event: self._hold(event, listener))

    def _hold(self, event: AnySutEvent, listener: Listener) -> None:
        if self._held:
            self._held.append(event)
        elif isinstance(event, Status) and event.status == "destroyed":
            self._held.append(event)
            asyncio.get_running_loop().call_later(self._late_s, self._report, listener)
        else:
            listener(event)

    def _report(self, listener: Listener) -> None:
        held, self._held = self._held, []
        for event in held:
            listener(event)


def dying_on(op: str, times: int = 1_000) -> Callable[[Command], Reply | None]:
    """Die when ``op`` is asked for, as often as ``times``."""
    left = [times]

    def answer(command: Command) -> Reply | None:
        if command.op == op and left[0] > 0:
            left[0] -= 1
            raise AdapterError("it fell over")
        return None

    return answer


def refusing(op: str, error: str) -> Callable[[Command], Reply | None]:
    """Reply to ``op`` with an error."""

    def answer(command: Command) -> Reply | None:
        return Reply(re=command.id, error=error, text="no") if command.op == op else None

    return answer


class UnstartableAdapter:
    """Cannot be brought up."""

    async def start(self, listener: Listener) -> Hello:
        raise AdapterError("install it first")

    async def send(self, command: Command) -> Reply:
        raise AssertionError("it was never started")

    async def close(self) -> None:
        await asyncio.sleep(0)


class ChattyAdapter(OddAdapter):
    """Floods the harness with events at the first ``sync``."""

    def __init__(self, events: int) -> None:
        super().__init__(self._flood)
        self._events = events

    def _flood(self, command: Command) -> Reply | None:
        if command.op == "sync":
            log = Log(s=command.s, n=0, level="debug", text="again")
            for number in range(self._events):
                self.listener(msgspec.structs.replace(log, n=number))
        return None


class SecretiveAdapter(OddAdapter):
    """Never tells that a call is over."""

    def __init__(self) -> None:
        super().__init__(well)

    async def start(self, listener: Listener) -> Hello:
        return await super().start(lambda event: None if _of_an_end(event) else listener(event))


class QuitterAdapter(OddAdapter):
    """Shows a call as destroyed when it is told to answer, and says nothing to the platform."""

    def __init__(self) -> None:
        super().__init__(self._quit)

    def _quit(self, command: Command) -> Reply | None:
        if command.op != "call.answer":
            return None
        self.listener(Status(s=command.s, n=1_000, c=command.c, status="destroyed"))
        self.listener(Calls(s=command.s, n=1_001, list=()))
        return Reply(re=command.id, ok={})


def _of_an_end(event: AnySutEvent) -> bool:
    if isinstance(event, Calls):
        return event.n > 1 and not event.list
    return isinstance(event, Status) and event.status in ("disconnected", "destroyed")
