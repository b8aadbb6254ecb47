"""The protocol with an adapter in another process: commands out, replies and events in.

Validates every message, and blames the adapter for what is wrong with it. Bytes go out and come in
by a transport.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from ringproof.adapters import wire
from ringproof.adapters.protocol import (
    DEFAULT,
    MEBIBYTE,
    PROTOCOL,
    AdapterError,
    Command,
    Hello,
    Limits,
    Listener,
    Reply,
)
from ringproof.adapters.transport import Malformed, Transport
from ringproof.trace import AnySutEvent, Received, Settled
from ringproof_fakeserver.protocol.redaction import redacted

SHOWN = 200
"""Characters of a wrong message that an error quotes."""

REQUIRED = ("session.open", "sync", "session.close")
"""Ops without which no scenario can be played; real media is counted by one more, ``media``."""

Explain = Callable[[AdapterError, bool], Awaitable[AdapterError]]
"""Adds details to an error. The flag says that the adapter is gone; otherwise it has broken the
protocol."""


class _Session(msgspec.Struct):
    """What the adapter may send of one session that was opened."""

    events_left: int
    """How many events it may still send before the next ``sync``."""
    next: int = 0
    """``n`` of its next event."""
    bytes_received: int = 0
    """Size of all its events."""
    bytes_at_sync: int = 0
    """Size of those that came before the last ``sync``."""
    commands: set[str] = set()
    """Ids of the commands it was given."""


class Channel:
    """The harness's end. ``ask`` may be called concurrently; replies come in any order.

    The owner has to run ``serve``, or to call ``feed`` with each line.
    """

    def __init__(
        self,
        transport: Transport,
        listener: Listener,
        who: str = "the adapter",
        limits: Limits = DEFAULT,
    ) -> None:
        self._transport = transport
        self._listener = listener
        self._who = who
        self._limits = limits
        self._pending: dict[str, asyncio.Future[Reply | AdapterError]] = {}
        self._late: set[str] = set()
        self._sessions: dict[str, _Session] = {}
        self.failure: AdapterError | None = None
        """Why the channel can be used no more; None while it can."""

    def event_count(self, session: str) -> int:
        """Return how many events the session has sent: the ``n`` that its next one must carry."""
        known = self._sessions.get(session)
        return known.next if known is not None else 0

    async def serve(self, explain: Explain | None = None) -> None:
        """Feed what comes in until the adapter is gone or breaks the protocol; then ``fail``."""
        try:
            async with contextlib.aclosing(self._transport.lines()) as lines:
                async for line in lines:
                    self.feed(line)
                    if self.failure is not None:
                        return
        except AdapterError as violation:
            error, gone = violation, False
        else:
            error, gone = self._fault(self._transport.ending), True
        self.fail(error if explain is None else await explain(error, gone))
        self._transport.end("" if gone else "protocol violation")

    async def ask(self, command: Command) -> Reply:
        """Send a command and wait for its reply, at most ``deadline_ms``.

        A deadline that passes is a reply (``timeout``, not definite). Raises ``AdapterError`` when
        the adapter broke the protocol or is gone, ``WrongCommand`` when we broke it.
        """
        line = wire.encode(command).encode() + b"\n"
        if self.failure is not None:
            raise self.failure
        self._expect(command)
        waiting: asyncio.Future[Reply | AdapterError] = asyncio.get_running_loop().create_future()
        self._pending[command.id] = waiting
        try:
            async with asyncio.timeout(command.deadline_ms / 1000):
                # Why the adapter reads no more is known where its lines end.
                with contextlib.suppress(ConnectionError):
                    await self._transport.send(line)
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
        """Ask. When the deadline passes, send an unknown op.

        Raises ``AdapterError`` also when that gets no reply either: the adapter hangs.
        """
        reply = await self.ask(command)
        if reply.error == "timeout" and not reply.definite and command.id in self._late:
            probe = await self.ask(_probe(self._limits.alive_within_ms))
            if probe.error == "timeout":
                raise self._fault(f"hangs: {reply.text}, nor to anything after it")
        return reply

    async def greet(self) -> Hello:
        """Send ``hello``, then an op that no adapter knows. Raises ``AdapterError``."""
        deadline_ms = self._limits.greeted_within_ms
        reply = await self.ask(Command(id=_fresh(), op="hello", deadline_ms=deadline_ms))
        if reply.error:
            raise self._fault(f"refused hello: {reply.error} {reply.text}".rstrip())
        try:
            hello = wire.greeting(reply)
        except msgspec.ValidationError as error:
            raise self._fault(f"greets wrongly: {error}") from error
        if hello.protocol != PROTOCOL:
            raise self._fault(
                f"speaks adapter protocol {hello.protocol}, this ringproof {PROTOCOL}: "
                "use versions that agree"
            )
        required = (*REQUIRED, "media") if hello.media == "rtp" else REQUIRED
        if missing := [op for op in required if op not in hello.ops]:
            raise self._fault(
                f"declares no {', '.join(missing)} in caps.ops: every adapter has "
                f"{', '.join(REQUIRED)}, and for media rtp the op media"
            )
        if hello.clock != "real":
            raise self._fault(
                f"declares a {hello.clock} clock, which is driven in ringproof's own "
                "process only: declare clock real"
            )
        probe = await self.ask(_probe())
        if probe.error != "unsupported":
            raise self._fault(
                f"must answer an unknown op with the error `unsupported`, not with "
                f"{probe.error or 'ok'}"
            )
        carrier = hello.carrier or self._transport.carrier
        return msgspec.structs.replace(hello, carrier=carrier)

    async def say_bye(self) -> None:
        """Ask the adapter to exit. Raises ``AdapterError`` when it is gone already."""
        await self.ask(Command(id=_fresh(), op="bye", deadline_ms=self._limits.bye_within_ms))

    def feed(self, line: bytes | Malformed) -> None:
        """Take what the adapter sent. Raises ``AdapterError`` when it breaks the protocol.

        The caller then calls ``fail`` with that error.
        """
        if self.failure is not None:
            return
        if isinstance(line, Malformed):
            raise self._fault(line.text)
        try:
            message = wire.decode(line)
        except msgspec.DecodeError as error:
            why = error if line.startswith(b"{") else self._transport.advice or error
            raise self._fault(f"said {_quoted(line)}: {why}") from error
        if isinstance(message, Reply):
            self._take_reply(message)
        else:
            self._take_event(message, len(line))

    def fail(self, failure: AdapterError) -> None:
        """End the channel: everything that waits, and everything asked later, raises this."""
        if self.failure is not None:
            return
        self.failure = failure
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_result(failure)

    def _fault(self, text: str) -> AdapterError:
        """Return the error that blames the adapter for what it did."""
        return AdapterError(f"{self._who} {text}")

    def _take_reply(self, reply: Reply) -> None:
        waiting = self._pending.get(reply.re)
        if waiting is not None and waiting.cancelled():
            return  # its deadline passes in this very turn
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)
        elif reply.re in self._late:
            self._late.discard(reply.re)
        else:
            raise self._fault(
                f"replied to {reply.re!r}, which was never asked, or answered already"
            )

    def _expect(self, command: Command) -> None:
        """Allow the adapter what it may send from now on."""
        if command.op in ("session.open", "session.return"):
            self._sessions.setdefault(command.s, _Session(self._limits.events))
        session = self._sessions.get(command.s)
        if session is None:
            return
        session.commands.add(command.id)
        if command.op == "sync":
            session.events_left = self._limits.events
            session.bytes_at_sync = session.bytes_received

    def _take_event(self, event: AnySutEvent, size_bytes: int) -> None:
        session = self._sessions.get(event.s)
        if session is None:
            raise self._fault(f"sent an event of session {event.s!r}, which was never opened")
        if event.n != session.next:
            raise self._fault(
                f"numbered an event of session {event.s} {event.n}, not {session.next}"
            )
        id = event.id if isinstance(event, Received | Settled) else getattr(event, "observer", "")
        if id and id not in session.commands:
            raise self._fault(
                f"sent an event of command {id!r}, which session {event.s} was never given"
            )
        session.events_left -= 1
        session.bytes_received += size_bytes
        if excess := self._excess(session):
            raise self._fault(f"floods: more than {excess} of session {event.s}")
        session.next += 1
        self._listener(event)

    def _excess(self, session: _Session) -> str:
        """Return which limit the session has exceeded; empty if none."""
        limits = self._limits
        if session.events_left < 0:
            return f"{limits.events} events"
        if session.bytes_received - session.bytes_at_sync > limits.sync_bytes:
            return f"{limits.sync_bytes // MEBIBYTE} MiB of events"
        if session.bytes_received > limits.session_bytes:
            return f"{limits.session_bytes // MEBIBYTE} MiB of events"
        return ""


def _probe(within_ms: int = 5_000) -> Command:
    return Command(id=_fresh(), op=wire.PROBE + _fresh(), deadline_ms=within_ms)


def _quoted(line: bytes) -> str:
    """Return the beginning of a message that was wrong, without secrets."""
    return repr(redacted(line[:SHOWN].decode(errors="replace")))


def _fresh() -> str:
    return secrets.token_hex(8)
