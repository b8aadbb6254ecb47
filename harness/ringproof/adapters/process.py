"""A child process in a process group of its own, ended with all that it has forked.

Whatever the child does, what is kept of its output is bounded. Knows nothing of the protocol.
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
from typing import IO, Literal

import msgspec

from ringproof.adapters.process_output import LogFile, Tail
from ringproof.adapters.protocol import AdapterError, Limits

CHUNK_BYTES = 64 * 1024
"""Read at once; twice as much may lie ready, then the pipe is left to fill up."""

DEAD_WITHIN_S = 1.0
"""Between the exit of a process and the end of its standard output, whichever comes first."""

GONE_WITHIN_S = 2.0
"""Between SIGKILL and the end of a group."""
LOOK_EVERY_S = 0.01


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What is started, without a shell."""

    argv: Sequence[str]
    cwd: Path | None = None
    """None: ours."""
    env: Mapping[str, str] = {}
    """Added to our own environment."""
    name: str = ""
    """What errors call it; empty: its file's name."""
    carrier: Literal["stdio", "ws"] = "stdio"
    """What carries its messages: its standard streams, or a WebSocket that it dials."""
    page: Callable[[str], str] | None = None
    """Of a browser: returns, for the URL to dial, that of the page which dials it. It replaces
    ``{url}`` in ``argv``."""

    @property
    def who(self) -> str:
        """What errors call it."""
        return self.name or Path(self.argv[0]).name


class ProcessGroup:
    """One running child. Make it with ``spawn``; then ``stop`` must be called, whatever happens."""

    def __init__(self, process: subprocess.Popen[bytes], who: str, limits: Limits) -> None:
        self.who = who
        self.exited = asyncio.Event()
        self.stdout_tail = Tail()
        """Filled by the transport that reads ``chunks``."""
        self._process = process
        self._limits = limits
        self._log = LogFile(limits.log_bytes)
        self._stdout: asyncio.StreamReader
        self._stdin: asyncio.StreamWriter | None = None
        self._transports: list[asyncio.BaseTransport] = []
        self._drain: asyncio.Task[None] | None = None
        self._killed = False

    @classmethod
    async def spawn(
        cls, program: Program, *, on_fault: Callable[[AdapterError], None], limits: Limits
    ) -> ProcessGroup:
        """Start a process. Raises ``AdapterError`` when there is no such program.

        ``on_fault`` is called when standard error overflows.
        """
        child = cls(_popen(program), program.who, limits)
        running.add(child._process.pid)
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

    async def write(self, data: bytes) -> None:
        """Put bytes on standard input. Raises ``ConnectionError`` when it is closed."""
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
        """Yield standard output as it comes, until its end."""
        while chunk := await self._stdout.read(CHUNK_BYTES):
            yield chunk

    async def death(self) -> AdapterError | None:
        """Return how the process ended, at once or within a moment; None while it runs."""
        if not await self._exits_within(DEAD_WITHIN_S):
            return None
        # What it wrote last is worth more than the moment that it takes to arrive.
        if self._drain is not None:
            await asyncio.wait({self._drain}, timeout=DEAD_WITHIN_S)
        status = self._process.returncode
        how = f"exit status {status}" if status >= 0 else f"killed by {signal_name(-status)}"
        return AdapterError(self.with_output(f"SUT crashed: {how} ({self.who})"))

    def with_output(self, text: str) -> str:
        """Return the text, followed by the last lines of standard error and output."""
        parts = [text]
        tails = {"standard error": self._log.tail, "standard output": self.stdout_tail}
        for name, tail in tails.items():
            if lines := tail.lines():
                parts += [f"last lines of {name}:", *(f"  {line}" for line in lines)]
        if path := self._log.mention():
            parts.append(f"all of standard error: {path}")
        return "\n".join(parts)

    async def stop(self, *, polite: bool) -> None:
        """End the process and everything in its group. Never raises; may be called twice.

        Standard input ends first. One that was asked to leave (``polite``) is given time to.
        """
        try:
            if self._stdin is not None:
                self._stdin.close()
            if not (polite and await self._exits_within(self._limits.exit_grace_s)):
                self.send_signal(signal.SIGTERM)
                await self._exits_within(self._limits.terminate_s)
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
        running.discard(self._process.pid)
        if self._drain is not None:
            self._drain.cancel()
        for transport in self._transports:
            transport.close()
        self._log.close()

    async def gone(self) -> bool:
        """Wait a moment for the last process of the group; say whether it has ended."""
        # Nothing tells of the end of processes that are no children of ours.
        for _ in range(round(GONE_WITHIN_S / LOOK_EVERY_S)):
            if not _group_lives(self._process.pid):
                return True
            await asyncio.sleep(LOOK_EVERY_S)
        return False

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
        if self.exited.is_set():  # Before all pipes were there to be closed.
            self._let_go_later()

    def _ended(self) -> None:
        """The child is gone; a child of its own may hold the pipes, and is not waited for."""
        self.exited.set()
        self._let_go_later()

    def _let_go_later(self) -> None:
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
                limit = self._limits.log_bytes
                text = f"{self.who} wrote more than {limit} bytes to standard error"
                on_fault(AdapterError(self.with_output(text)))
        self._log.end()

    async def _exits_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.exited.wait()
        return self.exited.is_set()


running: set[int] = set()
"""Process groups that were started and not ended yet."""


@atexit.register
def _end_all() -> None:
    """The last resort, for an end that left no time to stop them: a second Ctrl-C."""
    for group in running:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    # PermissionError is what some systems say of a group of which only a zombie is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    # A zombie does nothing any more, and a container's first process may be slow to wait for it.
    processes = [*Path("/proc").glob("[0-9]*/stat")]
    return not processes or any(_is_living_member(stat, group) for stat in processes)


def _is_living_member(stat: Path, group: int) -> bool:
    try:
        # Its name, in parentheses, may hold anything.
        state, _, of, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # It has ended meanwhile.
        return False
    return int(of) == group and state not in "ZX"


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
        text = f"cannot start {program.argv[0]!r}{where}: {error.strerror}"
        raise AdapterError(text) from error


def _wait(
    process: subprocess.Popen[bytes], loop: asyncio.AbstractEventLoop, ended: Callable[[], None]
) -> None:
    """Wait in a thread: asyncio's own watcher also waits for pipes that a grandchild may hold."""
    process.wait()
    with contextlib.suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(ended)


def signal_name(number: int) -> str:
    """Return ``SIGSEGV`` for 11, or ``signal 40`` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
