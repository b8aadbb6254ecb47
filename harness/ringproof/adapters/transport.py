"""Moves raw lines both ways between the harness and one adapter.

A transport knows nothing of the protocol, and keeps no more of what comes in than one line.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

from ringproof.adapters.process import ProcessGroup
from ringproof.adapters.wire import LINE_LIMIT_BYTES


class Malformed(msgspec.Struct, frozen=True):
    """Something came in that is not a line of text within the limit, and was thrown away."""

    text: str
    """What the adapter did: ``sent a binary message: JSON text is expected``."""


class Transport(Protocol):
    """The way to one adapter and back."""

    carrier: str
    """Its name in the protocol: ``stdio`` or ``ws``."""
    advice: str
    """What to do about a line that is no JSON object; empty where there is nothing to say."""

    async def ready(self) -> None:
        """Return once ``send`` can send, or never will: at once, unless overridden."""
        return

    def lines(self) -> AsyncGenerator[bytes | Malformed, None]:
        """Yield what comes in, without line ends, until nothing more can come."""

    @property
    def ending(self) -> str:
        """What the adapter did that ended ``lines``: ``closed its standard output``."""

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, line ends included. Raises ``ConnectionError``."""

    def end(self, violation: str = "") -> None:
        """Send nothing more; ``violation`` says what the adapter broke, empty for nothing."""

    async def close(self) -> None:
        """Release what the transport holds, nothing unless overridden. May be called twice."""
        return


class PipeTransport(Transport):
    """The ``stdio`` transport: one JSON object a line on the standard streams of a process.

    Closing it does nothing: the pipes belong to the process.
    """

    carrier = "stdio"
    advice = (
        "standard output carries messages alone, one JSON object a line: print to standard error"
    )
    ending = "closed its standard output"

    def __init__(self, process: ProcessGroup) -> None:
        self._process = process

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

    def _received(self, line: bytes) -> bytes | Malformed:
        self._process.stdout_tail.add(line)
        if len(line) > LINE_LIMIT_BYTES:
            return Malformed(f"sent a line of more than {LINE_LIMIT_BYTES} bytes")
        return line
