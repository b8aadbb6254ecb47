"""One adapter process, sent raw lines, and some that a run would never send.

At the end all processes of its group, or with its environment variable, are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Callable
from typing import Any

import msgspec

from ringproof.adapter_check import leftovers
from ringproof.adapter_check.condition import Condition
from ringproof.adapter_check.result import Unmet
from ringproof.adapter_check.transcript import QUOTED, Transcript
from ringproof.adapters.connection import Connection
from ringproof.adapters.process import ProcessGroup, Program, signal_name
from ringproof.adapters.protocol import PROTOCOL, Limits
from ringproof.version import VERSION

QUOTED_LINES = 5
"""Lines of standard error that a result quotes."""

MARK = "RINGPROOF_ADAPTER_CHECK"
"""Environment variable by which a process is known as descended from one of ours."""

EXITS_WITHIN_S = 5.0
"""From bye, the end of input or SIGTERM to the exit. Source: docs/adapter-protocol.md."""

CLEANUP_WITHIN_S = 0.5
"""From the end of input to the exit, when the check is over."""


class Peer:
    """A running adapter: ``async with Peer(program, 10.0) as peer``. Raises ``AdapterError``.

    ``timeout_s`` is how long it may take for any one reply.
    """

    def __init__(self, program: Program, timeout_s: float) -> None:
        self.transcript = Transcript()
        self.timeout_s = timeout_s
        self.hello: dict[str, Any] = {}
        """The ``ok`` of its hello, once it was greeted."""
        self._mark = secrets.token_hex(8)
        env = {**program.env, MARK: self._mark}
        self._program = msgspec.structs.replace(program, env=env, name="the adapter")
        self._changed = Condition()
        self._connection: Connection
        self._reading: asyncio.Task[None]
        self._waiting: asyncio.Task[None]

    async def __aenter__(self) -> Peer:
        self._connection = await Connection.open(
            self._program,
            # A flood on standard error breaks no rule, and what is kept of it is bounded.
            on_fault=lambda _: None,
            limits=Limits(terminate_s=0),
        )
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._read())
        self._waiting = loop.create_task(self._await_end())
        return self

    async def __aexit__(self, *_: object) -> None:
        # It may clean up at the end of its input; what is left would disturb the next check.
        self.end_input()
        await self.until(lambda: self.exited, CLEANUP_WITHIN_S)
        self.signal(signal.SIGKILL)
        for pid in leftovers.find(self._process.pid, MARK, self._mark):
            # It may have exited meanwhile.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for task in (self._waiting, self._reading):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._connection.close(polite=False)

    async def greet(self) -> dict[str, Any]:
        """Say hello and return the reply's ``ok``. Raises ``Unmet``."""
        reply = await self.ask("hello", protocols=[PROTOCOL], harness=f"ringproof {VERSION}")
        ok = reply.get("ok")
        if not isinstance(ok, dict):
            raise Unmet(f"answered hello with {msgspec.json.encode(reply).decode()[:QUOTED]}")
        self.hello = ok
        return ok

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """Send a command and return its reply, raw. Raises ``Unmet`` when there is none."""
        command = self.command(op, **fields)
        await self.say(command)
        return await self.reply(command)

    def command(self, op: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - raw by design
        """Return a command with an id of its own; its reply is expected from now on."""
        fresh = secrets.token_hex(6)
        self.transcript.asked.add(fresh)
        return {"id": fresh, "op": op, "deadline_ms": round(self.timeout_s * 1000), **fields}

    async def say(self, *messages: dict[str, Any]) -> None:
        """Send messages, one a line, in one piece."""
        await self.write(b"".join(msgspec.json.encode(each) + b"\n" for each in messages))

    async def write(self, data: bytes) -> None:
        """Send bytes as they are. Raises ``Unmet`` when they are not read in time."""
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._connection.transport.send(data)
        except ConnectionError:
            return  # it has gone, or reads no more: the reply will be missing
        except TimeoutError as error:
            text = f"took nothing in for {self.timeout_s:g} s{self.last_words}"
            raise Unmet(text) from error

    def end_input(self) -> None:
        """Say that nothing more will come."""
        self._connection.transport.end()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group."""
        self._process.send_signal(number)

    async def reply(self, command: dict[str, Any]) -> dict[str, Any]:
        """Wait for the reply to a command. Raises ``Unmet``."""
        replies, id = self.transcript.replies, command["id"]
        await self.until(
            # One that has exited may still have output that is not read yet.
            lambda: (
                id in replies or self.transcript.flooded or (self.exited and self._reading.done())
            )
        )
        if id in replies:
            return replies[id]
        if self._process.status is not None:
            raise Unmet(f"{self.ending()} instead of replying to {command['op']}{self.last_words}")
        within = f"within {self.timeout_s:g} s"
        raise Unmet(f"did not reply to {command['op']} {within}{self.last_words}")

    async def until(self, holds: Callable[[], bool], within_s: float | None = None) -> bool:
        """Wait until something holds, at most ``within_s`` (None: as long as for a reply)."""
        return await self._changed.until(holds, self.timeout_s if within_s is None else within_s)

    @property
    def exited(self) -> bool:
        """Whether the process has exited."""
        return self._process.exited.is_set()

    async def exit_status(self) -> int | None:
        """Wait ``EXITS_WITHIN_S`` for its end; None: still there, negative: by a signal."""
        await self.until(lambda: self.exited, EXITS_WITHIN_S)
        return self._process.status

    def ending(self) -> str:
        """Say how it ended."""
        status = self._process.status
        if status is None:
            return "is still running"
        if status < 0:
            return f"was ended by {signal_name(-status)}"
        return f"exited with status {status}"

    @property
    def last_words(self) -> str:
        """The last lines of standard error, to be put behind a sentence."""
        lines = [line.strip()[:QUOTED] for line in self._process.complaints]
        shown = " | ".join([line for line in lines if line][-QUOTED_LINES:])
        return f"; its last words: {shown}" if shown else ""

    async def left_behind(self) -> list[str]:
        """Return the command lines of what still runs once it has ended, and a moment later."""
        own = self._process.pid
        return await leftovers.settled(lambda: leftovers.find(own, MARK, self._mark))

    @property
    def _process(self) -> ProcessGroup:
        process = self._connection.process
        assert process is not None, "it was started from a program"
        return process

    async def _read(self) -> None:
        async with contextlib.aclosing(self._connection.transport.lines()) as lines:
            async for line in lines:
                self.transcript.feed(line)
                self._changed.notify()
                if self.transcript.flooded:
                    return

    async def _await_end(self) -> None:
        await self._process.exited.wait()
        self._changed.notify()
        await asyncio.wait({self._reading})
        self._changed.notify()
