"""One conversation with an adapter in another process: commands out, replies and events in.

Validates every message and blames the adapter for what it says wrongly. Knows no carrier: whoever
owns the socket or the pipe hands lines in (``feed``) and is given lines to send.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from ringproof.adapters import wire
from ringproof.adapters.protocol import PROTOCOL, AdapterError, Command, Hello, Listener, Reply
from ringproof.trace import AnySutEvent, Calls, Complete, Received, Settled, Status, Stream
from ringproof_fakeserver.protocol.redaction import redacted

EVENTS_MAX = 10_000
"""Events of one session from one ``sync`` to the next: no more than a scenario may have."""

MEBIBYTE = 1024 * 1024

SYNC_BYTES_MAX = 4 * MEBIBYTE
"""Of events of one session from one ``sync`` to the next: a trace keeps them all."""

SESSION_BYTES_MAX = 32 * MEBIBYTE
"""Of events of one session in all, so that a ``sync`` cannot multiply what is kept without end. A
session serves up to 25 scenarios, each of well under a mebibyte."""

GREETED_WITHIN_MS = 30_000
"""To load an SDK and say who it is: Node on two busy cores takes up to 4 s."""

ALIVE_WITHIN_MS = 5_000
"""To turn down an unknown op, once a deadline has passed."""

SHOWN = 200
"""Characters of a wrong message that are told."""

REQUIRED = ("session.open", "sync", "session.close")
"""Ops without which no scenario can be played; real media is counted by one more, ``media``."""

Send = Callable[[str], Awaitable[None]]
"""Puts one message on the carrier; raises ``AdapterError`` when the carrier is gone."""


class _Session:
    """What the adapter may say of one session that was opened."""

    __slots__ = ("bytes_at_sync", "bytes_heard", "commands", "left", "next")

    def __init__(self) -> None:
        self.next = 0
        """``n`` of its next event."""
        self.left = EVENTS_MAX
        """How many events it may still send before it is synced."""
        self.bytes_heard = 0
        """Size of all its events."""
        self.bytes_at_sync = 0
        """Size of those that came before it was last synced."""
        self.commands: set[str] = set()
        """Ids of what it was told to do."""


class Conversation:
    """The harness's end. ``ask`` may be called concurrently; replies come in any order."""

    def __init__(self, send: Send, listener: Listener, who: str = "the adapter") -> None:
        self._send = send
        self._listener = listener
        self._who = who
        self._pending: dict[str, asyncio.Future[Reply | AdapterError]] = {}
        self._late: set[str] = set()
        self._sessions: dict[str, _Session] = {}
        self._failure: AdapterError | None = None

    @property
    def failure(self) -> AdapterError | None:
        """Why the conversation ended; None while it goes on."""
        return self._failure

    def heard(self, session: str) -> int:
        """Return how many events the session has sent: the ``n`` that its next one must carry."""
        known = self._sessions.get(session)
        return known.next if known is not None else 0

    async def ask(self, command: Command) -> Reply:
        """Send a command and wait for its reply, at most ``deadline_ms``.

        A deadline that passes is a reply (``timeout``, not definite). Raises ``AdapterError`` when
        the adapter broke the protocol or its carrier is gone, ``WrongCommand`` when we broke it.
        """
        line = wire.encode(command)
        if self._failure is not None:
            raise self._failure
        self._expect(command)
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

    async def insist(self, command: Command) -> Reply:
        """Ask; when the deadline passes, find out whether anybody is there at all.

        An adapter that does not even turn down an unknown op hangs: ``AdapterError``.
        """
        reply = await self.ask(command)
        if reply.error == "timeout" and not reply.definite and command.id in self._late:
            probe = await self.ask(_probe(ALIVE_WITHIN_MS))
            if probe.error == "timeout":
                raise AdapterError(f"{self._who} hangs: {reply.text}, nor to anything after it")
        return reply

    async def greet(self, within_ms: int = GREETED_WITHIN_MS, *, carrier: str = "") -> Hello:
        """Say hello, then probe with a word nobody knows. Raises ``AdapterError``.

        ``carrier`` is what it is spoken to by, should it not say so itself.
        """
        reply = await self.ask(Command(id=_fresh(), op="hello", deadline_ms=within_ms))
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
        required = (*REQUIRED, "media") if hello.media == "rtp" else REQUIRED
        if missing := [op for op in required if op not in hello.ops]:
            raise AdapterError(
                f"{self._who} declares no {', '.join(missing)} in caps.ops: every adapter has "
                f"{', '.join(REQUIRED)}, and for media rtp the op media"
            )
        if hello.clock != "real":
            raise AdapterError(
                f"{self._who} declares a {hello.clock} clock, which is driven in ringproof's own "
                "process only: declare clock real"
            )
        probe = await self.ask(_probe())
        if probe.error != "unsupported":
            raise AdapterError(
                f"{self._who} must answer an unknown op with the error `unsupported`, "
                f"not with {probe.error or 'ok'}"
            )
        return msgspec.structs.replace(hello, carrier=hello.carrier or carrier)

    def feed(self, line: str | bytes) -> None:
        """Take one message from the carrier. Raises ``AdapterError`` on a violation.

        The owner of the carrier then calls ``fail`` with it and closes the carrier.
        """
        if self._failure is not None:
            return
        try:
            message = wire.decode(line)
        except msgspec.DecodeError as error:
            raise AdapterError(f"{self._who} said {shown(line)}: {error}") from error
        if isinstance(message, Reply):
            self._take_reply(message)
        else:
            self._take_event(message, _size(line))

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
        if waiting is not None and waiting.cancelled():
            return  # its deadline passes in this very turn
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)
        elif reply.re in self._late:
            self._late.discard(reply.re)
        else:
            raise AdapterError(
                f"{self._who} replied to {reply.re!r}, which was never asked, or answered already"
            )

    def _expect(self, command: Command) -> None:
        """Take note of what the adapter may say from now on."""
        if command.op == "session.open":
            self._sessions.setdefault(command.s, _Session())
        session = self._sessions.get(command.s)
        if session is None:
            return
        session.commands.add(command.id)
        if command.op == "sync":
            session.left = EVENTS_MAX
            session.bytes_at_sync = session.bytes_heard

    def _take_event(self, event: AnySutEvent, size_bytes: int) -> None:
        session = self._sessions.get(event.s)
        if session is None:
            raise AdapterError(f"{self._who} told of session {event.s!r}, which was never opened")
        if event.n != session.next:
            raise AdapterError(
                f"{self._who} numbered an event of session {event.s} {event.n}, not {session.next}"
            )
        id = _command_of(event)
        if id and id not in session.commands:
            raise AdapterError(
                f"{self._who} told of command {id!r}, which session {event.s} was never given"
            )
        session.left -= 1
        session.bytes_heard += size_bytes
        if excess := _excess(session):
            raise AdapterError(f"{self._who} floods: more than {excess} of session {event.s}")
        session.next += 1
        self._listener(event)


