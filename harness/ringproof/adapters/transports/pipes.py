"""The ``stdio`` transport: one JSON object a line on the standard streams of a process."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from ringproof.adapters.process import ProcessGroup
from ringproof.adapters.transports.transport import Malformed
from ringproof.adapters.wire import LINE_LIMIT_BYTES


class PipeTransport:
    """Implements ``Transport`` over standard input and output."""

    carrier = "stdio"
    advice = (
        "standard output carries messages alone, one JSON object a line: print to standard error"
    )
    ending = "closed its standard output"

    def __init__(self, process: ProcessGroup) -> None:
        self._process = process

    async def ready(self) -> None:
        """See ``Transport.ready``."""

    async def lines(self) -> AsyncGenerator[bytes | Malformed, None]:
        """See ``Transport.lines``."""
        rest, skipping = b"", False
        async for chunk in self._process.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if not skipping:
                    yield self._received(line)
                skipping = False
            if len(rest) > LINE_LIMIT_BYTES:
                if not skipping:
                    yield self._received(rest)
                rest, skipping = b"", True
        if rest and not skipping:
            yield self._received(rest)

    async def send(self, data: bytes) -> None:
        """See ``Transport.send``."""
        await self._process.write(data)

    def end(self, violation: str = "") -> None:
        """See ``Transport.end``."""
        self._process.end_input()

    async def close(self) -> None:
        """See ``Transport.close``: the pipes belong to the process."""

    def _received(self, line: bytes) -> bytes | Malformed:
        self._process.stdout_tail.add(line)
        if len(line) > LINE_LIMIT_BYTES:
            return Malformed(f"sent a line of more than {LINE_LIMIT_BYTES} bytes")
        return line
