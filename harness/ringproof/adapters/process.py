"""A child process in a process group of its own: started, heard, and ended with all it has forked.

Whatever the child does, what is kept of it is bounded. Knows nothing of the protocol.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from ringproof.adapters.process_output import LOG_LIMIT_BYTES, LogFile, Tail
from ringproof.adapters.protocol import AdapterError

CHUNK_BYTES = 64 * 1024
"""Read at once; twice as much may lie ready, then the pipe is left to fill up."""

EXIT_GRACE_S = 2.0
"""From the end of standard input to the exit, before anything stronger is tried."""
TERMINATE_S = 5.0
"""From SIGTERM to SIGKILL. Source: docs/adapter-protocol.md."""
DEAD_WITHIN_S = 1.0
"""Between the exit of a process and the end of its standard output, whichever comes first."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What is started, without a shell."""

    argv: Sequence[str]
    cwd: Path | None = None
    """None: ours."""
    env: Mapping[str, str] = {}
    """Added to our own environment."""
    name: str = ""
    """What faults call it; empty: its file's name."""

    @property
    def who(self) -> str:
        """What faults call it."""
        return self.name or Path(self.argv[0]).name


class ProcessGroup:
    """One running child. Make it with ``spawn``; then ``stop`` must be called, whatever happens."""

    def __init__(self, process: subprocess.Popen[bytes], who: str) -> None:
        self.who = who
        self.exited = asyncio.Event()
        self._process = process
        self._said = Tail()
        self._log = LogFile()
        self._stdout: asyncio.StreamReader
        self._stdin: asyncio.StreamWriter | None = None
        self._transports: list[asyncio.BaseTransport] = []
        self._drain: asyncio.Task[None] | None = None
        self._killed = False

    @classmethod
    async def spawn(
        cls,
        program: Program,
        *,
        on_fault: Callable[[AdapterError], None],
    ) -> ProcessGroup:
        """Start a process. Raises ``AdapterError`` when there is no such program.

        ``on_fault`` is told when standard error overflows.
        """
        child = cls(_popen(program), program.who)
        _living.add(child._process.pid)
        try:
            await child._connect(on_fault)
        except BaseException:
            await child.stop(polite=False)
            raise
        return child

    @property
    def pid(self) -> int:
        """Of the child, and of its group."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.returncode if self.exited.is_set() else None

    @property
    def complaints(self) -> list[str]:
        """The last lines of standard error, fit to be printed."""
        return self._log.tail.lines()

    async def write(self, line: str) -> None:
        """Put a line on standard input. Raises ``ConnectionError`` when nobody reads any more."""
        await self.write_raw(line.encode() + b"\n")

    async def write_raw(self, data: bytes) -> None:
        """Put bytes on standard input. Raises ``ConnectionError`` when nobody reads any more."""
        assert self._stdin is not None, "spawn connects it"
        self._stdin.write(data)
        await self._stdin.drain()

    def end_input(self) -> None:
        """Close standard input, once all that was written is read."""
        assert self._stdin is not None, "spawn connects it"
        self._stdin.close()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        _signal_group(self._process.pid, number)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield standard output as it comes, until its end; instead of ``lines``."""
        while chunk := await self._stdout.read(CHUNK_BYTES):
            yield chunk

    async def lines(self, limit_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield the lines of standard output until its end, without their line ends.

        Raises ``AdapterError`` for a line beyond the limit; no more than that is ever kept of one.
        """
        rest = b""
        while chunk := await self._stdout.read(CHUNK_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield self._heard(line, limit_bytes)
            if len(rest) > limit_bytes:
                self._heard(rest, limit_bytes)
        if rest:
            yield self._heard(rest, limit_bytes)

    async def death(self) -> AdapterError:
        """Say how the process ended, now that its standard output is at its end."""
        if not await self.exits_soon():
            return AdapterError(self.told(f"{self.who} closed its standard output"))
        # What it wrote last is worth more than the moment that it takes to arrive.
        if self._drain is not None:
            await asyncio.wait({self._drain}, timeout=DEAD_WITHIN_S)
        return AdapterError(self.told(f"SUT crashed: {self.exit_text} ({self.who})"))

    async def exits_soon(self) -> bool:
        """Say whether it is gone, or about to be."""
        return await self._exits_within(DEAD_WITHIN_S)

    @property
    def exit_text(self) -> str:
        """How it ended: ``exit status 3``, ``killed by SIGSEGV``."""
        status = self._process.returncode
        if status is None:
            return "it still runs"
        return f"exit status {status}" if status >= 0 else f"killed by {_signal_name(-status)}"

    def told(self, what: str) -> str:
        """Return ``what``, followed by the last lines of both streams."""
        told = [what]
        for name, tail in (("standard error", self._log.tail), ("standard output", self._said)):
            if lines := tail.lines():
                told += [f"last lines of {name}:", *(f"  {line}" for line in lines)]
        if path := self._log.mention():
            told.append(f"all of standard error: {path}")
        return "\n".join(told)

    async def stop(self, *, polite: bool, terminate_s: float = TERMINATE_S) -> None:
        """End the process and everything in its group. Never raises; may be called twice.

        Standard input ends first. One that was asked to leave (``polite``) is given time to.
        """
        try:
            if self._stdin is not None:
                self._stdin.close()
            if not (polite and await self._exits_within(EXIT_GRACE_S)):
                self.send_signal(signal.SIGTERM)
                await self._exits_within(terminate_s)
        finally:
            self.kill()
        await self.exited.wait()
        if self._drain is not None:
            await asyncio.gather(self._drain, return_exceptions=True)

    def kill(self) -> None:
        """End the process and its group at once, and let go of everything. May be called twice."""
        if self._killed:
            return
        self._killed = True
        # The group outlives its leader when that has forked.
        self.send_signal(signal.SIGKILL)
        _living.discard(self._process.pid)
        if self._drain is not None:
            self._drain.cancel()
        for transport in self._transports:
            transport.close()
        self._log.close()

    async def _connect(self, on_fault: Callable[[AdapterError], None]) -> None:
        loop = asyncio.get_running_loop()
        waiting = (self._process, loop, self._ended)
        threading.Thread(target=_wait, args=waiting, daemon=True).start()
        self._stdout = await self._reader(self._process.stdout)
        stderr = await self._reader(self._process.stderr)
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, self._process.stdin
        )
        self._transports.append(transport)
        self._stdin = asyncio.StreamWriter(transport, protocol, None, loop)
        self._drain = loop.create_task(self._keep(stderr, on_fault))

    def _ended(self) -> None:
        """The child is gone; a child of its own may hold the pipes, and is not waited for."""
        self.exited.set()
        loop = asyncio.get_running_loop()
        for transport in self._transports:
            loop.call_later(DEAD_WITHIN_S, transport.close)

    async def _reader(self, pipe: IO[bytes] | None) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(limit=CHUNK_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        self._transports.append(transport)
        return reader

    async def _keep(
        self, stderr: asyncio.StreamReader, on_fault: Callable[[AdapterError], None]
    ) -> None:
        """Read standard error to its end, overflowed or not: the process must not block on it."""
        while chunk := await stderr.read(CHUNK_BYTES):
            before = self._log.overflowed
            self._log.write(chunk)
            if self._log.overflowed and not before:
                what = f"{self.who} wrote more than {LOG_LIMIT_BYTES} bytes to standard error"
                on_fault(AdapterError(self.told(what)))
        self._log.end()

    def _heard(self, line: bytes, limit_bytes: int) -> bytes:
        self._said.add(line)
        if len(line) > limit_bytes:
            raise AdapterError(f"{self.who} sent a line of more than {limit_bytes} bytes")
        return line

    async def _exits_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.exited.wait()
        return self.exited.is_set()


_living: set[int] = set()
"""Groups that nobody has stopped yet."""


@atexit.register
def _leave_nobody_behind() -> None:
    """The last resort, for an end that left no time to stop them: a second Ctrl-C."""
    for group in _living:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    # PermissionError is what some systems say of a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _popen(program: Program) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(program.argv),
            cwd=program.cwd,
            env={**os.environ, **program.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        where = f" in {program.cwd}" if program.cwd is not None else ""
        what = f"{program.argv[0]!r}{where}"
        raise AdapterError(f"cannot start {what}: {error.strerror}") from error


def _wait(
    process: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop, ended: Callable[[], None]
) -> None:
    """Wait in a thread: asyncio's own watcher also waits for pipes that a grandchild may hold."""
    process.wait()
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(ended)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