def _excess(session: _Session) -> str:
    """Return of what the session has sent more than it may; empty if of nothing."""
    if session.left < 0:
        return f"{EVENTS_MAX} events"
    if session.bytes_heard - session.bytes_at_sync > SYNC_BYTES_MAX:
        return f"{SYNC_BYTES_MAX // MEBIBYTE} MiB of events"
    if session.bytes_heard > SESSION_BYTES_MAX:
        return f"{SESSION_BYTES_MAX // MEBIBYTE} MiB of events"
    return ""


def _size(line: str | bytes) -> int:
    """Return how many bytes a message takes on its carrier."""
    return len(line) if isinstance(line, bytes) or line.isascii() else len(line.encode())


def _command_of(event: AnySutEvent) -> str:
    """Return the command that an event claims to belong to; empty if none."""
    if isinstance(event, Received | Settled):
        return event.id
    return event.observer if isinstance(event, Calls | Status | Stream | Complete) else ""


def _probe(within_ms: int = 5_000) -> Command:
    return Command(id=_fresh(), op=wire.PROBE + _fresh(), deadline_ms=within_ms)


def shown(line: str | bytes) -> str:
    """Return the beginning of a message that was wrong, quoted and without secrets."""
    text = line if isinstance(line, str) else line[:SHOWN].decode(errors="replace")
    return repr(redacted(text[:SHOWN]))


def _fresh() -> str:
    return secrets.token_hex(8)
