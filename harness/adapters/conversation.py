"""One conversation with an adapter in another process: commands out, replies and events in.

Validates every message and blames the adapter for what it says wrongly. Knows no carrier: whoever
owns the socket or the pipe hands lines in (``feed``) and is given lines to send.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from harness.adapters import wire
from harness.adapters.protocol import (
    PROTOCOL,
    AdapterError,
    Command,
    Hello,
    Listener,
    Reply,
)
from harness.trace import AnySutEvent

Send = Callable[[str], Awaitable[None]]
"""Puts one message on the carrier; raises ``AdapterError`` when the carrier is gone."""


class Conversation:
    """The harness's end. ``ask`` may be called concurrently; replies come in any order."""

    def __init__(self, send: Send, listener: Listener, who: str = "the adapter") -> None:
        self._send = send
        self._listener = listener
        self._who = who
        self._pending: dict[str, asyncio.Future[Reply | AdapterError]] = {}
        self._late: set[str] = set()
        self._next: dict[str, int] = {}
        self._failure: AdapterError | None = None

    @property
    def failure(self) -> AdapterError | None:
        """Why the conversation ended; None while it goes on."""
        return self._failure

    def heard(self, session: str) -> int:
        """Return how many events the session has sent: the ``n`` that its next one must carry."""
        return self._next.get(session, 0)

    async def ask(self, command: Command) -> Reply:
        """Send a command and wait for its reply, at most ``deadline_ms``.

        A deadline that passes is a reply (``timeout``, not definite). Raises ``AdapterError`` when
        the adapter broke the protocol or its carrier is gone, ``WrongCommand`` when we broke it.
        """
        line = wire.encode(command)
        if self._failure is not None:
            raise self._failure
        waiting: asyncio.Future[Reply | AdapterError] = asyncio.get_running_loop().create_future()
        self._pending[command.id] = waiting
        try:
            async with asyncio.timeout(command.deadline_ms / 1000):
                await self._send(line)
                answer = await waiting
        except TimeoutError:
            self._late.add(command.id)
            return Reply(
                re=command.id,
                error="timeout",
                text=f"{self._who} did not reply to {command.op} in {command.deadline_ms} ms",
                definite=False,
            )
        finally:
            del self._pending[command.id]
        if isinstance(answer, AdapterError):
            raise answer
        return answer

    async def greet(self) -> Hello:
        """Say hello, then probe with a word nobody knows. Raises ``AdapterError``."""
        reply = await self.ask(Command(id=_fresh(), op="hello"))
        if reply.error:
            raise AdapterError(f"{self._who} refused hello: {reply.error} {reply.text}".rstrip())
        try:
            hello = wire.greeting(reply)
        except msgspec.ValidationError as error:
            raise AdapterError(f"{self._who} greets wrongly: {error}") from error
        if hello.protocol != PROTOCOL:
            raise AdapterError(
                f"{self._who} speaks adapter protocol {hello.protocol}, this ringproof {PROTOCOL}: "
                "use versions that agree"
            )
        probe = await self.ask(Command(id=_fresh(), op=wire.PROBE + _fresh()))
        if probe.error != "unsupported":
            raise AdapterError(
                f"{self._who} must answer an unknown op with the error `unsupported`, "
                f"not with {probe.error or 'ok'}"
            )
        return hello

    def feed(self, line: str) -> None:
        """Take one message from the carrier. Raises ``AdapterError`` on a violation.

        The owner of the carrier then calls ``fail`` with it and closes the carrier.
        """
        if self._failure is not None:
            return
        try:
            message = wire.decode(line)
        except msgspec.DecodeError as error:
            raise AdapterError(f"{self._who} said {line[:200]!r}: {error}") from error
        if isinstance(message, Reply):
            self._take_reply(message)
        else:
            self._take_event(message)

    def fail(self, failure: AdapterError) -> None:
        """End the conversation: everything that waits, and everything asked later, raises this."""
        if self._failure is not None:
            return
        self._failure = failure
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_result(failure)

    def _take_reply(self, reply: Reply) -> None:
        waiting = self._pending.get(reply.re)
        if waiting is None and reply.re not in self._late:
            raise AdapterError(f"{self._who} replied to {reply.re!r}, which was never asked")
        self._late.discard(reply.re)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _take_event(self, event: AnySutEvent) -> None:
        expected = self.heard(event.s)
        if event.n != expected:
            raise AdapterError(
                f"{self._who} numbered an event of session {event.s} {event.n}, not {expected}"
            )
        self._next[event.s] = expected + 1
        self._listener(event)


def _fresh() -> str:
    return secrets.token_hex(8)
