"""Where messages come from and go to, and what the pure core asks of its shell."""

from __future__ import annotations

from typing import Literal

import msgspec


class Flow(msgspec.Struct, frozen=True):
    """One way to a peer: a UDP address, or a TCP connection."""

    transport: Literal["UDP", "TCP"]
    host: str
    port: int
    connection: int = 0
    """Number of the TCP connection; 0 for UDP, and for a connection that is still to be made."""

    @property
    def reliable(self) -> bool:
        """Whether nothing has to be sent twice."""
        return self.transport == "TCP"


class Send(msgspec.Struct, frozen=True):
    """Send one message; where that fails, nothing is reported."""

    flow: Flow
    data: bytes


class StartTimer(msgspec.Struct, frozen=True):
    """Deliver ``name`` after ``delay_ms``; a running timer of that name restarts."""

    name: str
    delay_ms: int


class CancelTimer(msgspec.Struct, frozen=True):
    """Stop a timer; unknown names are ignored."""

    name: str


Command = Send | StartTimer | CancelTimer
