"""What every transport does: move raw lines both ways between the harness and one adapter.

A transport knows nothing of the protocol, and keeps no more of what comes in than one line.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec


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
        """Return once ``send`` can send, or never will."""

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
        """Release what the transport holds. May be called twice."""
