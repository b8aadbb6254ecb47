"""Drives a SUT in another process by the adapter protocol, over any transport."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ringproof.adapters.channel import Channel
from ringproof.adapters.connection import Announce, Connection
from ringproof.adapters.process import ProcessGroup, Program
from ringproof.adapters.protocol import (
    DEFAULT,
    AdapterError,
    Command,
    Hello,
    Limits,
    Listener,
    Reply,
)


class RemoteAdapter:
    """Implements ``Adapter`` for a program that is started here, or for a SUT that dials a URL.

    A program that hangs is an error. A SUT that dials by itself may be under a debugger, and is
    waited for, unless ``waits`` is false. ``who`` is what errors call it. ``on_close`` takes back
    what was set up for it to dial, and may be called twice.
    """

    def __init__(
        self,
        source: Program | Announce,
        *,
        who: str = "the adapter",
        limits: Limits = DEFAULT,
        waits: bool | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._waits = not isinstance(source, Program) if waits is None else waits
        self._who = source.who if isinstance(source, Program) else who
        self._limits = limits
        self._on_close = on_close
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def process(self) -> ProcessGroup | None:
        """The program while it runs, and until the adapter is closed."""
        return self._connection.process if self._connection is not None else None

    async def start(self, listener: Listener) -> Hello:
        """Start the program, or announce the URL to dial, and greet. Raises ``AdapterError``."""
        self._connection = connection = await Connection.open(
            self._source, on_fault=self._on_fault, limits=self._limits
        )
        channel = Channel(connection.transport, listener, self._who, self._limits)
        self._channel = channel
        self._serving = asyncio.get_running_loop().create_task(channel.serve(self._explained))
        within_s = self._limits.dialled_within_s
        try:
            async with asyncio.timeout(within_s):
                await connection.transport.ready()
            return await channel.greet()
        except TimeoutError as error:
            text = f"{self._who} did not dial its carrier within {within_s:g} s: see its own log"
            raise self._failed(channel, AdapterError(text)) from error
        except AdapterError as error:
            raise self._failed(channel, error) from error

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply; see ``Adapter``.

        Raises ``AdapterError`` also when a program hangs: see ``Channel.insist``.
        """
        channel = self._channel
        if channel is None:
            raise AdapterError("start the adapter before sending commands")
        if self._waits:
            return await channel.ask(command)
        try:
            return await channel.insist(command)
        except AdapterError as error:
            raise self._failed(channel, error) from error

    def fail(self, what: str) -> None:
        """Say how the SUT came to its end, where that is known otherwise than by its carrier."""
        if self._channel is not None:
            self._channel.fail(AdapterError(f"{self._who} {what}"))

    async def close(self) -> None:
        """Say bye, then end the program and what it forked. Never raises; may be called twice."""
        self._on_close()
        connection, self._connection = self._connection, None
        channel = self._channel
        if connection is None or channel is None:
            return
        polite = channel.failure is None
        try:
            if polite:
                # One that dies of it has left all the same.
                with contextlib.suppress(AdapterError):
                    await channel.say_bye()
            channel.fail(AdapterError("the adapter was closed"))
            await connection.close(polite=polite)
        finally:
            await connection.release()
            if self._serving is not None:
                self._serving.cancel()
                await asyncio.gather(self._serving, return_exceptions=True)

    def _on_fault(self, fault: AdapterError) -> None:
        if self._channel is not None:
            self._channel.fail(fault)

    def _failed(self, channel: Channel, error: AdapterError) -> AdapterError:
        """Return why the channel has failed; unless it has already, that is ``error``."""
        if channel.failure is None:
            channel.fail(self._with_output(error))
        return channel.failure or error

    def _with_output(self, error: AdapterError) -> AdapterError:
        """Return the error with the last lines that the program has printed."""
        process = self.process
        return error if process is None else AdapterError(process.with_output(str(error)))

    async def _explained(self, error: AdapterError, gone: bool) -> AdapterError:
        """Return why lines have ended: the exit status says more than a closed transport."""
        connection = self._connection
        death = await connection.death() if gone and connection is not None else None
        return death or self._with_output(error)
