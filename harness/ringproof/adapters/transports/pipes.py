"""The ``stdio`` carrier: a SUT in a process of its own, one JSON object a line on its pipes.

And ``DialingProcessAdapter``, for a process that speaks on a WebSocket instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import msgspec

from ringproof.adapters.channel import GREETED_WITHIN_MS, Conversation, shown
from ringproof.adapters.process import TERMINATE_S, ProcessGroup, Program
from ringproof.adapters.protocol import AdapterError, Command, Hello, Listener, Reply
from ringproof.adapters.transports.websocket import DIAL_TIMEOUT_S, WebSocketAdapter
from ringproof.adapters.wire import LINE_LIMIT_BYTES

BYE_WITHIN_MS = 1_000

ONLY_MESSAGES = (
    "standard output carries messages alone, one JSON object a line: print to standard error"
)

URL_VARIABLE = "RINGPROOF_URL"
"""Environment variable that tells a process which WebSocket to dial."""


class ChildProcessAdapter:
    """Implements ``Adapter`` over the pipes of a process; commands go in, lines come out."""

    def __init__(
        self,
        program: Program,
        *,
        greeted_within_ms: int = GREETED_WITHIN_MS,
        terminate_s: float = TERMINATE_S,
    ) -> None:
        self._program = program
        self._greeted_within_ms = greeted_within_ms
        self._terminate_s = terminate_s
        self._child: ProcessGroup | None = None
        self._conversation: Conversation | None = None
        self._reading: asyncio.Task[None] | None = None
        self._closed = False

    async def start(self, listener: Listener) -> Hello:
        """Start the process and greet it. Raises ``AdapterError``."""
        self._conversation = conversation = Conversation(self._write, listener, self._program.who)
        self._child = await ProcessGroup.spawn(self._program, on_fault=conversation.fail)
        self._reading = asyncio.get_running_loop().create_task(
            self._read(self._child, conversation)
        )
        try:
            return await conversation.greet(self._greeted_within_ms, carrier="stdio")
        except AdapterError as error:
            conversation.fail(error)
            raise

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``.

        Raises ``AdapterError`` also when the process hangs: see ``Conversation.insist``.
        """
        if self._conversation is None:
            raise AdapterError("start the adapter before sending commands")
        try:
            return await self._conversation.insist(command)
        except AdapterError as error:
            self._conversation.fail(error)
            raise

    async def close(self) -> None:
        """Say bye, then end the process and what it forked. Never raises; may be called twice."""
        child, conversation = self._child, self._conversation
        if child is None or conversation is None or self._closed:
            return
        self._closed = True
        polite = conversation.failure is None
        try:
            if polite:
                # One that dies of it has left all the same.
                with contextlib.suppress(AdapterError):
                    bye = Command(id=secrets.token_hex(8), op="bye", deadline_ms=BYE_WITHIN_MS)
                    await conversation.ask(bye)
            conversation.fail(AdapterError("the adapter was closed"))
            await child.stop(polite=polite, terminate_s=self._terminate_s)
        finally:
            await _end(child, self._reading)

    async def _read(self, child: ProcessGroup, conversation: Conversation) -> None:
        """Hand lines on until the process is gone or has broken the protocol."""
        try:
            async with contextlib.aclosing(child.lines(LINE_LIMIT_BYTES)) as lines:
                async for line in lines:
                    if not line.startswith(b"{"):
                        text = f"{self._program.who} said {shown(line)}: {ONLY_MESSAGES}"
                        raise AdapterError(text)
                    conversation.feed(line)
                    if conversation.failure is not None:
                        return
        except AdapterError as violation:
            conversation.fail(AdapterError(child.told(str(violation))))
        else:
            conversation.fail(await child.death())

    async def _write(self, line: str) -> None:
        assert self._child is not None, "the process is started first"
        # What became of a process that reads no more is found out where its output ends.
        with contextlib.suppress(ConnectionError):
            await self._child.write(line)


class DialingProcessAdapter:
    """Starts a process that dials the WebSocket named in its environment (``RINGPROOF_URL``).

    Both its output streams are free log.
    """

    def __init__(
        self,
        program: Program,
        *,
        dial_timeout_s: float = DIAL_TIMEOUT_S,
        terminate_s: float = TERMINATE_S,
    ) -> None:
        self._program = program
        self._terminate_s = terminate_s
        self._socket = WebSocketAdapter(
            self._launch, dial_timeout_s=dial_timeout_s, who=self._program.who, insists=True
        )
        self._child: ProcessGroup | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, listener: Listener) -> Hello:
        """Listen, start the process, and greet it. Raises ``AdapterError``."""
        try:
            return await self._socket.start(listener)
        except AdapterError as error:
            raise await self._explained(error) from error

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``."""
        try:
            return await self._socket.send(command)
        except AdapterError as error:
            raise await self._explained(error) from error

    async def close(self) -> None:
        """Say bye, then end the process and what it forked. Never raises; may be called twice."""
        try:
            polite = await self._socket.leave()
            if self._child is not None:
                await self._child.stop(polite=polite, terminate_s=self._terminate_s)
        finally:
            if self._child is not None:
                await _end(self._child, self._reading)
            self._child = None

    async def _launch(self, url: str) -> None:
        env = {**self._program.env, URL_VARIABLE: url}
        self._child = await ProcessGroup.spawn(
            msgspec.structs.replace(self._program, env=env), on_fault=self._socket.fail
        )
        self._reading = asyncio.get_running_loop().create_task(self._read(self._child))

    async def _read(self, child: ProcessGroup) -> None:
        """Keep the last lines of its output, until the process is gone."""
        try:
            async with contextlib.aclosing(child.lines(LINE_LIMIT_BYTES)) as lines:
                async for _ in lines:
                    pass
        except AdapterError as error:
            self._socket.fail(error)
            return
        await child.exited.wait()
        self._socket.fail(await child.death())

    async def _explained(self, error: AdapterError) -> AdapterError:
        """Return why the socket was closed: a process that died says more than its socket."""
        child = self._child
        if child is None:
            return error
        if await child.exits_soon():
            return await child.death()
        return AdapterError(child.told(str(error)))


async def _end(child: ProcessGroup, reading: asyncio.Task[None] | None) -> None:
    """Leave nothing behind, whatever kept the process from being stopped in peace."""
    child.kill()
    if reading is not None:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
